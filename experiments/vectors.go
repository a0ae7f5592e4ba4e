package experiments

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"assay/corpus"
	"assay/embeddings"
	"assay/embeddings/vectorfile"
	"assay/experiments/config"
	"assay/features"
	"assay/internal/fault"
	"assay/networks"
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
	if o, ok := m.Options.(*networks.LSTM); ok && o.Dimensions > 0 {
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
		if table != nil {
			set, err = s.embedded(ctx, d, f, table, workers)
		} else {
			set, err = d.set(f, workers)
		}
		if err != nil {
			return nil, err
		}
		set.seconds = time.Since(start).Seconds()
		return set, nil
	})
}

// embedded makes features from word vectors. It first frees those that no trial uses:
// they are large, and would stay in memory for the hours that a network trains.
func (s *Session) embedded(ctx context.Context, d *dataset, f config.Features, table *config.Embeddings, workers int) (set *featureSet, err error) {
	d.made.clear(func(key madeKey) bool { return key.embeddings != "" })
	v, err := s.wordVectors(ctx, d, table, workers)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	rows, places := d.kept()
	pass := features.Pass{Corpus: s.corpus, Rows: rows, Workers: workers}
	made, err := features.Embed(ctx, pass, specOf(f, d.fields), v.Vectors, places, s.Config.Results.SaveModels)
	if err != nil {
		return nil, err
	}
	about := v.describe(made)
	if about.CoveredTokens == 0 { // nothing could be learnt, as without a term
		return nil, fault.Usagef("experiments: features %q: none of the papers' %d distinct tokens has a vector in embeddings.%s (%s): name a file of words of their language",
			f.Name, about.Distinct, table.Name, about.Path)
	}
	if f.Kind == "sequences" {
		about.MaxTokens, about.CutPapers, about.CutTokens = f.MaxTokens, made.CutPapers, made.CutTokens
	}
	return &featureSet{Set: made, vectors: about}, nil
}

// kept returns the rows of the corpus whose papers have a label, ascending, and
// where the papers of each part stand among them.
func (d *dataset) kept() (rows []int64, place features.Places) {
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
func (v *wordVectors) describe(made *features.Set) *results.Vectors {
	about, c := v.about, made.Coverage
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
