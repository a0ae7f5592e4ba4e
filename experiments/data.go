package experiments

import (
	"context"
	"fmt"
	"strings"
	"time"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/experiments/config"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/suggest"
	"assay/results"
)

const parts = 3 // corpus.Train, corpus.Validation, corpus.Test

// dataset is the papers of one data key, ready for every model: drawn, parted,
// labelled and counted in one pass over the shards.
type dataset struct {
	taxonomy *corpus.Taxonomy
	drawn    int             // papers drawn from the corpus
	outside  int             // papers left out: without a label, as the taxonomy has it
	twins    results.Twins   // papers of equal text
	fields   features.Fields // that tokens are made of
	ids      [parts][]string // in the order of the corpus
	labels   [parts]*multilabel.Matrix
	seconds  float64 // time that preparing took

	rows  []int64      // of the corpus, drawn
	index [parts][]int // positions in rows

	declared map[string]config.Features
	counts   map[features.CountOptions]*counted
	words    map[features.WordOptions]*featureSet
	lacking  map[any]error // by options: why there are no counts or words; it fails those alone that learn from them
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
	vocabulary *features.Vocabulary   // nil for vectors and sequences
	weights    *features.TFIDF        // of tfidf
	scale      *features.Standardizer // of vectors, where asked for
	vectors    *results.Vectors       // of vectors: what they are and cover
	words      *results.Words         // of words: the same of the vocabulary
	seconds    float64                // time that the step from counts, or to vectors, took
}

// prepare draws the papers of c under this seed and counts their tokens for
// each of the wanted features. Only training papers feed a vocabulary.
func prepare(ctx context.Context, c *shards.Corpus, cfg *config.Config, seed uint64, wanted []config.Features, workers int) (*dataset, error) {
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
		taxonomy: taxonomy, drawn: len(rows), rows: rows, fields: cfg.Fields(),
		declared: map[string]config.Features{}, counts: map[features.CountOptions]*counted{}, words: map[features.WordOptions]*featureSet{}, lacking: map[any]error{},
		draw: cfg.DrawKey(seed), parts: cfg.DataKey(seed),
	}
	r := newReaders(wanted, len(rows))
	for _, f := range wanted {
		d.declared[f.Name] = f
	}
	sides, err := c.Divide(ctx, cfg.SplitOf(seed), rows, workers)
	if err != nil {
		return nil, err
	}
	d.twins = results.Twins{Texts: int(sides.SameText.Texts), Papers: int(sides.SameText.Papers), Moved: int(sides.Moved)}
	papers, err := d.scan(ctx, c, rows, sides.Parts, r, workers)
	if err != nil {
		return nil, err
	}
	d.part(papers)
	if err := d.checkParts(cfg); err != nil {
		return nil, err
	}
	if err := d.finish(ctx, r); err != nil {
		return nil, err
	}
	d.seconds = time.Since(start).Seconds()
	return d, nil
}

func countOptions(f config.Features) features.CountOptions {
	return features.CountOptions{
		NgramMin: f.Ngrams[0], NgramMax: f.Ngrams[1],
		MinDocuments: f.MinDocuments, MaxFeatures: f.MaxFeatures, Words: f.Terms == "words",
	}
}

func wordOptions(f config.Features) features.WordOptions {
	return features.WordOptions{MaxWords: f.Words.MaxWords, MaxTokens: f.Words.MaxTokens, Words: f.Words.Terms == "words"}
}

// readers are what one pass over the papers fills.
type readers struct {
	counters map[features.CountOptions]*features.Counter
	indexers map[features.WordOptions]*features.Indexer
}

func newReaders(wanted []config.Features, rows int) readers {
	r := readers{map[features.CountOptions]*features.Counter{}, map[features.WordOptions]*features.Indexer{}}
	for _, f := range wanted {
		if f.Kind == "words" {
			if opt := wordOptions(f); r.indexers[opt] == nil {
				r.indexers[opt] = features.NewIndexer(opt, rows)
			}
		} else if f.CountsTerms() {
			if opt := countOptions(f); r.counters[opt] == nil {
				r.counters[opt] = features.NewCounter(opt, rows)
			}
		}
	}
	return r
}

// worker returns what one goroutine gives a paper's tokens to.
func (r readers) worker() (add []func(row int, tokens []string, train bool)) {
	for _, counter := range r.counters {
		add = append(add, counter.Worker().Add)
	}
	for _, indexer := range r.indexers {
		add = append(add, indexer.Worker().Add)
	}
	return add
}

// finish keeps what the pass has found, part by part. Its error is the context's.
func (d *dataset) finish(ctx context.Context, r readers) error {
	for opt, counter := range r.counters {
		vocabulary, all, err := counter.Finish(ctx)
		if err != nil {
			d.lacking[opt] = err
			continue
		}
		set := &counted{vocabulary: vocabulary}
		for p := range set.rows {
			set.rows[p] = all.Select(d.index[p])
		}
		d.counts[opt] = set
	}
	for opt, indexer := range r.indexers {
		vocabulary, all, c, err := indexer.Finish(ctx)
		if err != nil {
			d.lacking[opt] = err
			continue
		}
		set := &featureSet{vocabulary: vocabulary, words: &results.Words{
			Known: vocabulary.Len(), SHA256: vocabulary.Hash(), Tokens: c.Tokens, KnownTokens: c.KnownTokens,
			Distinct: c.Distinct, KnownDistinct: c.KnownDistinct, MaxTokens: opt.MaxTokens, CutPapers: c.CutPapers, CutTokens: c.CutTokens,
		}}
		for p := range set.rows {
			set.rows[p] = all.Select(d.index[p])
		}
		d.words[opt] = set
	}
	return ctx.Err()
}

// scanned is what one pass keeps of a paper beside its counts.
type scanned struct {
	id     string
	part   corpus.Part
	labels []int32 // empty: left out
}

// scan reads, cleans, tokenises and counts the papers in parallel. Each lands
// at its own position, so that the result does not depend on the workers.
func (d *dataset) scan(ctx context.Context, c *shards.Corpus, rows []int64, sides []corpus.Part,
	r readers, workers int) ([]scanned, error) {
	papers := make([]scanned, len(rows))
	counting := make([][]func(int, []string, bool), workers)
	for i := range counting {
		counting[i] = r.worker()
	}
	pass := features.Pass{Corpus: c, Rows: rows, Fields: d.fields, Workers: workers, Name: "read and count"}
	err := pass.Each(ctx, func(worker, pos int, p *corpus.Paper, tokens func() []string) error {
		labels, _ := d.taxonomy.Labels(p)
		papers[pos] = scanned{id: strings.Clone(p.ID), part: sides[pos], labels: labels}
		if len(labels) == 0 {
			return nil
		}
		for _, add := range counting[worker] {
			add(pos, tokens(), papers[pos].part == corpus.Train)
		}
		return nil
	})
	return papers, err
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
func (d *dataset) checkParts(cfg *config.Config) error {
	for p, fraction := range map[corpus.Part]float64{
		corpus.Train: 1 - cfg.Split.Validation - cfg.Split.Test, corpus.Validation: cfg.Split.Validation, corpus.Test: cfg.Split.Test,
	} {
		if fraction > 0 && len(d.ids[p]) == 0 {
			return fault.Usagef("experiments: no %s paper among the %d drawn from %s (%d %s): draw more papers or raise the fraction",
				p, d.drawn, cfg.Corpus.Path, d.outside, d.taxonomy.LeftOut())
		}
	}
	if !d.taxonomy.Exclusive {
		return nil
	}
	for label, papers := range d.labels[corpus.Train].Counts() {
		if papers == 0 { // most likely a slip of the pen: nothing would ever be of this topic
			id := d.taxonomy.Categories[label].ID
			return fault.Usagef("experiments: no train paper of topic %s alone among the %d drawn from %s (%d %s)%s: draw more papers, or name another topic",
				id, d.drawn, cfg.Corpus.Path, d.outside, d.taxonomy.LeftOut(), topicHint(id))
		}
	}
	return nil
}

// topicHint proposes the category that was probably meant by a topic of which
// there is no paper, "" where it is one.
func topicHint(id string) string {
	arxiv, err := corpus.LookupTaxonomy("arxiv")
	if err != nil {
		return ""
	}
	if _, outcome := arxiv.Resolve(id); outcome != corpus.UnknownID {
		return ""
	}
	return suggest.Hint(id, categoryIDs(arxiv))
}

// lack says why there are no features of these options.
func (d *dataset) lack(f config.Features, options any) error {
	return fmt.Errorf("experiments: features %q: %w", f.Name, d.lacking[options])
}

// numbered returns the matrices of features that number words.
func (d *dataset) numbered(f config.Features) (*featureSet, error) {
	set := d.words[wordOptions(f)]
	if set == nil {
		return nil, d.lack(f, wordOptions(f))
	}
	one := *set
	return &one, nil
}

// counted returns the matrices of features that count terms.
func (d *dataset) counted(f config.Features, workers int) (*featureSet, error) {
	counts := d.counts[countOptions(f)]
	if counts == nil {
		return nil, d.lack(f, countOptions(f))
	}
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
