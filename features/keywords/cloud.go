package keywords

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/format"
	"assay/internal/progress"
	"assay/internal/suggest"
)

// What makes a word of a cloud large, and what contrast is to.
const (
	ByFrequency   = "frequency" // the share of papers that use it
	ByContrast    = "contrast"  // how surely it speaks for the category
	AgainstOthers = "others"    // the other categories
	AgainstRest   = "rest"      // all other papers
)

// CloudOptions says which papers and words a cloud is of.
type CloudOptions struct {
	Categories  []string
	By, Against string
	Exclusive   bool  // papers of exactly one of the categories
	Sample      int64 // papers to draw first; 0 takes all
	Seed        uint64
	Fields      features.Fields
	Prose       bool // keep the words of all abstracts
	Words       int  // of a category, at most
	Workers     int  // goroutines; 0 is one a core
}

// Clouds is the words of some categories.
type Clouds struct {
	By         string  `json:"by"`
	Against    string  `json:"against,omitempty"`
	Exclusive  bool    `json:"exclusive"`
	Text       string  `json:"text"`
	Papers     int64   `json:"papers"` // counted, of all categories and what they are contrasted with
	Categories []Cloud `json:"categories"`
}

// Cloud is the words of a category, heaviest first.
type Cloud struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Papers int64  `json:"papers"`
	Words  []Word `json:"words"`
}

// Word is a word with its numbers.
type Word struct {
	Word      string   `json:"word"`
	Papers    int64    `json:"papers"`              // of the category, that use it
	Share     float64  `json:"share"`               // of the category's papers
	Elsewhere *int64   `json:"elsewhere,omitempty"` // papers that it is contrasted with
	LogOdds   *float64 `json:"log_odds,omitempty"`  // ratio, natural logarithm
	Z         *float64 `json:"z,omitempty"`         // log odds over its standard error

	Weight float64 `json:"-"` // its share, or z
}

// NewClouds reads the papers of some categories and returns their heaviest words, which
// are written as the category's papers do most often. Unknown categories, and such
// without a paper or a word, are errors of usage.
func NewClouds(ctx context.Context, c *shards.Corpus, opt CloudOptions) (*Clouds, error) {
	t, err := opt.topics()
	if err != nil {
		return nil, err
	}
	rows, labels, err := opt.choose(ctx, c, t)
	if err != nil {
		return nil, err
	}
	s := &Clouds{By: opt.By, Exclusive: opt.Exclusive, Text: string(opt.Fields), Papers: int64(len(rows))}
	if opt.By == ByContrast {
		s.Against = opt.Against
	}
	for i, category := range t.Categories[:len(opt.Categories)] {
		cloud := Cloud{ID: category.ID, Name: category.Name}
		for _, l := range labels {
			if slices.Contains(l, int32(i)) {
				cloud.Papers++
			}
		}
		if cloud.Papers == 0 {
			return nil, fault.Usagef("corpus cloud: none of %s of %s is of %s%s", format.Count(opt.drawn(c), "paper"), c.Path(), cloud.ID, nearCategory(cloud.ID))
		}
		if opt.By == ByContrast && cloud.Papers == s.Papers {
			return nil, fault.Usagef("corpus cloud: every paper that is counted is of %s: there is no other to contrast with", cloud.ID)
		}
		s.Categories = append(s.Categories, cloud)
	}
	counts, err := opt.count(ctx, c, rows, labels)
	if err != nil {
		return nil, err
	}
	for i := range s.Categories {
		cloud := &s.Categories[i]
		if cloud.Words = counts.heaviest(i, cloud.Papers, opt); len(cloud.Words) == 0 {
			return nil, fault.Usagef("corpus cloud: the papers of %s have no word to draw", cloud.ID)
		}
	}
	return s, nil
}

// drawn is the number of papers that are looked at.
func (o CloudOptions) drawn(c *shards.Corpus) int64 {
	if o.Sample > 0 {
		return min(o.Sample, c.Rows())
	}
	return c.Rows()
}

// count counts the words of rows, which are of the categories in labels. One counter
// takes all: the different tokens of many papers fill much memory.
func (o CloudOptions) count(ctx context.Context, c *shards.Corpus, rows []int64, labels [][]int32) (*Counts, error) {
	bar := progress.Start(ctx, "count words", int64(len(rows)), "papers")
	defer bar.Done()
	counter := NewCounter(Options{Rule: readable(o.Prose), Classes: len(o.Categories), Spellings: true})
	worker, i := counter.Worker(), 0
	for tokens, err := range (features.Pass{Corpus: c, Rows: rows, Fields: o.Fields, Workers: o.Workers}).Sentences(ctx) {
		if err != nil {
			return nil, err
		}
		worker.Add(tokens, labels[i])
		bar.Add(1)
		i++
	}
	return counter.Finish(), nil
}

// heaviest returns the heaviest words of a category of so many papers.
func (c *Counts) heaviest(class int, papers int64, opt CloudOptions) []Word {
	var out []Word
	for _, key := range c.words {
		n, other, delta, z := c.Of(class, key)
		w := Word{Word: key, Papers: n, Share: float64(n) / float64(papers)}
		w.Weight = w.Share
		if opt.By == ByContrast {
			w.Elsewhere, w.LogOdds, w.Z, w.Weight = &other, &delta, &z, z
		}
		if n > 0 && w.Weight > 0 {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b Word) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Word, b.Word))
	})
	out = out[:min(opt.Words, len(out))]
	keys := make([]string, len(out))
	for i, w := range out {
		keys[i] = w.Word
	}
	for i, spelled := range c.Spell(class, keys) {
		out[i].Word = spelled
	}
	return out
}

// nowhere is a category that no paper carries: a taxonomy of topics needs two.
const nowhere = "(none)"

// topics is the taxonomy of the categories; unless they are exclusive, papers have
// all that they carry.
func (o CloudOptions) topics() (*corpus.Taxonomy, error) {
	names := o.Categories
	if len(names) == 1 {
		names = append(names[:1:1], nowhere)
	}
	t, err := corpus.LookupTaxonomy("topics:" + strings.Join(names, ","))
	if err != nil {
		for errors.Unwrap(err) != nil { // what is wrong, without the taxonomy that nobody asked for
			err = errors.Unwrap(err)
		}
		return nil, fault.Usagef("corpus cloud: --category: %w", err)
	}
	own := *t
	own.Exclusive = o.Exclusive
	return &own, nil
}

// choose returns the rows that are counted, and the categories of each.
func (o CloudOptions) choose(ctx context.Context, c *shards.Corpus, t *corpus.Taxonomy) (rows []int64, labels [][]int32, err error) {
	rest := o.By == ByContrast && o.Against == AgainstRest
	drawn, err := c.Sample(o.Sample, o.Seed)
	if err != nil {
		return nil, nil, err
	}
	of := make([][]int32, len(drawn))
	several := make([]bool, len(drawn)) // papers of no side in an exclusive choice
	plain := *t
	plain.Exclusive = false
	err = c.Scan(ctx, drawn, shards.ReadOptions{Workers: o.Workers, Columns: shards.ColumnCategories}, func(_, at int, p *corpus.Paper) error {
		all, _ := plain.Labels(p)
		several[at] = o.Exclusive && len(all) > 1
		of[at] = all
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for i, l := range of {
		if (len(l) > 0 || rest) && !several[i] {
			rows, labels = append(rows, drawn[i]), append(labels, l)
		}
	}
	return rows, labels, nil
}

// nearCategory is a hint at the arXiv category that was probably meant, "" where
// the id is one.
func nearCategory(id string) string {
	arxiv, err := corpus.LookupTaxonomy("arxiv")
	if err != nil {
		return ""
	}
	var ids []string
	for _, c := range arxiv.Categories {
		if c.ID == id {
			return ""
		}
		ids = append(ids, c.ID)
	}
	return suggest.Hint(id, ids)
}
