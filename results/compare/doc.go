// Package compare computes how runs compare: what they are measured by, which of them
// are replicates, what a filter leaves of them, whether they may be compared at all,
// and means, intervals and tests, as a comparison of models or as a pivot. Values go
// in and come out; how they look on paper is the business of table, plot, check, diff
// and mistakes.
//
//	filter, err := compare.ParseFilter([]string{"dropout<=0.2", "f1>50%"}, "")
//	runs, err = filter.Keep(runs)
//	c, err := compare.Runs(runs, compare.Options{Name: "quickstart", Papers: papers})
//	row := c.Groups[0].Rows[0] // of a model's first decision rule
//	fmt.Println(row.Values[0].Value, row.Best[0], row.Values[0].Tests)
//
// A comparison is made in three steps: project sorts trials into groups of replicates
// (or a pivot's cells), measure joins each group's replicates, and the tests compare
// its rows with the best of each metric. The metrics stand in registry.go, the filter's
// grammar in filter.go, what makes runs comparable in comparable.go.
//
// # Seeds and papers are two uncertainties
//
// They have intervals and tests of their own: Student's t over seeds, the bootstrap over
// test papers. A row is close to the best unless the test over papers rejects and, from
// three seeds on, that over seeds rejects, too. Seeds alone never decide: what differs on
// the same papers with every seed may be these papers. A row that shares no papers with
// the best cannot be tested and stays close. Scores on validation papers, times and memory
// have no best.
//
// # Where seeds share their test papers, the test over papers includes the spread over seeds
//
// The variances over papers and over seeds are added. A test over papers alone mistakes
// chance differences between seeds for differences between models: with three equal
// models, it called one of them worse in up to a tenth of the columns. With two seeds the
// spread is hardly known, and the error is still about a tenth. So use three seeds.
//
// # The best is chosen by the papers that it is tested on
//
// The test over papers is therefore corrected for all pairs of rows, by the largest of
// their differences in the resamples. Holm's correction for the comparisons with the best
// errs in 6 of 100 columns of three equal rows, in 16 of twelve. Over seeds Holm's
// correction stays: with few seeds a large t comes from a small spread more often than
// from a large difference, and a correction for all pairs of eight rows would require t of
// three seeds to exceed 23.
//
// # Equal replicates are one run
//
// A model without random numbers gives the same predictions under every seed. Counted as
// several, these runs would have no spread, and the paired t-test would give p = 0 for any
// difference. Runs are told apart by the hash of their predictions and by their results,
// not by their kind: equal runs count once, and Comparison.Equal names them. Two models
// without random numbers are compared over papers alone; such a model and one with random
// numbers are compared over the seeds of the latter. Different runs that have the same
// value have no interval either: R's t.test refuses such data, too.
//
// `go test ./results/table -run 'Calibration|Power' -tables 1000` measures how often equal
// models are told apart, and different ones are not.
package compare
