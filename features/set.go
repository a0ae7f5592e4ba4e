package features

import (
	"context"
	"fmt"

	"assay/corpus"
	"assay/embeddings"
	"assay/embeddings/excerpt"
)

// Kind is a way from tokens to a matrix.
type Kind string

// The kinds of features.
const (
	KindCounts    Kind = "counts"    // how often a paper has each term: CSR
	KindTFIDF     Kind = "tfidf"     // counts weighted by how rare their terms are: CSR
	KindVectors   Kind = "vectors"   // the mean of the vectors of a paper's words: Dense
	KindSequences Kind = "sequences" // a paper's tokens in their order, with their vectors: Sequences
	KindWords     Kind = "words"     // the same by a vocabulary of the training papers, without vectors
)

// Spec says how features are made. Equal specs make equal features of equal papers.
type Spec struct {
	Kind        Kind
	Fields      Fields
	Count       CountOptions // of counts and tfidf
	Sublinear   bool         // of tfidf: 1 + ln of the counts
	Standardize bool         // of vectors: mean 0 and variance 1 over the training papers
	MaxTokens   int          // of sequences: a paper's first; 0: all
	Words       WordOptions  // of words
}

// Places tells where the papers of each [corpus.Part] stand among those of a pass.
type Places [corpus.Test + 1][]int

// Set is the papers of an experiment as a classifier takes them: a matrix for each
// part, and the encoder that makes such rows of other papers. Only training papers
// decide what the encoder is.
type Set struct {
	Rows    [corpus.Test + 1]Matrix // by corpus.Part
	Encoder *Encoder

	Words    WordCoverage        // of words: what the vocabulary covers
	Coverage embeddings.Coverage // of vectors and sequences: how the words were found
	// Of sequences: papers longer than MaxTokens, and what they lost by that.
	CutPapers int
	CutTokens int64
}

// selectable is a matrix of which rows can be taken.
type selectable[M any] interface{ Select(rows []int) M }

// parted returns the rows of each part.
func parted[M Matrix](all selectable[M], places *Places) (out [corpus.Test + 1]Matrix) {
	for part, rows := range places {
		out[part] = all.Select(rows)
	}
	return out
}

// Collector makes the sets of several specs in one pass over the papers: of all kinds
// that need no word vectors. Its result depends neither on the number of workers nor
// on which of them had which paper.
type Collector struct {
	counters map[CountOptions]*Counter
	indexers map[WordOptions]*Indexer

	counts  map[CountOptions]*Set
	words   map[WordOptions]*Set
	lacking map[any]error // by options: why there is no set
}

// NewCollector returns a collector for papers 0 to rows-1. Specs that count or index
// alike share the work.
func NewCollector(specs []Spec, rows int) *Collector {
	c := &Collector{
		counters: map[CountOptions]*Counter{}, indexers: map[WordOptions]*Indexer{},
		counts: map[CountOptions]*Set{}, words: map[WordOptions]*Set{}, lacking: map[any]error{},
	}
	for _, s := range specs {
		switch s.Kind {
		case KindCounts, KindTFIDF:
			if c.counters[s.Count] == nil {
				c.counters[s.Count] = NewCounter(s.Count, rows)
			}
		case KindWords:
			if c.indexers[s.Words] == nil {
				c.indexers[s.Words] = NewIndexer(s.Words, rows)
			}
		}
	}
	return c
}

// Worker returns what one goroutine gives the tokens of its papers to, as those of
// [Counter] and [Indexer] take them.
func (c *Collector) Worker() func(row int, tokens []string, train bool) {
	var add []func(row int, tokens []string, train bool)
	for _, counter := range c.counters {
		add = append(add, counter.Worker().Add)
	}
	for _, indexer := range c.indexers {
		add = append(add, indexer.Worker().Add)
	}
	return func(row int, tokens []string, train bool) {
		for _, a := range add {
			a(row, tokens, train)
		}
	}
}

// Finish keeps what the pass has found, part by part. Its error is the context's; what
// a spec's own papers lack is the error of its Set.
func (c *Collector) Finish(ctx context.Context, places Places) error {
	for opt, counter := range c.counters {
		vocabulary, all, err := counter.Finish(ctx)
		if err != nil {
			c.lacking[opt] = err
			continue
		}
		c.counts[opt] = &Set{Rows: parted[*CSR](all, &places), Encoder: &Encoder{vocabulary: vocabulary}}
	}
	for opt, indexer := range c.indexers {
		vocabulary, all, coverage, err := indexer.Finish(ctx)
		if err != nil {
			c.lacking[opt] = err
			continue
		}
		c.words[opt] = &Set{Rows: parted[*Sequences](all, &places), Encoder: &Encoder{vocabulary: vocabulary}, Words: coverage}
	}
	return ctx.Err()
}

// Set returns the set of a spec that the collector was made for.
func (c *Collector) Set(spec Spec, workers int) (*Set, error) {
	shared, lacking := c.counts[spec.Count], c.lacking[spec.Count]
	if spec.Kind == KindWords {
		shared, lacking = c.words[spec.Words], c.lacking[spec.Words]
	}
	switch {
	case lacking != nil:
		return nil, lacking
	case shared == nil:
		return nil, fmt.Errorf("features: the pass over the papers did not make %s", spec.Kind)
	}
	set := *shared
	set.Encoder = &Encoder{spec: spec, vocabulary: shared.Encoder.vocabulary}
	if spec.Kind != KindTFIDF {
		return &set, nil
	}
	weights := NewTFIDF(TFIDFOptions{Sublinear: spec.Sublinear, L2: true, SmoothIDF: true})
	weights.Fit(set.Rows[corpus.Train].(*CSR))
	for part, m := range set.Rows {
		weighted, err := weights.Transform(m.(*CSR), workers)
		if err != nil {
			return nil, err
		}
		set.Rows[part] = weighted
	}
	set.Encoder.weights = weights
	return &set, nil
}

// Embed makes the set of a spec of kind vectors or sequences, by a pass over the
// papers. Where whole is true, its encoder works without v, by an excerpt of it; else
// it encodes nothing and has only the standardizer.
func Embed(ctx context.Context, pass Pass, spec Spec, v embeddings.Vectors, places Places, whole bool) (*Set, error) {
	pass.Fields = spec.Fields
	set := &Set{Encoder: &Encoder{spec: spec}}
	var words []string
	var known []float32 // their vectors
	var err error
	if spec.Kind == KindSequences {
		words, known, err = set.sequence(ctx, pass, v, &places)
	} else {
		words, err = set.average(ctx, pass, v, &places)
	}
	if err != nil {
		return nil, err
	}
	if whole {
		if set.Encoder.vectors, err = excerpt.Of(ctx, v, words, known); err != nil {
			return nil, fmt.Errorf("features: %w", err)
		}
	}
	return set, nil
}

// average makes a vector of each paper from those of its tokens, and returns the words
// that have one.
func (s *Set) average(ctx context.Context, pass Pass, v embeddings.Vectors, places *Places) ([]string, error) {
	pass.Name = "average vectors"
	z := NewVectorizer(v, len(pass.Rows))
	workers := make([]*VectorWorker, pass.workers())
	for i := range workers {
		workers[i] = z.Worker()
	}
	err := pass.Each(ctx, func(worker, pos int, _ *corpus.Paper, tokens func() []string) error {
		return workers[worker].Add(pos, tokens())
	})
	if err != nil {
		return nil, err
	}
	all, coverage := z.Finish()
	s.Coverage, s.Rows = coverage, parted[*Dense](all, places)
	if !s.Encoder.spec.Standardize {
		return z.Words(), nil
	}
	scale := NewStandardizer()
	scale.Fit(s.Rows[corpus.Train].(*Dense))
	for _, m := range s.Rows {
		if err := scale.Transform(m.(*Dense)); err != nil {
			return nil, err
		}
	}
	s.Encoder.scale = scale
	return z.Words(), nil
}

// sequence numbers the tokens of each paper, and returns the words that have a vector
// with their vectors.
func (s *Set) sequence(ctx context.Context, pass Pass, v embeddings.Vectors, places *Places) ([]string, []float32, error) {
	if file, ok := v.(interface{ Unmap() error }); ok { // each word is looked up once
		if err := file.Unmap(); err != nil {
			return nil, nil, err
		}
	}
	pass.Name = "number tokens"
	q := NewSequencer(v, len(pass.Rows), s.Encoder.spec.MaxTokens)
	workers := make([]*SequenceWorker, pass.workers())
	for i := range workers {
		workers[i] = q.Worker()
	}
	err := pass.Each(ctx, func(worker, pos int, _ *corpus.Paper, tokens func() []string) error {
		return workers[worker].Add(pos, tokens())
	})
	if err != nil {
		return nil, nil, err
	}
	all, coverage, err := q.Finish(ctx)
	if err != nil {
		return nil, nil, err
	}
	s.Coverage, s.Rows = coverage, parted[*Sequences](all, places)
	s.CutPapers, s.CutTokens = q.Cut()
	words := all.Words[firstWordID:]
	s.Encoder.vocabulary = &Vocabulary{terms: words, ngramMin: 1, ngramMax: 1}
	s.Encoder.dim = all.Embedding.Cols
	return words, all.Embedding.Data[int(firstWordID)*all.Embedding.Cols:], nil
}

// Columns is how many features a paper has.
func (s *Set) Columns() int {
	_, cols := s.Rows[corpus.Train].Dims()
	return cols
}

// Vocabulary returns the terms or words that are the columns or numbers of the set;
// nil for vectors.
func (s *Set) Vocabulary() *Vocabulary { return s.Encoder.vocabulary }
