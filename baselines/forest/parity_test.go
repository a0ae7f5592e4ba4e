package forest

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
)

// forestFixture is testdata/forest.json, written by testdata/forest.py.
type forestFixture struct {
	Checksum map[string]float64
	Trees    []struct {
		forestCase
		Probabilities []float64
	}
	Forests []struct {
		forestCase
		MaxFeatures MaxFeatures `json:"max_features"`
		Bootstrap   bool
		Seeds       int
		Trees       int
		Measures    map[string]struct{ Mean, SD float64 }
		Mean        []float64
		Variance    []float64
	}
}

type forestCase struct {
	Data     string
	Features int
	Depth    int
	MinLeaf  int `json:"min_leaf"`
	MinSplit int `json:"min_split"`
}

func (c forestCase) options() Options {
	return Options{MaxDepth: c.Depth, MinLeaf: c.MinLeaf, MinSplit: c.MinSplit}
}

const parityLabels = 5

// parityUniform is a number in [0, 1) that depends on the key alone.
func parityUniform(key ...uint64) float64 {
	var h uint64
	for _, k := range key {
		h = (h ^ k) + 0x9E3779B97F4A7C15
		h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
		h = (h ^ h>>27) * 0x94D049BB133111EB
		h ^= h >> 31
	}
	return float64(h>>11) / (1 << 53)
}

// parityData computes the data that forest.py computes.
func parityData(kind string, set uint64, n, d int) classifier.Dataset {
	x := &features.Dense{Rows: n, Cols: d, Data: make([]float32, n*d)}
	y := multilabel.New(parityLabels)
	for i := range n {
		var carried []int32
		var has [7]bool
		for c, p := range []float64{0.45, 0.3, 0.2, 0.1, 0.04} {
			if has[c] = parityUniform(set, uint64(i), 1, uint64(c)) < p; has[c] {
				carried = append(carried, int32(c))
			}
		}
		y.Append(carried)
		for j := range d {
			x.Row(i)[j] = parityValue(kind, set, uint64(i), uint64(j), has[j%7])
		}
	}
	if kind == "counts" {
		return classifier.Dataset{X: sparseOf(x), Y: y}
	}
	return classifier.Dataset{X: x, Y: y}
}

func parityValue(kind string, set, i, j uint64, own bool) float32 {
	if kind == "counts" {
		p := 0.4
		if own {
			p = 0.9
		}
		p /= 1 + float64(j)/6
		u := parityUniform(set, i, 2, j)
		if u >= p {
			return 0
		}
		return float32(1 + int(3*math.Pow(u/p, 4)))
	}
	if parityUniform(set, i, 3, j) < 0.1 {
		return 0
	}
	v := parityUniform(set, i, 4, j)*2 - 1
	if own {
		v += 0.5
	}
	return float32(v)
}

func readForestFixture(t *testing.T) forestFixture {
	t.Helper()
	data, err := os.ReadFile("testdata/forest.json")
	if err != nil {
		t.Fatal(err)
	}
	var fix forestFixture
	if err := json.Unmarshal(data, &fix); err != nil {
		t.Fatal(err)
	}
	for kind, want := range fix.Checksum {
		got := 0.0
		x := parityData(kind, 1, 150, 60).X
		if d, ok := x.(*features.Dense); ok {
			x = sparseOf(d)
		}
		for _, v := range x.(*features.CSR).Values {
			got += float64(v)
		}
		if math.Abs(got-want) > 1e-9 {
			t.Fatalf("the %s add up to %v here, %v in forest.py: the two formulas differ", kind, got, want)
		}
	}
	return fix
}

// Where no equal splits matter, a tree that sees every row and feature is
// scikit-learn's.
func TestTreesEqualScikitLearn(t *testing.T) {
	for i, c := range readForestFixture(t).Trees {
		t.Run(fmt.Sprintf("%d %s", i, c.Data), func(t *testing.T) {
			opts := c.options()
			opts.Trees, opts.MaxFeatures, opts.NoBootstrap = 1, "all", true
			f := New(opts)
			if err := f.Fit(t.Context(), parityData(c.Data, 1, 150, c.Features), classifier.Dataset{}); err != nil {
				t.Fatal(err)
			}
			got, err := f.Scores(t.Context(), parityData(c.Data, 2, 40, c.Features).X)
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range c.Probabilities {
				if math.Abs(got.Data[k]-want) > 1e-11 {
					t.Fatalf("row %d, label %d: %v, scikit-learn %v", k/parityLabels, k%parityLabels, got.Data[k], want)
				}
			}
		})
	}
}

// With bootstrap and features drawn at random, forests agree with
// scikit-learn's in distribution: the mean of each measure over the seeds lies
// within three standard errors, and so do the tree probabilities of the rows
// and labels taken together. The seeds are fixed, so that the test is too.
func TestForestsAgreeWithScikitLearn(t *testing.T) {
	for i, c := range readForestFixture(t).Forests {
		t.Run(fmt.Sprintf("%d %s %s", i, c.Data, c.MaxFeatures), func(t *testing.T) {
			train := parityData(c.Data, 1, 150, c.Features)
			test := parityData(c.Data, 2, 40, c.Features)
			measures := map[string][]float64{}
			mean := make([]float64, len(c.Mean))
			for seed := range c.Seeds {
				opts := c.options()
				opts.Trees, opts.MaxFeatures, opts.NoBootstrap, opts.Seed = c.Trees, c.MaxFeatures, !c.Bootstrap, uint64(seed)
				f := New(opts)
				if err := f.Fit(t.Context(), train, classifier.Dataset{}); err != nil {
					t.Fatal(err)
				}
				scores, err := f.Scores(t.Context(), test.X)
				if err != nil {
					t.Fatal(err)
				}
				for name, v := range measureForest(f.model, scores, test.Y) {
					measures[name] = append(measures[name], v)
				}
				for k, p := range scores.Data {
					mean[k] += p / float64(c.Seeds)
				}
			}
			for name, want := range c.Measures {
				m, sd := meanAndDeviation(measures[name])
				if z := standardErrors(m-want.Mean, sd*sd+want.SD*want.SD, c.Seeds); math.Abs(z) > 3 {
					t.Errorf("%s %.4f ± %.4f, scikit-learn %.4f ± %.4f: %.1f standard errors apart", name, m, sd, want.Mean, want.SD, z)
				}
			}
			checkTreeProbabilities(t, mean, c.Mean, c.Variance, c.Seeds*c.Trees)
		})
	}
}

// checkTreeProbabilities compares the mean probabilities of n trees on either
// side. Their squared distances in standard errors average 1 where the
// distributions are the same.
func checkTreeProbabilities(t *testing.T, got, want, variance []float64, n int) {
	t.Helper()
	sum, counted := 0.0, 0
	for k := range want {
		if variance[k] < 1e-3 {
			if math.Abs(got[k]-want[k]) > 0.01 {
				t.Errorf("row %d, label %d: mean probability %.4f, scikit-learn %.4f", k/parityLabels, k%parityLabels, got[k], want[k])
			}
			continue
		}
		z := standardErrors(got[k]-want[k], 2*variance[k], n)
		sum += z * z
		counted++
		if math.Abs(z) > 4.5 {
			t.Errorf("row %d, label %d: mean probability %.4f, scikit-learn %.4f: %.1f standard errors apart", k/parityLabels, k%parityLabels, got[k], want[k], z)
		}
	}
	if mean := sum / float64(counted); counted < 50 || mean > 1.35 {
		t.Errorf("mean squared distance of %d probabilities: %.2f standard errors², want about 1", counted, mean)
	}
}

func standardErrors(difference, variance float64, n int) float64 {
	if math.Abs(difference) < 1e-9 {
		return 0
	}
	return difference / math.Sqrt(variance/float64(n))
}

func meanAndDeviation(v []float64) (mean, sd float64) {
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for _, x := range v {
		sd += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sd / float64(len(v)-1))
}

// measureForest computes forest.py's measures.
func measureForest(m *model, scores *multilabel.Scores, y *multilabel.Matrix) map[string]float64 {
	out := map[string]float64{}
	rows := float64(y.Rows())
	for i := range y.Rows() {
		truth := make([]float64, y.Cols)
		for _, c := range y.Row(i) {
			truth[c] = 1
		}
		hits, total := 0.0, float64(len(y.Row(i)))
		for c, p := range scores.Row(i) {
			out["brier"] += (p - truth[c]) * (p - truth[c]) / rows / float64(y.Cols)
			if p > 0.5 {
				hits += truth[c]
				total++
			}
		}
		if total > 0 {
			out["f1"] += 2 * hits / total / rows
		}
	}
	for _, tree := range m.trees {
		out["nodes"] += float64(2*len(tree.nodes)+1) / float64(len(m.trees))
		out["depth"] += float64(tree.depth()) / float64(len(m.trees))
	}
	return out
}

func (t *tree) depth() int {
	deepest := 0
	level := make([]int, len(t.nodes))
	for i, n := range t.nodes {
		deepest = max(deepest, level[i]+1)
		for _, ref := range []int32{n.left, n.right} {
			if ref >= 0 {
				level[ref] = level[i] + 1
			}
		}
	}
	return deepest
}
