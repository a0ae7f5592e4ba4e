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
// its rows with the best of each metric.
//
// # Seeds and papers are two uncertainties
//
// Tables show and test them apart: t-intervals and paired t over seeds, bootstrap over
// test papers, of every score of test papers. A row keeps its `~` unless the test over
// papers rejects and, from three seeds on, that over seeds, too; seeds alone never
// take it, and a row that shares no papers with the best keeps it. Scores on
// validation papers, times and memory have no marks.
//
// # Where seeds share their test papers, the test over papers reckons with the spread over seeds
//
// : the two variances add. Each test by itself takes what the other source adds for a
// difference, so that of three equal models up to a tenth of the columns lost a mark
// though both had to reject. With two seeds the spread itself is a guess, and some
// tenth still does; three seeds are worth their time.
//
// # The best is chosen by the papers that it is tested on
//
// The best is chosen by the papers that it is tested on, so that the test over papers
// is corrected for all pairs of rows, by the largest of their differences in the
// resamples. Holm's correction for the comparisons with the best errs in 6 of 100
// columns of three equal rows, in 16 of twelve. Over seeds it stays: with few of them
// a small spread makes t large and seldom a large difference, and all pairs of eight
// rows would ask t of three seeds to pass 23.
//
// # Equal replicates are one run
//
// A model that draws nothing gives the same predictions under every seed, and a paired
// t of differences without spread gives p = 0 for any of them. Runs are told apart by
// the hash of their predictions and by their results, not by their kind: equal ones
// count once, in tables and in pictures, and a note names them. Two such models are
// compared over papers alone; one of them with a model that draws, by the seeds of
// that one. A mean of different runs that have the same value has no interval either:
// R's t.test refuses such data, too. `go test ./results/table -run 'Calibration|Power'
// -tables 1000` measures how often equal models are told apart, and different ones are
// not.
package compare
