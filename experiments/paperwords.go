package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"assay/corpus"
	"assay/corpus/arxivid"
	"assay/corpus/shards"
	"assay/experiments/config"
	"assay/features"
	"assay/features/keywords"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/results"
)

// PaperWords is a test paper of a run with what its words say for labels.
type PaperWords struct {
	ID     string
	Labels []string // those that are asked about

	Title string
	Words [][]Evidence // for each of Labels, of each word
}

// Evidence is what a word of a paper says for a label.
type Evidence struct {
	Word      string
	Uses      int     // in the paper
	Papers    int64   // training papers of the label that use it
	Elsewhere int64   // other training papers that do
	LogOdds   float64 // ratio, natural logarithm, shrunk
	Z         float64
}

// WordsFrom says what the words of the papers are, and what they are measured by.
type WordsFrom struct {
	Fields string // of the papers: title+abstract
	Terms  string // words, or tokens
	First  int    // so many of each paper's first are read; 0 is all
	Train  int    // training papers
}

// WordsOptions say where a run's papers are found.
type WordsOptions struct {
	Results string // folder of the run store
	// Corpus is where the run's corpus lies now, "" where its configuration says.
	// Named here, it must be there and be the same.
	Corpus  string
	Workers int // 0: one a core
}

// ErrUnavailable is in the error of ReadWords where the words of a run cannot be had.
type ErrUnavailable struct{ error }

func (u ErrUnavailable) Unwrap() error { return u.error }

func unavailablef(format string, args ...any) error {
	return ErrUnavailable{fault.Usagef(format, args...)}
}

// ReadWords reads test papers of a finished run as its model did, and weighs their words
// for labels by the run's training papers. A corpus that is not at hand, or is not that
// of the run, is an ErrUnavailable, unless opt names it.
func ReadWords(ctx context.Context, store *results.Store, run results.Run, papers []*PaperWords, opt WordsOptions) (from WordsFrom, err error) {
	taxonomy, err := corpus.LookupTaxonomy(run.Data.Taxonomy)
	if err != nil {
		return from, ErrUnavailable{err}
	}
	from, err = readWords(ctx, store, run, taxonomy, papers, opt)
	if missing := (ErrUnavailable{}); errors.As(err, &missing) && opt.Corpus != "" {
		return from, missing.error
	}
	return from, err
}

func readWords(ctx context.Context, store *results.Store, run results.Run, taxonomy *corpus.Taxonomy, papers []*PaperWords, opt WordsOptions) (from WordsFrom, err error) {
	path := filepath.Join(store.Path(run.Experiment, run.Trial), "config.toml")
	text, err := os.ReadFile(path)
	if err != nil {
		return from, unavailablef("the run's configuration: %w", err)
	}
	cfg, err := config.Parse(string(text), path, nil)
	if err != nil {
		return from, unavailablef("the run's configuration is of another version of the program: %w", err)
	}
	if len(cfg.Models) != 1 || len(cfg.Seeds) != 1 || cfg.Seeds[0] != run.Seed {
		return from, unavailablef("%s is not the configuration of one trial with seed %d", path, run.Seed)
	}
	cfg.Results.Path, cfg.Corpus.Path = opt.Results, cmp.Or(opt.Corpus, cfg.Corpus.Path)
	c, err := previewCorpus(ctx, cfg)
	if err != nil && opt.Corpus != "" {
		return from, fmt.Errorf("--corpus: %w", err)
	}
	if err != nil {
		return from, unavailablef("%w; --corpus says where the corpus lies now", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if c.Hash() != run.Data.Hash {
		return from, unavailablef("the corpus in %s has the hash %.12s…, and the run learnt from %.12s…: name the folder of that one by --corpus", c.Path(), c.Hash(), run.Data.Hash)
	}
	w := &wordReader{cfg: cfg, taxonomy: taxonomy, workers: opt.Workers}
	if w.workers <= 0 {
		w.workers = runtime.GOMAXPROCS(0)
	}
	w.opt, w.from = reading(cfg)
	w.opt.Classes = len(taxonomy.Categories)
	err = w.fill(ctx, c, run, papers)
	return w.from, err
}

// wordReader reads the papers of a run as its model did.
type wordReader struct {
	cfg      *config.Config
	taxonomy *corpus.Taxonomy
	opt      keywords.Options
	from     WordsFrom
	workers  int

	train  []int64 // rows
	truth  *multilabel.Matrix
	rows   []int64 // of papers
	papers []*PaperWords
	words  [][]keywords.Uses // of each of these
}

// reading says what of a paper the trial's model reads.
func reading(cfg *config.Config) (opt keywords.Options, from WordsFrom) {
	at := slices.IndexFunc(cfg.Features, func(f config.Features) bool { return f.Name == cfg.Models[0].Features })
	from = WordsFrom{Fields: string(cfg.Fields()), Terms: "words"}
	opt.Rule = keywords.Terms(true)
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
	opt.Rule = keywords.Terms(from.Terms == "words")
	from.First = max(opt.FirstWords, opt.FirstTokens)
	return opt, from
}

// fill gives the papers their titles and words.
func (w *wordReader) fill(ctx context.Context, c *shards.Corpus, run results.Run, papers []*PaperWords) error {
	if err := w.find(ctx, c, run.Seed, papers); err != nil {
		return err
	}
	if len(w.train) != run.Data.Train || len(w.rows) != len(papers) {
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
		for _, label := range p.Labels {
			class, ok := w.taxonomy.Index(label)
			if !ok {
				return unavailablef("label %s is not in taxonomy %s", label, w.taxonomy.Name)
			}
			var words []Evidence
			for _, u := range w.words[i] {
				here, elsewhere, delta, z := contrasts.Of(class, u.Word)
				words = append(words, Evidence{u.Word, u.Uses, here, elsewhere, delta, z})
			}
			p.Words = append(p.Words, words)
		}
	}
	w.from.Train = len(w.train)
	return nil
}

// find draws the run's papers again and finds the rows of the training papers and
// of those that are asked about.
func (w *wordReader) find(ctx context.Context, c *shards.Corpus, seed uint64, papers []*PaperWords) error {
	if n := w.cfg.Corpus.Sample; n > c.Rows() {
		return unavailablef("the run drew %d papers, and %s holds %d", n, c.Path(), c.Rows())
	}
	rows, err := c.Sample(w.cfg.Corpus.Sample, seed)
	if err != nil {
		return err
	}
	wanted := make(map[string]*PaperWords, len(papers))
	for _, p := range papers {
		wanted[p.ID] = p
	}
	sides, err := c.Divide(ctx, w.cfg.SplitOf(seed), rows, w.workers)
	if err != nil {
		return err
	}
	labels := make([][]int32, len(rows)) // of training papers
	shown := make([]*PaperWords, len(rows))
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
			w.rows, w.papers = append(w.rows, row), append(w.papers, shown[pos])
		}
	}
	return nil
}

// read reads the papers that are asked about.
func (w *wordReader) read(ctx context.Context, c *shards.Corpus) error {
	w.words = make([][]keywords.Uses, len(w.rows))
	return features.Pass{Corpus: c, Rows: w.rows, Fields: w.cfg.Fields(), Workers: 1, Name: "read errors"}.Each(ctx, func(_, pos int, p *corpus.Paper, tokens func() []string) error {
		w.papers[pos].Title = strings.Clone(p.Title)
		w.words[pos] = keywords.WordsOf(tokens(), w.opt)
		return nil
	})
}

// count counts the words of these papers in the training papers.
func (w *wordReader) count(ctx context.Context, c *shards.Corpus) (*keywords.Counts, error) {
	words := []string{} // not nil, which would count all
	for _, uses := range w.words {
		for _, u := range uses {
			words = append(words, u.Word)
		}
	}
	opt := w.opt
	opt.Words = words
	counter := keywords.NewCounter(opt)
	counting := make([]*keywords.Worker, w.workers)
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
