package ledger

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
)

type run struct{ Place int }

type span struct{ From, Through string }

func load(t *testing.T, c *catalog.Catalog) (*Ledger[run, span], error) {
	t.Helper()
	return Load(context.Background(), c, "s", func(r *run) error {
		if r.Place < 0 {
			return errors.New("no place")
		}
		return nil
	}, func(s span) error {
		if s.From == "" {
			return errors.New("no day")
		}
		return nil
	})
}

func TestLedger(t *testing.T) {
	ctx := context.Background()
	c, err := catalog.Open(ctx, filepath.Join(t.TempDir(), "c.db"), catalog.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l, err := load(t, c)
	if err != nil || l.Run != nil || len(l.Covered) > 0 {
		t.Fatalf("an empty catalog gives %+v, %v", l, err)
	}
	l.Run = &run{7}
	l.Covered["a b"] = span{"2020-01-01", "2020-02-01"}
	covered, err := l.CoveredMark("a b")
	if err != nil {
		t.Fatal(err)
	}
	batch := catalog.Batch{Marks: []catalog.Mark{covered}}
	l.Take(&batch, "x", NoTitle, 0)
	l.Take(&batch, "y", "", 3)
	l.Take(&batch, "z", "", 0)
	l.Miss(&batch, "2020-01-07", errors.New("cut"))
	l.Miss(&batch, "2020-01-08", errors.New("cut"))
	l.Miss(&batch, "2020-01-08", nil)
	batch.Marks = append(batch.Marks, []catalog.Mark{{Source: "s", Key: "later", State: "?"}, {Source: "other", Key: "run", State: "?"}}...)
	if err := l.Write(ctx, batch); err != nil {
		t.Fatal(err)
	}
	l, err = load(t, c)
	if err != nil || *l.Run != (run{7}) || l.Covered["a b"] != (span{"2020-01-01", "2020-02-01"}) || len(l.Flaws().Unusable) != 1 ||
		!reflect.DeepEqual(l.Flaws().MendedRecords, []Group{{Reason: NotXML, Records: 1, Identifiers: []string{"y"}}}) ||
		!reflect.DeepEqual(l.Flaws().Missing, []Part{{Name: "2020-01-07", Why: "cut"}}) {
		t.Fatalf("%+v, %v", l, err)
	}
	l.Run = nil
	if err := l.Write(ctx, catalog.Batch{}); err != nil {
		t.Fatal(err)
	}
	if l, err = load(t, c); err != nil || l.Run != nil || len(l.Covered) != 1 {
		t.Errorf("a finished run is there: %+v, %v", l, err)
	}
	for want, mark := range map[string]catalog.Mark{
		`mark "run" of "s": no place`:     {Source: "s", Key: "run", State: `{"Place":-1}`},
		`mark "covered z" of "s": no day`: {Source: "s", Key: "covered z", State: `{}`},
		`mark "run" of "s": `:             {Source: "s", Key: "run", State: `{`},
	} {
		if _, err := c.Write(ctx, catalog.Batch{Marks: []catalog.Mark{mark}}); err != nil {
			t.Fatal(err)
		}
		if _, err := load(t, c); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		mark.State = ""
		if _, err := c.Write(ctx, catalog.Batch{Marks: []catalog.Mark{mark}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestResume(t *testing.T) {
	var notes []string
	l := &Ledger[run, span]{Note: func(text string) { notes = append(notes, text) }}
	isFor := func(old, want *run) bool { return old.Place%2 == want.Place%2 }
	place := func(r *run) string { return strings.Repeat("x", r.Place) }
	for _, c := range []struct {
		want    int
		resumed bool
		at      int
		note    string
	}{
		{0, false, 0, ""},
		{2, true, 0, "going on with the harvest that was not finished"},
		{3, false, 3, "a harvest with other settings was not finished; what it read is kept"},
		{1, true, 3, "going on with the harvest that was not finished: it was at xxx"},
	} {
		notes = nil
		if resumed := l.Resume(&run{c.want}, isFor, place); resumed != c.resumed || l.Run.Place != c.at || strings.Join(notes, "\n") != c.note {
			t.Errorf("want %d: %v, %+v, %q", c.want, resumed, l.Run, notes)
		}
	}
}

// What cannot be read counts in turn: one answer that can be read begins the count anew.
func TestUnread(t *testing.T) {
	l := &Ledger[run, span]{}
	cut := errors.New("cut")
	for range harvest.UnreadableRow {
		if err := l.Unread(cut); err != nil {
			t.Fatal(err)
		}
	}
	l.WasRead()
	for i := range harvest.UnreadableRow + 2 {
		err := l.Unread(cut)
		if last := i == harvest.UnreadableRow; (err != nil) != last || last && (!errors.Is(err, harvest.ErrForNow) || !errors.Is(err, cut)) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
