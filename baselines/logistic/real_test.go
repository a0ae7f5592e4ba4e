package logistic_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"assay/baselines/logistic"
	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
)

// readMatrix reads a labelled sparse matrix, little-endian throughout: the
// bytes "CSRL", uint32 version 1, int64 rows, columns, non-zeros, labels and
// label entries, then int64 row pointers (rows+1), int32 columns, float32
// values, int64 label row pointers (rows+1), int32 labels.
func readMatrix(tb testing.TB, path string) classifier.Dataset {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	read := func(v any) {
		if err := binary.Read(r, binary.LittleEndian, v); err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
	}
	var head struct {
		Magic                         [4]byte
		Version                       uint32
		Rows, Cols, Nnz, Labels, Ones int64
	}
	read(&head)
	if string(head.Magic[:]) != "CSRL" || head.Version != 1 {
		tb.Fatalf("%s: not a labelled sparse matrix of version 1", path)
	}
	x := &features.CSR{
		Cols: int(head.Cols), Indptr: make([]int64, head.Rows+1),
		Indices: make([]int32, head.Nnz), Values: make([]float32, head.Nnz),
	}
	y := &multilabel.Matrix{Cols: int(head.Labels), Indptr: make([]int64, head.Rows+1), Indices: make([]int32, head.Ones)}
	for _, v := range []any{x.Indptr, x.Indices, x.Values, y.Indptr, y.Indices} {
		read(v)
	}
	if _, err := r.ReadByte(); err != io.EOF {
		tb.Fatalf("%s: bytes after the last field", path)
	}
	return classifier.Dataset{X: x, Y: y}
}

// tunedF1 is the best sample-average F1 over thresholds, the best-scoring
// label of each row always predicted.
func tunedF1(s *multilabel.Scores, y *multilabel.Matrix) (best, at float64) {
	for threshold := 0.02; threshold < 0.6; threshold += 0.01 {
		var sum float64
		for i := range y.Rows() {
			row, top := s.Row(i), 0
			for c := range row {
				if row[c] > row[top] {
					top = c
				}
			}
			said, hit := 0, 0
			carried := make(map[int]bool)
			for _, c := range y.Row(i) {
				carried[int(c)] = true
			}
			for c := range row {
				if row[c] >= threshold || c == top {
					said++
					if carried[c] {
						hit++
					}
				}
			}
			sum += 2 * float64(hit) / float64(said+len(carried))
		}
		if f := sum / float64(y.Rows()); f > best {
			best, at = f, threshold
		}
	}
	return best, at
}

// BenchmarkLogisticFile fits the matrix train.csr, in the layout of
// readMatrix, of the folder that ASSAY_LOGISTIC_DATA names, and reports the F1
// on its test.csr.
func BenchmarkLogisticFile(b *testing.B) {
	dir := os.Getenv("ASSAY_LOGISTIC_DATA")
	if dir == "" {
		b.Skip("ASSAY_LOGISTIC_DATA names no folder with train.csr and test.csr")
	}
	train, test := readMatrix(b, filepath.Join(dir, "train.csr")), readMatrix(b, filepath.Join(dir, "test.csr"))
	var m *logistic.Regression
	for b.Loop() {
		m = logistic.New(logistic.Options{})
		if err := m.Fit(b.Context(), train, classifier.Dataset{}); err != nil {
			b.Fatal(err)
		}
	}
	papers, _ := train.X.Dims()
	b.ReportMetric(float64(papers)*float64(b.N)/b.Elapsed().Seconds(), "papers/s")
	var passes, open int
	for _, c := range m.Convergence() {
		passes += c.Iterations
		if !c.Converged {
			open++
		}
	}
	b.ReportMetric(float64(passes)/float64(len(m.Convergence())), "passes/label")
	b.ReportMetric(float64(open), "unconverged")
	scores, err := m.Scores(b.Context(), test.X)
	if err != nil {
		b.Fatal(err)
	}
	best, at := tunedF1(scores, test.Y)
	b.ReportMetric(best, "F1")
	b.ReportMetric(at, "threshold")
}
