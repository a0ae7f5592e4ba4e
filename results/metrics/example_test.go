package metrics_test

import (
	"fmt"

	"assay/internal/multilabel"
	"assay/results/metrics"
)

// A threshold is chosen on validation papers and applied to test papers.
func Example() {
	validation := &multilabel.Scores{Cols: 2, Data: []float64{0.9, 0.1, 0.6, 0.5, 0.2, 0.7}}
	validationTruth := multilabel.FromRows(2, [][]int32{{0}, {0, 1}, {1}})
	test := &multilabel.Scores{Cols: 2, Data: []float64{0.8, 0.3, 0.3, 0.6}}
	testTruth := multilabel.FromRows(2, [][]int32{{0}, {0, 1}})

	rule, err := metrics.ParseRule("tuned")
	if err != nil {
		fmt.Println(err)
		return
	}
	decision, err := rule.Fit(validation, validationTruth)
	if err != nil {
		fmt.Println(err)
		return
	}
	predicted, err := decision.Apply(test)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := metrics.Evaluate(predicted, testTruth, test)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("threshold", decision.Threshold, "predicts", predicted.Row(0), predicted.Row(1))
	fmt.Printf("F1 %.3f, precision %.3f, recall %.3f\n", report.SampleF1, report.SamplePrecision, report.SampleRecall)
	// Output:
	// threshold 0.35 predicts [0] [1]
	// F1 0.833, precision 1.000, recall 0.750
}
