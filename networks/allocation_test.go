package networks

import (
	"math"
	"math/rand/v2"
	"testing"

	"assay/networks/layers"
	"assay/networks/training"
)

// TestStepsAllocate: the layers nothing, whatever the shape, once they have seen
// the largest; gorgonia's tape machine a little, which does not grow with the batch.
func TestStepsAllocate(t *testing.T) {
	net, l, _ := build[float32](t, caseNamed(t, "odd_many_papers"), 2)
	f := caseNamed(t, "odd_many_papers")
	large, small := pick(f, f.Sizes.T+3, sequence(f.Sizes.B)...), pick(f, f.Sizes.T, 0, 1)
	step(net, l, large)
	if n := testing.AllocsPerRun(20, func() { step(net, l, large); step(net, l, small) }); n > 0 {
		t.Errorf("the layers allocate %g times in two steps", n)
	}

	const categories, most = 148, 400
	groups := make([]int32, categories)
	opt := sharnnDefaults()
	opt.Hidden, opt.Boom, opt.Workers = 16, 16, 2
	n, err := newSHARNN(opt, groups, 1, hooks{})
	if err != nil {
		t.Fatal(err)
	}
	var allocations []float64
	for _, length := range []int{40, 3} {
		data := articleData(rand.New(rand.NewPCG(1, 2)), 4, length, 50, 8, categories)
		machine := untrained(t, n, embeddingOf(n.opt, data.X.Embedding.Rows, data.X.Embedding.Cols, data.X.Embedding.Data), data.Y)
		b := batchOf(data, length)
		run := func() {
			if err := machine.Step(b, training.Update{Rate: 1e-3}); err != nil {
				t.Fatal(err)
			}
			if _, err := machine.Wait(); err != nil {
				t.Fatal(err)
			}
		}
		run()
		allocations = append(allocations, testing.AllocsPerRun(20, run))
		if err := machine.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("allocations of a step on the graph: %v", allocations)
	if math.Abs(allocations[0]-allocations[1]) > 1 || allocations[0] > most { // one may be the runtime's
		t.Errorf("a step allocates %v times, at two lengths; want the same, at most %d", allocations, most)
	}
}

// batchOf is all papers of the data in one batch.
func batchOf(data training.Data, length int) *layers.Batch {
	b := &layers.Batch{T: length, B: len(data.X.Papers), IDs: make([]int32, length*len(data.X.Papers)), Train: true}
	b.Targets = make([]float32, b.B*data.Y.Cols)
	for i, ids := range data.X.Papers {
		b.Lengths = append(b.Lengths, len(ids))
		for t, id := range ids {
			b.IDs[t*b.B+i] = id
		}
	}
	return b
}
