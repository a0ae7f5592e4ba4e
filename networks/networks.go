package networks

import (
	"fmt"
	"math/rand/v2"

	"assay/classifier"
	"assay/internal/defaults"
	"assay/internal/kernels"
	"assay/internal/multilabel"
	"assay/internal/pool"
	"assay/internal/rng"
	"assay/networks/layers"
	"assay/networks/training"
)

// Options describe an architecture and its training: *SHARNN and *LSTM do. The
// tags of their fields are the schema of experiments/config.
type Options interface {
	// Loop returns what the training of all networks has.
	Loop() training.Loop
	// On is the device: "auto" takes the fastest there is, "cpu" or "cuda".
	On() string
	// Stopping returns a copy that ends after that epoch, 0: after the last.
	Stopping(epoch int) Options
	// Version counts the changes of layers, first parameters, masks and loss that change
	// results. It is part of a trial's identity.
	Version() int
	// Size says what makes the network large, in the words of its keys.
	Size() string

	kind() string // of model files
	name() string // in messages
	clone() Options
	// check returns what a user can mend.
	check(labels int, exclusive bool) error
	// learnsVectors says that the vectors of words are parameters.
	learnsVectors() bool
	// ownVectors is the width of the vectors that it learns where papers bring none;
	// 0: it needs theirs.
	ownVectors() int
	// excludes says that the architecture makes use of labels that exclude each other.
	excludes() bool
	// sizes lists the widths that a file may make absurd.
	sizes() []int
	layers(d design[float32]) []layers.Layer[float32]
	// loss gets the labels to learn from, nil where there are none.
	loss(l Labels, y *multilabel.Matrix) (layers.Loss[float32], error)
	// identity is what decides the steps of a training beside training.Options.
	identity(exclusive bool) string
	// plan fills in how the architecture trains and scores.
	plan(o *training.Options)
	// file reads or writes what the model file says before the parameters.
	file(f fields, m *model)
	// paper is how many numbers a batch holds, at least, of a paper of one token, and
	// token how many it keeps, about, of a token until its gradient.
	paper(in Inputs) int64
	token(in Inputs) int64
}

// Labels are what a network tells apart.
type Labels struct {
	Groups    []int32 // (C), the master of each label, in [0, Masters)
	Masters   int
	Exclusive bool // every paper has one label
}

// Run ties a training to its seed, cores and folder. The zero value has no folder.
type Run struct {
	Seed    uint64
	Workers int                    // cores; never changes a bit; 0 takes all
	Record  func(record any) error // takes a training.StepRecord or EpochRecord
	// Checkpoint is where a cancelled training leaves its state, and goes on from.
	Checkpoint training.Checkpoint
}

// DefaultSHARNN returns the options of the article, but for masked padding (see
// docs/SHA_RNN.md).
func DefaultSHARNN() (o SHARNN) {
	defaults.Set(&o)
	return o
}

// DefaultLSTM returns the options of the second article, with Keras' where it says
// nothing.
func DefaultLSTM() (o LSTM) {
	defaults.Set(&o)
	return o
}

// Kinds returns the kinds of model files of this package. What they make takes the
// labels of the file, scores papers, and cannot be fitted.
func Kinds(workers int) classifier.Kinds {
	kinds := classifier.Kinds{}
	sharnn, lstm := DefaultSHARNN(), DefaultLSTM()
	for _, o := range []Options{&sharnn, &lstm} {
		kinds[o.kind()] = func() classifier.Classifier {
			return &Classifier{opt: o.clone(), run: Run{Workers: cores(workers)}}
		}
	}
	return kinds
}

// embedding is what a network has as vectors of its tokens.
type embedding[T kernels.Float] struct {
	rows, dim int
	matrix    []T  // (rows, dim); nil: drawn
	frozen    bool // never changed
}

// design is what layers are made for.
type design[T kernels.Float] struct {
	pool      *pool.Pool // nil: the layers describe themselves
	seed      uint64
	draws     bool // false where all parameters will be overwritten
	words     embedding[T]
	labels    int
	exclusive bool
}

// random is the source of first parameters; nil where none are drawn.
func (d *design[T]) random(kind, what string) *rand.Rand {
	if !d.draws {
		return nil
	}
	return rng.New(d.seed, "networks", kind, what)
}

func (d *design[T]) dropout(name string, probability float64) *layers.Dropout[T] {
	return layers.NewDropout[T](d.pool, name, probability, d.seed)
}

// embeddingOf gives the embedding what papers with vectors of dim numbers, or none,
// leave to the network.
func embeddingOf[T kernels.Float](o Options, rows, dim int, matrix []T) embedding[T] {
	if dim == 0 {
		return embedding[T]{rows: rows, dim: o.ownVectors()}
	}
	return embedding[T]{rows: rows, dim: dim, matrix: matrix, frozen: !o.learnsVectors()}
}

// Inputs are the sizes that those of a network depend on.
type Inputs struct {
	Words  int // of the vocabulary
	Dim    int // of the papers' vectors; 0: they have none
	Labels int
}

// shapes returns how many numbers each parameter has, in the order of the layers,
// without allocating them.
func shapes(o Options, in Inputs, exclusive bool) ([]int64, error) {
	const most = 1 << 24
	words := embeddingOf[float32](o, in.Words, in.Dim, nil)
	sizes := append(o.sizes(), words.dim, in.Labels)
	if !words.frozen || words.rows > 0 {
		sizes = append(sizes, words.rows)
	}
	for _, n := range sizes {
		if n < 1 || n > most {
			return nil, fmt.Errorf("a size of %d", n)
		}
	}
	var out []int64
	for _, layer := range o.layers(design[float32]{words: words, labels: in.Labels, exclusive: exclusive}) {
		for _, p := range layer.Params() {
			out = append(out, p.Size())
		}
	}
	return out, nil
}

// Parameters is how many numbers a network learns; 0 for sizes that no network has.
// Where one unit gives both of two labels it counts two.
func Parameters(o Options, in Inputs) int64 {
	all, err := shapes(o, in, false)
	if err != nil {
		return 0
	}
	var sum int64
	for _, n := range all {
		sum += n
	}
	return sum
}

const floatBytes = 4

// LeastMemory is a bound in bytes below what training needs beside the papers:
// parameters, gradients, both moments of Adam and the best parameters so far, and
// what a batch of papers of one token takes.
func LeastMemory(o Options, in Inputs) int64 {
	const copies = 5
	return floatBytes * (copies*Parameters(o, in) + int64(o.Loop().BatchSize)*o.paper(in))
}

// Memory estimates what training takes in bytes; longest is the number of tokens in
// the papers of the longest batch.
func Memory(o Options, in Inputs, longest int) float64 {
	const copies = 8
	activations := float64(longest) * float64(o.Loop().BatchSize) * float64(o.token(in))
	return floatBytes * (activations + copies*float64(Parameters(o, in)))
}
