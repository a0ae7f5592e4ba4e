package networks

import (
	"math/rand/v2"

	"assay/internal/kernels"
	"assay/internal/pool"
	"assay/internal/rng"
	"assay/networks/layers"
)

type lossFunction = layers.Loss[float32]

// lexicon is what a network has as vectors of its tokens.
type lexicon[T kernels.Float] struct {
	rows, dim int
	matrix    []T  // (rows, dim); nil: drawn
	frozen    bool // never changed
}

// lstmChain returns the layers of the LSTM, from token numbers to one logit a label.
//
//	embedding (T, B, dim) → spatial dropout → lstm (1, B, H) → linear (1, B, units)
//	→ pair, log-odds or nothing (1, B, C)
//
// draws is false where all parameters will be overwritten.
func lstmChain[T kernels.Float](p *pool.Pool, opt LSTMOptions, words lexicon[T], labels int, exclusive, draws bool) []layers.Layer[T] {
	random := func(what string) *rand.Rand {
		if !draws {
			return nil
		}
		return rng.New(opt.Seed, "networks", "lstm", what)
	}
	dropout := func(name string, p0 float64) *layers.Dropout[T] {
		return layers.NewDropout[T](p, name, p0, opt.Seed)
	}
	var out []layers.Layer[T]
	if words.frozen {
		out = append(out, layers.NewEmbedding(p, words.matrix, words.dim))
	} else {
		out = append(out, layers.NewTrainedEmbedding(p, words.rows, words.dim, words.matrix, random("embedding")))
	}
	if opt.SpatialDropout > 0 {
		out = append(out, layers.NewSpatialDropout[T](p, "spatial_dropout", opt.SpatialDropout, opt.Seed))
	}
	r := random("parameters")
	out = append(out,
		layers.NewLSTM(p, "lstm", words.dim, opt.Hidden, words.frozen, dropout("input_dropout", opt.Dropout), dropout("recurrent_dropout", opt.RecurrentDropout), r),
		layers.NewDense[T](p, "linear", opt.Hidden, opt.units(labels, exclusive), r),
	)
	switch {
	case opt.Output == "softmax":
		out = append(out, layers.NewLogOdds[T]("log_odds"))
	case opt.pair(labels, exclusive):
		out = append(out, layers.NewPair[T]("pair"))
	}
	return out
}
