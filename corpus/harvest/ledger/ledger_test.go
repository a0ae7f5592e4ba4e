package ledger

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"assay/corpus/catalog"
	"assay/corpus/harvest/unusable"
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
	l.Judge(&batch, "x", unusable.NoTitle, 0)
	l.Judge(&batch, "y", "", 3)
	l.Judge(&batch, "z", "", 0)
	l.Miss(&batch, "2020-01-07", "cut")
	l.Miss(&batch, "2020-01-08", "cut")
	l.Miss(&batch, "2020-01-08", "")
	batch.Marks = append(batch.Marks, []catalog.Mark{{Source: "s", Key: "later", State: "?"}, {Source: "other", Key: "run", State: "?"}}...)
	if _, err := l.Write(ctx, c, batch); err != nil {
		t.Fatal(err)
	}
	l, err = load(t, c)
	if err != nil || *l.Run != (run{7}) || l.Covered["a b"] != (span{"2020-01-01", "2020-02-01"}) || len(l.Unusable.Groups()) != 1 ||
		!reflect.DeepEqual(l.Mended.Groups(), []unusable.Group{{Reason: unusable.NotXML, Records: 1, Identifiers: []string{"y"}}}) ||
		!reflect.DeepEqual(l.Unreadable.Parts(), []unusable.Part{{Name: "2020-01-07", Why: "cut"}}) {
		t.Fatalf("%+v, %v", l, err)
	}
	l.Run = nil
	if _, err := l.Write(ctx, c, catalog.Batch{}); err != nil {
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
