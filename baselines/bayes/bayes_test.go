package bayes_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"assay/baselines/bayes"
	"assay/classifier"
	"assay/classifier/conformance"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/rng"
)

func TestNaiveBayesConformance(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(bayes.Options) classifier.Classifier
		opts conformance.Options
	}{
		{"multinomial", newMultinomial, conformance.Options{Kinds: bayes.Kinds(2), Sparse: true}},
		{"bernoulli", newBernoulli, conformance.Options{Kinds: bayes.Kinds(2), Sparse: true}},
		{"gaussian", newGaussian, conformance.Options{Kinds: bayes.Kinds(2), Dense: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			conformance.Run(t, func(_ uint64, workers int) classifier.Classifier {
				return c.make(bayes.Options{Workers: workers})
			}, c.opts)
		})
	}
}

func newMultinomial(o bayes.Options) classifier.Classifier { return bayes.NewMultinomial(o) }
func newBernoulli(o bayes.Options) classifier.Classifier   { return bayes.NewBernoulli(o) }
func newGaussian(o bayes.Options) classifier.Classifier    { return bayes.NewGaussian(o) }

// nbFixture is what testdata/naivebayes.py writes.
type nbFixture struct {
	Train, Features, Labels int
	Data                    map[string]struct {
		X []float32
		Y [][]int32
	}
	Cases []struct {
		Name, Kind, Data string
		Smoothing        float64
		UniformPrior     bool
		Probabilities    []float64
	}
}

// split returns the training set and the test papers of a named data set.
func (f *nbFixture) split(name string, dense bool) (classifier.Dataset, features.Matrix) {
	d := f.Data[name]
	at := f.Train * f.Features
	y := multilabel.FromRows(f.Labels, d.Y[:f.Train])
	train := &features.Dense{Rows: f.Train, Cols: f.Features, Data: d.X[:at]}
	test := &features.Dense{Rows: len(d.Y) - f.Train, Cols: f.Features, Data: d.X[at:]}
	if dense {
		return classifier.Dataset{X: train, Y: y}, test
	}
	return classifier.Dataset{X: nonZeros(train), Y: y}, nonZeros(test)
}

func nonZeros(m *features.Dense) *features.CSR {
	out := &features.CSR{Cols: m.Cols, Indptr: []int64{0}}
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			if v != 0 {
				out.Indices = append(out.Indices, int32(j))
				out.Values = append(out.Values, v)
			}
		}
		out.Indptr = append(out.Indptr, int64(len(out.Indices)))
	}
	return out
}

func TestNaiveBayesEqualsScikitLearn(t *testing.T) {
	data, err := os.ReadFile("testdata/naivebayes.json")
	if err != nil {
		t.Fatal(err)
	}
	f := new(nbFixture)
	if err := json.Unmarshal(data, f); err != nil {
		t.Fatal(err)
	}
	for _, c := range f.Cases {
		t.Run(c.Name, func(t *testing.T) {
			make := map[string]func(bayes.Options) classifier.Classifier{
				"multinomial": newMultinomial, "bernoulli": newBernoulli, "gaussian": newGaussian,
			}[c.Kind]
			nb := make(bayes.Options{Alpha: c.Smoothing, VarSmoothing: c.Smoothing, UniformPrior: c.UniformPrior})
			train, test := f.split(c.Data, c.Kind == "gaussian")
			if err := nb.Fit(t.Context(), train, classifier.Dataset{}); err != nil {
				t.Fatal(err)
			}
			got, err := nb.Scores(t.Context(), test)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Data) != len(c.Probabilities) {
				t.Fatalf("%d scores, want %d", len(got.Data), len(c.Probabilities))
			}
			worst, middling := 0.0, 0
			for k, want := range c.Probabilities {
				worst = max(worst, math.Abs(got.Data[k]-want))
				if want > 0.01 && want < 0.99 {
					middling++
				}
			}
			if !(worst <= 1e-9) {
				t.Errorf("a probability is %g off", worst)
			}
			if middling < 3 {
				t.Errorf("only %d probabilities lie between 0.01 and 0.99: the fixture tells little", middling)
			}
		})
	}
}

func TestNaiveBayesRefuses(t *testing.T) {
	y := multilabel.FromRows(1, [][]int32{{0}, {}})
	counts := func(v float32) features.Matrix {
		return &features.CSR{Cols: 3, Indptr: []int64{0, 1, 2}, Indices: []int32{0, 2}, Values: []float32{1, v}}
	}
	dense := func(v float32) features.Matrix {
		return &features.Dense{Rows: 2, Cols: 2, Data: []float32{1, 2, 3, v}}
	}
	nan := float32(math.NaN())
	for _, c := range []struct {
		name string
		nb   classifier.Classifier
		x    features.Matrix
		want string
	}{
		{"negative", newMultinomial(bayes.Options{}), counts(-1), "paper 1, feature 2 is -1"},
		{"not a number", newMultinomial(bayes.Options{}), counts(nan), "row 1, column 2 holds NaN"},
		{"not a number, Bernoulli", newBernoulli(bayes.Options{}), counts(nan), "row 1, column 2 holds NaN"},
		{"not a number, Gaussian", newGaussian(bayes.Options{}), dense(nan), "row 1, column 1 holds NaN"},
		{"dense", newMultinomial(bayes.Options{}), dense(1), "want *features.CSR"},
		{"sparse", newGaussian(bayes.Options{}), counts(1), "want *features.Dense"},
		{"alpha", newMultinomial(bayes.Options{Alpha: -1}), counts(1), "alpha -1"},
		{"alpha not a number", newBernoulli(bayes.Options{Alpha: math.NaN()}), counts(1), "alpha NaN"},
		{"smoothing", newGaussian(bayes.Options{VarSmoothing: -1}), dense(1), "variance smoothing -1"},
		{"workers", newGaussian(bayes.Options{Workers: -1}), dense(1), "workers -1"},
	} {
		err := c.nb.Fit(t.Context(), classifier.Dataset{X: c.x, Y: y}, classifier.Dataset{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !fault.IsUsage(err) {
			t.Errorf("%s: error %v, want a usage error with %q", c.name, err, c.want)
		}
	}
	nb := newMultinomial(bayes.Options{})
	if err := nb.Fit(t.Context(), classifier.Dataset{X: counts(1), Y: y}, classifier.Dataset{}); err != nil {
		t.Fatal(err)
	}
	if _, err := nb.Scores(t.Context(), counts(-2)); !fault.IsUsage(err) {
		t.Errorf("scores of a negative count: error %v", err)
	}
}

// Features that never vary, and labels that nearly every paper carries, are
// where variances lose their digits.
func TestGaussianWithoutVariance(t *testing.T) {
	x := &features.Dense{Rows: 4, Cols: 2, Data: []float32{1, 2, 1, 2, 1, 2, 1, 2}}
	y := multilabel.FromRows(2, [][]int32{{0, 1}, {0}, {0}, {}})
	nb := newGaussian(bayes.Options{})
	if err := nb.Fit(t.Context(), classifier.Dataset{X: x, Y: y}, classifier.Dataset{}); err != nil {
		t.Fatal(err)
	}
	got, err := nb.Scores(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	for c, want := range []float64{0.75, 0.25} {
		if math.Abs(got.Row(0)[c]-want) > 1e-12 {
			t.Errorf("label %d scores %v, want its prior %v", c, got.Row(0)[c], want)
		}
	}
}

// A label that every paper but two outliers carries: the variances of the many
// are 1e-13 of those of all, and cannot be had by subtraction.
func TestGaussianKeepsDigitsBesideOutliers(t *testing.T) {
	x := &features.Dense{Rows: 40, Cols: 1}
	y := multilabel.New(2)
	for i := range x.Rows {
		x.Data = append(x.Data, 0.001*float32(i%5))
		y.Append([]int32{int32(min(i, 2) / 2)}) // label 0 for the first two
	}
	x.Data[0], x.Data[1] = 5000, 6000
	nb := newGaussian(bayes.Options{VarSmoothing: 1e-30, UniformPrior: true})
	if err := nb.Fit(t.Context(), classifier.Dataset{X: x, Y: y}, classifier.Dataset{}); err != nil {
		t.Fatal(err)
	}
	// Where the two densities, of N(5500, 500²) and of the many, are equal, a
	// wrong variance of the many shows.
	mean, variance := 0.0, 0.0
	for _, v := range x.Data[2:] {
		mean += float64(v) / 38
	}
	for _, v := range x.Data[2:] {
		variance += (float64(v) - mean) * (float64(v) - mean) / 38
	}
	at := float32(mean + math.Sqrt(variance*(math.Log(500*500/variance)+11*11)))
	far := (float64(at) - 5500) / 500
	near := (float64(at) - mean) * (float64(at) - mean) / variance
	odds := 0.5*math.Log(500*500/variance) + 0.5*(far*far-near)
	got, err := nb.Scores(t.Context(), &features.Dense{Rows: 1, Cols: 1, Data: []float32{at}})
	if err != nil {
		t.Fatal(err)
	}
	want := 1 / (1 + math.Exp(-odds))
	if math.Abs(odds) > 1 || math.Abs(got.Data[1]-want) > 1e-9 || math.Abs(got.Data[0]-(1-want)) > 1e-9 {
		t.Errorf("scores %v, want %v and %v", got.Data, 1-want, want)
	}
}

// benchmarkData is the size of the real task: papers of about 85 distinct
// terms of 200,000, 1.9 of 148 labels each.
func benchmarkData(papers int) classifier.Dataset {
	const terms, labels, length = 200_000, 148, 85
	r := rng.New(1, "naive bayes benchmark")
	x := &features.CSR{Cols: terms, Indptr: []int64{0}}
	y := multilabel.New(labels)
	seen := make([]int, terms)
	for i := range papers {
		start := len(x.Indices)
		for range length {
			j := int32(math.Exp(r.Float64()*math.Log(terms))) - 1
			if seen[j] != i+1 {
				seen[j] = i + 1
				x.Indices = append(x.Indices, j)
				x.Values = append(x.Values, float32(1+r.IntN(2)))
			}
		}
		slices.Sort(x.Indices[start:])
		x.Indptr = append(x.Indptr, int64(len(x.Indices)))
		first := int32(float64(labels) * r.Float64() * r.Float64())
		if r.IntN(10) == 0 {
			y.Append([]int32{first})
		} else {
			y.Append([]int32{first, int32(r.IntN(labels))})
		}
	}
	return classifier.Dataset{X: x, Y: y}
}

func BenchmarkNaiveBayes(b *testing.B) {
	r := rng.New(1, "naive bayes benchmark vectors")
	vectors := func(d classifier.Dataset) classifier.Dataset {
		m := &features.Dense{Rows: d.Y.Rows(), Cols: 100, Data: make([]float32, d.Y.Rows()*100)}
		for i := range m.Data {
			m.Data[i] = float32(r.NormFloat64())
		}
		return classifier.Dataset{X: m, Y: d.Y}
	}
	train, test := benchmarkData(50_000), benchmarkData(5_000)
	trainVectors, testVectors := vectors(train), vectors(test)
	for _, c := range []struct {
		name        string
		nb          classifier.Classifier
		train, test classifier.Dataset
	}{
		{"multinomial", newMultinomial(bayes.Options{}), train, test},
		{"bernoulli", newBernoulli(bayes.Options{}), train, test},
		{"gaussian", newGaussian(bayes.Options{}), trainVectors, testVectors},
	} {
		b.Run(c.name+"/fit", func(b *testing.B) {
			for b.Loop() {
				if err := c.nb.Fit(b.Context(), c.train, classifier.Dataset{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(c.train.Y.Rows()*b.N)/b.Elapsed().Seconds(), "papers/s")
		})
		if err := c.nb.Fit(b.Context(), c.train, classifier.Dataset{}); err != nil {
			b.Fatal(err)
		}
		b.Run(c.name+"/score", func(b *testing.B) {
			for b.Loop() {
				if _, err := c.nb.Scores(b.Context(), c.test.X); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(c.test.Y.Rows()*b.N)/b.Elapsed().Seconds(), "papers/s")
		})
	}
}
