package experiments

import (
	"context"
	"strings"
	"time"

	"assay/corpus"
	"assay/corpus/text"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/progress"
	"assay/results"
)

const parts = 3 // corpus.Train, corpus.Validation, corpus.Test

// dataset is the papers of one data key, ready for every model: drawn, parted,
// labelled and counted in one pass over the shards.
type dataset struct {
	taxonomy *corpus.Taxonomy
	drawn    int             // papers drawn from the corpus
	outside  int             // papers left out: no category of the taxonomy
	ids      [parts][]string // in the order of the corpus
	labels   [parts]*multilabel.Matrix
	seconds  float64 // time that preparing took

	rows  []int64      // of the corpus, drawn
	index [parts][]int // positions in rows

	declared map[string]Features
	counts   map[features.CountOptions]*counted
	made     shelf[madeKey, *featureSet]

	draw  string // which papers were drawn, in words
	parts string // and how they were parted
}

// madeKey names features and the text of the table of word vectors, where they
// need one.
type madeKey struct{ features, embeddings string }

// counted is the counts of one way of counting.
type counted struct {
	vocabulary *features.Vocabulary
	rows       [parts]*features.CSR
}

// featureSet is what a model takes: a matrix for each part.
type featureSet struct {
	rows       [parts]features.Matrix
	vocabulary *features.Vocabulary   // nil for vectors
	weights    *features.TFIDF        // of tfidf
	scale      *features.Standardizer // of vectors, where asked for
	vectors    *results.Vectors       // of vectors: what they are and cover
	seconds    float64                // time that the step from counts, or to vectors, took
}

// prepare draws the papers of c under this seed and counts their tokens for
// each of the wanted features. Only training papers feed a vocabulary.
func prepare(ctx context.Context, c *corpus.Corpus, cfg *Config, seed uint64, wanted []Features, workers int) (*dataset, error) {
	start := time.Now()
	taxonomy, err := corpus.LookupTaxonomy(cfg.Corpus.Taxonomy)
	if err != nil {
		return nil, fault.Usage(err)
	}
	rows, err := c.Sample(cfg.Corpus.Sample, seed)
	if err != nil {
		return nil, err
	}
	d := &dataset{
		taxonomy: taxonomy, drawn: len(rows), rows: rows,
		declared: map[string]Features{}, counts: map[features.CountOptions]*counted{},
		draw: cfg.drawKey(seed), parts: cfg.dataKey(seed),
	}
	counters := map[features.CountOptions]*features.Counter{}
	for _, f := range wanted {
		d.declared[f.Name] = f
		if f.embedded() {
			continue
		}
		if opt := f.countOptions(); counters[opt] == nil {
			counters[opt] = features.NewCounter(opt, len(rows))
		}
	}
	papers, err := d.scan(ctx, c, rows, cfg.split(seed), counters, workers)
	if err != nil {
		return nil, err
	}
	d.part(papers)
	if err := d.checkParts(cfg); err != nil {
		return nil, err
	}
	for opt, counter := range counters {
		vocabulary, all, err := counter.Finish(ctx)
		if err != nil {
			return nil, err
		}
		set := &counted{vocabulary: vocabulary}
		for p := range set.rows {
			set.rows[p] = all.Select(d.index[p])
		}
		d.counts[opt] = set
	}
	d.seconds = time.Since(start).Seconds()
	return d, nil
}

func (f Features) countOptions() features.CountOptions {
	return features.CountOptions{
		NgramMin: f.Ngrams[0], NgramMax: f.Ngrams[1],
		MinDocuments: f.MinDocuments, MaxFeatures: f.MaxFeatures, Words: f.Terms == "words",
	}
}

// scanned is what one pass keeps of a paper beside its counts.
type scanned struct {
	id     string
	part   corpus.Part
	labels []int32 // empty: no category of the taxonomy
}

// scan reads, cleans, tokenises and counts the papers in parallel. Each lands
// at its own position, so that the result does not depend on the workers.
func (d *dataset) scan(ctx context.Context, c *corpus.Corpus, rows []int64, split corpus.Split,
	counters map[features.CountOptions]*features.Counter, workers int) ([]scanned, error) {
	papers := make([]scanned, len(rows))
	counting := make([][]*features.CountWorker, workers)
	for i := range counting {
		for _, counter := range counters {
			counting[i] = append(counting[i], counter.Worker())
		}
	}
	err := scanTokens(ctx, c, rows, workers, "read and count", func(worker, pos int, p *corpus.Paper, tokens func() []string) error {
		labels, _ := d.taxonomy.Labels(p)
		papers[pos] = scanned{id: strings.Clone(p.ID), part: split.Of(p.ID), labels: labels}
		if len(labels) == 0 {
			return nil
		}
		for _, counter := range counting[worker] {
			counter.Add(pos, tokens(), papers[pos].part == corpus.Train)
		}
		return nil
	})
	return papers, err
}

// scanTokens reads the papers at the rows in parallel, as [corpus.Corpus.Scan]
// does. tokens cleans and tokenises the paper at hand when it is first called;
// its slice is reused for the next.
func scanTokens(ctx context.Context, c *corpus.Corpus, rows []int64, workers int, name string,
	fn func(worker, pos int, p *corpus.Paper, tokens func() []string) error) error {
	bar := progress.Start(ctx, name, int64(len(rows)), "papers")
	defer bar.Done()
	type state struct {
		tokenizer *text.Worker
		paper     *corpus.Paper
		made      bool
		tokens    []string
		ask       func() []string
		done      int64
	}
	tokenizer := text.NewTokenizer()
	states := make([]*state, workers)
	for i := range states {
		s := &state{tokenizer: tokenizer.Worker()}
		s.ask = func() []string {
			if !s.made {
				s.tokens = s.tokenizer.AppendPaper(s.tokens[:0], s.paper.Title, s.paper.Abstract)
				s.made = true
			}
			return s.tokens
		}
		states[i] = s
	}
	return c.Scan(ctx, rows, corpus.ReadOptions{Workers: workers}, func(worker, pos int, p *corpus.Paper) error {
		s := states[worker]
		s.paper, s.made = p, false
		if s.done++; s.done%256 == 0 {
			bar.Add(256)
		}
		return fn(worker, pos, p, s.ask)
	})
}

// part files the papers under their parts and returns each part's positions.
func (d *dataset) part(papers []scanned) {
	for p := range d.labels {
		d.labels[p] = multilabel.New(len(d.taxonomy.Categories))
	}
	for pos, s := range papers {
		if len(s.labels) == 0 {
			d.outside++
			continue
		}
		d.index[s.part] = append(d.index[s.part], pos)
		d.ids[s.part] = append(d.ids[s.part], s.id)
		d.labels[s.part].Append(s.labels)
	}
}

// checkParts refuses parts that nothing can be learned from or judged on.
func (d *dataset) checkParts(cfg *Config) error {
	for p, fraction := range map[corpus.Part]float64{
		corpus.Train: 1 - cfg.Split.Validation - cfg.Split.Test, corpus.Validation: cfg.Split.Validation, corpus.Test: cfg.Split.Test,
	} {
		if fraction > 0 && len(d.ids[p]) == 0 {
			return fault.Usagef("experiments: no %s paper among the %d drawn from %s (%d outside taxonomy %s): draw more papers or raise the fraction",
				p, d.drawn, cfg.Corpus.Path, d.outside, cfg.Corpus.Taxonomy)
		}
	}
	return nil
}

// counted returns the matrices of features that count terms.
func (d *dataset) counted(f Features, workers int) (*featureSet, error) {
	counts := d.counts[f.countOptions()]
	set := &featureSet{vocabulary: counts.vocabulary}
	for p, m := range counts.rows {
		set.rows[p] = m
	}
	if f.Kind != "tfidf" {
		return set, nil
	}
	set.weights = features.NewTFIDF(features.TFIDFOptions{Sublinear: f.Sublinear, L2: true, SmoothIDF: true})
	set.weights.Fit(counts.rows[corpus.Train])
	for p, m := range counts.rows {
		weighted, err := set.weights.Transform(m, workers)
		if err != nil {
			return nil, err
		}
		set.rows[p] = weighted
	}
	return set, nil
}
