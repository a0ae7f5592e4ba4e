package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"assay/internal/pool"
)

func newTestLSTM(p *pool.Pool, rate float64) *LSTM[float32] {
	r := rand.New(rand.NewPCG(5, 6))
	return NewLSTM(p, "lstm", 7, 9, false, NewDropout[float32](p, "input", rate, 1), NewDropout[float32](p, "recurrent", rate, 1), r)
}

// runLSTM returns output and gradients of a batch.
func runLSTM(l *LSTM[float32], b *Batch) []float32 {
	r := rand.New(rand.NewPCG(7, 8))
	random := func(t, d int) *Tensor[float32] {
		x := new(Tensor[float32])
		x.Resize(t, b.B, d)
		for i := range x.Data {
			x.Data[i] = float32(r.NormFloat64())
		}
		return x
	}
	x, dy := random(b.T, 7), random(1, 9)
	out := slices.Clone(l.Forward(b, x).Data)
	out = append(out, l.Backward(b, dy).Data...)
	for _, p := range l.Params() {
		out = append(out, p.Grad...)
	}
	return out
}

// TestLSTMForgets: what lies in its memory from other batches changes no bit, nor
// what lies behind the end of a paper.
func TestLSTMForgets(t *testing.T) {
	for _, rate := range []float64{0, 0.3} {
		for _, workers := range []int{1, 3} {
			p := pool.New(workers)
			b := batchOf(31, 30, 30, 22, 17, 9, 2, 1, 0, 0)
			want := runLSTM(newTestLSTM(p, rate), b)
			l := newTestLSTM(p, rate)
			runLSTM(l, batchOf(40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40))
			for _, s := range [][]float32{l.inputs, l.z, l.gates, l.cells, l.dcells, l.masks, l.out.Data, l.dx.Data, l.sums, l.dw} {
				for i := range s {
					s[i] = float32(math.NaN())
				}
			}
			for i, v := range runLSTM(l, b) {
				if v != want[i] {
					t.Fatalf("dropout %g, %d workers: element %d is %g, of a new layer %g", rate, workers, i, v, want[i])
				}
			}
			p.Close()
		}
	}
}

// TestLSTMCut: blocks hold about the same number of tokens, and each paper once.
func TestLSTMCut(t *testing.T) {
	for _, c := range []struct {
		lengths []int
		blocks  int
		want    string
	}{
		{[]int{5, 5, 5, 5}, 2, "[0 2 4]"},
		{[]int{10, 2, 2, 2, 2, 2}, 2, "[0 1 6]"},
		{[]int{9, 1, 1, 1}, 3, "[0 1 2 4]"},
		{[]int{9, 8, 3}, 2, "[0 1 3]"},
		{[]int{4}, 1, "[0 1]"},
		{[]int{0, 0, 0}, 2, "[0 1 3]"},
		{[]int{250, 3, 3}, 1, "[0 3]"},
	} {
		l := &LSTM[float32]{batch: batchOf(0, c.lengths...)}
		if l.cut(c.blocks); fmt.Sprint(l.cuts) != c.want {
			t.Errorf("%v in %d blocks: cuts %v, want %s", c.lengths, c.blocks, l.cuts, c.want)
		}
	}
}

// TestEmbeddingGradientRows: the rows of this batch have their sums, all others zero.
func TestEmbeddingGradientRows(t *testing.T) {
	p := pool.New(2)
	defer p.Close()
	const rows, dim = 500, 3
	l := NewTrainedEmbedding[float32](p, rows, dim, nil, rand.New(rand.NewPCG(1, 2)))
	r := rand.New(rand.NewPCG(3, 4))
	for pass := range 4 {
		b := batchOf(0, 60, 41, 8)
		b.IDs = make([]int32, b.T*b.B)
		want := make([]float32, rows*dim)
		dy := new(Tensor[float32])
		dy.Resize(b.T, b.B, dim)
		seen := map[int32]bool{}
		for i := range b.IDs {
			id := int32(r.IntN(rows))
			b.IDs[i] = id
			for j := range dim {
				dy.Row(i/b.B, i%b.B)[j] = float32(r.IntN(100))
				if id > 0 && i/b.B < b.Lengths[i%b.B] {
					want[int(id)*dim+j] += dy.Row(i/b.B, i%b.B)[j]
					seen[id] = true
				}
			}
		}
		l.Backward(b, dy)
		w := l.Params()[0]
		if !slices.Equal(w.Grad, want) {
			t.Errorf("pass %d: gradients differ from the sums over tokens", pass)
		}
		for _, id := range w.Rows {
			if !seen[id] {
				t.Errorf("pass %d: row %d has no token or stands twice in Rows", pass, id)
			}
			delete(seen, id)
		}
		if len(seen) > 0 {
			t.Errorf("pass %d: %d rows with tokens are not in Rows", pass, len(seen))
		}
	}
}
