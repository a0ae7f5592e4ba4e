package logistic_test

import (
	"context"
	"fmt"

	"assay/baselines/logistic"
	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
)

// The weights say what each term speaks for, and Convergence how near they are to
// the optimum.
func ExampleRegression() {
	x := &features.CSR{Cols: 2, Indptr: []int64{0, 1, 2, 3, 4}, Indices: []int32{0, 1, 0, 1}, Values: []float32{1, 1, 1, 1}}
	y := multilabel.FromRows(1, [][]int32{{0}, {}, {0}, {}})
	lr := logistic.New(logistic.Options{C: 1, Tolerance: 1e-6})
	if err := lr.Fit(context.Background(), classifier.Dataset{X: x, Y: y}, classifier.Dataset{}); err != nil {
		fmt.Println(err)
		return
	}
	weights, _, err := lr.Coefficients(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("weights %.3f, converged: %t\n", weights, lr.Convergence()[0].Converged)
	// Output:
	// weights [0.675 -0.675], converged: true
}
