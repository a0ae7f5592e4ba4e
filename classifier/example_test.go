package classifier_test

import (
	"bytes"
	"context"
	"fmt"

	"assay/baselines/bayes"
	"assay/baselines/forest"
	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
)

// A model is fitted, saved, and opened again by the kind that its file names.
func Example() {
	ctx := context.Background()
	x := &features.CSR{Cols: 2, Indptr: []int64{0, 1, 2, 4}, Indices: []int32{0, 1, 0, 1}, Values: []float32{3, 2, 1, 1}}
	y := multilabel.FromRows(2, [][]int32{{0}, {1}, {0, 1}})

	var c classifier.Classifier = bayes.NewMultinomial(bayes.Options{})
	var file bytes.Buffer
	err := c.Fit(ctx, classifier.Dataset{X: x, Y: y}, classifier.Dataset{})
	if err == nil {
		err = c.Save(&file)
	}
	if err != nil {
		fmt.Println(err)
		return
	}

	opened, err := classifier.Open(&file, classifier.Join(bayes.Kinds(0), forest.Kinds(0)))
	if err != nil {
		fmt.Println(err)
		return
	}
	scores, err := opened.Scores(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%T: %d papers, %d labels, probabilities: %t\n", opened, scores.Rows(), scores.Cols, opened.Probabilities())
	// Output:
	// *bayes.Classifier: 3 papers, 2 labels, probabilities: true
}
