package networks

import (
	"fmt"
	"slices"

	"assay/internal/fault"
	"assay/internal/kernels"
	"assay/networks/loss"
)

// LSTMOptions configure the LSTM and its training. The zero value of a field is not
// its default: start from LSTMDefaults.
type LSTMOptions struct {
	Hidden           int     // units
	Dropout          float64 // of the vectors that the LSTM reads; [0, 1), as the next two
	RecurrentDropout float64 // of the state that its gates see
	SpatialDropout   float64 // of whole channels of a paper's vectors

	// Output is "sigmoid", a probability of its own to each label, or "softmax",
	// which wants labels that exclude each other and has the categorical cross
	// entropy.
	Output string

	Dimensions      int  // of the vectors that it learns where the papers bring none
	FreezeEmbedding bool // leaves the papers' vectors as they are

	Epochs       int
	StopEpoch    int // end after this many of the Epochs, whose schedule stays; 0 trains all
	BatchSize    int
	LearningRate float64
	Schedule     string  // "constant", or "cosine" or "linear" down to 0 over all steps
	Warmup       float64 // share of all steps over which the rate rises linearly; [0, 1)
	ClipNorm     float64 // the gradient's norm is cut to this; 0 is off

	// EarlyStopping ends training when the watched validation figure, "f1", "loss" or
	// "accuracy", has not improved for Patience epochs; "off" never does.
	EarlyStopping string
	Patience      int
	// Keep says whose epoch's parameters are kept: of the best validation "f1", "loss"
	// or "accuracy", or of the "last"; see training.Options for those that are equal.
	Keep string

	Seed    uint64
	Workers int // cores; never changes a bit; 0 takes all
}

// LSTMDefaults are the second article's, with Keras' where it says nothing.
func LSTMDefaults() LSTMOptions {
	return LSTMOptions{
		Hidden: 100, Dropout: 0.25, RecurrentDropout: 0.25, Output: "sigmoid", Dimensions: 100,
		Epochs: 20, BatchSize: 64, LearningRate: 1e-3, Schedule: "constant",
		EarlyStopping: "off", Patience: 3, Keep: "last",
	}
}

// check returns what a user can mend.
func (o *LSTMOptions) check(labels int, exclusive bool) error {
	rate := func(p float64) bool { return p >= 0 && p < 1 }
	switch {
	case o.Hidden < 1 || o.Dimensions < 1 || o.BatchSize < 1:
		return fault.Usagef("networks: hidden %d, %d dimensions and batches of %d must be at least 1", o.Hidden, o.Dimensions, o.BatchSize)
	case !rate(o.Dropout) || !rate(o.RecurrentDropout) || !rate(o.SpatialDropout):
		return fault.Usagef("networks: dropout %g, recurrent %g and spatial %g must lie in [0, 1)", o.Dropout, o.RecurrentDropout, o.SpatialDropout)
	case o.Output != "sigmoid" && o.Output != "softmax":
		return fault.Usagef(`networks: output %q is none of "sigmoid" and "softmax"`, o.Output)
	case o.Output == "softmax" && (!exclusive || labels < 2):
		return fault.Usagef("networks: a softmax wants at least two labels of which a paper has one")
	case !slices.Contains([]string{"f1", "loss", "accuracy", "last"}, o.Keep):
		return fault.Usagef(`networks: the epoch to keep, %q, is none of "f1", "loss", "accuracy" and "last"`, o.Keep)
	}
	return nil
}

// pair reports whether one unit z gives both labels, as (−z, z).
func (o *LSTMOptions) pair(labels int, exclusive bool) bool {
	return o.Output == "sigmoid" && exclusive && labels == 2
}

// units is how many numbers the head gives.
func (o *LSTMOptions) units(labels int, exclusive bool) int {
	if o.pair(labels, exclusive) {
		return 1
	}
	return labels
}

// identity is what of the options, beside those of the training, decides the steps.
func (o *LSTMOptions) identity(exclusive bool) string {
	return fmt.Sprint("lstm ", o.Hidden, o.Dropout, o.RecurrentDropout, o.SpatialDropout, " ", o.Output, o.Dimensions,
		o.FreezeEmbedding, exclusive, kernels.Fused())
}

// LSTMParameters is how many numbers an LSTM learns for a vocabulary of so many
// rows, of the papers' vectors of dim numbers or, where dim is 0, of its own: 0 for
// sizes that no network has. Where one unit gives both of two labels it counts two.
func LSTMParameters(opt LSTMOptions, vocabulary, dim, labels int) int64 {
	sizes, err := lstmSizes(opt, vocabulary, dim, labels)
	if err != nil {
		return 0
	}
	var sum int64
	for _, n := range sizes {
		sum += int64(n)
	}
	return sum
}

// lstmSizes returns how many numbers each parameter has, in the order of the
// layers, without allocating them.
func lstmSizes(opt LSTMOptions, vocabulary, dim, units int) ([]int, error) {
	const most = 1 << 24
	learns := !opt.FreezeEmbedding || dim == 0
	if dim == 0 {
		dim = opt.Dimensions
	}
	for _, n := range []int{vocabulary, dim, opt.Hidden, units, opt.BatchSize} {
		if n < 1 || n > most {
			return nil, fmt.Errorf("a size of %d", n)
		}
	}
	var out []int
	if learns {
		out = append(out, vocabulary*dim)
	}
	h := opt.Hidden
	return append(out, 4*h*dim, 4*h*h, 4*h, 4*h, units*h, units), nil
}

// lossOf returns the loss that the output is learnt by.
func lossOf(opt LSTMOptions, groups []int32, masters int) (lossFunction, error) {
	if opt.Output == "softmax" {
		return loss.NewCategorical[float32](len(groups)), nil
	}
	return loss.New[float32](loss.Options{Groups: groups, Masters: masters})
}
