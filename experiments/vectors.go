package experiments

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"assay/corpus"
	"assay/embeddings"
	"assay/embeddings/fasttext"
	"assay/embeddings/vectorfile"
	"assay/experiments/config"
	"assay/features"
	"assay/internal/fault"
	"assay/results"
)

// wordVectors are an opened table of word vectors.
type wordVectors struct {
	embeddings.Vectors
	about results.Vectors // but for the coverage
}

// leastDimensions is the width of the vectors of a table, or of those that the
// model learns itself; 1 where it is not known before their file is read.
func leastDimensions(c *config.Config, m *config.Model) int {
	if o, ok := m.Options.(*config.LSTM); ok && o.Dimensions > 0 {
		return o.Dimensions
	}
	if e := c.EmbeddingsOf(m); e != nil && e.Train {
		return e.Dimensions
	}
	return 1
}

// wordVectors opens a table of vectors, trained first where it asks for that.
func (s *Session) wordVectors(ctx context.Context, d *dataset, e *config.Embeddings, workers int) (v *wordVectors, err error) {
	path, hash := e.File, e.SHA256
	if e.Train {
		if path, hash, err = s.trained(ctx, d, e, workers); err != nil {
			return nil, err
		}
	}
	opened, report, err := vectorfile.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	return &wordVectors{Vectors: opened, about: results.Vectors{
		Name: e.Name, Path: path, SHA256: hash, Format: string(report.Format), Words: opened.Len(), Dim: opened.Dim(),
		Exact:   !e.Train || e.Deterministic,
		LeftOut: report.WrongColumns.Lines + report.Duplicates.Lines + report.NotFinite.Lines,
	}}, nil
}

// features returns the matrices that a trial's model learns from, made on first
// use, and what gives them back.
func (s *Session) features(ctx context.Context, d *dataset, t Trial, workers int) (*featureSet, func(), error) {
	f, ok := d.declared[t.Model.Features]
	if !ok {
		return nil, nil, fmt.Errorf("experiments: features %q were not prepared", t.Model.Features)
	}
	key := madeKey{features: f.Name}
	var table *config.Embeddings
	if f.FromVectors() {
		if table = t.Config.EmbeddingsOf(t.Model); table == nil {
			return nil, nil, fmt.Errorf("experiments: no [embeddings.%s]", t.Model.Embeddings)
		}
		key.embeddings = t.Config.EmbeddingsText(t.Model)
	}
	return d.made.take(ctx, key, func() (*featureSet, error) {
		start := time.Now()
		var set *featureSet
		var err error
		switch {
		case table != nil:
			set, err = s.embedded(ctx, d, f, table, workers)
		case f.Kind == "words":
			set, err = d.numbered(f)
		default:
			set, err = d.counted(f, workers)
		}
		if err != nil {
			return nil, err
		}
		set.seconds = time.Since(start).Seconds()
		return set, nil
	})
}

// embedded makes features from word vectors. They are large, and networks train
// for hours beside what lies in memory: those that nobody uses go before.
func (s *Session) embedded(ctx context.Context, d *dataset, f config.Features, table *config.Embeddings, workers int) (set *featureSet, err error) {
	d.made.clear(func(key madeKey) bool { return key.embeddings != "" })
	v, err := s.wordVectors(ctx, d, table, workers)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	fill := s.averaged
	if f.Kind == "sequences" {
		fill = s.sequenced
	}
	if set, err = fill(ctx, d, f, v, workers); err != nil {
		return nil, err
	}
	if about := set.vectors; about.CoveredTokens == 0 { // nothing could be learnt, as without a term
		return nil, fault.Usagef("experiments: features %q: none of the papers' %d distinct tokens has a vector in embeddings.%s (%s): name a file of words of their language",
			f.Name, about.Distinct, table.Name, about.Path)
	}
	return set, nil
}

// averaged reads the papers once more and makes a vector of each from those of
// its tokens.
func (s *Session) averaged(ctx context.Context, d *dataset, f config.Features, v *wordVectors, workers int) (*featureSet, error) {
	rows, place := d.kept()
	vectorizer := features.NewVectorizer(v.Vectors, len(rows))
	averaging := make([]*features.VectorWorker, workers)
	for i := range averaging {
		averaging[i] = vectorizer.Worker()
	}
	err := features.Pass{Corpus: s.corpus, Rows: rows, Fields: d.fields, Workers: workers, Name: "average vectors"}.Each(ctx, func(worker, pos int, _ *corpus.Paper, tokens func() []string) error {
		return averaging[worker].Add(pos, tokens())
	})
	if err != nil {
		return nil, err
	}
	all, coverage := vectorizer.Finish()
	set := &featureSet{vectors: v.describe(coverage)}
	var dense [parts]*features.Dense
	for p := range dense {
		dense[p] = all.Select(place[p])
	}
	if f.Standardize {
		set.scale = features.NewStandardizer()
		set.scale.Fit(dense[corpus.Train])
	}
	for p, m := range dense {
		if set.scale != nil {
			if err := set.scale.Transform(m); err != nil {
				return nil, err
			}
		}
		set.rows[p] = m
	}
	return set, nil
}

// sequenced reads the papers once more and numbers the tokens of each. The rows
// of their vectors are copied.
func (s *Session) sequenced(ctx context.Context, d *dataset, f config.Features, v *wordVectors, workers int) (*featureSet, error) {
	if m, ok := v.Vectors.(*fasttext.Model); ok {
		if err := m.Unmap(); err != nil {
			return nil, err
		}
	}
	rows, place := d.kept()
	sequencer := features.NewSequencer(v.Vectors, len(rows), f.MaxTokens)
	numbering := make([]*features.SequenceWorker, workers)
	for i := range numbering {
		numbering[i] = sequencer.Worker()
	}
	err := features.Pass{Corpus: s.corpus, Rows: rows, Fields: d.fields, Workers: workers, Name: "number tokens"}.Each(ctx, func(worker, pos int, _ *corpus.Paper, tokens func() []string) error {
		return numbering[worker].Add(pos, tokens())
	})
	if err != nil {
		return nil, err
	}
	all, coverage, err := sequencer.Finish(ctx)
	if err != nil {
		return nil, err
	}
	set := &featureSet{vectors: v.describe(coverage)}
	set.vectors.MaxTokens = f.MaxTokens
	set.vectors.CutPapers, set.vectors.CutTokens = sequencer.Cut()
	for p := range set.rows {
		set.rows[p] = all.Select(place[p])
	}
	return set, nil
}

// kept returns the rows of the corpus whose papers have a label, ascending, and
// where the papers of each part stand among them.
func (d *dataset) kept() (rows []int64, place [parts][]int) {
	at := make([]int, len(d.rows))
	for _, positions := range d.index {
		for _, pos := range positions {
			at[pos] = 1
		}
	}
	for pos, row := range d.rows {
		if at[pos] == 1 {
			at[pos] = len(rows)
			rows = append(rows, row)
		}
	}
	for p, positions := range d.index {
		for _, pos := range positions {
			place[p] = append(place[p], at[pos])
		}
	}
	return rows, place
}

// describe is what a run's record says of the vectors.
func (v *wordVectors) describe(c embeddings.Coverage) *results.Vectors {
	about := v.about
	about.Tokens, about.Distinct = c.Totals()
	about.CoveredTokens = about.Tokens - c.Tokens[embeddings.Missing]
	about.CoveredDistinct = about.Distinct - c.Words[embeddings.Missing]
	about.SubwordTokens = c.Tokens[embeddings.Subwords]
	return &about
}

// trainingRows are the rows of the corpus whose text teaches the vectors.
func (d *dataset) trainingRows(papers string) []int64 {
	if papers == "all" {
		return d.rows
	}
	rows := make([]int64, len(d.index[corpus.Train]))
	for i, pos := range d.index[corpus.Train] {
		rows[i] = d.rows[pos]
	}
	return rows
}

// vectorDir is where the results keep trained vectors.
func vectorDir(cfg *config.Config) string {
	return filepath.Join(cfg.Results.Path, "cache", "embeddings")
}
