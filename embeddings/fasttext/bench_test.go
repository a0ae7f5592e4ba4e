package fasttext

import (
	"bufio"
	"context"
	"os"
	"strings"
	"testing"
)

// lines yields the words of each line of a file.
func lines(t testing.TB, path string) func(func([]string, error) bool) {
	return func(yield func([]string, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<24)
		for s.Scan() {
			if !yield(strings.Fields(s.Text()), nil) {
				return
			}
		}
	}
}

// BenchmarkTrain trains one epoch on the tokenised text that ASSAY_TOKENS names:
// ASSAY_TOKENS=tokens.txt go test -run xx -bench Train -benchtime 1x ./embeddings/fasttext
func BenchmarkTrain(b *testing.B) {
	path := os.Getenv("ASSAY_TOKENS")
	if path == "" {
		b.Skip("set ASSAY_TOKENS to a file that `assay corpus tokens` wrote")
	}
	opt := DefaultOptions()
	opt.Epochs = 1
	for b.Loop() {
		m, report, err := Train(context.Background(), lines(b, path), opt)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(report.WordsRate, "words/s")
		b.ReportMetric(report.Loss, "loss")
		if err := m.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
