//go:build cgo

package golearn_test

import (
	"testing"

	"assay/baselines/golearn"
	"assay/classifier"
	"assay/classifier/conformance"
)

func TestLogisticRegressionConforms(t *testing.T) {
	conformance.Run(t, func(_ uint64, workers int) classifier.Classifier {
		return golearn.NewLogisticRegression(golearn.LogisticOptions{Workers: workers})
	}, conformance.Options{Kinds: golearn.Kinds(2), Sparse: true, Dense: true})
}
