package table_test

import (
	"fmt"

	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
	"assay/results/table"
)

// A comparison is laid out as a table, which Write writes in one of six formats.
func ExampleOf() {
	rule, _ := metrics.ParseRule("fixed:0.5")
	run := results.Run{
		Trial: "nb-s1", Model: results.Model{Name: "Naive Bayes"}, Seed: 1, State: results.Done,
		Data:    results.Data{Name: "4,000 papers", Train: 2400, Validation: 600, Test: 1000},
		Results: []results.RuleResult{{Decision: metrics.Decision{Rule: rule}, All: metrics.Report{SampleF1: 0.41}}},
	}
	c, err := compare.Runs([]results.Run{run}, compare.Options{
		Metrics: []string{"f1"}, Published: []compare.Published{{Model: "Naive Bayes", F1: 0.4032}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	t := table.Of(c, table.Auto)
	for i, column := range t.Columns {
		fmt.Printf("%s:", column.Title)
		for _, row := range t.Rows {
			fmt.Printf(" %q", row.Cells[i].Text)
		}
		fmt.Println()
	}
	// Output:
	// Model: "Naive Bayes" "Naive Bayes"
	// Rule: "fixed:0.5" "published"
	// F1: "41.00" "40.32"
	// Δ: "+0.68" ""
	// n: "1" ""
}
