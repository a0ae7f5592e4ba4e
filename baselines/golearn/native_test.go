package golearn

import (
	"math"
	"testing"

	"assay/baselines/bayes"
	"assay/baselines/forest"
	"assay/baselines/logistic"
	"assay/classifier"
	"assay/features"
	"assay/internal/rng"
)

// The native Bernoulli model smooths by (k+1)/(N+2), golearn by (k+1)/(N+1):
// what that makes of each term is known, and there is no other difference.
func TestNaiveBayesIsNativesButForSmoothing(t *testing.T) {
	r := rng.New(6, "native")
	data, test := randomPapers(r, 200, 25, 3), randomPapers(r, 100, 25, 3)
	ours := NewNaiveBayes(NBOptions{})
	native := bayes.NewBernoulli(bayes.Options{})
	mustFit(t, ours, data)
	mustFit(t, native, data)
	got, want := mustScore(t, ours, test.X), mustScore(t, native, test.X)

	papers, truth := denseRows(data.X.(*features.CSR)), carries(data.Y)
	for label := range 3 {
		var n [2]float64
		held := [2][]float64{make([]float64, 25), make([]float64, 25)}
		for i, paper := range papers {
			class := index(truth[i][label])
			n[class]++
			for j, v := range paper {
				held[class][j] += float64(index(v > 0))
			}
		}
		for i, paper := range denseRows(test.X.(*features.CSR)) {
			odds := logit(want.Row(i)[label])
			for class, sign := range [2]float64{-1, 1} {
				for j, v := range paper {
					if k := held[class][j]; v > 0 || k == n[class] {
						odds += sign * math.Log((n[class]+2)/(n[class]+1))
					} else {
						odds += sign * (math.Log((n[class]-k)/(n[class]+1)) - math.Log((n[class]-k+1)/(n[class]+2)))
					}
				}
			}
			if z := logit(got.Row(i)[label]); !(math.Abs(z-odds) < 1e-7) {
				t.Fatalf("paper %d, label %d: log odds %v, native's with our smoothing %v", i, label, z, odds)
			}
		}
	}
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

// The native regression does not penalise its intercept, but a column of ones
// like any other.
func TestLogisticIsNativesWithAColumnOfOnes(t *testing.T) {
	if !HaveLiblinear {
		t.Skip("built without cgo")
	}
	ref := readReference(t).Logistic
	data := digits(ref.Papers, ref.Labels)
	x := data.X.(*features.CSR)
	ones := &features.CSR{Cols: x.Cols + 1, Indptr: []int64{0}}
	for i := range data.Y.Rows() {
		cols, values := x.Row(i)
		ones.Indices = append(append(ones.Indices, cols...), int32(x.Cols))
		ones.Values = append(append(ones.Values, values...), 1)
		ones.Indptr = append(ones.Indptr, int64(len(ones.Indices)))
	}
	for _, weight := range []string{"none", "balanced"} {
		ours := NewLogisticRegression(LogisticOptions{C: 0.5, ClassWeight: weight})
		native := logistic.New(logistic.Options{C: 0.5, ClassWeight: weight, Tolerance: 1e-5, NoIntercept: true})
		mustFit(t, ours, data)
		mustFit(t, native, classifier.Dataset{X: ones, Y: data.Y})
		got, want := mustScore(t, ours, x), mustScore(t, native, ones)
		for i, p := range got.Data {
			if math.Abs(p-want.Data[i]) > 1e-4 {
				t.Fatalf("class weight %s, score %d: %v, native %v", weight, i, p, want.Data[i])
			}
		}
	}
}

func TestForestIsAsAccurateAsNatives(t *testing.T) {
	ref := readReference(t).Forest
	train := digits(ref.Papers[:ref.Train], ref.Labels[:ref.Train])
	test := digits(ref.Papers[ref.Train:], ref.Labels[ref.Train:])
	truth := carries(test.Y)
	// Native trees predict all labels at once: one label of each for each.
	for label := range train.Y.Cols {
		one := classifier.Dataset{X: train.X, Y: only(train.Y, label)}
		ours := NewRandomForest(ForestOptions{Trees: 30, Seed: 1})
		native := forest.New(forest.Options{Trees: 100, Seed: 1})
		mustFit(t, ours, one)
		mustFit(t, native, one)
		column := make([][]bool, len(truth))
		for i := range column {
			column[i] = truth[i][label : label+1]
		}
		got, want := accuracy(mustScore(t, ours, test.X), column, 0), accuracy(mustScore(t, native, test.X), column, 0)
		t.Logf("label %d: accuracy %.3f, native %.3f", label, got, want)
		if math.Abs(got-want) > 0.03 {
			t.Errorf("label %d: accuracy %.3f, native %.3f", label, got, want)
		}
	}
}
