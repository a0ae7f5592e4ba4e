package golearn_test

import (
	"testing"

	"assay/baselines/golearn"
	"assay/classifier"
	"assay/classifier/conformance"
)

func TestNaiveBayesConforms(t *testing.T) {
	conformance.Run(t, func(_ uint64, workers int) classifier.Classifier {
		return golearn.NewNaiveBayes(golearn.NBOptions{Workers: workers})
	}, conformance.Options{Kinds: golearn.Kinds(2), Sparse: true})
}

func TestRandomForestConforms(t *testing.T) {
	conformance.Run(t, func(seed uint64, workers int) classifier.Classifier {
		return golearn.NewRandomForest(golearn.ForestOptions{Trees: 5, Seed: seed, Workers: workers})
	}, conformance.Options{Kinds: golearn.Kinds(2), Sparse: true, Dense: true, Papers: 150, MinF1: 0.75})
}
