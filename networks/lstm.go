package networks

import (
	"cmp"
	"fmt"
	"slices"

	"assay/internal/fault"
	"assay/internal/kernels"
	"assay/internal/multilabel"
	"assay/networks/layers"
	"assay/networks/loss"
	"assay/networks/training"
)

// LSTM describes the network of the second article: word vectors that it learns, a
// long short-term memory over them, and a logit a label from its last state. It
// takes *features.Sequences and gives probabilities. Where the sequences bring no
// vectors (a matrix without columns, as many rows as the vocabulary) it learns its
// own from the start.
type LSTM struct {
	Hidden           int     `toml:"hidden" default:"100" range:"[1,16384]"`
	Dropout          float64 `toml:"dropout" default:"0.25" range:"[0,1)"`           // of what each gate reads of a word
	RecurrentDropout float64 `toml:"recurrent_dropout" default:"0.25" range:"[0,1)"` // of what it reads of the state
	SpatialDropout   float64 `toml:"spatial_dropout" default:"0" range:"[0,1)"`      // of whole dimensions of a paper's words
	// Output is the answer's shape: a probability for each label by itself, or
	// probabilities that add up to 1, learnt by the categorical cross entropy, for
	// labels that exclude each other.
	Output string `toml:"output" default:"sigmoid" oneof:"sigmoid softmax"`
	// Dimensions are those of the vectors that it learns itself; 0: OwnDimensions, or
	// those of the papers' vectors.
	Dimensions      int     `toml:"dimensions" default:"0" range:"[0,4096]"`
	FreezeEmbedding bool    `toml:"freeze_embedding" default:"false"` // leaves given vectors as they are
	Epochs          int     `toml:"epochs" default:"20" range:"[1,100000]"`
	StopEpoch       int     `toml:"stop_epoch" default:"0" range:"[0,100000]"` // ends earlier, on the schedule of all epochs; 0: off
	BatchSize       int     `toml:"batch_size" default:"64" range:"[1,65536]"`
	LearningRate    float64 `toml:"learning_rate" default:"0.001" range:"(0,10]"`
	Schedule        string  `toml:"schedule" default:"constant" oneof:"constant cosine linear"`
	Warmup          float64 `toml:"warmup" default:"0" range:"[0,1)"`
	ClipNorm        float64 `toml:"clip_norm" default:"0" range:"[0,)"` // 0: off
	EarlyStopping   string  `toml:"early_stopping" default:"off" oneof:"off f1 loss accuracy"`
	Patience        int     `toml:"patience" default:"3" range:"[1,100000]"`
	// Keep says of which epoch the parameters are kept: that of the best validation
	// figure, or the last.
	Keep   string `toml:"keep" default:"last" oneof:"f1 loss accuracy last"`
	Device string `toml:"device" default:"auto" oneof:"auto cpu cuda" identity:"device"` // where it trains: "auto" takes the fastest there is
}

// OwnDimensions is the width of vectors that an LSTM learns by itself, unless its
// options give another.
const OwnDimensions = 100

// Loop implements Options.
func (o *LSTM) Loop() training.Loop {
	return training.Loop{
		Epochs: o.Epochs, StopEpoch: o.StopEpoch, BatchSize: o.BatchSize,
		LearningRate: o.LearningRate, Schedule: o.Schedule, Warmup: o.Warmup, ClipNorm: o.ClipNorm,
		EarlyStopping: o.EarlyStopping, Patience: o.Patience, Keep: o.Keep,
	}
}

// On implements Options.
func (o *LSTM) On() string { return o.Device }

// Stopping implements Options.
func (o *LSTM) Stopping(epoch int) Options {
	c := *o
	c.StopEpoch = epoch
	return &c
}

// Version implements Options.
func (o *LSTM) Version() int { return 1 }

// Size implements Options.
func (o *LSTM) Size() string { return fmt.Sprintf("hidden = %d", o.Hidden) }

func (o *LSTM) kind() string        { return "lstm" }
func (o *LSTM) name() string        { return "the LSTM" }
func (o *LSTM) learnsVectors() bool { return !o.FreezeEmbedding }
func (o *LSTM) ownVectors() int     { return cmp.Or(o.Dimensions, OwnDimensions) }
func (o *LSTM) excludes() bool      { return true }
func (o *LSTM) sizes() []int        { return []int{o.Hidden, o.BatchSize} }
func (o *LSTM) clone() Options      { c := *o; return &c }

func (o *LSTM) check(labels int, exclusive bool) error {
	rate := func(p float64) bool { return p >= 0 && p < 1 }
	switch {
	case o.Hidden < 1 || o.Dimensions < 0 || o.BatchSize < 1:
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

func (o *LSTM) layers(d design[float32]) []layers.Layer[float32] { return lstmLayers(o, d) }

// lstmLayers returns the layers, from token numbers to one logit a label. One unit z
// gives both of two labels that exclude each other, as (−z, z).
//
//	embedding (T, B, dim) → spatial dropout → lstm (1, B, H) → linear (1, B, units)
//	→ pair, log-odds or nothing (1, B, C)
func lstmLayers[T kernels.Float](o *LSTM, d design[T]) []layers.Layer[T] {
	p, units := d.pool, d.labels
	pair := o.Output == "sigmoid" && d.exclusive && d.labels == 2
	if pair {
		units = 1
	}
	var out []layers.Layer[T]
	if d.words.frozen {
		out = append(out, layers.NewEmbedding(p, d.words.matrix, d.words.dim))
	} else {
		out = append(out, layers.NewTrainedEmbedding(p, d.words.rows, d.words.dim, d.words.matrix, d.random("lstm", "embedding")))
	}
	if o.SpatialDropout > 0 {
		out = append(out, layers.NewSpatialDropout[T](p, "spatial_dropout", o.SpatialDropout, d.seed))
	}
	r := d.random("lstm", "parameters")
	out = append(out,
		layers.NewLSTM(p, "lstm", d.words.dim, o.Hidden, d.words.frozen, d.dropout("input_dropout", o.Dropout), d.dropout("recurrent_dropout", o.RecurrentDropout), r),
		layers.NewDense[T](p, "linear", o.Hidden, units, r),
	)
	switch {
	case o.Output == "softmax":
		out = append(out, layers.NewLogOdds[T]("log_odds"))
	case pair:
		out = append(out, layers.NewPair[T]("pair"))
	}
	return out
}

func (o *LSTM) loss(l Labels, _ *multilabel.Matrix) (layers.Loss[float32], error) {
	if o.Output == "softmax" {
		return loss.NewCategorical[float32](len(l.Groups)), nil
	}
	return loss.New[float32](loss.Options{Groups: l.Groups, Masters: l.Masters})
}

func (o *LSTM) identity(exclusive bool) string {
	return fmt.Sprint("lstm ", o.Hidden, o.Dropout, o.RecurrentDropout, o.SpatialDropout, " ", o.Output, o.ownVectors(),
		o.FreezeEmbedding, exclusive, kernels.Fused())
}

func (o *LSTM) plan(t *training.Options) { t.Masked, t.EpochMeans = true, true }

func (o *LSTM) file(f fields, m *model) {
	o.Dimensions = o.ownVectors()
	f.Int(&m.labels)
	f.Bool(&m.exclusive)
	f.Int(&m.rows)
	f.Int(&m.given)
	f.Uint64(&m.words)
	f.Int(&o.Hidden)
	f.Int(&o.Dimensions)
	f.Int(&o.BatchSize)
	f.Bool(&o.FreezeEmbedding)
	f.Text(&o.Output)
}

// paper is a word's vector, the gates, both states and the answers.
func (o *LSTM) paper(in Inputs) int64 { return int64(in.Dim) + 6*int64(o.Hidden) + int64(in.Labels) }

func (o *LSTM) token(in Inputs) int64 { return 2*int64(in.Dim) + 12*int64(o.Hidden) }
