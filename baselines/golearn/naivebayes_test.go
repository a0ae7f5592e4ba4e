package golearn

import (
	"math"
	"strconv"
	"testing"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/naive"

	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
)

// directLogOdds is Bernoulli naive Bayes written down from its formula, with
// golearn's smoothing.
func directLogOdds(x [][]float32, carried []bool, paper []float32) float64 {
	var n [2]float64
	for _, c := range carried {
		n[index(c)]++
	}
	odds := [2]float64{}
	for class := range odds {
		odds[class] = math.Log(n[class] / float64(len(x)))
		for j := range paper {
			k := 0.0
			for i := range x {
				if index(carried[i]) == class && x[i][j] > 0 {
					k++
				}
			}
			switch p := (k + 1) / (n[class] + 1); {
			case paper[j] > 0:
				odds[class] += math.Log(p)
			case p == 1:
				odds[class] += math.Log(1 / (n[class] + 1))
			default:
				odds[class] += math.Log(1 - p)
			}
		}
	}
	return odds[1] - odds[0]
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

func denseRows(m *features.CSR) [][]float32 {
	d := dense(m)
	rows := make([][]float32, d.Rows)
	for i := range rows {
		rows[i] = d.Row(i)
	}
	return rows
}

func TestNaiveBayesIsItsFormula(t *testing.T) {
	r := rng.New(3, "naive bayes")
	for _, size := range []struct{ rows, cols, labels int }{{2, 1, 1}, {40, 7, 3}, {120, 90, 4}} {
		data := randomPapers(r, size.rows, size.cols, size.labels)
		test := randomPapers(r, 30, size.cols, size.labels).X.(*features.CSR)
		// Label 0: paper 0 alone, without features, where golearn panics; the
		// last feature: in all papers but that one.
		x := dense(data.X.(*features.CSR))
		clear(x.Row(0))
		for i := 1; i < size.rows; i++ {
			x.Row(i)[size.cols-1] = 1
		}
		y := multilabel.New(size.labels)
		for i := range size.rows {
			carried := []int32{0}
			if i > 0 {
				carried = nil
				for _, c := range data.Y.Row(i) {
					if c > 0 {
						carried = append(carried, c)
					}
				}
			}
			y.Append(carried)
		}
		data = classifier.Dataset{X: sparseOf(x), Y: y}
		// What is stored need not be present.
		for _, m := range []*features.CSR{data.X.(*features.CSR), test} {
			for k := 5; k < len(m.Values); k += 5 {
				m.Values[k] = []float32{0, -1}[k%2]
			}
		}

		c := NewNaiveBayes(NBOptions{Workers: 2})
		mustFit(t, c, data)
		got := mustScore(t, c, test)
		rows, truth := denseRows(data.X.(*features.CSR)), carries(y)
		for label, n := range y.Counts() {
			if n == 0 {
				continue
			}
			carried := make([]bool, len(rows))
			for i := range carried {
				carried[i] = truth[i][label]
			}
			for i, paper := range denseRows(test) {
				want := 1 / (1 + math.Exp(-directLogOdds(rows, carried, paper)))
				if p := got.Row(i)[label]; math.Abs(p-want) > 1e-12 {
					t.Fatalf("%v: paper %d, label %d: probability %v, want %v", size, i, label, p, want)
				}
			}
		}
	}
}

func sparseOf(m *features.Dense) *features.CSR {
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

// Our grid must make golearn learn what its own dense one does.
func TestNaiveBayesPredictsAsGolearnDoes(t *testing.T) {
	r := rng.New(4, "naive bayes")
	data := randomPapers(r, 150, 20, 2)
	test := randomPapers(r, 200, 20, 2)
	c := NewNaiveBayes(NBOptions{Workers: 2})
	mustFit(t, c, data)
	got := mustScore(t, c, test.X)
	for label := range 2 {
		nb := naive.NewBernoulliNBClassifier()
		if err := nb.Fit(denseInstances(data, label)); err != nil {
			t.Fatal(err)
		}
		predicted, err := nb.Predict(denseInstances(test, label))
		if err != nil {
			t.Fatal(err)
		}
		for i := range test.Y.Rows() {
			p := got.Row(i)[label]
			if math.Abs(p-0.5) < 1e-9 {
				continue
			}
			if want := base.GetClass(predicted, i); want != strconv.Itoa(index(p > 0.5)) {
				t.Errorf("paper %d, label %d: probability %v, golearn predicts %s", i, label, p, want)
			}
		}
	}
}

// denseInstances is the data of one label as golearn itself stores it.
func denseInstances(data classifier.Dataset, label int) *base.DenseInstances {
	x := dense(data.X.(*features.CSR))
	d := base.NewDenseInstances()
	specs := make([]base.AttributeSpec, x.Cols)
	for j := range specs {
		specs[j] = d.AddAttribute(base.NewBinaryAttribute("f" + strconv.Itoa(j)))
	}
	name := base.NewBinaryAttribute("class")
	class := d.AddAttribute(name)
	if err := d.AddClassAttribute(name); err != nil {
		panic(err)
	}
	if err := d.Extend(x.Rows); err != nil {
		panic(err)
	}
	truth := carries(data.Y)
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			d.Set(specs[j], i, []byte{byte(index(v > 0))})
		}
		d.Set(class, i, []byte{byte(index(truth[i][label]))})
	}
	return d
}
