package golearn

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/rng"
)

type sized interface {
	classifier.Classifier
	CheckSize(rows, cols, labels int) error
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name               string
		of                 sized
		cgo                bool
		rows, cols, labels int
		refused            string // in the message
	}{
		{"the article's sample", NewNaiveBayes(NBOptions{}), false, 100_000, 20_000, 148, ""},
		{"all of arXiv", NewNaiveBayes(NBOptions{}), false, 1_300_000, 50_000, 148, "core hours"},
		{"all of arXiv, allowed", NewNaiveBayes(NBOptions{Limits: Limits{CoreHours: 10}}), false, 1_300_000, 50_000, 148, ""},
		{"a large vocabulary", NewNaiveBayes(NBOptions{Workers: 2}), false, 1000, 10_000_000, 148, "GiB"},
		{"all of arXiv", NewLogisticRegression(LogisticOptions{Workers: 2}), true, 1_300_000, 50_000, 148, ""},
		{"too many papers", NewLogisticRegression(LogisticOptions{Workers: 2}), true, 5_000_000, 50_000, 10, "GiB"},
		{"less memory", NewLogisticRegression(LogisticOptions{Limits: Limits{Bytes: 1 << 30}}), true, 1_300_000, 50_000, 10, "GiB"},
		{"a small sample", NewRandomForest(ForestOptions{}), false, 2_000, 5_000, 20, ""},
		{"a larger sample", NewRandomForest(ForestOptions{}), false, 10_000, 20_000, 148, "core hours"},
		{"fewer trees", NewRandomForest(ForestOptions{Trees: 10, MaxFeatures: "20"}), false, 10_000, 20_000, 148, ""},
		{"negative limits", NewNaiveBayes(NBOptions{Limits: Limits{Bytes: -1}}), false, 10, 10, 1, "want 0 (the default) or more"},
		{"negative workers", NewNaiveBayes(NBOptions{Workers: -1}), false, 10, 10, 1, "workers -1"},
		{"no weight", NewLogisticRegression(LogisticOptions{C: -1}), true, 10, 10, 1, "c = -1"},
		{"no number", NewLogisticRegression(LogisticOptions{Tolerance: math.NaN()}), true, 10, 10, 1, "tolerance = NaN"},
		{"unknown class weight", NewLogisticRegression(LogisticOptions{ClassWeight: "even"}), true, 10, 10, 1, "none or balanced"},
		{"negative trees", NewRandomForest(ForestOptions{Trees: -1}), false, 10, 10, 1, "-1 trees"},
		{"unknown features", NewRandomForest(ForestOptions{MaxFeatures: "most"}), false, 10, 10, 1, "most"},
	} {
		if c.cgo && !HaveLiblinear {
			continue
		}
		err := c.of.CheckSize(c.rows, c.cols, c.labels)
		switch {
		case c.refused == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.refused != "" && (!fault.IsUsage(err) || !strings.Contains(err.Error(), c.refused)):
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.refused)
		}
	}
}

func TestRefusalSaysWhatToDo(t *testing.T) {
	err := NewRandomForest(ForestOptions{}).CheckSize(100_000, 10_000, 148)
	const want = `golearn: random forest: 100000 papers x 148 labels x 100 trees of 100 features a node take golearn about `
	if err == nil || !strings.HasPrefix(err.Error(), want) ||
		!strings.HasSuffix(err.Error(), ` core hours, the limit (max_core_hours) is 1: lower corpus.sample, the trees or max_features, or use backend = "native"`) {
		t.Errorf("error %v", err)
	}
}

// Fit refuses what CheckSize does.
func TestFitChecksItsSize(t *testing.T) {
	data := randomPapers(rng.New(1, "limits"), 20, 4, 1)
	none := Limits{CoreHours: 1e-12}
	for _, c := range []sized{
		NewNaiveBayes(NBOptions{Limits: none}),
		NewLogisticRegression(LogisticOptions{Limits: none}),
		NewRandomForest(ForestOptions{Limits: none}),
	} {
		err := c.Fit(t.Context(), data, classifier.Dataset{})
		if !fault.IsUsage(err) || !strings.Contains(err.Error(), `use backend = "native"`) {
			t.Errorf("%T: %v", c, err)
		}
	}
}

func TestNaiveBayesWantsSparseFeatures(t *testing.T) {
	data := randomPapers(rng.New(1, "kinds"), 20, 4, 1)
	data.X = dense(data.X.(*features.CSR))
	err := NewNaiveBayes(NBOptions{}).Fit(t.Context(), data, classifier.Dataset{})
	if !fault.IsUsage(err) || !strings.Contains(err.Error(), `use features = "counts"`) {
		t.Error(err)
	}
}

// A model trained by a binary with cgo serves one without.
func TestLogisticModelNeedsNoCgo(t *testing.T) {
	m := &linear{sparse: true, cols: 2, labels: 2, bias: []float64{0, math.Inf(1)}, weights: []float64{1, 0, -2, 0}}
	var file bytes.Buffer
	if err := m.saveAs(&file, logisticKind); err != nil {
		t.Fatal(err)
	}
	c := NewLogisticRegression(LogisticOptions{})
	if err := c.Load(bytes.NewReader(file.Bytes())); err != nil {
		t.Fatal(err)
	}
	got := mustScore(t, c, digits([]string{"10", "01", "00"}, []string{"0", "0", "0"}).X)
	for i, want := range []float64{1 / (1 + math.Exp(-1)), 1, 1 / (1 + math.Exp(2)), 1, 0.5, 1} {
		if got.Data[i] != want {
			t.Errorf("score %d is %v, want %v", i, got.Data[i], want)
		}
	}
	if err := NewNaiveBayes(NBOptions{}).Load(bytes.NewReader(file.Bytes())); !fault.IsUsage(err) {
		t.Errorf("naive Bayes read a model of logistic regression: %v", err)
	}
}

func TestModelsThatMakeNoSenseAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*linear){
		"no labels":    func(m *linear) { m.labels = 0 },
		"fewer":        func(m *linear) { m.weights = m.weights[:3] },
		"other labels": func(m *linear) { m.labels, m.bias = 4, make([]float64, 4) },
		"NaN bias":     func(m *linear) { m.bias[0] = math.NaN() },
		"inf weight":   func(m *linear) { m.weights[0] = math.Inf(1) },
	} {
		m := &linear{cols: 2, labels: 2, bias: make([]float64, 2), weights: make([]float64, 4)}
		if err := m.validate(); err != nil {
			t.Fatal(err)
		}
		spoil(m)
		if m.validate() == nil {
			t.Errorf("linear model, %s: accepted", name)
		}
	}
	for name, spoil := range map[string]func(*joinedTrees){
		"a cycle":          func(f *joinedTrees) { f.right[0] = 0 },
		"a child outside":  func(f *joinedTrees) { f.right[0] = 3 },
		"no leaf":          func(f *joinedTrees) { f.feature[2] = 0 },
		"unknown feature":  func(f *joinedTrees) { f.feature[0] = 4 },
		"share of two":     func(f *joinedTrees) { f.value[1] = 2 },
		"NaN threshold":    func(f *joinedTrees) { f.value[0] = math.NaN() },
		"empty tree":       func(f *joinedTrees) { f.start[1] = 0 },
		"trees run over":   func(f *joinedTrees) { f.start[1] = 4 },
		"no labels":        func(f *joinedTrees) { f.labels = 0 },
		"more trees":       func(f *joinedTrees) { f.trees = 2 },
		"nodes are absent": func(f *joinedTrees) { f.value = f.value[:2] },
	} {
		f := &joinedTrees{cols: 4, labels: 1, trees: 1, start: []int64{0, 3}, tree: tree{
			feature: []int32{3, -1, -1}, right: []int32{2, 0, 0}, value: []float64{0.5, 0, 1},
		}}
		if err := f.validate(); err != nil {
			t.Fatal(err)
		}
		spoil(f)
		if f.validate() == nil {
			t.Errorf("forest, %s: accepted", name)
		}
	}
}
