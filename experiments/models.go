package experiments

import (
	"fmt"
	"strings"

	"assay/baselines/bayes"
	"assay/baselines/forest"
	"assay/baselines/golearn"
	"assay/baselines/logistic"
	"assay/classifier"
	"assay/corpus"
	"assay/experiments/config"
	"assay/networks"
)

// newClassifier builds the classifier of a model; taxonomy and what else run holds
// beside seed and workers are for networks. No two seeds or names share random numbers: the classifiers derive
// theirs by name from the seed.
func newClassifier(m *config.Model, taxonomy *corpus.Taxonomy, run networks.Run) (classifier.Classifier, error) {
	seed, workers := run.Seed, run.Workers
	switch o := m.Options.(type) {
	case networks.Options:
		labels := networks.Labels{Groups: taxonomy.GroupOf(), Masters: len(taxonomy.Groups), Exclusive: taxonomy.Exclusive}
		return networks.New(o, labels, run)
	case *config.NaiveBayes:
		opt := bayes.Options{Alpha: o.Alpha, VarSmoothing: o.VarSmoothing, UniformPrior: !o.FitPrior, Workers: workers}
		switch o.Variant {
		case "bernoulli":
			return bayes.NewBernoulli(opt), nil
		case "gaussian":
			return bayes.NewGaussian(opt), nil
		}
		return bayes.NewMultinomial(opt), nil
	case *config.LogisticRegression:
		return logistic.New(logistic.Options{
			C: o.C, Tolerance: o.Tolerance, MaxIterations: o.MaxIterations,
			ClassWeight: o.ClassWeight, Seed: seed, Workers: workers,
		}), nil
	case *config.RandomForest:
		return forest.New(forest.Options{
			Trees: o.Trees, MaxDepth: o.MaxDepth, MinLeaf: o.MinLeaf, MinSplit: o.MinSplit,
			MaxFeatures: forest.MaxFeatures(o.MaxFeatures), NoBootstrap: !o.Bootstrap,
			Seed: seed, Workers: workers,
		}), nil
	case *config.GolearnNaiveBayes:
		return golearn.NewNaiveBayes(golearn.NBOptions{Workers: workers, Limits: limits(o.MaxCoreHours, o.MaxGiB)}), nil
	case *config.GolearnLogisticRegression:
		return golearn.NewLogisticRegression(golearn.LogisticOptions{
			C: o.C, Tolerance: o.Tolerance, ClassWeight: o.ClassWeight,
			Workers: workers, Limits: limits(o.MaxCoreHours, o.MaxGiB),
		}), nil
	case *config.GolearnRandomForest:
		return golearn.NewRandomForest(golearn.ForestOptions{
			Trees: o.Trees, MaxFeatures: forest.MaxFeatures(o.MaxFeatures), MaxDepth: o.MaxDepth,
			Seed: seed, Workers: workers, Limits: limits(o.MaxCoreHours, o.MaxGiB),
		}), nil
	}
	return nil, fmt.Errorf("experiments: model %q: no classifier of kind %q", m.Name, m.Kind)
}

func limits(coreHours, gib float64) golearn.Limits {
	return golearn.Limits{CoreHours: coreHours, Bytes: int64(gib * (1 << 30))}
}

// describeFit says in a line how a fit went, and what a reader of its results
// must know, where the classifier tells.
func describeFit(model classifier.Classifier, labels []string) (report string, warnings []string) {
	switch fitted := model.(type) {
	case interface { // networks
		Report() string
		Warnings() []string
	}:
		return fitted.Report(), fitted.Warnings()
	case *logistic.Regression:
		return describeLogistic(fitted, labels)
	}
	return "", nil
}

// describeLogistic names the labels that did not converge.
func describeLogistic(lr *logistic.Regression, labels []string) (report string, warnings []string) {
	passes, constant := 0, 0
	var open []string
	for i, c := range lr.Convergence() {
		passes += c.Iterations
		switch {
		case c.Constant:
			constant++
		case !c.Converged:
			open = append(open, fmt.Sprintf("%s (distance %.2g)", labels[i], c.Distance))
		}
	}
	report = fmt.Sprintf("%d labels, %d constant, %d passes in all", len(labels), constant, passes)
	if len(open) > 0 {
		warnings = []string{fmt.Sprintf("%d of %d labels did not converge within max_iterations: %s", len(open), len(labels), strings.Join(open, ", "))}
	}
	return report, warnings
}
