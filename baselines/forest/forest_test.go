package forest_test

import (
	"math"
	"strings"
	"testing"

	"assay/baselines/forest"
	"assay/classifier"
	"assay/classifier/conformance"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/rng"
)

func TestRandomForestConformance(t *testing.T) {
	newForest := func(seed uint64, workers int) classifier.Classifier {
		return forest.New(forest.Options{Trees: 30, Seed: seed, Workers: workers})
	}
	conformance.Run(t, newForest, conformance.Options{Kinds: forest.Kinds(2), Sparse: true, Dense: true})
	conformance.Run(t, newForest, conformance.Options{Kinds: forest.Kinds(2), Sparse: true, Dense: true, Binary: true})
}

func forestScores(t *testing.T, opts forest.Options, train classifier.Dataset, x features.Matrix) *multilabel.Scores {
	t.Helper()
	f := forest.New(opts)
	if err := f.Fit(t.Context(), train, classifier.Dataset{}); err != nil {
		t.Fatal(err)
	}
	s, err := f.Scores(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// noisyClass is n rows of ten features of which one equals the only label.
func noisyClass(name string, n int) classifier.Dataset {
	r := rng.New(9, name)
	x := &features.Dense{Rows: n, Cols: 10, Data: make([]float32, n*10)}
	y := multilabel.New(1)
	for i := range n {
		for j := range x.Cols {
			x.Row(i)[j] = float32(r.IntN(2))
		}
		if x.Row(i)[6] == 1 {
			y.Append([]int32{0})
		} else {
			y.Append(nil)
		}
	}
	return classifier.Dataset{X: x, Y: y}
}

func TestForestFindsTheFeatureThatIsTheClass(t *testing.T) {
	test := noisyClass("test", 500)
	s := forestScores(t, forest.Options{Seed: 1}, noisyClass("train", 500), test.X)
	for i := range test.Y.Rows() {
		if carries := len(test.Y.Row(i)) == 1; carries != (s.Row(i)[0] > 0.5) {
			t.Fatalf("row %d: score %v, carries the label: %v", i, s.Row(i)[0], carries)
		}
	}
}

// No single split improves anything on XOR: they must be made all the same.
func TestTreeLearnsXOR(t *testing.T) {
	x := &features.Dense{Rows: 4, Cols: 2, Data: []float32{0, 0, 0, 1, 1, 0, 1, 1}}
	y := multilabel.FromRows(2, [][]int32{{1}, {0}, {0}, {1}})
	s := forestScores(t, forest.Options{Trees: 5, NoBootstrap: true}, classifier.Dataset{X: x, Y: y}, x)
	for i, want := range []float64{0, 1, 1, 0} {
		if got := s.Row(i); got[0] != want || got[1] != 1-want {
			t.Errorf("row %d scores %v, want %v and %v", i, got, want, 1-want)
		}
	}
}

// Values −2 and −1, then 1 and 2, around zeros: equal splits go to the lowest
// threshold, which a value between the thresholds tells.
func TestEqualSplitsTakeTheLowerThreshold(t *testing.T) {
	for _, c := range []struct {
		values      []float32
		labels      [][]int32
		probe       float32
		wantPresent float64
	}{
		// 0.5 and 1.5 split equally well; at depth 1 the probe falls right of 0.5.
		{[]float32{0, 1, 2}, [][]int32{{0}, {}, {0}}, 1.2, 0.5},
		{[]float32{-2, -1, 0}, [][]int32{{0}, {}, {0}}, -1.2, 0.5},
		{[]float32{-1, 0, 1}, [][]int32{{0}, {}, {0}}, 0.2, 0.5},
	} {
		train := classifier.Dataset{
			X: &features.Dense{Rows: 3, Cols: 1, Data: c.values},
			Y: multilabel.FromRows(1, c.labels),
		}
		opts := forest.Options{Trees: 1, MaxDepth: 1, NoBootstrap: true}
		lowest := forestScores(t, opts, train, &features.Dense{Rows: 1, Cols: 1, Data: c.values[:1]})
		if lowest.Data[0] != 1 {
			t.Errorf("%v: the lowest value scores %v, want a leaf of its own", c.values, lowest.Data[0])
		}
		if s := forestScores(t, opts, train, &features.Dense{Rows: 1, Cols: 1, Data: []float32{c.probe}}); s.Data[0] != c.wantPresent {
			t.Errorf("%v: %v scores %v, want %v", c.values, c.probe, s.Data[0], c.wantPresent)
		}
	}
}

func TestForestOfConstantFeaturesGivesLabelShares(t *testing.T) {
	x := &features.Dense{Rows: 4, Cols: 2, Data: []float32{3, 0, 3, 0, 3, 0, 3, 0}}
	y := multilabel.FromRows(3, [][]int32{{0}, {0, 1}, {0}, {}})
	s := forestScores(t, forest.Options{Trees: 3, NoBootstrap: true}, classifier.Dataset{X: x, Y: y}, x)
	for c, want := range []float64{0.75, 0.25, 0} {
		if got := s.Row(2)[c]; math.Abs(got-want) > 1e-15 {
			t.Errorf("label %d scores %v, want %v", c, got, want)
		}
	}
}

func TestForestTakesSparseForWhatItIs(t *testing.T) {
	train := noisyClass("train", 80)
	dense := train.X.(*features.Dense)
	sparse := &features.CSR{Cols: dense.Cols, Indptr: []int64{0}}
	for i := range dense.Rows {
		for j, v := range dense.Row(i) {
			if v != 0 || i%3 == 0 { // some zeros are stored
				sparse.Indices = append(sparse.Indices, int32(j))
				sparse.Values = append(sparse.Values, v)
			}
		}
		sparse.Indptr = append(sparse.Indptr, int64(len(sparse.Indices)))
	}
	opts := forest.Options{Trees: 7, MaxDepth: 3, Seed: 3}
	want := forestScores(t, opts, train, dense)
	got := forestScores(t, opts, classifier.Dataset{X: sparse, Y: train.Y}, sparse)
	other := opts
	other.Seed++
	another := forestScores(t, other, train, dense)
	differs := false
	for k := range want.Data {
		if got.Data[k] != want.Data[k] {
			t.Fatalf("row %d: sparse %v, dense %v", k, got.Data[k], want.Data[k])
		}
		differs = differs || another.Data[k] != want.Data[k]
	}
	if !differs {
		t.Error("another seed gave the same scores")
	}
}

func TestForestRefuses(t *testing.T) {
	good := noisyClass("train", 20)
	nan := noisyClass("train", 20)
	nan.X.(*features.Dense).Data[37] = float32(math.NaN())
	shuffled := &features.CSR{Cols: 5, Indptr: []int64{0, 2}, Indices: []int32{3, 1}, Values: []float32{1, 1}}
	negative := &features.CSR{Cols: 5, Indptr: []int64{0, 1}, Indices: []int32{-1}, Values: []float32{1}}
	one := multilabel.FromRows(1, [][]int32{{0}})
	for _, c := range []struct {
		opts  forest.Options
		train classifier.Dataset
		want  string
	}{
		{forest.Options{Trees: -1}, good, "trees -1"},
		{forest.Options{MinLeaf: -2}, good, "min leaf -2"},
		{forest.Options{MaxFeatures: "some"}, good, `max features "some": want sqrt, log2, all`},
		{forest.Options{MaxFeatures: "1.5"}, good, `max features "1.5"`},
		{forest.Options{MaxFeatures: "NaN"}, good, `max features "NaN"`},
		{forest.Options{}, classifier.Dataset{}, "without papers"},
		{forest.Options{}, classifier.Dataset{X: good.X, Y: one}, "20 rows of features but 1 rows of labels"},
		{forest.Options{}, classifier.Dataset{X: &features.Dense{}, Y: multilabel.New(2)}, "0 papers, 0 features and 2 labels"},
		{forest.Options{}, nan, "row 3, column 7: value NaN"},
		{forest.Options{}, classifier.Dataset{X: shuffled, Y: one}, "row 0: column 1 after 3"},
		{forest.Options{}, classifier.Dataset{X: negative, Y: one}, "row 0: column -1 after -1"},
	} {
		err := forest.New(c.opts).Fit(t.Context(), c.train, classifier.Dataset{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !fault.IsUsage(err) {
			t.Errorf("%+v: error %v, want a usage error with %q", c.opts, err, c.want)
		}
	}
}

func TestMaxFeaturesOf(t *testing.T) {
	for _, c := range []struct {
		m    forest.MaxFeatures
		d    int
		want int
	}{
		{"", 38306, 195}, {"sqrt", 1, 1}, {"sqrt", 99, 9}, {"log2", 1024, 10}, {"log2", 1, 1},
		{"all", 7, 7}, {"200", 1000, 200}, {"200", 100, 100}, {"0.1", 55, 5}, {"0.1", 5, 1},
	} {
		if got, err := c.m.Of(c.d); err != nil || got != c.want {
			t.Errorf("%q of %d = %d, %v; want %d", c.m, c.d, got, err, c.want)
		}
	}
}
