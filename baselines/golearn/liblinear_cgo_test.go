//go:build cgo

package golearn

import (
	"bytes"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/linear_models"

	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
)

func TestLogisticWeightsAreScikitLearns(t *testing.T) {
	ref := readReference(t).Logistic
	data := digits(ref.Papers, ref.Labels)
	for _, m := range []features.Matrix{data.X, dense(data.X.(*features.CSR))} {
		for _, fit := range ref.Fits {
			o := LogisticOptions{C: fit.C, Workers: 2}
			if fit.Balanced {
				o.ClassWeight = "balanced"
			}
			c := NewLogisticRegression(o)
			mustFit(t, c, classifier.Dataset{X: m, Y: data.Y})
			worst := 0.0
			for label, coef := range fit.Coef {
				worst = max(worst, math.Abs(c.model.bias[label]-fit.Intercept[label]))
				for j, want := range coef {
					worst = max(worst, math.Abs(c.model.weights[j*c.model.labels+label]-want))
				}
			}
			t.Logf("%T, C %v, balanced %t: largest difference %.2g", m, fit.C, fit.Balanced, worst)
			if !(worst <= 5e-3) {
				t.Errorf("%T, C %v, balanced %t: weights differ by up to %v", m, fit.C, fit.Balanced, worst)
			}
		}
	}
}

// The weights read from C's memory are those that golearn exports.
func TestWeightsAreThoseExported(t *testing.T) {
	data := randomPapers(rng.New(1, "export"), 50, 6, 1)
	table, err := trainingTable(data)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newLiblinear(table)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, first := range []float64{1, -1} {
		y := make([]float64, 50)
		for i := range y {
			y[i] = -first
		}
		for _, i := range data.Y.Columns()[0] {
			y[i] = first
		}
		model := s.solve(y, trainParameters{c: 1, tolerance: 1e-4, with: 1, without: 1})
		path := filepath.Join(t.TempDir(), "model")
		if err := linear_models.Export(model, path); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := takeModel(model, s.width)
		if err != nil {
			t.Fatal(err)
		}
		head, exported, _ := strings.Cut(string(text), "\nw\n")
		if !strings.Contains(head, "label 1 -1") {
			t.Fatalf("the weights speak for another label:\n%s", text)
		}
		for j, word := range strings.Fields(exported) {
			v, err := strconv.ParseFloat(word, 64)
			if err != nil || math.Abs(v-w[j]) > 1e-14*math.Abs(v) {
				t.Fatalf("weight %d is %v, exported %s in\n%s", j, w[j], word, text)
			}
		}
	}
}

// The sign of liblinear's weights depends on the label of the first paper, but
// for labels of ±1.
func TestOrderOfPapersDoesNotMatter(t *testing.T) {
	data := randomPapers(rng.New(2, "order"), 60, 10, 1)
	x := data.X.(*features.CSR)
	var orders [][]int
	for _, first := range []bool{false, true} {
		var order []int
		for i, has := range carries(data.Y) {
			if has[0] == first {
				order = append([]int{i}, order...)
			} else {
				order = append(order, i)
			}
		}
		orders = append(orders, order)
	}
	var scores []*multilabel.Scores
	for _, order := range orders {
		y := multilabel.New(1)
		for _, i := range order {
			y.Append(data.Y.Row(i))
		}
		c := NewLogisticRegression(LogisticOptions{Tolerance: 1e-8})
		mustFit(t, c, classifier.Dataset{X: x.Select(order), Y: y})
		scores = append(scores, mustScore(t, c, x))
	}
	for i := range scores[0].Data {
		if math.Abs(scores[0].Data[i]-scores[1].Data[i]) > 1e-6 {
			t.Fatalf("paper %d scores %v and, with the papers in another order, %v", i, scores[0].Data[i], scores[1].Data[i])
		}
	}
}

func TestBadValuesAreRefused(t *testing.T) {
	for name, v := range map[string]float32{"NaN": float32(math.NaN()), "infinity": float32(math.Inf(-1)), "huge": 1e7} {
		data := randomPapers(rng.New(3, "bad"), 20, 4, 1)
		x := data.X.(*features.CSR)
		x.Values[len(x.Values)/2] = v
		err := NewLogisticRegression(LogisticOptions{}).Fit(t.Context(), data, classifier.Dataset{})
		if err == nil || !strings.Contains(err.Error(), "scale the features") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	data := randomPapers(rng.New(3, "bad"), 20, 4, 1)
	data.X.(*features.CSR).Indices[3] = 4
	if err := NewLogisticRegression(LogisticOptions{}).Fit(t.Context(), data, classifier.Dataset{}); err == nil {
		t.Error("a column out of range was accepted, which liblinear writes to")
	}
}

// The solver ends, whatever the values that are let through.
func TestExtremeProblemsEnd(t *testing.T) {
	r := rng.New(4, "extreme")
	for round := range 20 {
		data := randomPapers(r, 30, 12, 2)
		for k, x := 0, data.X.(*features.CSR); k < len(x.Values); k++ {
			x.Values[k] *= float32(math.Pow(10, float64(int(x.Indices[k])-6)))
			x.Values[k] = min(x.Values[k], maxValue)
		}
		c := NewLogisticRegression(LogisticOptions{C: []float64{1e-6, 1, 1e6}[round%3], Tolerance: []float64{1e-2, 1e-12}[round%2]})
		mustFit(t, c, data)
	}
}

const quietEnv = "ASSAY_TEST_LIBLINEAR_QUIET"

// liblinear reports every iteration, by default to the standard output.
func TestTrainingIsQuiet(t *testing.T) {
	if os.Getenv(quietEnv) != "" {
		mustFit(t, NewLogisticRegression(LogisticOptions{}), randomPapers(rng.New(5, "quiet"), 40, 5, 3))
		if base.Logger.Writer() != io.Discard {
			t.Error("golearn's logger is not silenced")
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestTrainingIsQuiet$")
	cmd.Env = append(os.Environ(), quietEnv+"=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(stdout)), "\n"), func(line string) bool {
		return line == "PASS" || strings.HasPrefix(line, "coverage:")
	})
	if err != nil || len(lines) > 0 || stderr.Len() > 0 {
		t.Errorf("training wrote (%v):\n%s%s", err, stdout, &stderr)
	}
}
