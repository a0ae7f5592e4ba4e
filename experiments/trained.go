package experiments

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assay/embeddings/fasttext"
	"assay/experiments/config"
	"assay/features"
	"assay/internal/atomicfile"
)

// Options returns the options of package fasttext.
func trainingOptions(t *config.Training) fasttext.Options {
	return fasttext.Options{
		Model: t.Model, Dim: t.Dimensions, Window: t.Window, Epochs: t.Epochs, MinCount: t.MinCount,
		MinN: t.MinN, MaxN: t.MaxN, Buckets: t.Buckets, Negatives: t.Negatives,
		LearningRate: t.LearningRate, SubSampling: t.SubSampling, Seed: t.Seed, Deterministic: t.Deterministic,
	}
}

// trainedRecord stands beside trained vectors in the cache: without it they
// were not finished.
type trainedRecord struct {
	SHA256   string          `json:"sha256"` // of the vectors' file
	Data     string          `json:"data"`   // corpus hash
	Papers   string          `json:"papers"` // which of its papers, in words
	Training config.Training `json:"training"`
	Report   fasttext.Report `json:"report"`
}

// trained returns the file of vectors trained on the session's data and its
// SHA-256. A file in the cache that was trained on the same text by the same
// options serves again.
func (s *Session) trained(ctx context.Context, d *dataset, e *config.Embeddings, workers int) (path, hash string, err error) {
	papers := d.parts
	if e.Papers == "all" {
		papers = d.draw
	}
	key := trainingKey(s.corpus.Hash(), papers, s.build, s.Config.Parts(), &e.Training)
	path = filepath.Join(vectorDir(s.Config), key) + ".bin"
	err = s.store.Exclusive(ctx, key, func(ctx context.Context) error {
		hash, err = s.trainOnce(ctx, d, e, papers, path, workers)
		return err
	})
	return path, hash, err
}

// trainOnce trains the vectors of a file, unless they are there, and returns its
// SHA-256.
func (s *Session) trainOnce(ctx context.Context, d *dataset, e *config.Embeddings, papers, path string, workers int) (hash string, err error) {
	recordPath := strings.TrimSuffix(path, ".bin") + ".json"
	if hash, err = cachedVectors(path, recordPath); err != nil || hash != "" {
		return hash, err
	}
	if _, err := s.store.MakeFolder("cache", "embeddings"); err != nil {
		return "", fmt.Errorf("experiments: make the cache of vectors: %w", err)
	}
	atomicfile.RemoveStale(path, time.Hour)
	opt := trainingOptions(&e.Training)
	opt.Workers, opt.TempDir = workers, filepath.Dir(path)
	sentences := features.Pass{Corpus: s.corpus, Rows: d.trainingRows(e.Papers), Fields: d.fields, Workers: workers}.Sentences(ctx)
	model, report, err := fasttext.Train(ctx, sentences, opt)
	if err != nil {
		return "", fmt.Errorf("experiments: train embeddings.%s: %w", e.Name, err)
	}
	sum := sha256.New()
	err = atomicfile.Write(path, func(w io.Writer) error { return model.Write(io.MultiWriter(w, sum)) })
	if err = errors.Join(err, model.Close()); err != nil {
		return "", fmt.Errorf("experiments: keep the vectors of embeddings.%s: %w", e.Name, err)
	}
	record := trainedRecord{
		SHA256: hex.EncodeToString(sum.Sum(nil)), Data: s.corpus.Hash(), Papers: papers, Training: e.Training, Report: report,
	}
	data, err := json.MarshalIndent(record, "", "  ")
	if err == nil {
		err = atomicfile.WriteBytes(recordPath, append(data, '\n'))
	}
	return record.SHA256, err
}

// trainingKey names vectors by all that they depend on; build is "" where builds of
// equal versions make equal vectors.
func trainingKey(corpusHash, papers, build string, parts config.Parts, t *config.Training) string {
	var b bytes.Buffer
	for _, part := range []string{"corpus", "shards", "text", "fasttext"} {
		fmt.Fprintf(&b, "%s %d\n", part, parts[part])
	}
	fmt.Fprintf(&b, "corpus = %s\npapers = %s\n", corpusHash, papers)
	if build != "" {
		fmt.Fprintf(&b, "build = %s\n", build)
	}
	b.WriteString(t.Text())
	sum := sha256.Sum256(b.Bytes())
	return "fasttext-" + hex.EncodeToString(sum[:8])
}

// cachedVectors returns the SHA-256 of vectors in the cache, "" where there are
// none or they are damaged: then they are trained again.
func cachedVectors(path, recordPath string) (hash string, err error) {
	data, err := os.ReadFile(recordPath)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var record trainedRecord
	if json.Unmarshal(data, &record) != nil {
		return "", nil
	}
	have, err := config.HashFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && have != record.SHA256 {
		return "", nil
	}
	return have, err
}
