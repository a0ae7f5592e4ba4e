package corpus

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"assay/corpus/arxivid"
	"assay/internal/numerals"
)

// SameText counts papers that stand under several ids with equal title and
// abstract, white space aside: submitted twice, or imported under two names.
type SameText struct {
	Texts  int64 `json:"texts"`  // different ones
	Papers int64 `json:"papers"` // that have one of these, all ids counted
}

// String counts in words.
func (s SameText) String() string {
	if s.Papers == 0 {
		return "no paper stands under several ids"
	}
	return fmt.Sprintf("%s papers share title and abstract with another (%s)", numerals.Thousands(s.Papers), numerals.Count(s.Texts, "different text"))
}

// NameCheck looks at how papers are named: whether one stands under several ids, and
// whether ids are spoilt. It takes some 40 bytes a paper.
type NameCheck struct {
	texts   sameTexts
	damaged int64
}

// Add takes the next paper.
func (n *NameCheck) Add(p *Paper) {
	n.texts.add(textOf(p.Title, p.Abstract))
	if _, repairs, err := arxivid.Canonical(p.ID); err == nil && len(repairs) > 0 {
		n.damaged++
	}
}

// SameText counts the papers of equal text among those added.
func (n *NameCheck) SameText() SameText { return n.texts.SameText }

// Damaged counts the ids that are arXiv's, but not in its form.
func (n *NameCheck) Damaged() int64 { return n.damaged }

// textOf stands for a title and an abstract, as keyOf does for an id. Line breaks
// and runs of spaces differ from source to source and do not count.
func textOf(title, abstract string) digest {
	folded := make([]byte, 0, len(title)+len(abstract)+2)
	for _, part := range []string{title, abstract} {
		for word := range strings.FieldsSeq(part) {
			folded = append(append(folded, word...), ' ')
		}
		folded = append(folded, 0)
	}
	sum := sha256.Sum256(folded)
	return digest(sum[:16])
}

// sameTexts counts the papers of equal text among those added.
type sameTexts struct {
	SameText
	papers map[digest]int32
}

func (t *sameTexts) add(text digest) {
	if t.papers == nil {
		t.papers = make(map[digest]int32)
	}
	t.papers[text]++
	switch t.papers[text] {
	case 1:
	case 2:
		t.Texts++
		t.Papers += 2
	default:
		t.Papers++
	}
}

// Division says on which side of a split each of some papers is.
type Division struct {
	Parts    []Part   // of each row, in the order that was asked for
	SameText SameText // of these papers
	Moved    int64    // papers of these that their own id would have put elsewhere
}

// Divide returns the side of the paper of every row, which ascend strictly.
// Papers of equal title and abstract are on one side: that of the oldest id among
// them, so that later papers do not move earlier ones. Otherwise the id decides, as
// [Split.Of] says. Only ids and titles are read, and the abstracts of papers of
// equal title.
func (s Split) Divide(ctx context.Context, c *Corpus, rows []int64, workers int) (*Division, error) {
	d := &Division{Parts: make([]Part, len(rows))}
	titles := make([]uint64, len(rows))
	err := c.Scan(ctx, rows, ReadOptions{Workers: workers, Columns: ColumnID | ColumnTitle}, func(_, pos int, p *Paper) error {
		d.Parts[pos] = s.Of(p.ID)
		titles[pos] = textOf(p.Title, "").short()
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
	text digest
}

// join brings papers of equal text, among those at the positions given, to one side.
func (d *Division) join(ctx context.Context, c *Corpus, rows []int64, at []int, workers int) error {
	some := make([]int64, len(at))
	for i, pos := range at {
		some[i] = rows[pos]
	}
	twins := make([]twin, len(at))
	columns := ReadOptions{Workers: workers, Columns: ColumnID | ColumnTitle | ColumnAbstract}
	err := c.Scan(ctx, some, columns, func(_, i int, p *Paper) error {
		twins[i] = twin{at[i], strings.Clone(p.ID), textOf(p.Title, p.Abstract)}
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
