package networks_test

import (
	"testing"

	"assay/baselines"
	"assay/baselines/conformance"
	"assay/networks"
)

func TestConformance(t *testing.T) {
	groups := []int32{0, 1, 2, 0, 1, 2}
	conformance.Run(t, func(seed uint64, workers int) baselines.Classifier {
		opt := networks.Defaults()
		opt.Hidden, opt.Boom = 12, 16
		opt.Epochs, opt.BatchSize, opt.LearningRate = 6, 8, 0.01
		opt.Seed, opt.Workers = seed, workers
		n, err := networks.NewSHARNN(opt, groups, 3, networks.Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}, conformance.Options{Sequences: true})
}
