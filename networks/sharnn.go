package networks

import (
	"fmt"

	"assay/internal/fault"
	"assay/internal/kernels"
	"assay/internal/multilabel"
	"assay/networks/layers"
	"assay/networks/loss"
	"assay/networks/training"
)

// SHARNN describes SHA-RNN-lite, the network of the article Scholarly (2020) after
// Merity's SHA-RNN (2019): a bidirectional GRU over frozen word vectors,
// self-attention, and a Boom layer over the categories. It takes
// *features.Sequences and gives probabilities. The parameters kept are always those
// of the epoch with the best validation F1, of equal ones the lowest loss.
type SHARNN struct {
	Layers      int     `toml:"layers" default:"1" range:"[1,64]"`      // bidirectional GRUs on top of each other
	Hidden      int     `toml:"hidden" default:"256" range:"[1,16384]"` // units of the GRU in each direction
	Boom        int     `toml:"boom" default:"512" range:"[1,1048576]"` // width of the Boom layer
	Dropout     float64 `toml:"dropout" default:"0" range:"[0,1)"`      // after both attentions and inside Boom
	MaskPadding bool    `toml:"mask_padding" default:"true"`            // padding has no influence; false is the article's way

	// The nested loss: (1−r)·BCE over categories + r·BCE over master
	// categories, r = MasterLossRatio·exp(−MasterLossDecay·epochs passed, a fraction).
	MasterLossRatio float64 `toml:"master_loss_ratio" default:"0.1" range:"[0,1]"`
	MasterLossDecay float64 `toml:"master_loss_decay" default:"0" range:"[0,)"` // 0 keeps r constant
	ClassWeights    bool    `toml:"class_weights" default:"true"`               // positive examples weigh max(count)/(count+1), as in the article

	Epochs        int     `toml:"epochs" default:"5" range:"[1,100000]"`
	StopEpoch     int     `toml:"stop_epoch" default:"0" range:"[0,100000]" late:"0"` // ends earlier, on the schedule of all epochs; 0: off
	BatchSize     int     `toml:"batch_size" default:"32" range:"[1,65536]"`
	LearningRate  float64 `toml:"learning_rate" default:"0.0003" range:"(0,10]"`
	Schedule      string  `toml:"schedule" default:"constant" oneof:"constant cosine linear"`
	Warmup        float64 `toml:"warmup" default:"0" range:"[0,1)"`
	ClipNorm      float64 `toml:"clip_norm" default:"0" range:"[0,)"` // 0: off
	EarlyStopping string  `toml:"early_stopping" default:"off" oneof:"off f1 loss"`
	Patience      int     `toml:"patience" default:"3" range:"[1,100000]"`
	Device        string  `toml:"device" default:"auto" oneof:"auto cpu cuda" identity:"device"` // where it trains: "auto" takes the fastest there is
}

// Loop implements Options.
func (o *SHARNN) Loop() training.Loop {
	return training.Loop{
		Epochs: o.Epochs, StopEpoch: o.StopEpoch, BatchSize: o.BatchSize,
		LearningRate: o.LearningRate, Schedule: o.Schedule, Warmup: o.Warmup, ClipNorm: o.ClipNorm,
		EarlyStopping: o.EarlyStopping, Patience: o.Patience,
	}
}

// On implements Options.
func (o *SHARNN) On() string { return o.Device }

// Stopping implements Options.
func (o *SHARNN) Stopping(epoch int) Options {
	c := *o
	c.StopEpoch = epoch
	return &c
}

// Version implements Options.
func (o *SHARNN) Version() int { return 1 }

// Size implements Options.
func (o *SHARNN) Size() string { return fmt.Sprintf("hidden = %d and boom = %d", o.Hidden, o.Boom) }

func (o *SHARNN) kind() string        { return "sha_rnn" }
func (o *SHARNN) name() string        { return "SHA-RNN-lite" }
func (o *SHARNN) learnsVectors() bool { return false }
func (o *SHARNN) ownVectors() int     { return 0 }
func (o *SHARNN) excludes() bool      { return false }
func (o *SHARNN) sizes() []int        { return []int{o.Layers, o.Hidden, o.Boom, o.BatchSize} }
func (o *SHARNN) clone() Options      { c := *o; return &c }

func (o *SHARNN) check(int, bool) error {
	const mostLayers = 1 << 10
	switch {
	case o.Layers < 1 || o.Hidden < 1 || o.Boom < 1 || o.BatchSize < 1 || !(o.Dropout >= 0 && o.Dropout < 1):
		return fault.Usagef("networks: %d layers, hidden %d, boom %d and batches of %d must be at least 1, dropout %g in [0, 1)", o.Layers, o.Hidden, o.Boom, o.BatchSize, o.Dropout)
	case o.Layers > mostLayers:
		return fault.Usagef("networks: %d layers: at most %d", o.Layers, mostLayers)
	}
	return nil
}

func (o *SHARNN) layers(d design[float32]) []layers.Layer[float32] { return sharnnLayers(o, d) }

// sharnnLayers returns the layers, from token numbers to one logit a category.
//
//	embedding (T, B, dim) → gru (T, B, 2H) → attention between norm1 and norm2,
//	summed over time (1, B, 2H) → linear, gelu, norm3 (1, B, C) → logit_attention
//	→ norm4 → boom (1, B, C)
func sharnnLayers[T kernels.Float](o *SHARNN, d design[T]) []layers.Layer[T] {
	r, p := d.random("sha_rnn", "parameters"), d.pool
	width := 2 * o.Hidden
	out := []layers.Layer[T]{layers.NewEmbedding(p, d.words.matrix, d.words.dim)}
	for level := range o.Layers {
		in := width
		if level == 0 {
			in = d.words.dim
		}
		out = append(out, layers.NewBiGRU[T](p, "gru", level, in, o.Hidden, r))
	}
	return append(out,
		layers.NewAttention(p, "norm1", "norm2", width, d.dropout("dropout1", o.Dropout)),
		layers.NewLinear[T](p, "linear", width, d.labels, r),
		layers.NewGELU[T](p, "gelu"),
		layers.NewLayerNorm[T](p, "norm3", d.labels),
		layers.NewLogitAttention[T](p, d.labels),
		d.dropout("dropout2", o.Dropout),
		layers.NewLayerNorm[T](p, "norm4", d.labels),
		layers.NewBoom[T](p, "boom", d.labels, o.Boom, o.Dropout, d.seed, r),
	)
}

// loss weighs classes by how often they occur in y.
func (o *SHARNN) loss(l Labels, y *multilabel.Matrix) (layers.Loss[float32], error) {
	opt := loss.Options{Groups: l.Groups, Masters: l.Masters, Ratio: o.MasterLossRatio, Decay: o.MasterLossDecay}
	if y != nil {
		steps := (y.Rows() + o.BatchSize - 1) / o.BatchSize
		opt.Decay /= float64(max(steps, 1))
		if o.ClassWeights {
			opt.PosWeight = loss.ClassWeights(y.Counts())
			opt.MasterPosWeight = loss.ClassWeights(y.Map(l.Groups, l.Masters).Counts())
		}
	}
	return loss.New[float32](opt)
}

func (o *SHARNN) identity(bool) string {
	return fmt.Sprint(o.Layers, o.Hidden, o.Boom, o.Dropout, o.MasterLossRatio, o.MasterLossDecay, o.ClassWeights, kernels.Fused())
}

func (o *SHARNN) plan(t *training.Options) { t.Masked = o.MaskPadding }

func (o *SHARNN) file(f fields, m *model) {
	f.Int(&m.given)
	f.Int(&m.labels)
	f.Int(&o.Layers)
	f.Int(&o.Hidden)
	f.Int(&o.Boom)
	f.Int(&o.BatchSize)
	f.Bool(&o.MaskPadding)
}

// paper is what the GRUs, the attention and the Boom layer give.
func (o *SHARNN) paper(in Inputs) int64 {
	return int64(in.Dim) + 2*int64(o.Hidden)*int64(o.Layers+1) + int64(o.Boom) + int64(in.Labels)
}

func (o *SHARNN) token(in Inputs) int64 {
	return 24*int64(o.Layers)*int64(o.Hidden) + 4*int64(in.Dim)
}
