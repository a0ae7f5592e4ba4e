package golearn_test

import (
	"math"
	"testing"

	"assay/baselines/golearn"
	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
)

// zipfPapers draws papers of about 60 words each, frequent ones first, with
// counts, and labels of which each shifts the frequency of some words.
func zipfPapers(rows, cols, labels int) classifier.Dataset {
	r := rng.New(1, "golearn", "bench")
	x := &features.CSR{Cols: cols, Indptr: []int64{0}}
	y := multilabel.New(labels)
	scale := math.Log(float64(cols + 1))
	for range rows {
		carried := []int32{int32(r.IntN(labels))}
		if r.IntN(3) == 0 {
			carried = append(carried, int32(r.IntN(labels)))
		}
		y.Append(carried)
		count := map[int32]float32{}
		for range 80 {
			word := int32(math.Exp(scale*r.Float64())) - 1
			if r.IntN(5) == 0 {
				word = (word*int32(labels) + carried[0]) % int32(cols)
			}
			count[min(word, int32(cols-1))]++
		}
		for j := range int32(cols) {
			if n := count[j]; n > 0 {
				x.Indices = append(x.Indices, j)
				x.Values = append(x.Values, n)
			}
		}
		x.Indptr = append(x.Indptr, int64(len(x.Indices)))
	}
	return classifier.Dataset{X: x, Y: y}
}

// benchmarkFit reports how many papers are learnt a second, for each label.
func benchmarkFit(b *testing.B, data classifier.Dataset, c classifier.Classifier) {
	for b.Loop() {
		if err := c.Fit(b.Context(), data, classifier.Dataset{}); err != nil {
			b.Fatal(err)
		}
	}
	rows, _ := data.X.Dims()
	b.ReportMetric(float64(rows*data.Y.Cols*b.N)/b.Elapsed().Seconds(), "papers·labels/s")
}

func BenchmarkNaiveBayesFit(b *testing.B) {
	benchmarkFit(b, zipfPapers(20_000, 5_000, 8), golearn.NewNaiveBayes(golearn.NBOptions{}))
}

func BenchmarkNaiveBayesScores(b *testing.B) {
	data := zipfPapers(20_000, 5_000, 8)
	c := golearn.NewNaiveBayes(golearn.NBOptions{})
	if err := c.Fit(b.Context(), data, classifier.Dataset{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.Scores(b.Context(), data.X); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(20_000*b.N)/b.Elapsed().Seconds(), "papers/s")
}

func BenchmarkRandomForestFit(b *testing.B) {
	benchmarkFit(b, zipfPapers(1_000, 500, 4), golearn.NewRandomForest(golearn.ForestOptions{Trees: 10}))
}
