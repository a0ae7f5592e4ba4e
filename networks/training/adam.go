package training

import (
	"math"

	"assay/internal/kernels"
	"assay/internal/pool"
	"assay/networks/layers"
)

// The constants of Adam, PyTorch's defaults.
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-8
)

// chunk is how many parameters a task takes.
const chunk = 1 << 14

// adam is the optimizer with its moments.
type adam struct {
	params []*layers.Param[float32]
	m, v   [][]float32 // by parameter
	t      int64       // steps taken

	pool    *pool.Pool
	chunks  []span
	squares []float64 // by chunk
	scale   float32   // of the gradients
	step    kernels.AdamStep
	norms   func(worker, i int)
	updates func(worker, i int)
}

// span is a part of a parameter.
type span struct{ param, from, to int }

func newAdam(params []*layers.Param[float32], p *pool.Pool) *adam {
	a := &adam{params: params, pool: p}
	for i, param := range params {
		n := len(param.Value)
		a.m, a.v = append(a.m, make([]float32, n)), append(a.v, make([]float32, n))
		for from := 0; from < n; from += chunk {
			a.chunks = append(a.chunks, span{i, from, min(from+chunk, n)})
		}
	}
	a.squares = make([]float64, len(a.chunks))
	a.norms, a.updates = a.squareChunk, a.updateChunk
	return a
}

// norm returns the Euclidean norm of all gradients. It is finite where they are:
// no square of a float32 overflows a float64.
func (a *adam) norm() float64 {
	a.pool.Run(len(a.chunks), a.norms)
	sum := 0.0
	for _, s := range a.squares {
		sum += s
	}
	return math.Sqrt(sum)
}

func (a *adam) squareChunk(_, i int) {
	s := a.chunks[i]
	g := a.params[s.param].Grad[s.from:s.to]
	var sums [4]float64 // so that additions need not wait for each other
	for ; len(g) >= 4; g = g[4:] {
		for j, v := range (*[4]float32)(g) {
			sums[j] += float64(v) * float64(v)
		}
	}
	for j, v := range g {
		sums[j] += float64(v) * float64(v)
	}
	a.squares[i] = sums[0] + sums[1] + sums[2] + sums[3]
}

// update takes a step at the given rate, with the gradients multiplied by scale.
func (a *adam) update(rate, scale float64) {
	a.t++
	a.scale = float32(scale)
	a.step.Set(rate, beta1, beta2, epsilon, a.t)
	a.pool.Run(len(a.chunks), a.updates)
}

func (a *adam) updateChunk(_, i int) {
	s := a.chunks[i]
	p := a.params[s.param]
	g := p.Grad[s.from:s.to]
	if a.scale != 1 {
		kernels.Scale(g, a.scale)
	}
	kernels.Adam(p.Value[s.from:s.to], g, a.m[s.param][s.from:s.to], a.v[s.param][s.from:s.to], &a.step)
}
