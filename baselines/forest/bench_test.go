package forest

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"testing"

	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
)

// zipfCounts is data of the shape of paper abstracts: about 70 distinct words a
// row of a vocabulary by Zipf's law, 148 labels of which one or two a row make
// some of the words likely.
func zipfCounts(n int) classifier.Dataset {
	const vocabulary, labels, draws = 38000, 148, 110
	r := rng.New(1, "zipf")
	x := &features.CSR{Cols: vocabulary, Indptr: []int64{0}}
	y := multilabel.New(labels)
	for range n {
		carried := []int32{int32(labels * math.Pow(r.Float64(), 2))}
		if r.IntN(2) == 0 {
			carried = append(carried, int32(r.IntN(labels)))
		}
		y.Append(carried)
		counts := map[int32]float32{}
		for range draws {
			word := int32(math.Exp(r.Float64()*math.Log(vocabulary))) - 1
			if r.IntN(5) == 0 {
				word = 100 + 40*carried[0] + int32(r.IntN(40))
			}
			counts[word]++
		}
		for _, word := range slices.Sorted(maps.Keys(counts)) {
			x.Indices = append(x.Indices, word)
			x.Values = append(x.Values, counts[word])
		}
		x.Indptr = append(x.Indptr, int64(len(x.Indices)))
	}
	return classifier.Dataset{X: x, Y: y}
}

func BenchmarkForest(b *testing.B) {
	const papers, trees = 10000, 10
	data := zipfCounts(papers)
	f := New(Options{Trees: trees, Seed: 1})
	if err := f.Fit(b.Context(), data, classifier.Dataset{}); err != nil {
		b.Fatal(err)
	}
	perSecond := func(b *testing.B, n int, unit string) {
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), unit)
	}
	b.Run("fit", func(b *testing.B) {
		for b.Loop() {
			if err := New(Options{Trees: trees, Seed: 1}).Fit(b.Context(), data, classifier.Dataset{}); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b, papers*trees, "papers·trees/s")
	})
	b.Run("score", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.Scores(b.Context(), data.X); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b, papers*trees, "papers·trees/s")
	})
	b.Run("save", func(b *testing.B) {
		var buf bytes.Buffer
		for b.Loop() {
			buf.Reset()
			if err := f.Save(&buf); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(buf.Len())/trees, "bytes/tree")
	})
}
