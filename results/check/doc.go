// Package check compares an experiment's runs with a baseline file and says
// whether anything got worse.
//
//	baseline, err := check.ReadFile("configs/baselines/ci.json")
//	report := check.Compare(baseline, measurements)
//	err = report.Err() // nil, ErrRegression, ErrNotComparable, ErrFailed
//
// What was not measured never passes: a missing metric, a NaN, other data,
// another configuration and a run that failed have verdicts of their own, which
// outrank a regression.
package check
