package training

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
	"assay/networks/layers"
)

func TestFill(t *testing.T) {
	data := Data{
		X: &features.Sequences{Papers: [][]int32{{5}, {}, {7, 8, 9}, {3, 4}, {6}}, Embedding: &features.Dense{Rows: 10, Cols: 1}},
		Y: multilabel.FromRows(3, [][]int32{{0}, {1, 2}, {2}, {}, {0, 1}}),
	}
	for _, c := range []struct {
		name   string
		masked bool
		rows   []int
		sorted []int
		want   layers.Batch
	}{
		{"masked", true, []int{0, 1, 2, 3}, []int{2, 3, 0, 1}, layers.Batch{
			T: 3, B: 4, IDs: []int32{7, 3, 5, 0, 8, 4, 0, 0, 9, 0, 0, 0}, Lengths: []int{3, 2, 1, 0},
			Targets: []float32{0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1},
		}},
		{"not masked", false, []int{0, 1, 2, 3}, []int{2, 3, 0, 1}, layers.Batch{
			T: 3, B: 4, IDs: []int32{7, 3, 5, 0, 8, 4, 0, 0, 9, 0, 0, 0}, Lengths: []int{3, 3, 3, 3},
			Targets: []float32{0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1},
		}},
		{"equal lengths stay in order", true, []int{4, 1, 0}, []int{4, 0, 1}, layers.Batch{
			T: 1, B: 3, IDs: []int32{6, 5, 0}, Lengths: []int{1, 1, 0}, Targets: []float32{1, 1, 0, 1, 0, 0, 0, 1, 1},
		}},
		{"no token at all, masked", true, []int{1}, []int{1}, layers.Batch{
			T: 1, B: 1, IDs: []int32{0}, Lengths: []int{0}, Targets: []float32{0, 1, 1},
		}},
		{"no token at all, not masked", false, []int{1}, []int{1}, layers.Batch{
			T: 1, B: 1, IDs: []int32{0}, Lengths: []int{1}, Targets: []float32{0, 1, 1},
		}},
	} {
		// A batch that was larger before leaves nothing behind.
		f := batcher{data: data, masked: c.masked}
		for i := range f.fill([]int{2, 2, 2, 2, 2, 2}).IDs {
			f.batch.IDs[i] = 99
		}
		for i := range f.batch.Targets {
			f.batch.Targets[i] = 99
		}
		got := f.fill(c.rows)
		if !reflect.DeepEqual(*got, c.want) || !slices.Equal(c.rows, c.sorted) {
			t.Errorf("%s: %+v of papers %v, want %+v of %v", c.name, *got, c.rows, c.want, c.sorted)
		}
	}
	// Many papers of two lengths keep their order, the longer first.
	many := Data{X: &features.Sequences{Embedding: data.X.Embedding}}
	var want []int
	for i := range 60 {
		many.X.Papers = append(many.X.Papers, make([]int32, (i+1)%2))
		want = append(want, (2*i)%60+i/30)
	}
	rows := seq(60)
	if (&batcher{data: many}).fill(rows); !slices.Equal(rows, want) {
		t.Errorf("papers in the order %v", rows)
	}
	f := batcher{data: Data{X: data.X}}
	if got := f.fill([]int{0, 1}); got.Targets != nil {
		t.Errorf("targets %v without labels", got.Targets)
	}
}

func TestFillDoesNotAllocateAgain(t *testing.T) {
	f := batcher{data: papers("train", 20, 30, 50, 5), masked: true}
	rows := [][]int{seq(20), seq(20)[3:9]}
	f.fill(rows[0])
	i := 0
	if allocs := testing.AllocsPerRun(10, func() { f.fill(rows[i%2]); i++ }); allocs != 0 {
		t.Errorf("%g allocations", allocs)
	}
}

// spy writes down which papers it was given: their first tokens are unique.
type spy struct {
	*script
	batches [][]int32
	steps   []uint64
	judged  [][]int32 // batches of validation papers
}

func (s *spy) Eval(b *layers.Batch) (float64, []float32, error) {
	s.judged = append(s.judged, slices.Clone(b.IDs[:b.B]))
	return s.script.Eval(b)
}

func (s *spy) Step(b *layers.Batch) (float64, []float32, error) {
	s.batches = append(s.batches, slices.Clone(b.IDs[:b.B]))
	s.steps = append(s.steps, b.Step)
	return s.script.Step(b)
}

func TestEachPaperOnceAnEpoch(t *testing.T) {
	const n, epochs = 23, 6
	data := papers("once", n, 3, 100, 2)
	for i := range data.X.Papers {
		data.X.Papers[i] = append([]int32{int32(i)}, data.X.Papers[i]...)
	}
	net := &spy{script: newScript()}
	opt := options(2)
	opt.Epochs, opt.BatchSize = epochs, 4
	if _, err := run(context.Background(), net, data, Data{}, opt); err != nil {
		t.Fatal(err)
	}
	if len(net.batches) != 6*epochs {
		t.Fatalf("%d batches, want %d", len(net.batches), 6*epochs)
	}
	orders := map[string]bool{}
	for e := range epochs {
		seen := make([]int, n)
		small, text := 0, ""
		for i, batch := range net.batches[6*e : 6*e+6] {
			if len(batch) != 4 {
				small++
			}
			for _, id := range batch {
				seen[id]++
				text += string(rune('A' + id))
			}
			if step := uint64(6*e + i); net.steps[step] != step {
				t.Errorf("step %d was given number %d", step, net.steps[step])
			}
		}
		if small != 1 || slices.ContainsFunc(seen, func(n int) bool { return n != 1 }) {
			t.Errorf("epoch %d: papers seen %v times, %d smaller batches", e+1, seen, small)
		}
		orders[text] = true
	}
	if len(orders) != epochs {
		t.Errorf("%d orders in %d epochs", len(orders), epochs)
	}
	again := &spy{script: newScript()}
	opt.Seed++
	if _, err := run(context.Background(), again, data, Data{}, opt); err != nil || reflect.DeepEqual(again.batches, net.batches) {
		t.Errorf("another seed gave the same batches, error %v", err)
	}
}

func TestValidationBatchesStayTheSame(t *testing.T) {
	data := papers("validation", 23, 0, 100, 2)
	for i := range data.X.Papers {
		data.X.Papers[i] = []int32{int32(i + 1)}
	}
	net := &spy{script: newScript()}
	net.eval = func(int) (float64, func(float32) float32) { return 1, judged{}.logit }
	if _, err := run(context.Background(), net, onePaper(), data, options(2)); err != nil || len(net.judged) != 3*8 {
		t.Fatalf("%d batches, error %v", len(net.judged), err)
	}
	for e := range 2 {
		if !reflect.DeepEqual(net.judged[:8], net.judged[8*(e+1):8*(e+2)]) {
			t.Errorf("epoch %d is judged in other batches: %v, before %v", e+2, net.judged[8*(e+1):8*(e+2)], net.judged[:8])
		}
	}
	if all := slices.Sorted(slices.Values(slices.Concat(net.judged[:8]...))); len(all) != 23 || len(slices.Compact(all)) != 23 {
		t.Errorf("papers %v", all)
	}
}

func TestScores(t *testing.T) {
	data := papers("score", 17, 9, 30, trialLabels)
	net := newBag(30, trialLabels)
	want := multilabel.NewScores(17, trialLabels)
	for i := range 17 { // by the definition, a paper at a time
		for c := range trialLabels {
			sum := net.bias.Value[c]
			for _, id := range data.X.Row(i) {
				sum += net.weight.Value[int(id)*trialLabels+c]
			}
			want.Row(i)[c] = 1 / (1 + math.Exp(-float64(sum)))
		}
	}
	for _, size := range []int{1, 2, 5, 16, 17, 100} {
		got, err := Scores(context.Background(), NewCPU(net, newPool(t, 1)), Data{X: data.X}, trialLabels, size, true)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("batches of %d: other scores, error %v", size, err)
		}
	}
	// Where padding counts, the longest paper of a batch has its say.
	one, err := Scores(context.Background(), NewCPU(net, newPool(t, 1)), Data{X: data.X}, trialLabels, 17, false)
	if err != nil || reflect.DeepEqual(one, want) {
		t.Errorf("padding does not count, error %v", err)
	}
	none, err := Scores(context.Background(), NewCPU(net, newPool(t, 1)), Data{X: data.X.Select(nil)}, trialLabels, 4, true)
	if err != nil || none.Rows() != 0 || none.Cols != trialLabels {
		t.Errorf("no papers: %+v, error %v", none, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, err := Scores(ctx, NewCPU(net, newPool(t, 1)), data, trialLabels, 4, true); got != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, error %v", got, err)
	}
}

// meanF1 is the mean over papers of 2·|p∩t|/(|p|+|t|), 0 where both are empty.
func meanF1(predicted, truth *multilabel.Matrix) float64 {
	sum := 0.0
	for i := range truth.Rows() {
		both := 0
		for _, c := range predicted.Row(i) {
			if slices.Contains(truth.Row(i), c) {
				both++
			}
		}
		if n := len(predicted.Row(i)) + len(truth.Row(i)); n > 0 {
			sum += float64(2*both) / float64(n)
		}
	}
	return sum / float64(truth.Rows())
}

func TestJudge(t *testing.T) {
	r := rng.New(4, "judge")
	for range 200 {
		labels, masters := 1+r.IntN(12), 1+r.IntN(4)
		groups := make([]int32, labels)
		for c := range groups {
			groups[c] = int32(r.IntN(masters))
		}
		j := newTally(groups, masters, false)
		for range 2 { // it begins anew
			predicted, truth := multilabel.New(labels), multilabel.New(labels)
			density := r.Float64()
			for range 1 + r.IntN(3) { // batches
				var logits, targets []float32
				papers := 1 + r.IntN(5)
				for range papers {
					var p, y []int32
					for c := range labels {
						target, logit := float32(0), float32(r.NormFloat64())
						if r.Float64() < density {
							target = 1
							y = append(y, int32(c))
						}
						if r.IntN(10) == 0 {
							logit = 0 // a probability of 0.5 is not above it
						}
						if logit > 0 {
							p = append(p, int32(c))
						}
						logits, targets = append(logits, logit), append(targets, target)
					}
					predicted.Append(p)
					truth.Append(y)
				}
				j.add(logits, targets, papers)
			}
			f1, masterF1, _ := j.take()
			want, wantMaster := meanF1(predicted, truth), meanF1(predicted.Map(groups, masters), truth.Map(groups, masters))
			if math.Abs(f1-want) > 1e-12 || math.Abs(masterF1-wantMaster) > 1e-12 {
				t.Fatalf("F1 %g and %g, want %g and %g", f1, masterF1, want, wantMaster)
			}
		}
	}
	if f1, masterF1, right := newTally([]int32{0}, 1, false).take(); f1 != 0 || masterF1 != 0 || right != 0 {
		t.Errorf("of no papers: %g and %g", f1, masterF1)
	}
}
