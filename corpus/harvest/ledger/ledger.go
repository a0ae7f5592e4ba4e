// Package ledger keeps in a catalog how far the harvests of one source have come: the
// unfinished one, what is covered without a gap, what cannot be read, and the records
// that are no papers or were mended.
package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"assay/corpus/catalog"
	"assay/corpus/harvest/unusable"
)

// Keys of the marks, beside those of package unusable.
const (
	runKey     = "run"
	coveredKey = "covered " // and the name of what is covered
)

// Ledger is what a catalog knows of a source. R is the state of a harvest and C what is
// covered of a part of the source; both are kept as JSON.
type Ledger[R, C any] struct {
	Source  string
	Run     *R           // the unfinished harvest, or nil
	Covered map[string]C // by name

	Unusable   unusable.List
	Mended     unusable.List
	Unreadable unusable.List // parts of what is covered that are missing
}

// Load reads a source's marks. What was read is checked; marks of other kinds, by a later
// program, are left alone.
func Load[R, C any](ctx context.Context, c *catalog.Catalog, source string, checkRun func(*R) error, checkCovered func(C) error) (*Ledger[R, C], error) {
	all, err := c.Marks(ctx, source)
	if err != nil {
		return nil, err
	}
	l := &Ledger[R, C]{Source: source, Covered: map[string]C{}}
	l.Mended.Key, l.Unreadable.Key = unusable.MendedKey, unusable.UnreadableKey
	for _, mark := range all {
		if err := l.take(mark, checkRun, checkCovered); err != nil {
			return nil, fmt.Errorf("mark %q of %q: %w", mark.Key, source, err)
		}
	}
	return l, nil
}

func (l *Ledger[R, C]) take(mark catalog.Mark, checkRun func(*R) error, checkCovered func(C) error) error {
	if l.Unusable.Take(mark) || l.Mended.Take(mark) || l.Unreadable.Take(mark) {
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

// CoveredMark is the mark of what is covered under a name.
func (l *Ledger[R, C]) CoveredMark(name string) (catalog.Mark, error) {
	text, err := json.Marshal(l.Covered[name])
	return catalog.Mark{Source: l.Source, Key: coveredKey + name, State: string(text)}, err
}

// Judge notes in a batch why a record is no paper, or that it is one, and in how many places
// it had to be mended.
func (l *Ledger[R, C]) Judge(batch *catalog.Batch, identifier, reason string, mended int) {
	if mark, news := l.Unusable.Judge(l.Source, identifier, reason); news {
		batch.Marks = append(batch.Marks, mark)
	}
	why := ""
	if mended > 0 {
		why = unusable.NotXML
	}
	if mark, news := l.Mended.Judge(l.Source, identifier, why); news {
		batch.Marks = append(batch.Marks, mark)
	}
}

// Miss notes in a batch why a part of the source cannot be read, or with "" that it can.
func (l *Ledger[R, C]) Miss(batch *catalog.Batch, part, why string) {
	if mark, news := l.Unreadable.Judge(l.Source, part, why); news {
		batch.Marks = append(batch.Marks, mark)
	}
}

// Write writes a batch and the run as it stands in one transaction; without a run its
// mark is removed.
func (l *Ledger[R, C]) Write(ctx context.Context, c *catalog.Catalog, batch catalog.Batch) (catalog.Written, error) {
	mark := catalog.Mark{Source: l.Source, Key: runKey}
	if l.Run != nil {
		text, err := json.Marshal(l.Run)
		if err != nil {
			return catalog.Written{}, err
		}
		mark.State = string(text)
	}
	batch.Marks = append(batch.Marks, mark)
	return c.Write(ctx, batch)
}
