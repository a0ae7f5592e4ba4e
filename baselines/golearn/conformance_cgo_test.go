//go:build cgo

package golearn_test

import (
	"testing"

	"assay/baselines"
	"assay/baselines/conformance"
	"assay/baselines/golearn"
)

func TestLogisticRegressionConforms(t *testing.T) {
	conformance.Run(t, func(_ uint64, workers int) baselines.Classifier {
		return golearn.NewLogisticRegression(golearn.LogisticOptions{Workers: workers})
	}, conformance.Options{Sparse: true, Dense: true})
}
