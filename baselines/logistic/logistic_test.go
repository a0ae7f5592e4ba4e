package logistic_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"assay/baselines/logistic"
	"assay/classifier"
	"assay/classifier/conformance"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/progress"
	"assay/internal/rng"
)

func TestLogisticConformance(t *testing.T) {
	for _, class := range []string{"none", "balanced"} {
		t.Run(class, func(t *testing.T) {
			conformance.Run(t, func(seed uint64, workers int) classifier.Classifier {
				return logistic.New(logistic.Options{Seed: seed, Workers: workers, ClassWeight: class})
			}, conformance.Options{Kinds: logistic.Kinds(2), Sparse: true, Dense: true})
		})
	}
}

// logisticCase is one fit of testdata/logistic.json, by scikit-learn.
type logisticCase struct {
	Name       string
	C          float64
	Balanced   bool
	Intercept  bool
	Dense      bool
	Columns    int
	Rows       [][][2]int32 // column and value·64
	Labels     [][]int32
	Weights    [][]float64
	Intercepts []float64
}

func logisticCases(t *testing.T) []logisticCase {
	t.Helper()
	raw, err := os.ReadFile("testdata/logistic.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []logisticCase }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatal("testdata/logistic.json holds no case")
	}
	return file.Cases
}

func (c *logisticCase) data() classifier.Dataset {
	dense := &features.Dense{Rows: len(c.Rows), Cols: c.Columns, Data: make([]float32, len(c.Rows)*c.Columns)}
	sparse := &features.CSR{Cols: c.Columns, Indptr: []int64{0}}
	for i, row := range c.Rows {
		for _, cell := range row {
			v := float32(cell[1]) / 64
			dense.Row(i)[cell[0]] = v
			sparse.Indices = append(sparse.Indices, cell[0])
			sparse.Values = append(sparse.Values, v)
		}
		sparse.Indptr = append(sparse.Indptr, int64(len(sparse.Indices)))
	}
	d := classifier.Dataset{X: sparse, Y: multilabel.FromRows(len(c.Weights), c.Labels)}
	if c.Dense {
		d.X = dense
	}
	return d
}

func (c *logisticCase) options() logistic.Options {
	o := logistic.Options{C: c.C, NoIntercept: !c.Intercept}
	if c.Balanced {
		o.ClassWeight = "balanced"
	}
	return o
}

func fitModel(t testing.TB, opts logistic.Options, d classifier.Dataset) *logistic.Regression {
	t.Helper()
	m := logistic.New(opts)
	if err := m.Fit(t.Context(), d, classifier.Dataset{}); err != nil {
		t.Fatal(err)
	}
	return m
}

func coefficients(t testing.TB, m *logistic.Regression, label int) ([]float32, float64) {
	t.Helper()
	w, b, err := m.Coefficients(label)
	if err != nil {
		t.Fatal(err)
	}
	return w, b
}

func TestLogisticEqualsScikitLearn(t *testing.T) {
	for _, c := range logisticCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			opts := c.options()
			opts.Tolerance = 1e-7
			m := fitModel(t, opts, c.data())
			for label, want := range c.Weights {
				if got := m.Convergence()[label]; !got.Converged {
					t.Errorf("label %d: %+v", label, got)
				}
				w, b := coefficients(t, m, label)
				var largest float64
				for _, v := range want {
					largest = max(largest, math.Abs(v))
				}
				for j, v := range want {
					// 1e-3 relative, but for weights that are nearly nothing.
					if d := math.Abs(float64(w[j]) - v); d > 1e-3*max(math.Abs(v), 0.05*largest) {
						t.Errorf("label %d: weight %d is %v, want %v", label, j, w[j], v)
					}
				}
				if d := math.Abs(b - c.Intercepts[label]); d > 1e-3*max(math.Abs(c.Intercepts[label]), 0.05) {
					t.Errorf("label %d: intercept %v, want %v", label, b, c.Intercepts[label])
				}
			}
		})
	}
}

// relativeDistance returns ‖a − b‖ / ‖a‖.
func relativeDistance[T float32 | float64](a []float32, b []T) float64 {
	var d, n float64
	for j := range a {
		d += (float64(a[j]) - float64(b[j])) * (float64(a[j]) - float64(b[j]))
		n += float64(a[j]) * float64(a[j])
	}
	return math.Sqrt(d / n)
}

// The tolerance is a promise about the distance from the minimiser, and the
// reported distance a bound of it.
func TestLogisticKeepsItsTolerance(t *testing.T) {
	for _, c := range logisticCases(t) {
		exact := c.options()
		exact.Tolerance = 1e-9
		want := fitModel(t, exact, c.data())
		for _, tolerance := range []float64{0, 0.3, 1e-3, 1e-5} {
			opts := c.options()
			opts.Tolerance = tolerance
			m := fitModel(t, opts, c.data())
			if tolerance == 0 {
				tolerance = 0.01
			}
			for label, report := range m.Convergence() {
				w, _ := coefficients(t, m, label)
				best, _ := coefficients(t, want, label)
				const float32Rounding = 1e-7
				distance := relativeDistance(w, best) - float32Rounding
				if !report.Converged || report.Distance > tolerance || distance > report.Distance {
					t.Errorf("%s, label %d, tolerance %v: distance %v, reported %+v", c.Name, label, tolerance, distance, report)
				}
			}
		}
	}
}

func TestLogisticReportsWhatHasNotConverged(t *testing.T) {
	c := logisticCases(t)[0]
	m := fitModel(t, logistic.Options{MaxIterations: 1}, c.data())
	for label, report := range m.Convergence() {
		if report.Converged || report.Iterations != 1 || !(report.Distance > 0.01) {
			t.Errorf("label %d after one pass: %+v", label, report)
		}
	}
	if _, err := m.Scores(t.Context(), c.data().X); err != nil {
		t.Error(err)
	}
	if got := logistic.New(logistic.Options{}).Convergence(); got != nil {
		t.Errorf("before Fit: %v", got)
	}
}

// topicData draws papers of random words, unit length, each label with a few
// words of its own; the last label is on no paper and the one before on all.
func topicData(papers, words, labels int) classifier.Dataset {
	r := rng.New(3, "topics")
	x := &features.CSR{Cols: words, Indptr: []int64{0}}
	y := multilabel.New(labels)
	for range papers {
		topic := int(float64(labels-2) * math.Pow(r.Float64(), 2))
		y.Append([]int32{int32(topic), int32(labels - 2)})
		appendTopicRow(x, r, topic)
	}
	return classifier.Dataset{X: x, Y: y}
}

func appendTopicRow(x *features.CSR, r *rand.Rand, topic int) {
	seen := map[int32]bool{}
	for range 12 {
		j := int32(float64(x.Cols) * math.Pow(r.Float64(), 3))
		if r.IntN(5) == 0 {
			j = int32((topic*7 + r.IntN(7)) % x.Cols)
		}
		seen[j] = true
	}
	for j := range int32(x.Cols) {
		if seen[j] {
			x.Indices = append(x.Indices, j)
			x.Values = append(x.Values, float32(1/math.Sqrt(float64(len(seen)))))
		}
	}
	x.Indptr = append(x.Indptr, int64(len(x.Indices)))
}

// More labels than a worker has lanes, more rows than a pass makes between two
// looks at the context, and samples of the rows that are far from all of them.
func TestLogisticManyLabelsAnyWorkers(t *testing.T) {
	d := topicData(9000, 300, 22)
	want := fitModel(t, logistic.Options{Workers: 1}, d)
	exact := fitModel(t, logistic.Options{Workers: 2, Tolerance: 1e-8, Seed: 9}, d)
	for _, workers := range []int{2, 3, 30} {
		got := fitModel(t, logistic.Options{Workers: workers}, d)
		for label := range 22 {
			w, b := coefficients(t, want, label)
			gw, gb := coefficients(t, got, label)
			for j := range w {
				if math.Float32bits(w[j]) != math.Float32bits(gw[j]) {
					t.Fatalf("%d workers: label %d, weight %d is %v, with one worker %v", workers, label, j, gw[j], w[j])
				}
			}
			if math.Float64bits(b) != math.Float64bits(gb) {
				t.Fatalf("%d workers: label %d, intercept %v, with one worker %v", workers, label, gb, b)
			}
		}
	}
	for label, report := range want.Convergence() {
		w, _ := coefficients(t, want, label)
		best, _ := coefficients(t, exact, label)
		if !report.Converged || (!report.Constant && relativeDistance(w, best) > 0.01) {
			t.Errorf("label %d: %+v, distance %v", label, report, relativeDistance(w, best))
		}
		if report.Constant != (label >= 20) {
			t.Errorf("label %d: %+v", label, report)
		}
	}
	scores, err := want.Scores(t.Context(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	for i := range scores.Rows() {
		if row := scores.Row(i); row[20] != 1 || row[21] != 0 {
			t.Fatalf("paper %d: labels on all and on no papers score %v and %v", i, row[20], row[21])
		}
	}
}

// Steps from samples must be nearly as good as from all rows, by the dual
// method (small C) and by Newton's (large C).
func TestLogisticNeedsFewPasses(t *testing.T) {
	d := topicData(6000, 300, 12)
	for _, c := range []struct {
		c    float64
		most int
	}{{1, 7}, {50, 9}} {
		m := fitModel(t, logistic.Options{C: c.c, Tolerance: 1e-4}, d)
		for label, report := range m.Convergence() {
			if !report.Converged || report.Iterations > c.most {
				t.Errorf("C %v, label %d: %+v, want at most %d passes", c.c, label, report, c.most)
			}
		}
	}
}

// Nothing to learn, nothing but noise to divide by, and no finite optimum but
// for the penalty.
func TestLogisticHardCases(t *testing.T) {
	for _, c := range []struct {
		name string
		x    []float32
		y    [][]int32
		opts logistic.Options
	}{
		{"features that are all zero", []float32{0, 0, 0, 0}, [][]int32{{0}, {}, {}, {}}, logistic.Options{}},
		{"a feature that tells nothing", []float32{1, 1, 1, 1}, [][]int32{{0}, {}, {}, {}}, logistic.Options{}},
		{"a feature that tells nothing, no intercept", []float32{1, -1, 1, -1}, [][]int32{{0}, {0}, {}, {}}, logistic.Options{NoIntercept: true}},
		{"separable, hardly a penalty", []float32{-2, -1, 1, 2}, [][]int32{{}, {}, {0}, {0}}, logistic.Options{C: 1e8}},
		{"separable, huge values", []float32{-2e15, -1e15, 1e15, 2e15}, [][]int32{{}, {}, {0}, {0}}, logistic.Options{}},
		{"tiny values", []float32{-2e-30, -1e-30, 1e-30, 2e-30}, [][]int32{{}, {0}, {}, {0}}, logistic.Options{}},
		{"strong penalty", []float32{-2, -1, 1, 2}, [][]int32{{}, {}, {0}, {0}}, logistic.Options{C: 1e-12}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := classifier.Dataset{X: &features.Dense{Rows: len(c.x), Cols: 1, Data: c.x}, Y: multilabel.FromRows(1, c.y)}
			m := fitModel(t, c.opts, d)
			w, b := coefficients(t, m, 0)
			if report := m.Convergence()[0]; !report.Converged || math.IsNaN(b) || math.IsInf(b, 0) || w[0]-w[0] != 0 {
				t.Errorf("weights %v, intercept %v, %+v", w, b, report)
			}
			scores, err := m.Scores(t.Context(), d.X)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range scores.Data {
				if !(p >= 0 && p <= 1) {
					t.Errorf("paper %d scores %v", i, p)
				}
			}
		})
	}
}

func TestLogisticWrongOptionsAndInput(t *testing.T) {
	good := classifier.Dataset{X: &features.Dense{Rows: 2, Cols: 1, Data: []float32{1, 2}}, Y: multilabel.FromRows(1, [][]int32{{0}, {}})}
	sparse := func(indptr []int64, indices []int32, values ...float32) classifier.Dataset {
		return classifier.Dataset{X: &features.CSR{Cols: 2, Indptr: indptr, Indices: indices, Values: values}, Y: good.Y}
	}
	nan := float32(math.NaN())
	for _, c := range []struct {
		opts logistic.Options
		data classifier.Dataset
		want string
	}{
		{logistic.Options{C: -1}, good, "C -1: want a finite number above 0, or 0 for the default 1"},
		{logistic.Options{Tolerance: math.NaN()}, good, "tolerance NaN: want a finite number above 0, or 0 for the default 0.01"},
		{logistic.Options{MaxIterations: -1}, good, "max iterations -1: want 0 (the default) or more"},
		{logistic.Options{Workers: -2}, good, "workers -2: want 0 (the default) or more"},
		{logistic.Options{ClassWeight: "even"}, good, `class weight "even": want none or balanced`},
		{logistic.Options{}, sparse([]int64{0, 1, 2}, []int32{0, 1}, 1, nan), "row 1, column 1 is NaN: every feature must be a finite number"},
		{logistic.Options{}, sparse([]int64{0, 1, 2}, []int32{0, 2}, 1, 1), "row 1 has a value in column 2 of 2"},
		{logistic.Options{}, sparse([]int64{0, 5, 2}, []int32{0, 1}, 1, 1), "the sparse matrix's row 0 ends before it begins or after its last value"},
		{logistic.Options{}, sparse([]int64{0, 1, 3}, []int32{0, 1}, 1, 1), "the sparse matrix's row pointers, columns and values do not fit together"},
		{logistic.Options{}, sparse(nil, nil), "the sparse matrix's row pointers, columns and values do not fit together"},
	} {
		err := logistic.New(c.opts).Fit(t.Context(), c.data, classifier.Dataset{})
		if want := "baselines: logistic regression: " + c.want; err == nil || err.Error() != want || !fault.IsUsage(err) {
			t.Errorf("error %v (usage: %t), want %q", err, fault.IsUsage(err), want)
		}
	}
	m := fitModel(t, logistic.Options{}, good)
	if _, _, err := m.Coefficients(1); err == nil || !strings.Contains(err.Error(), "label 1: the model has 1") {
		t.Errorf("label out of range: %v", err)
	}
}

// counter is a progress sink that remembers one report.
type counter struct {
	report string
	done   int64
}

func (c *counter) Start(name string, total int64, unit string) progress.Bar {
	c.report = fmt.Sprintf("%s: %d %s", name, total, unit)
	return c
}
func (c *counter) Add(n int64) { c.done += n }
func (c *counter) Note(string) {}
func (c *counter) Done()       {}

func TestLogisticReportsProgress(t *testing.T) {
	var sink counter
	d := topicData(50, 30, 12)
	m := logistic.New(logistic.Options{Workers: 1})
	if err := m.Fit(progress.With(context.Background(), &sink), d, classifier.Dataset{}); err != nil {
		t.Fatal(err)
	}
	if sink.report != "logistic regression: 12 labels" || sink.done != 12 {
		t.Errorf("reported %q, %d done", sink.report, sink.done)
	}
}

func BenchmarkLogisticFit(b *testing.B) {
	d := topicData(5000, 2000, 34)
	for b.Loop() {
		fitModel(b, logistic.Options{}, d)
	}
	b.ReportMetric(5000*float64(b.N)/b.Elapsed().Seconds(), "papers/s")
}

func BenchmarkLogisticScores(b *testing.B) {
	d := topicData(5000, 2000, 34)
	m := fitModel(b, logistic.Options{}, d)
	for b.Loop() {
		if _, err := m.Scores(b.Context(), d.X); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(5000*float64(b.N)/b.Elapsed().Seconds(), "papers/s")
}
