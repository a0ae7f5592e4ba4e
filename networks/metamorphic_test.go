package networks

import (
	"math"
	"slices"
	"testing"

	"assay/networks/layers"
)

// outcome is all that a step computes.
type outcome struct {
	loss   float64
	logits []float32 // (B, C)
	grads  map[string][]float32
}

// run takes a step with the network of a fixture on a batch of its own.
func run(t *testing.T, f *fixture, b *layers.Batch, workers int) outcome {
	t.Helper()
	net, l, _ := build[float32](t, f, workers)
	value, logits := step(net, l, b)
	out := outcome{loss: value, logits: slices.Clone(logits.Data), grads: map[string][]float32{}}
	for _, p := range paramsOf(net) {
		out.grads[p.Name] = slices.Clone(p.Grad)
	}
	return out
}

func caseNamed(t *testing.T, name string) *fixture {
	t.Helper()
	for _, f := range fixtures(t) {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no fixture %s", name)
	return nil
}

// pick returns the batch of some papers of a fixture, padded to length.
func pick(f *fixture, length int, papers ...int) *layers.Batch {
	c := f.Sizes.Categories
	b := &layers.Batch{T: length, B: len(papers), IDs: make([]int32, length*len(papers)), Train: true}
	for i, paper := range papers {
		b.Lengths = append(b.Lengths, f.Lengths[paper])
		b.Targets = append(b.Targets, f.Targets[paper*c:(paper+1)*c]...)
		for t := range f.Sizes.T {
			b.IDs[t*len(papers)+i] = f.IDs[t*f.Sizes.B+paper]
		}
	}
	return b
}

func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: element %d is %g, was %g", what, i, got[i], want[i])
		}
	}
}

func alike(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	wide := make([]float64, len(want))
	for i, v := range want {
		wide[i] = float64(v)
	}
	near(t, what, got, wide, tolerance)
}

func sequence(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestWorkersChangeNothing: the same bits with any number of workers.
func TestWorkersChangeNothing(t *testing.T) {
	for _, name := range []string{"odd_many_papers", "odd_masked", "odd_unmasked", "article_sizes"} {
		f := caseNamed(t, name)
		b := pick(f, f.Sizes.T, sequence(f.Sizes.B)...)
		want := run(t, f, b, 1)
		for _, workers := range []int{2, 3, 8} {
			got := run(t, f, b, workers)
			if got.loss != want.loss {
				t.Errorf("%s: loss %v with %d workers, %v with one", name, got.loss, workers, want.loss)
			}
			sameBits(t, name+" logits", got.logits, want.logits)
			for param, grad := range want.grads {
				sameBits(t, name+" "+param, got.grads[param], grad)
			}
		}
	}
}

// TestLongerPaddingChangesNothing: what lies behind the end of papers is masked.
func TestLongerPaddingChangesNothing(t *testing.T) {
	f := caseNamed(t, "odd_masked")
	papers := sequence(f.Sizes.B)
	want := run(t, f, pick(f, f.Sizes.T, papers...), 2)
	got := run(t, f, pick(f, f.Sizes.T+9, papers...), 2)
	if got.loss != want.loss {
		t.Errorf("loss %v, was %v", got.loss, want.loss)
	}
	sameBits(t, "logits", got.logits, want.logits)
	for param, grad := range want.grads {
		sameBits(t, param, got.grads[param], grad)
	}
}

// TestPermutedBatch: each paper keeps its logits, and the sums over papers agree
// but for the order of their rounding.
func TestPermutedBatch(t *testing.T) {
	f := caseNamed(t, "odd_masked")
	order := sequence(f.Sizes.B)
	want := run(t, f, pick(f, f.Sizes.T, order...), 2)
	slices.Reverse(order)
	order[0], order[1] = order[1], order[0]
	got := run(t, f, pick(f, f.Sizes.T, order...), 2)
	c := f.Sizes.Categories
	for i, paper := range order {
		sameBits(t, "logits", got.logits[i*c:(i+1)*c], want.logits[paper*c:(paper+1)*c])
	}
	if math.Abs(got.loss/want.loss-1) > 1e-12 {
		t.Errorf("loss %v, was %v", got.loss, want.loss)
	}
	for param, grad := range want.grads {
		alike(t, param, got.grads[param], grad, 1e-5)
	}
}

// TestRepeatedPaper: a batch of one paper many times is that paper.
func TestRepeatedPaper(t *testing.T) {
	f := caseNamed(t, "odd_masked")
	want := run(t, f, pick(f, f.Sizes.T, 1), 2)
	got := run(t, f, pick(f, f.Sizes.T, 1, 1, 1, 1, 1), 2)
	for i := range 5 {
		sameBits(t, "logits", got.logits[i*f.Sizes.Categories:(i+1)*f.Sizes.Categories], want.logits)
	}
	if math.Abs(got.loss/want.loss-1) > 1e-12 {
		t.Errorf("loss %v, was %v", got.loss, want.loss)
	}
	for param, grad := range want.grads {
		alike(t, param, got.grads[param], grad, 1e-5)
	}
}

// TestUnmaskedPaddingCounts: without a mask, padding is a token like any other.
func TestUnmaskedPaddingCounts(t *testing.T) {
	f := caseNamed(t, "odd_masked")
	papers := sequence(f.Sizes.B)
	short, long := pick(f, f.Sizes.T, papers...), pick(f, f.Sizes.T+3, papers...)
	for _, b := range []*layers.Batch{short, long} {
		for i := range b.Lengths {
			b.Lengths[i] = b.T
		}
	}
	if a, b := run(t, f, short, 1), run(t, f, long, 1); a.loss == b.loss {
		t.Error("the same loss with more padding that is not masked")
	}
}
