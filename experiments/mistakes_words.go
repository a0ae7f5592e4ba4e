package experiments

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"assay/corpus"
	"assay/corpus/arxivid"
	"assay/corpus/shards"
	"assay/experiments/config"
	"assay/features"
	"assay/internal/markup"
	"assay/internal/multilabel"
	"assay/results"
	"assay/results/mistakes"
)

// mistakeWords reads the papers of a run as its model did.
type mistakeWords struct {
	cfg      *config.Config
	taxonomy *corpus.Taxonomy
	labels   []string
	index    map[string]int // of labels, in the taxonomy
	opt      features.ContrastOptions
	from     mistakes.WordsFrom
	workers  int

	train  []int64 // rows
	truth  *multilabel.Matrix
	shown  []int64 // rows, of the papers of the report
	papers []*mistakes.Paper
	words  [][]features.WordUses // of each of these
}

func newMistakeWords(cfg *config.Config, labels []string, workers int) (*mistakeWords, error) {
	taxonomy, err := corpus.LookupTaxonomy(cfg.Corpus.Taxonomy)
	if err != nil {
		return nil, err
	}
	w := &mistakeWords{cfg: cfg, taxonomy: taxonomy, labels: labels, index: map[string]int{}, workers: workers}
	if w.workers <= 0 {
		w.workers = runtime.GOMAXPROCS(0)
	}
	for _, l := range labels {
		at, ok := taxonomy.Index(l)
		if !ok {
			return nil, unavailablef("label %s is not in taxonomy %s", l, taxonomy.Name)
		}
		w.index[l] = at
	}
	w.opt, w.from = reading(cfg)
	w.opt.Classes = len(taxonomy.Categories)
	return w, nil
}

// reading says what of a paper the trial's model reads.
func reading(cfg *config.Config) (opt features.ContrastOptions, from mistakes.WordsFrom) {
	at := slices.IndexFunc(cfg.Features, func(f config.Features) bool { return f.Name == cfg.Models[0].Features })
	from = mistakes.WordsFrom{Fields: string(cfg.Fields()), Terms: "words"}
	opt.Words = true
	if at < 0 {
		return opt, from
	}
	switch f := cfg.Features[at]; {
	case f.Kind == "words":
		from.Terms, opt.FirstWords = f.Words.Terms, f.Words.MaxTokens
	case f.CountsTerms():
		from.Terms = f.Terms
	case f.Kind == "sequences":
		from.Terms, opt.FirstTokens = "tokens", f.MaxTokens
	default:
		from.Terms = "tokens"
	}
	opt.Words = from.Terms == "words"
	from.First = max(opt.FirstWords, opt.FirstTokens)
	return opt, from
}

// fill gives the papers of the report their titles and words.
func (w *mistakeWords) fill(ctx context.Context, c *shards.Corpus, run results.Run, r *mistakes.Report) error {
	if err := w.find(ctx, c, run.Seed, r.Shown()); err != nil {
		return err
	}
	if len(w.train) != run.Data.Train || len(w.shown) != len(r.Shown()) {
		return unavailablef("the run's configuration gives %d training papers of the corpus in %s, and the run had %d: this version of the program draws or parts papers otherwise",
			len(w.train), c.Path(), run.Data.Train)
	}
	if err := w.read(ctx, c); err != nil {
		return err
	}
	contrasts, err := w.count(ctx, c)
	if err != nil {
		return err
	}
	for i, p := range w.papers {
		for _, l := range involved(p, w.labels) {
			p.Speaks = append(p.Speaks, speaks(contrasts, w.words[i], l, w.index[l]))
		}
	}
	w.from.Train = len(w.train)
	r.Words = &w.from
	return nil
}

// find draws the run's papers again and finds the rows of the training papers and
// of those that are shown.
func (w *mistakeWords) find(ctx context.Context, c *shards.Corpus, seed uint64, papers []*mistakes.Paper) error {
	if n := w.cfg.Corpus.Sample; n > c.Rows() {
		return unavailablef("the run drew %d papers, and %s holds %d", n, c.Path(), c.Rows())
	}
	rows, err := c.Sample(w.cfg.Corpus.Sample, seed)
	if err != nil {
		return err
	}
	wanted := make(map[string]*mistakes.Paper, len(papers))
	for _, p := range papers {
		wanted[p.ID] = p
	}
	sides, err := c.Divide(ctx, w.cfg.SplitOf(seed), rows, w.workers)
	if err != nil {
		return err
	}
	labels := make([][]int32, len(rows)) // of training papers
	shown := make([]*mistakes.Paper, len(rows))
	columns := shards.ReadOptions{Workers: w.workers, Columns: shards.ColumnID | shards.ColumnCategories}
	err = c.Scan(ctx, rows, columns, func(_, pos int, p *corpus.Paper) error {
		switch sides.Parts[pos] {
		case corpus.Train:
			labels[pos], _ = w.taxonomy.Labels(p)
		case corpus.Test:
			shown[pos] = wanted[arxivid.Known(p.ID)]
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.truth = multilabel.New(w.opt.Classes)
	for pos, row := range rows {
		if len(labels[pos]) > 0 {
			w.train = append(w.train, row)
			w.truth.Append(labels[pos])
		}
		if shown[pos] != nil {
			w.shown, w.papers = append(w.shown, row), append(w.papers, shown[pos])
		}
	}
	return nil
}

// read reads the papers that are shown.
func (w *mistakeWords) read(ctx context.Context, c *shards.Corpus) error {
	w.words = make([][]features.WordUses, len(w.shown))
	return features.Pass{Corpus: c, Rows: w.shown, Fields: w.cfg.Fields(), Workers: 1, Name: "read errors"}.Each(ctx, func(_, pos int, p *corpus.Paper, tokens func() []string) error {
		w.papers[pos].Title = markup.Line(strings.Clone(p.Title))
		w.words[pos] = features.WordsOf(tokens(), w.opt)
		return nil
	})
}

// count counts the words of these papers in the training papers.
func (w *mistakeWords) count(ctx context.Context, c *shards.Corpus) (*features.WordContrasts, error) {
	var words []string
	for _, uses := range w.words {
		for _, u := range uses {
			words = append(words, u.Word)
		}
	}
	counter := features.NewContrastCounter(words, w.opt)
	counting := make([]*features.ContrastWorker, w.workers)
	for i := range counting {
		counting[i] = counter.Worker()
	}
	pass := features.Pass{Corpus: c, Rows: w.train, Fields: w.cfg.Fields(), Workers: w.workers, Name: "count words"}
	err := pass.Each(ctx, func(worker, pos int, _ *corpus.Paper, tokens func() []string) error {
		counting[worker].Add(tokens(), w.truth.Row(pos))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("experiments: count words: %w", err)
	}
	return counter.Finish(), nil
}

// speaks are the words of a paper that speak for a label, the surest first.
func speaks(contrasts *features.WordContrasts, uses []features.WordUses, label string, class int) mistakes.Speaks {
	s := mistakes.Speaks{Label: label}
	for _, u := range uses {
		here, elsewhere, delta, z := contrasts.Of(class, u.Word)
		if z < mistakes.Speaking {
			continue
		}
		s.Uses += u.Uses
		s.Words = append(s.Words, mistakes.Word{Word: u.Word, Uses: u.Uses, Papers: here, Elsewhere: elsewhere, LogOdds: delta, Z: z})
	}
	slices.SortFunc(s.Words, func(a, b mistakes.Word) int {
		return cmp.Or(cmp.Compare(b.Z, a.Z), strings.Compare(a.Word, b.Word))
	})
	return s
}
