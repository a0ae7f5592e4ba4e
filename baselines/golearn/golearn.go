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
package golearn

import (
	"context"
	"fmt"
	"runtime"

	"assay/classifier"
	"assay/internal/fault"
	"assay/internal/parallel"
)

var (
	_ classifier.Classifier = (*NaiveBayes)(nil)
	_ classifier.Classifier = (*LogisticRegression)(nil)
	_ classifier.Classifier = (*RandomForest)(nil)
)

// Kinds returns the kinds of model files of this package.
func Kinds(workers int) classifier.Kinds {
	return classifier.Kinds{
		naiveBayesKind: func() classifier.Classifier { return NewNaiveBayes(NBOptions{Workers: workers}) },
		logisticKind:   func() classifier.Classifier { return NewLogisticRegression(LogisticOptions{Workers: workers}) },
		forestKind:     func() classifier.Classifier { return NewRandomForest(ForestOptions{Workers: workers}) },
	}
}

// workerCount resolves the Workers field of the options.
func workerCount(n int) (int, error) {
	if n < 0 {
		return 0, fault.Usagef("workers %d: want 0 (one a CPU) or more", n)
	}
	if n == 0 {
		n = runtime.GOMAXPROCS(0)
	}
	return n, nil
}

// each is parallel.Do with a scratch value for each goroutine, where a panic inside
// work is an error.
func each[S any](ctx context.Context, workers, n int, newScratch func() S, work func(s S, i int) error) error {
	return parallel.Do(ctx, workers, n, func() func(int) error {
		scratch := newScratch()
		return func(i int) (err error) {
			defer recovered(&err)
			return work(scratch, i)
		}
	})
}

// recovered turns a panic, with which golearn reports many of its errors, into
// the error of the function that defers it.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("golearn panicked: %v", p)
	}
}

// Version counts the changes of what the three kinds learn and score: part of a
// trial's identity.
const Version = 1
