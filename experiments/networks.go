package experiments

import (
	"fmt"

	"assay/classifier"
	"assay/corpus"
	"assay/internal/fault"
	"assay/networks"
)

// neural is implemented by the options of networks: what trials, sweeps, rungs
// and estimates need to know of them.
type neural interface {
	// schedule returns what the training of all networks has.
	schedule() schedule
	// stopping returns a copy that ends after that epoch, 0: after the last.
	stopping(epoch int) neural
	// onCPU returns a copy with the device that "auto" stands for.
	onCPU() any
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

// schedule is how long a network trains, in which portions, and what it watches.
type schedule struct {
	epochs, stopEpoch, batchSize int
	earlyStopping, device        string
}

// inputs are the sizes that a network's own depend on.
type inputs struct{ words, dim, labels int }

// validateNetwork checks what the keys of any network do not know of each other.
func (b *binder) validateNetwork(cfg *Config, n neural, path string) {
	s := n.schedule()
	if s.device == "cuda" {
		b.fault(path+".device", `device: this build trains on the CPU; set "auto" or "cpu"`)
	}
	if s.earlyStopping != "off" && cfg.Split.Validation == 0 && !b.faulty["split.validation"] && !b.faulty[path+".early_stopping"] {
		b.fault(path+".early_stopping", "early_stopping: %q is watched on validation papers, but split.validation is 0", s.earlyStopping)
	}
}

// leastMemory is a bound in bytes below what training needs beside the papers:
// parameters, gradients, both moments of Adam and the best parameters so far, and
// what a batch of papers of one token takes.
func leastMemory(n neural, in inputs) int64 {
	const copies, float = 5, 4
	return float * (copies*n.parameters(in) + int64(n.schedule().batchSize)*n.paper(in))
}

// checkMemory refuses a network that cannot be trained in memory; 0 is unknown.
func checkMemory(n neural, in inputs, memory int64) error {
	if need := leastMemory(n, in); memory > 0 && need > memory {
		return fault.Usagef("training a network of %s in batches of %d takes at least %.1f GiB of memory, and this machine has %.1f: make them smaller",
			n.size(), n.schedule().batchSize, gib(need), gib(memory))
	}
	return nil
}

// networkMemory estimates what training takes in bytes; longest is the number of
// tokens in the papers of the longest batch.
func networkMemory(n neural, in inputs, longest int) float64 {
	const copies, float = 8, 4
	activations := float64(longest) * float64(n.schedule().batchSize) * float64(n.token(in))
	return float * (activations + copies*float64(n.parameters(in)))
}

// The schedule and the copies of SHARNN.

func (o *SHARNN) schedule() schedule {
	return schedule{o.Epochs, o.StopEpoch, o.BatchSize, o.EarlyStopping, o.Device}
}

func (o *SHARNN) stopping(epoch int) neural {
	c := *o
	c.StopEpoch = epoch
	return &c
}

func (o *SHARNN) onCPU() any {
	c := *o
	c.Device = "cpu"
	return &c
}

func (o *SHARNN) parameters(in inputs) int64 {
	return networks.Parameters(o.options(0, 0), in.dim, in.labels)
}

// paper is what the GRUs, the attention and the Boom layer give.
func (o *SHARNN) paper(in inputs) int64 {
	return int64(in.dim) + 2*int64(o.Hidden)*int64(o.Layers+1) + int64(o.Boom) + int64(in.labels)
}

func (o *SHARNN) token(in inputs) int64 {
	return 24*int64(o.Layers)*int64(o.Hidden) + 4*int64(in.dim)
}

func (o *SHARNN) size() string { return fmt.Sprintf("hidden = %d and boom = %d", o.Hidden, o.Boom) }

func (o *SHARNN) classifier(seed uint64, workers int, taxonomy *corpus.Taxonomy, hooks networks.Hooks) (classifier.Classifier, error) {
	return networks.NewSHARNN(o.options(seed, workers), taxonomy.GroupOf(), len(taxonomy.Groups), hooks)
}
