// Package golearn is the backend "golearn" of the baselines: naive Bayes,
// logistic regression and random forest that learn with the code of
// github.com/sjwhitworth/golearn, many labels at once and without its defects.
//
//	lr := golearn.NewLogisticRegression(golearn.LogisticOptions{C: 1})
//	if err := lr.CheckSize(rows, cols, labels); err != nil {
//		return err // before any paper has been read
//	}
//	err := lr.Fit(ctx, classifier.Dataset{X: x, Y: y}, classifier.Dataset{})
//
// What golearn learns, it learns from one label at a time: golearn knows one
// class a data set, so that each label has a model of its own, present against
// absent. Labels (and trees) are learnt in parallel; the parts of golearn that
// are used here share no state that is written, so that the bits do not depend
// on the number of workers. What was learnt is copied into our own tables,
// which score papers and are saved and loaded without golearn.
//
// golearn needs far more time and memory than the native backend. A Fit that
// Limits do not allow is refused before any work; CheckSize says so still
// earlier.
//
// # The random forest uses golearn's trees, not its ensemble
//
// golearn's ensemble splits the root by other rows than the children see, and cannot be
// seeded. So bootstrap and choice of features are ours, and golearn's CART finds one
// split at a time. Fits
// beyond `max_core_hours` or `max_gib` are refused before any paper is read.
package golearn
