package forest_test

import (
	"context"
	"fmt"

	"assay/baselines/forest"
	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
)

// A forest predicts both labels at once, which no single threshold could part.
func ExampleForest() {
	ctx := context.Background()
	x := &features.Dense{Rows: 4, Cols: 2, Data: []float32{0, 0, 0, 1, 1, 0, 1, 1}}
	y := multilabel.FromRows(2, [][]int32{{}, {0}, {0}, {1}}) // either alone; both
	f := forest.New(forest.Options{Trees: 10, NoBootstrap: true, Seed: 1})
	if err := f.Fit(ctx, classifier.Dataset{X: x, Y: y}, classifier.Dataset{}); err != nil {
		fmt.Println(err)
		return
	}
	scores, err := f.Scores(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range scores.Rows() {
		fmt.Println(x.Row(i), scores.Row(i))
	}
	// Output:
	// [0 0] [0 0]
	// [0 1] [1 0]
	// [1 0] [1 0]
	// [1 1] [0 1]
}
