package networks

import (
	"math/rand/v2"
	"testing"

	"assay/internal/pool"
	"assay/networks/training"
	"assay/networks/training/enginetest"
)

// TestEngines: the graph passes the suite of engines beside a plain chain of the same
// layers, with the same bits.
func TestEngines(t *testing.T) {
	const words, labels, dim = 40, 6, 5
	matrix := make([]float32, words*dim)
	r := rand.New(rand.NewPCG(3, 7))
	for i := dim; i < len(matrix); i++ {
		matrix[i] = float32(r.NormFloat64())
	}
	sharnn := DefaultSHARNN()
	sharnn.Layers, sharnn.Hidden, sharnn.Boom, sharnn.Dropout = 2, 6, 7, 0.1
	own := DefaultLSTM()
	own.Hidden, own.Dimensions, own.SpatialDropout = 6, dim, 0.2
	frozen := own
	frozen.FreezeEmbedding, frozen.Output, frozen.Dimensions = true, "softmax", 0
	for _, c := range []struct {
		name      string
		opt       Options
		dim       int // of given vectors
		exclusive bool
	}{
		{"sha_rnn", &sharnn, dim, false},
		{"lstm", &own, 0, false},
		{"lstm, vectors trained", &own, dim, false},
		{"lstm, vectors frozen", &frozen, dim, true},
	} {
		n, err := New(c.opt, Labels{Groups: inTurn(labels, 2), Masters: 2, Exclusive: c.exclusive}, Run{Seed: 4, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		given := embeddingOf(c.opt, words, c.dim, matrix)
		t.Run(c.name, func(t *testing.T) {
			enginetest.Run(t, enginetest.Subject{
				New: func(t testing.TB) training.Engine { return untrained(t, n, given, nil) },
				Reference: func(t testing.TB) training.Engine {
					p := pool.New(1)
					t.Cleanup(p.Close)
					d := n.design(p, given)
					d.draws = true
					l, err := c.opt.loss(n.labels, nil)
					if err != nil {
						t.Fatal(err)
					}
					return training.NewCPU(enginetest.NewChain(c.opt.layers(d), l), p)
				},
				Words: words, Labels: labels, Exclusive: c.exclusive,
			})
		})
	}
}
