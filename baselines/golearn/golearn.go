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
