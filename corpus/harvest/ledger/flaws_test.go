package ledger

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"assay/corpus/catalog"
)

func TestList(t *testing.T) {
	l := list{key: unusableKey}
	if groups := l.groups(); groups != nil {
		t.Errorf("an empty list has %v", groups)
	}
	note := func(identifier, reason string) []catalog.Mark {
		var batch catalog.Batch
		l.note(&batch, "s", identifier, reason)
		return batch.Marks
	}
	if marks := note("a", ""); marks != nil {
		t.Errorf("a paper that was never unusable is news: %+v", marks)
	}
	if l.take(catalog.Mark{Key: "run", State: "x"}) || !l.take(catalog.Mark{Key: "unusable b", State: NoTitle}) {
		t.Error("took the wrong marks")
	}
	for _, id := range []string{"z", "y", "x", "w", "v", "u"} {
		if marks := note(id, NoAbstract); !reflect.DeepEqual(marks, []catalog.Mark{{Source: "s", Key: "unusable " + id, State: NoAbstract}}) {
			t.Errorf("%s: %+v", id, marks)
		}
	}
	if marks := note("u", NoAbstract); marks != nil {
		t.Errorf("the same again is news: %+v", marks)
	}
	want := []Group{{NoAbstract, 6, []string{"u", "v", "w", "x", "y"}}, {NoTitle, 1, []string{"b"}}}
	if got := l.groups(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if marks := note("b", NoAbstract); len(marks) != 1 || marks[0].State != NoAbstract {
		t.Errorf("another reason is no news: %+v", marks)
	}
	if marks := note("b", ""); len(marks) != 1 || marks[0].State != "" || marks[0].Key != "unusable b" {
		t.Errorf("a mended record is no news: %+v", marks)
	}
}

func TestFlawsText(t *testing.T) {
	f := Flaws{
		Unusable:      []Group{{NoAbstract, 6, []string{"u", "v", "w", "x", "y"}}},
		MendedRecords: []Group{{NotXML, 1, []string{"m"}}},
	}
	for i := range 22 {
		f.Missing = append(f.Missing, Part{fmt.Sprintf("day %02d", i), "cut"})
	}
	var text strings.Builder
	if err := f.WriteText(&text, 2); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text.String(), "\n")
	if len(lines) != 3+20+1+1 || lines[0] != "2 places with what XML forbids mended in the answers" ||
		lines[1] != "mended for what XML forbids and kept, in all harvests: 1 record: m" ||
		lines[2] != "missing abstract: 6 records in all harvests are no papers: u, v, w, x, y, …" ||
		lines[3] != "missing: day 00: cut" || lines[23] != "and 2 more are missing" {
		t.Errorf("%q", lines)
	}
}
