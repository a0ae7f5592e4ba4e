package table

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"assay/internal/multilabel"
	"assay/results"
	"assay/results/compare"
)

// BenchmarkPapers tests 6 models, 3 seeds and 2 rules over 5,000 papers of 148
// categories, in all columns and in the usual ones.
func BenchmarkPapers(b *testing.B) {
	const papers, labels = 5000, 148
	r := rand.New(rand.NewPCG(1, 2))
	row := func(n int) []int32 {
		var out []int32
		for range n {
			out = append(out, int32(float64(labels)*r.Float64()*r.Float64()))
		}
		return out
	}
	ids, truth := make([]string, papers), multilabel.New(labels)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
		truth.Append(row(1 + r.IntN(3)))
	}
	var runs []results.Run
	f := outcomes{}
	for m := range 6 {
		for seed := range uint64(3) {
			one := run(b, fmt.Sprint("M", m), "native", seed+1, 0.5, nil)
			at := map[int][]float64{}
			var loss []float64
			for range papers {
				loss = append(loss, r.Float64())
				for _, k := range []int{1, 3, 5} {
					at[k] = append(at[k], float64(r.IntN(k+1))/float64(k))
				}
			}
			for k := range one.Results {
				predicted := multilabel.New(labels)
				for i := range papers {
					guess := row(1 + r.IntN(2))
					if r.IntN(2) == 0 {
						guess[0] = truth.Row(i)[0]
					}
					predicted.Append(guess)
				}
				masters := truth.Map(make([]int32, labels), 1)
				f.set(&one, k, compare.PaperScores{IDs: ids, Predicted: predicted, Truth: truth, MasterPredicted: masters, MasterTruth: masters, PrecisionAt: at, Loss: loss})
			}
			runs = append(runs, one)
		}
	}
	for name, columns := range map[string][]string{"usual": nil, "all": paperColumns()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				laid(b, runs, compare.Options{Metrics: columns, Papers: f.of})
			}
		})
	}
}
