// Package classifier holds the contract that all models of a comparison keep,
// baselines and networks, and the form of their files.
//
//	var c classifier.Classifier = bayes.NewMultinomial(bayes.Options{})
//	err := c.Fit(ctx, classifier.Dataset{X: x, Y: y}, classifier.Dataset{})
//	scores, err := c.Scores(ctx, x)
//
// A model file names its kind. Open reads a file of any of the kinds that it is
// given:
//
//	kinds := classifier.Join(bayes.Kinds(0), forest.Kinds(0))
//	c, err := classifier.Open(file, kinds)
//
// # Scores are float64
//
// Scores are float64 in memory and on disk: parity with scikit-learn is tested to
// 1e-9, and the stored scores with the stored decisions give every metric again.
package classifier
