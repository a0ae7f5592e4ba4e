package shards

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"assay/corpus"
	"assay/internal/format"
)

// Info is what there is to know of a corpus at a glance.
type Info struct {
	Path       string            `json:"path"`
	Source     string            `json:"source"`
	Hash       string            `json:"hash"`
	Rows       int64             `json:"rows"`
	Shards     int               `json:"shards"`
	Bytes      int64             `json:"bytes"`
	Verified   bool              `json:"verified"` // every byte was read and is as written
	First      string            `json:"first_created,omitempty"`
	Last       string            `json:"last_created,omitempty"`
	SameText   corpus.SameText   `json:"same_text"`   // papers under several ids with equal title and abstract
	DamagedIDs corpus.DamagedIDs `json:"damaged_ids"` // ids that are arXiv's in another form, or spoilt
	Taxonomy   string            `json:"taxonomy"`
	Labelled   int64             `json:"labelled"`   // papers with a category of the taxonomy
	LabelCount []int64           `json:"by_labels"`  // papers with 0, 1, 2, … labels
	Categories []CategoryCount   `json:"categories"` // most first
}

// CategoryCount counts the papers that have a category.
type CategoryCount struct {
	ID     string `json:"id"`
	Papers int64  `json:"papers"`
}

// Info reads every paper and counts by the labels of a taxonomy. It takes some 40 bytes a
// paper.
func (c *Corpus) Info(ctx context.Context, t *corpus.Taxonomy) (*Info, error) {
	m := c.Manifest()
	info := &Info{Path: c.Path(), Source: m.Source, Hash: m.Hash, Rows: m.Rows, Shards: len(m.Shards), Taxonomy: t.Name}
	for _, s := range m.Shards {
		info.Bytes += s.Bytes
	}
	counts := make([]int64, len(t.Categories))
	var names corpus.NameCheck
	var first, last time.Time
	rows, err := c.Sample(0, 0)
	if err != nil {
		return nil, err
	}
	for p, err := range c.Papers(ctx, rows) {
		if err != nil {
			return nil, err
		}
		names.Add(p)
		labels, _ := t.Labels(p)
		for _, l := range labels {
			counts[l]++
		}
		for len(info.LabelCount) <= len(labels) {
			info.LabelCount = append(info.LabelCount, 0)
		}
		info.LabelCount[len(labels)]++
		if !p.Created.IsZero() && (first.IsZero() || p.Created.Before(first)) {
			first = p.Created
		}
		if p.Created.After(last) {
			last = p.Created
		}
	}
	info.SameText, info.DamagedIDs = names.SameText(), names.Damaged()
	info.Labelled = info.Rows - info.LabelCount[0]
	if !first.IsZero() {
		info.First, info.Last = first.Format(time.DateOnly), last.Format(time.DateOnly)
	}
	for i, n := range counts {
		info.Categories = append(info.Categories, CategoryCount{t.Categories[i].ID, n})
	}
	slices.SortStableFunc(info.Categories, func(a, b CategoryCount) int { return int(b.Papers - a.Papers) })
	return info, nil
}

// WriteText writes it for people, with the largest categories alone.
func (i *Info) WriteText(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "corpus     %s (%s)\n", i.Path, i.Source)
	fmt.Fprintf(&b, "hash       %s\n", i.Hash)
	if i.Verified {
		b.WriteString("verified   every byte is as written\n")
	}
	fmt.Fprintf(&b, "papers     %d in %d shards, %s\n", i.Rows, i.Shards, format.Size(i.Bytes))
	if i.First != "" {
		fmt.Fprintf(&b, "created    %s to %s\n", i.First, i.Last)
	}
	fmt.Fprintf(&b, "same text  %s\n", i.SameText)
	if i.DamagedIDs > 0 {
		fmt.Fprintf(&b, "ids        %s\n", i.DamagedIDs)
	}
	fmt.Fprintf(&b, "taxonomy   %s: %d papers with a category of it, %d without\n", i.Taxonomy, i.Labelled, i.Rows-i.Labelled)
	b.WriteString("labels     ")
	for n, papers := range i.LabelCount {
		if n > 0 {
			fmt.Fprintf(&b, "%d: %d  ", n, papers)
		}
	}
	b.WriteString("(labels a paper: papers)\nlargest    ")
	for _, c := range i.Categories[:min(8, len(i.Categories))] {
		fmt.Fprintf(&b, "%s %d  ", c.ID, c.Papers)
	}
	_, err := fmt.Fprintln(out, strings.TrimRight(b.String(), " "))
	return err
}
