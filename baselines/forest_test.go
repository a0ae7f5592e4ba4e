package baselines_test

import (
	"testing"

	"assay/baselines"
	"assay/baselines/conformance"
)

func TestRandomForestConformance(t *testing.T) {
	newForest := func(seed uint64, workers int) baselines.Classifier {
		return baselines.NewRandomForest(baselines.ForestOptions{Trees: 30, Seed: seed, Workers: workers})
	}
	conformance.Run(t, newForest, conformance.Options{Sparse: true, Dense: true})
	conformance.Run(t, newForest, conformance.Options{Sparse: true, Dense: true, Binary: true})
}
