package stats_test

import (
	"fmt"

	"assay/results/stats"
)

// The F1 of three seeds has a mean and an interval.
func ExampleSummarize() {
	s, err := stats.Summarize([]float64{0.401, 0.405, 0.398}, stats.Level)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f ± %.4f of %d seeds\n", s.Mean, s.HalfWidth, s.N)
	// Output:
	// 0.4013 ± 0.0087 of 3 seeds
}

// Two models are compared over the papers that both have predicted.
func ExamplePairedBootstrap() {
	ours := []float64{1, 0.8, 1, 0.5, 1, 0.7, 0.9, 1, 0.6, 1}
	theirs := []float64{0.9, 0.7, 0.8, 0.5, 0.8, 0.5, 0.8, 0.9, 0.5, 0.8}
	d, err := stats.PairedBootstrap(ours, theirs, stats.Level, stats.Resamples, stats.Seed())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f [%.2f, %.2f], p %.3f, %d of %d papers differ\n", d.Difference, d.Interval.Low, d.Interval.High, d.P, d.Differing, d.N)
	// Output:
	// 0.13 [0.09, 0.17], p 0.004, 9 of 10 papers differ
}
