package training

import (
	"math"
	"slices"

	"assay/internal/hugepage"
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
	set     []span    // chunks of the gradients that are set: of a parameter's Rows, if it has them
	squares []float64 // by chunk of set
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
		a.m, a.v = append(a.m, hugepage.Make[float32](n)), append(a.v, hugepage.Make[float32](n))
		for from := 0; from < n; from += chunk {
			a.chunks = append(a.chunks, span{i, from, min(from+chunk, n)})
		}
	}
	a.norms, a.updates = a.squareChunk, a.updateChunk
	return a
}

// norm returns the Euclidean norm of all gradients. It is finite where they are:
// no square of a float32 overflows a float64.
func (a *adam) norm() float64 {
	a.set = a.set[:0]
	for _, s := range a.chunks {
		switch p := a.params[s.param]; {
		case p.Rows == nil:
			a.set = append(a.set, s)
		case s.from == 0:
			for from, n := 0, max(chunk/width(p), 1); from < len(p.Rows); from += n {
				a.set = append(a.set, span{s.param, from, min(from+n, len(p.Rows))})
			}
		}
	}
	a.squares = slices.Grow(a.squares[:0], len(a.set))[:len(a.set)]
	a.pool.Run(len(a.set), a.norms)
	sum := 0.0
	for _, s := range a.squares {
		sum += s
	}
	return math.Sqrt(sum)
}

// width is how many elements a row of a matrix has.
func width(p *layers.Param[float32]) int { return p.Shape[len(p.Shape)-1] }

func (a *adam) squareChunk(_, i int) {
	s := a.set[i]
	p := a.params[s.param]
	var sums [4]float64 // so that additions need not wait for each other
	if p.Rows == nil {
		addSquares(&sums, p.Grad[s.from:s.to])
	} else {
		n := width(p)
		const ahead = 8
		for k, row := range p.Rows[s.from:s.to] {
			if at := s.from + k + ahead; at%ahead == 0 {
				kernels.Prefetch(p.Grad, n, n, p.Rows[min(at, s.to):min(at+ahead, s.to)])
			}
			addSquares(&sums, p.Grad[int(row)*n:(int(row)+1)*n])
		}
	}
	a.squares[i] = sums[0] + sums[1] + sums[2] + sums[3]
}

func addSquares(sums *[4]float64, g []float32) {
	for ; len(g) >= 4; g = g[4:] {
		for j, v := range (*[4]float32)(g) {
			sums[j] += float64(v) * float64(v)
		}
	}
	for j, v := range g {
		sums[j] += float64(v) * float64(v)
	}
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
