// Package networks holds the neural classifiers. Each architecture is a struct of
// its options, SHARNN or LSTM, which also says what layers it is made of; one
// Classifier trains and scores any of them.
//
//	opt := networks.DefaultSHARNN()
//	opt.Epochs = 3
//	n, err := networks.New(&opt, networks.Labels{Groups: groups, Masters: 8}, networks.Run{Seed: 1})
//	err = n.Fit(ctx, train, validation)
//
// A further architecture is a file such as sharnn.go: its options with their keys,
// defaults and bounds, its layers, its loss, and what its model file says of it. A
// further engine is a case in newEngine.
//
// # Two exclusive topics have two log-odds
//
// Whether the last layer is one sigmoid unit or two softmax units, the network gives
// one log-odds for each of the two topics. So decision rules, calibration and loss are
// the same code for both.
package networks
