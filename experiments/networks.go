package experiments

import (
	"fmt"

	"assay/classifier"
	"assay/corpus"
	"assay/experiments/config"
	"assay/internal/fault"
	"assay/networks"
)

// neural is what estimates and fits need to know of a network's options.
type neural interface {
	config.Network
	// parameters is how many numbers it learns.
	parameters(in inputs) int64
	// paper is how many numbers a batch holds, at least, of a paper of one token.
	paper(in inputs) int64
	// token is how many numbers it keeps, about, of a token until its gradient.
	token(in inputs) int64
	// size says what makes it large, in the words of its keys.
	size() string
	classifier(seed uint64, workers int, taxonomy *corpus.Taxonomy, hooks networks.Hooks) (classifier.Classifier, error)
}

// networkOf returns the model's options where it is a network.
func networkOf(m *config.Model) (n neural, ok bool) {
	switch o := m.Options.(type) {
	case *config.SHARNN:
		return shaRNN{o}, true
	case *config.LSTM:
		return lstm{o}, true
	}
	return nil, false
}

type (
	shaRNN struct{ *config.SHARNN }
	lstm   struct{ *config.LSTM }
)

// inputs are the sizes that a network's own depend on.
type inputs struct{ words, dim, labels int }

// leastMemory is a bound in bytes below what training needs beside the papers:
// parameters, gradients, both moments of Adam and the best parameters so far, and
// what a batch of papers of one token takes.
func leastMemory(n neural, in inputs) int64 {
	const copies, float = 5, 4
	return float * (copies*n.parameters(in) + int64(n.Loop().BatchSize)*n.paper(in))
}

// checkMemory refuses a network that cannot be trained in memory; 0 is unknown.
func checkMemory(n neural, in inputs, memory int64) error {
	if need := leastMemory(n, in); memory > 0 && need > memory {
		return fault.Usagef("training a network of %s in batches of %d takes at least %.1f GiB of memory, and this machine has %.1f: make them smaller",
			n.size(), n.Loop().BatchSize, gib(need), gib(memory))
	}
	return nil
}

// networkMemory estimates what training takes in bytes; longest is the number of
// tokens in the papers of the longest batch.
func networkMemory(n neural, in inputs, longest int) float64 {
	const copies, float = 8, 4
	activations := float64(longest) * float64(n.Loop().BatchSize) * float64(n.token(in))
	return float * (activations + copies*float64(n.parameters(in)))
}

func (o shaRNN) parameters(in inputs) int64 {
	return networks.Parameters(o.options(0, 0), in.dim, in.labels)
}

// paper is what the GRUs, the attention and the Boom layer give.
func (o shaRNN) paper(in inputs) int64 {
	return int64(in.dim) + 2*int64(o.Hidden)*int64(o.Layers+1) + int64(o.Boom) + int64(in.labels)
}

func (o shaRNN) token(in inputs) int64 {
	return 24*int64(o.Layers)*int64(o.Hidden) + 4*int64(in.dim)
}

func (o shaRNN) size() string { return fmt.Sprintf("hidden = %d and boom = %d", o.Hidden, o.Boom) }

func (o shaRNN) classifier(seed uint64, workers int, taxonomy *corpus.Taxonomy, hooks networks.Hooks) (classifier.Classifier, error) {
	return networks.NewSHARNN(o.options(seed, workers), taxonomy.GroupOf(), len(taxonomy.Groups), hooks)
}

// options returns the options of package networks.
func (o shaRNN) options(seed uint64, workers int) networks.Options {
	return networks.Options{
		Layers: o.Layers, Hidden: o.Hidden, Boom: o.Boom, Dropout: o.Dropout, MaskPadding: o.MaskPadding,
		MasterLossRatio: o.MasterLossRatio, MasterLossDecay: o.MasterLossDecay, ClassWeights: o.ClassWeights,
		Epochs: o.Epochs, StopEpoch: o.StopEpoch, BatchSize: o.BatchSize, LearningRate: o.LearningRate,
		Schedule: o.Schedule, Warmup: o.Warmup, ClipNorm: o.ClipNorm,
		EarlyStopping: o.EarlyStopping, Patience: o.Patience, Seed: seed, Workers: workers,
	}
}
