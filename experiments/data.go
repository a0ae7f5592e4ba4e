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

const parts = corpus.Test + 1

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

	rows  []int64         // of the corpus, drawn
	index features.Places // positions in rows

	declared  map[string]config.Features
	collected *features.Collector
	made      cache[madeKey, *featureSet]

	draw  string // which papers were drawn, in words
	parts string // and how they were parted
}

// madeKey names features and the text of the table of word vectors, where they
// need one.
type madeKey struct{ features, embeddings string }

// featureSet is what a model takes, and what its run's record says of that.
type featureSet struct {
	*features.Set
	vectors *results.Vectors // of vectors and sequences: what they are and cover
	words   *results.Words   // of words: the same of the vocabulary
	seconds float64          // time that the step from counts, or to vectors, took
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
		declared: map[string]config.Features{},
		draw:     cfg.DrawKey(seed), parts: cfg.DataKey(seed),
	}
	var specs []features.Spec
	for _, f := range wanted {
		d.declared[f.Name] = f
		specs = append(specs, specOf(f, d.fields))
	}
	d.collected = features.NewCollector(specs, len(rows))
	sides, err := c.Divide(ctx, cfg.SplitOf(seed), rows, workers)
	if err != nil {
		return nil, err
	}
	d.twins = results.Twins{Texts: int(sides.SameText.Texts), Papers: int(sides.SameText.Papers), Moved: int(sides.Moved)}
	papers, err := d.scan(ctx, c, rows, sides.Parts, workers)
	if err != nil {
		return nil, err
	}
	d.part(papers)
	if err := d.checkParts(cfg); err != nil {
		return nil, err
	}
	if err := d.collected.Finish(ctx, d.index); err != nil {
		return nil, err
	}
	d.seconds = time.Since(start).Seconds()
	return d, nil
}

// specOf returns the features that a declaration asks for, of these fields.
func specOf(f config.Features, fields features.Fields) features.Spec {
	spec := features.Spec{Kind: features.Kind(f.Kind), Fields: fields}
	switch spec.Kind {
	case features.KindVectors:
		spec.Standardize = f.Standardize
	case features.KindSequences:
		spec.MaxTokens = f.MaxTokens
	case features.KindWords:
		spec.Words = features.WordOptions{MaxWords: f.Words.MaxWords, MaxTokens: f.Words.MaxTokens, Words: f.Words.Terms == "words"}
	default:
		spec.Count = features.CountOptions{
			NgramMin: f.Ngrams[0], NgramMax: f.Ngrams[1],
			MinDocuments: f.MinDocuments, MaxFeatures: f.MaxFeatures, Words: f.Terms == "words",
		}
		spec.Sublinear = f.Sublinear
	}
	return spec
}

// scanned is what one pass keeps of a paper beside its counts.
type scanned struct {
	id     string
	part   corpus.Part
	labels []int32 // empty: left out
}

// scan reads, cleans, tokenises and counts the papers in parallel. Each lands
// at its own position, so that the result does not depend on the workers.
func (d *dataset) scan(ctx context.Context, c *shards.Corpus, rows []int64, sides []corpus.Part, workers int) ([]scanned, error) {
	papers := make([]scanned, len(rows))
	collect := make([]func(int, []string, bool), workers)
	for i := range collect {
		collect[i] = d.collected.Worker()
	}
	pass := features.Pass{Corpus: c, Rows: rows, Fields: d.fields, Workers: workers, Name: "read and count"}
	err := pass.Each(ctx, func(worker, pos int, p *corpus.Paper, tokens func() []string) error {
		labels, _ := d.taxonomy.Labels(p)
		papers[pos] = scanned{id: strings.Clone(p.ID), part: sides[pos], labels: labels}
		if len(labels) == 0 {
			return nil
		}
		collect[worker](pos, tokens(), papers[pos].part == corpus.Train)
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
		if papers == 0 { // most likely a wrong id: no paper could ever be predicted as it
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

// set returns the set of features that need no word vectors.
func (d *dataset) set(f config.Features, workers int) (*featureSet, error) {
	made, err := d.collected.Set(specOf(f, d.fields), workers)
	if err != nil {
		return nil, fmt.Errorf("experiments: features %q: %w", f.Name, err)
	}
	set := &featureSet{Set: made}
	if made.Encoder.Kind() == features.KindWords {
		c, vocabulary := made.Words, made.Vocabulary()
		set.words = &results.Words{
			Known: vocabulary.Len(), SHA256: vocabulary.Hash(), Tokens: c.Tokens, KnownTokens: c.KnownTokens,
			Distinct: c.Distinct, KnownDistinct: c.KnownDistinct, MaxTokens: f.Words.MaxTokens, CutPapers: c.CutPapers, CutTokens: c.CutTokens,
		}
	}
	return set, nil
}
