// Package ledger is what harvests of one source keep of themselves in a catalog: the
// unfinished harvest, what is covered without a gap, the records that are no papers or
// were mended, and the parts of lists that cannot be read. So a harvest goes on after it
// was broken off, and a record that is read twice counts once.
//
//	l, err := ledger.Load(ctx, c, "arxiv-api export.arxiv.org/api/query", checkRun, checkCovered)
//	resumed := l.Resume(want, isFor, place)
//	l.Take(&batch, record.ID, record.Reason, record.Mended)
//	err = l.Write(ctx, batch)
package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"assay/corpus/catalog"
)

// Keys of the marks, beside those of flaws.
const (
	runKey     = "run"
	coveredKey = "covered " // and the name of what is covered
)

// Ledger is what a catalog knows of a source. R is the state of a harvest and C what is
// covered of a part of the source; both are kept as JSON.
type Ledger[R, C any] struct {
	Run     *R              // the unfinished harvest, or nil
	Covered map[string]C    // by name
	Written catalog.Written // what all calls of Write changed
	Note    func(string)    // is told what a user should know

	catalog *catalog.Catalog
	source  string
	flaws   flaws
	unread  int // answers in turn that could not be read
}

// Load reads a source's marks. What was read is checked; marks of other kinds, by a later
// program, are left alone.
func Load[R, C any](ctx context.Context, c *catalog.Catalog, source string, checkRun func(*R) error, checkCovered func(C) error) (*Ledger[R, C], error) {
	all, err := c.Marks(ctx, source)
	if err != nil {
		return nil, err
	}
	l := &Ledger[R, C]{Covered: map[string]C{}, Note: func(string) {}, catalog: c, source: source, flaws: newFlaws()}
	for _, mark := range all {
		if err := l.take(mark, checkRun, checkCovered); err != nil {
			return nil, fmt.Errorf("mark %q of %q: %w", mark.Key, source, err)
		}
	}
	return l, nil
}

func (l *Ledger[R, C]) take(mark catalog.Mark, checkRun func(*R) error, checkCovered func(C) error) error {
	if l.flaws.take(mark) {
		return nil
	}
	if name, ok := strings.CutPrefix(mark.Key, coveredKey); ok {
		var c C
		if err := json.Unmarshal([]byte(mark.State), &c); err != nil {
			return err
		}
		l.Covered[name] = c
		return checkCovered(c)
	}
	if mark.Key != runKey {
		return nil
	}
	l.Run = new(R)
	if err := json.Unmarshal([]byte(mark.State), l.Run); err != nil {
		return err
	}
	return checkRun(l.Run)
}

// Resume takes up the unfinished harvest if it is for what is wanted, and otherwise begins
// the wanted one. The note to the user says where the unfinished one was, as place tells.
func (l *Ledger[R, C]) Resume(want *R, isFor func(old, want *R) bool, place func(*R) string) (resumed bool) {
	at := ""
	if l.Run != nil {
		if at = place(l.Run); at != "" {
			at = ": it was at " + at
		}
		if isFor(l.Run, want) {
			l.Note("going on with the harvest that was not finished" + at)
			return true
		}
		l.Note("a harvest with other settings was not finished; what it read is kept" + at)
	}
	l.Run = want
	return false
}

// CoveredMark is the mark of what is covered under a name.
func (l *Ledger[R, C]) CoveredMark(name string) (catalog.Mark, error) {
	text, err := json.Marshal(l.Covered[name])
	return catalog.Mark{Source: l.source, Key: coveredKey + name, State: string(text)}, err
}

// Take notes in a batch why a record is no paper, or with "" that it is one, and in how
// many places it had to be mended.
func (l *Ledger[R, C]) Take(batch *catalog.Batch, identifier, reason string, mended int) {
	l.flaws.unusable.note(batch, l.source, identifier, reason)
	why := ""
	if mended > 0 {
		why = NotXML
	}
	l.flaws.mended.note(batch, l.source, identifier, why)
}

// Flaws counts what could not be taken as it came, in all harvests of the source.
func (l *Ledger[R, C]) Flaws() Flaws { return l.flaws.count() }

// Write writes a batch and the run as it stands in one transaction; without a run its
// mark is removed.
func (l *Ledger[R, C]) Write(ctx context.Context, batch catalog.Batch) error {
	mark := catalog.Mark{Source: l.source, Key: runKey}
	if l.Run != nil {
		text, err := json.Marshal(l.Run)
		if err != nil {
			return err
		}
		mark.State = string(text)
	}
	batch.Marks = append(batch.Marks, mark)
	w, err := l.catalog.Write(ctx, batch)
	if err != nil {
		return err
	}
	l.Written.Added += w.Added
	l.Written.Replaced += w.Replaced
	l.Written.Unchanged += w.Unchanged
	l.Written.Removed += w.Removed
	return nil
}
