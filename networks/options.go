// Package networks holds the neural classifiers: SHA-RNN-lite, built from the
// layers of networks/layers on a gorgonia graph and trained by
// networks/training.
package networks

import (
	"runtime"

	"assay/classifier"
	"assay/internal/fault"
)

// Kinds returns the kinds of model files of this package. What they make takes the
// labels of the file, scores papers, and cannot be fitted.
func Kinds(workers int) classifier.Kinds {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	sharnn, lstm := Defaults(), LSTMDefaults()
	sharnn.Workers, lstm.Workers = workers, workers
	return classifier.Kinds{
		modelKind: func() classifier.Classifier { return &SHARNN{opt: sharnn} },
		lstmKind:  func() classifier.Classifier { return &LSTM{opt: lstm} },
	}
}

// errScoresOnly is what a classifier of Kinds answers when it shall learn: it knows neither
// options nor groups of labels.
var errScoresOnly = fault.Usagef("networks: a network that was opened from its file only scores: to train one, make it with its options")

// Options configure SHA-RNN-lite and its training. The zero value of a field
// is not its default: start from Defaults.
type Options struct {
	Layers      int     // bidirectional GRUs on top of each other
	Hidden      int     // units of the GRU in each direction
	Boom        int     // width of the Boom layer
	Dropout     float64 // after both attentions and inside Boom; [0, 1)
	MaskPadding bool    // padding has no influence; false is the article's way

	// The nested loss: (1−r)·BCE over categories + r·BCE over master
	// categories, r = MasterLossRatio·exp(−MasterLossDecay·epochs passed, a fraction).
	MasterLossRatio float64 // [0, 1]
	MasterLossDecay float64 // at least 0; 0 keeps r constant
	ClassWeights    bool    // positive examples weigh max(count)/(count+1), as in the article

	Epochs       int
	StopEpoch    int // end after this many of the Epochs, whose schedule stays; 0 trains all
	BatchSize    int
	LearningRate float64
	Schedule     string  // "constant", or "cosine" or "linear" down to 0 over all steps
	Warmup       float64 // share of all steps over which the rate rises linearly; [0, 1)
	ClipNorm     float64 // the gradient's norm is cut to this; 0 is off

	// EarlyStopping ends training when the watched validation figure, "f1" or
	// "loss", has not improved for Patience epochs; "off" never does. The
	// parameters kept are always those of the epoch with the best validation F1 (of
	// equal ones the lowest loss)
	// over categories at threshold 0.5, of the last one without validation papers.
	EarlyStopping string
	Patience      int

	Seed    uint64
	Workers int // cores; never changes a bit; 0 takes all
}

// Defaults are the article's, but for masked padding (see docs/SHA_RNN.md).
func Defaults() Options {
	return Options{
		Layers: 1, Hidden: 256, Boom: 512, MaskPadding: true,
		MasterLossRatio: 0.1, ClassWeights: true,
		Epochs: 5, BatchSize: 32, LearningRate: 3e-4, Schedule: "constant",
		EarlyStopping: "off", Patience: 3,
	}
}

// The versions count the changes of an architecture: of its layers, first parameters,
// masks and loss. They are part of a trial's identity.
const (
	SHARNNVersion = 1
	LSTMVersion   = 1
)
