package networks

import (
	"assay/internal/kernels"
	"assay/internal/pool"
	"assay/internal/rng"
	"assay/networks/layers"
)

// chain returns the layers of SHA-RNN-lite, from token numbers to one logit a
// category: matrix (·, dim) are the frozen vectors of the tokens.
//
//	embedding (T, B, dim) → gru (T, B, 2H) → attention between norm1 and norm2,
//	summed over time (1, B, 2H) → linear, gelu, norm3 (1, B, C) → logit_attention
//	→ norm4 → boom (1, B, C)
func chain[T kernels.Float](p *pool.Pool, opt Options, matrix []T, dim, categories int) []layers.Layer[T] {
	r := rng.New(opt.Seed, "networks", "sha_rnn", "parameters")
	width := 2 * opt.Hidden
	out := []layers.Layer[T]{layers.NewEmbedding(p, matrix, dim)}
	for level := range opt.Layers {
		in := width
		if level == 0 {
			in = dim
		}
		out = append(out, layers.NewBiGRU[T](p, "gru", level, in, opt.Hidden, r))
	}
	return append(out,
		layers.NewAttention(p, "norm1", "norm2", width, layers.NewDropout[T](p, "dropout1", opt.Dropout, opt.Seed)),
		layers.NewLinear[T](p, "linear", width, categories, r),
		layers.NewGELU[T](p, "gelu"),
		layers.NewLayerNorm[T](p, "norm3", categories),
		layers.NewLogitAttention[T](p, categories),
		layers.NewDropout[T](p, "dropout2", opt.Dropout, opt.Seed),
		layers.NewLayerNorm[T](p, "norm4", categories),
		layers.NewBoom[T](p, "boom", categories, opt.Boom, opt.Dropout, opt.Seed, r),
	)
}
