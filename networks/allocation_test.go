package networks

import (
	"math/rand/v2"
	"testing"

	"assay/internal/pool"
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
	opt := Defaults()
	opt.Hidden, opt.Boom = 16, 16
	n, err := NewSHARNN(opt, groups, 1, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	p := pool.New(2)
	defer p.Close()
	var allocations []float64
	for _, length := range []int{40, 3} {
		data := articleData(rand.New(rand.NewPCG(1, 2)), 4, length, 50, 8, categories)
		machine, err := n.network(p, opt, data.X, data.Y)
		if err != nil {
			t.Fatal(err)
		}
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
	if allocations[0] != allocations[1] || allocations[0] > most {
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
