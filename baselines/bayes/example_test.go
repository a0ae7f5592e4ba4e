package bayes_test

import (
	"bytes"
	"context"
	"fmt"

	"assay/baselines/bayes"
	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
)

// Two papers of each label, told apart by their words; a saved model is opened by its
// kind.
func Example() {
	x := &features.CSR{Cols: 3, Indptr: []int64{0, 2, 4, 6, 8}, Indices: []int32{0, 2, 0, 2, 1, 2, 1, 2}, Values: []float32{2, 1, 1, 1, 2, 1, 1, 1}}
	y := multilabel.FromRows(2, [][]int32{{0}, {0}, {1}, {1}})
	ctx := context.Background()
	nb := bayes.NewMultinomial(bayes.Options{})
	if err := nb.Fit(ctx, classifier.Dataset{X: x, Y: y}, classifier.Dataset{}); err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := nb.Save(&file); err != nil {
		fmt.Println(err)
		return
	}
	opened, err := classifier.Open(&file, bayes.Kinds(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	scores, err := opened.Scores(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f %.2f\n", scores.Row(0)[0], scores.Row(0)[1])
	// Output: 0.94 0.06
}
