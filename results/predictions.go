package results

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"assay/corpus/arxivid"
	"assay/internal/multilabel"
)

// Predictions are the scores of n test papers over C labels beside the truth.
// With a run's decisions they give each of its metrics again, to the bit.
type Predictions struct {
	IDs    []string           // of the papers, len n
	Labels []string           // names, len C, in the columns' order
	Truth  *multilabel.Matrix // (n, C)
	Scores *multilabel.Scores // (n, C)
}

// predictionRow is a row of predictions.parquet. The names of the scores' labels,
// a JSON array, are the file's metadata under labelsKey.
type predictionRow struct {
	ID     string    `parquet:"id"`
	Labels []string  `parquet:"labels,list"`
	Scores []float64 `parquet:"scores,list"`
}

const (
	labelsKey           = "assay.labels"
	predictionBatch     = 256
	predictionsPerGroup = 8192
)

func (p Predictions) check() error {
	if p.Truth == nil || p.Scores == nil {
		return fmt.Errorf("truth or scores are missing")
	}
	n, c := len(p.IDs), len(p.Labels)
	if p.Truth.Rows() != n || p.Truth.Cols != c || p.Scores.Cols != c || len(p.Scores.Data) != n*c {
		return fmt.Errorf("%d papers and %d labels have a truth of (%d, %d) and scores of (%d, %d)",
			n, c, p.Truth.Rows(), p.Truth.Cols, p.Scores.Rows(), p.Scores.Cols)
	}
	for i, v := range p.Scores.Data {
		if math.IsNaN(v) {
			return fmt.Errorf("paper %s has no number as its score for %s", p.IDs[i/c], p.Labels[i%c])
		}
	}
	return nil
}

// encode writes the Parquet file; the same predictions give the same bytes.
func (p Predictions) encode(out io.Writer) error {
	names, err := json.Marshal(p.Labels)
	if err != nil {
		return err
	}
	w := parquet.NewGenericWriter[predictionRow](out,
		parquet.CreatedBy("assay", "1", ""),
		parquet.Compression(&parquet.Zstd),
		parquet.MaxRowsPerRowGroup(predictionsPerGroup),
		parquet.KeyValueMetadata(labelsKey, string(names)),
	)
	rows := make([]predictionRow, 0, predictionBatch)
	for i, id := range p.IDs {
		row := predictionRow{ID: id, Scores: p.Scores.Row(i)}
		for _, c := range p.Truth.Row(i) {
			row.Labels = append(row.Labels, p.Labels[c])
		}
		if rows = append(rows, row); len(rows) == cap(rows) || i+1 == len(p.IDs) {
			if _, err := w.Write(rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return w.Close()
}

// Predictions reads a run's predictions.parquet, once its hash is that which
// the run wrote.
func (s *Store) Predictions(run Run) (Predictions, error) {
	path := filepath.Join(s.Path(run.Experiment, run.Trial), predictionsFile)
	record, ok := run.File(predictionsFile)
	if !ok {
		return Predictions{}, fmt.Errorf("results: read %s: the run wrote none", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return Predictions{}, fmt.Errorf("results: read predictions: %w", err)
	}
	defer f.Close()
	var p Predictions
	if err = verify(f, record); err == nil {
		p, err = decodePredictions(f, record.Bytes)
	}
	if err != nil {
		return Predictions{}, fmt.Errorf("results: read %s: %w", path, err)
	}
	return p, nil
}

// Verify reads every file that the run wrote and reports the first that is
// missing or no longer as it was written.
func (s *Store) Verify(run Run) error {
	for _, record := range run.Files {
		path := filepath.Join(s.Path(run.Experiment, run.Trial), filepath.FromSlash(record.Name))
		f, err := os.Open(path)
		if err == nil {
			err = errors.Join(verify(f, record), f.Close())
		}
		if err != nil {
			return fmt.Errorf("results: verify %s: %w", path, err)
		}
	}
	return nil
}

func verify(r io.Reader, want File) error {
	hash := sha256.New()
	n, err := io.Copy(hash, r)
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); n != want.Bytes || got != want.SHA256 {
		return fmt.Errorf("was changed or damaged: %d bytes with SHA-256 %.12s…, but the run wrote %d with %.12s…", n, got, want.Bytes, want.SHA256)
	}
	return nil
}

func decodePredictions(f io.ReaderAt, size int64) (Predictions, error) {
	file, err := parquet.OpenFile(f, size)
	if err != nil {
		return Predictions{}, err
	}
	var p Predictions
	names, _ := file.Lookup(labelsKey)
	if err := json.Unmarshal([]byte(names), &p.Labels); err != nil {
		return Predictions{}, fmt.Errorf("the metadata %s is not a list of label names: %w", labelsKey, err)
	}
	index := make(map[string]int32, len(p.Labels))
	for c, name := range p.Labels {
		index[name] = int32(c)
	}
	p.Truth = multilabel.New(len(p.Labels))
	p.Scores = &multilabel.Scores{Cols: len(p.Labels)}
	r := parquet.NewGenericReader[predictionRow](file)
	defer r.Close()
	rows := make([]predictionRow, predictionBatch)
	for {
		n, err := r.Read(rows)
		for i := range rows[:n] {
			if aerr := p.append(rows[i], index); aerr != nil {
				return Predictions{}, fmt.Errorf("row %d: %w", len(p.IDs), aerr)
			}
			rows[i] = predictionRow{}
		}
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return Predictions{}, err
		}
	}
}

func (p *Predictions) append(row predictionRow, index map[string]int32) error {
	var labels []int32
	for _, name := range row.Labels {
		c, ok := index[name]
		if !ok {
			return fmt.Errorf("label %q is not among the %d of the file's metadata", name, len(index))
		}
		labels = append(labels, c)
	}
	if len(row.Scores) != len(index) {
		return fmt.Errorf("%d scores for %d labels", len(row.Scores), len(index))
	}
	p.IDs = append(p.IDs, arxivid.Known(row.ID)) // of a corpus from before ids were repaired
	p.Truth.Append(labels)
	p.Scores.Data = append(p.Scores.Data, row.Scores...)
	return nil
}
