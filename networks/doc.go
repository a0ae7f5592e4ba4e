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
// # Two exclusive topics are two log-odds
//
// A head of one sigmoid unit and one of two softmax units end in the same numbers, so
// decision rules, calibration and loss do not ask which it was.
package networks
