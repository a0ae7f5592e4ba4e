package shards

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"strings"

	"assay/corpus"
	"assay/corpus/arxivid"
)

// Division says on which side of a split each of some papers is.
type Division struct {
	Parts    []corpus.Part   // of each row, in the order that was asked for
	SameText corpus.SameText // of these papers
	Moved    int64           // papers of these that their own id would have put elsewhere
}

// Divide returns the side of the paper of every row, which ascend strictly.
// Papers of equal title and abstract are on one side: that of the oldest id among
// them, so that later papers do not move earlier ones. Otherwise the id decides, as
// [corpus.Split.Of] says. Only ids and titles are read, and the abstracts of papers of
// equal title.
func (c *Corpus) Divide(ctx context.Context, split corpus.Split, rows []int64, workers int) (*Division, error) {
	d := &Division{Parts: make([]corpus.Part, len(rows))}
	titles := make([]uint64, len(rows))
	err := c.Scan(ctx, rows, ReadOptions{Workers: workers, Columns: ColumnID | ColumnTitle}, func(_, pos int, p *corpus.Paper) error {
		d.Parts[pos] = split.Of(p.ID)
		titles[pos] = short(corpus.DigestText(p.Title, ""))
		return nil
	})
	if err != nil {
		return nil, err
	}
	at := repeated(titles)
	if len(at) == 0 {
		return d, nil
	}
	return d, d.join(ctx, c, rows, at, workers)
}

// twin is a paper whose title another one has.
type twin struct {
	pos  int
	id   string
	text corpus.TextDigest
}

// join brings papers of equal text, among those at the positions given, to one side.
func (d *Division) join(ctx context.Context, c *Corpus, rows []int64, at []int, workers int) error {
	some := make([]int64, len(at))
	for i, pos := range at {
		some[i] = rows[pos]
	}
	twins := make([]twin, len(at))
	columns := ReadOptions{Workers: workers, Columns: ColumnID | ColumnTitle | ColumnAbstract}
	err := c.Scan(ctx, some, columns, func(_, i int, p *corpus.Paper) error {
		twins[i] = twin{at[i], strings.Clone(p.ID), corpus.DigestText(p.Title, p.Abstract)}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(twins, func(a, b twin) int {
		return cmp.Or(slices.Compare(a.text[:], b.text[:]), arxivid.Compare(a.id, b.id), cmp.Compare(a.pos, b.pos))
	})
	for i, j := 0, 0; i < len(twins); i = j {
		for j = i + 1; j < len(twins) && twins[j].text == twins[i].text; j++ {
			side := d.Parts[twins[i].pos]
			if d.Parts[twins[j].pos] != side {
				d.Moved++
			}
			d.Parts[twins[j].pos] = side
		}
		if j > i+1 {
			d.SameText.Texts++
			d.SameText.Papers += int64(j - i)
		}
	}
	return nil
}

// short is a part of a digest, for choosing what to look at more closely.
func short(d corpus.TextDigest) uint64 { return binary.BigEndian.Uint64(d[:]) }

// repeated returns the positions of the values that stand more than once, ascending.
func repeated(values []uint64) (at []int) {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(values[i], values[j]) })
	for i, j := 0, 0; i < len(order); i = j {
		for j = i + 1; j < len(order) && values[order[j]] == values[order[i]]; {
			j++
		}
		if j > i+1 {
			at = append(at, order[i:j]...)
		}
	}
	slices.Sort(at)
	return at
}
