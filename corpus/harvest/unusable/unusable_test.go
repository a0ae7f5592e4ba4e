package unusable

import (
	"reflect"
	"strings"
	"testing"

	"assay/corpus/catalog"
)

func TestList(t *testing.T) {
	var l List
	if groups := l.Groups(); groups != nil {
		t.Errorf("an empty list has %v", groups)
	}
	if mark, news := l.Judge("s", "a", ""); news {
		t.Errorf("a paper that was never unusable is news: %+v", mark)
	}
	if l.Take(catalog.Mark{Key: "run", State: "x"}) || !l.Take(catalog.Mark{Key: Key + "b", State: NoTitle}) {
		t.Error("took the wrong marks")
	}
	for _, id := range []string{"z", "y", "x", "w", "v", "u", "u"} {
		mark, news := l.Judge("s", id, NoAbstract)
		if second := id == "u" && !news; !second && mark != (catalog.Mark{Source: "s", Key: "unusable " + id, State: NoAbstract}) {
			t.Errorf("%s: %+v, %v", id, mark, news)
		}
	}
	want := []Group{{NoAbstract, 6, []string{"u", "v", "w", "x", "y"}}, {NoTitle, 1, []string{"b"}}}
	if got := l.Groups(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if mark, news := l.Judge("s", "b", NoAbstract); !news || mark.State != NoAbstract {
		t.Errorf("another reason is no news: %+v", mark)
	}
	if mark, news := l.Judge("s", "b", ""); !news || mark.State != "" || mark.Key != "unusable b" {
		t.Errorf("a mended record is no news: %+v", mark)
	}
	var text strings.Builder
	if err := WriteText(&text, l.Groups()); err != nil || text.String() != "missing abstract: 6 records in all harvests are no papers: u, v, w, x, y, …\n" {
		t.Errorf("%q, %v", text.String(), err)
	}
}
