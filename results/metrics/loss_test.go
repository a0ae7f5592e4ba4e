package metrics

import (
	"math"
	"strings"
	"testing"

	"assay/internal/multilabel"
)

// The values were computed from the definition in Python.
func TestLoss(t *testing.T) {
	p := scoresOf([][]float64{{0.9, 0.2, 0.5}, {0.3, 0.8, 0.05}, {0, 1, 1}})
	truth := multilabel.New(3)
	truth.Append([]int32{0})
	truth.Append([]int32{1, 2})
	truth.Append([]int32{0, 1}) // two of three are sure and wrong
	got, err := Loss(p, truth)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss", got, 4.0925992687535455)
	papers, err := LossByPaper(p, truth)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss of the first paper", papers[0], 0.3405504158439938)
}

// Of two labels that exclude each other it is the binary cross entropy of one.
func TestLossOfAPair(t *testing.T) {
	var want float64
	rows, truth := [][]float64{}, multilabel.New(2)
	for i, p := range []float64{0.1, 0.7, 0.5, 0.999} {
		rows = append(rows, []float64{1 - p, p})
		truth.Append([]int32{int32(i % 2)})
		if i%2 == 1 {
			p = 1 - p
		}
		want -= math.Log(1-p) / 4
	}
	got, err := Loss(scoresOf(rows), truth)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss", got, want)
}

func TestLossRefuses(t *testing.T) {
	one := multilabel.New(2)
	one.Append([]int32{0})
	for want, s := range map[string]*multilabel.Scores{
		"label 1 is 1.5: want probabilities":  scoresOf([][]float64{{0.5, 1.5}}),
		"label 0 is -0.1: want probabilities": scoresOf([][]float64{{-0.1, 0.5}}),
		"NaN":                                 scoresOf([][]float64{{math.NaN(), 0.5}}),
		"3":                                   scoresOf([][]float64{{0.1, 0.5, 0.5}}),
	} {
		if _, err := Loss(s, one); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
