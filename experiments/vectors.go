package experiments

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"assay/corpus"
	"assay/embeddings"
	"assay/embeddings/fasttext"
	"assay/embeddings/vectorfile"
	"assay/features"
	"assay/internal/fault"
	"assay/results"
)

// wordVectors are an opened table of word vectors.
type wordVectors struct {
	embeddings.Vectors
	about results.Vectors // but for the coverage
}

// hashFiles reads the files of vectors that the experiment's models use: their
// content is a part of what its trials are.
func (c *Config) hashFiles() error {
	for i := range c.Embeddings {
		e := &c.Embeddings[i]
		used := slices.ContainsFunc(c.Models, func(m Model) bool { return m.Embeddings == e.Name })
		if e.File == "" || e.hash != "" || !used {
			continue
		}
		hash, err := hashFile(e.File)
		if err != nil {
			return fault.Usagef("experiments: embeddings.%s: %w; `assay embed --help` says where vectors come from", e.Name, err)
		}
		e.hash = hash
	}
	return nil
}

// hashFile returns the SHA-256 of a file, hexadecimal.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// vectorTable returns the declared table of a name.
func (c *Config) vectorTable(name string) (*Embeddings, error) {
	for i := range c.Embeddings {
		if c.Embeddings[i].Name == name {
			return &c.Embeddings[i], nil
		}
	}
	return nil, fmt.Errorf("experiments: no [embeddings.%s]", name)
}

// leastDimensions is the width of the vectors of a table, 1 where it is not
// known before their file is read.
func (c *Config) leastDimensions(name string) int {
	if e, err := c.vectorTable(name); err == nil && e.Train {
		return e.Dimensions
	}
	return 1
}

// wordVectors opens a table of vectors, trained first where it asks for that,
// and keeps it open while the data stays.
func (s *Session) wordVectors(ctx context.Context, d *dataset, name string) (*wordVectors, error) {
	if v := s.vectors[name]; v != nil {
		return v, nil
	}
	e, err := s.Config.vectorTable(name)
	if err != nil {
		return nil, err
	}
	path, hash := e.File, e.hash
	if e.Train {
		if path, hash, err = s.trained(ctx, d, e); err != nil {
			return nil, err
		}
	}
	opened, report, err := vectorfile.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	v := &wordVectors{Vectors: opened, about: results.Vectors{
		Name: name, Path: path, SHA256: hash, Format: string(report.Format), Words: opened.Len(), Dim: opened.Dim(),
		Exact:   !e.Train || e.Deterministic,
		LeftOut: report.WrongColumns.Lines + report.Duplicates.Lines + report.NotFinite.Lines,
	}}
	if s.vectors == nil {
		s.vectors = map[string]*wordVectors{}
	}
	s.vectors[name] = v
	return v, nil
}

func (s *Session) closeVectors() error {
	var errs []error
	for _, v := range s.vectors {
		errs = append(errs, v.Close())
	}
	s.vectors = nil
	return errors.Join(errs...)
}

// features returns the matrices that a model learns from, made on first use.
func (s *Session) features(ctx context.Context, d *dataset, m *Model) (*featureSet, error) {
	key := madeKey{m.Features, m.Embeddings}
	if set := d.made[key]; set != nil {
		return set, nil
	}
	f, ok := d.declared[m.Features]
	if !ok {
		return nil, fmt.Errorf("experiments: features %q were not prepared", m.Features)
	}
	start := time.Now()
	var set *featureSet
	var err error
	switch f.Kind {
	case "vectors":
		var v *wordVectors
		if v, err = s.wordVectors(ctx, d, m.Embeddings); err == nil {
			set, err = s.averaged(ctx, d, f, v)
		}
	case "sequences":
		set, err = s.sequenced(ctx, d, f, m.Embeddings)
	default:
		set, err = d.counted(f, s.workers)
	}
	if err != nil {
		return nil, err
	}
	set.seconds = time.Since(start).Seconds()
	d.made[key] = set
	return set, nil
}

// averaged reads the papers once more and makes a vector of each from those of
// its tokens.
func (s *Session) averaged(ctx context.Context, d *dataset, f Features, v *wordVectors) (*featureSet, error) {
	rows, place := d.kept()
	vectorizer := features.NewVectorizer(v.Vectors, len(rows))
	averaging := make([]*features.VectorWorker, s.workers)
	for i := range averaging {
		averaging[i] = vectorizer.Worker()
	}
	err := scanTokens(ctx, s.corpus, rows, s.workers, "average vectors", func(worker, pos int, _ *corpus.Paper, tokens func() []string) error {
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

// sequenced reads the papers once more and numbers the tokens of each. Networks
// train for hours beside what lies in memory: features that can be made again
// go before, and the word vectors after, as their rows are copied.
func (s *Session) sequenced(ctx context.Context, d *dataset, f Features, table string) (*featureSet, error) {
	for key := range d.made {
		if made := d.declared[key.features]; made.embedded() {
			delete(d.made, key)
		}
	}
	v, err := s.wordVectors(ctx, d, table)
	if err != nil {
		return nil, err
	}
	if m, ok := v.Vectors.(*fasttext.Model); ok {
		if err := m.Unmap(); err != nil {
			return nil, err
		}
	}
	rows, place := d.kept()
	sequencer := features.NewSequencer(v.Vectors, len(rows), f.MaxTokens)
	numbering := make([]*features.SequenceWorker, s.workers)
	for i := range numbering {
		numbering[i] = sequencer.Worker()
	}
	err = scanTokens(ctx, s.corpus, rows, s.workers, "number tokens", func(worker, pos int, _ *corpus.Paper, tokens func() []string) error {
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
	return set, s.closeVectors()
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
func vectorDir(cfg *Config) string { return filepath.Join(cfg.Results.Path, "cache", "embeddings") }
