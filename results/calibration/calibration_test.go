package calibration

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

type reference struct {
	Cases []struct {
		Name        string
		M           int
		P           []float64
		Y           []int
		Brier       float64
		ECE         *float64
		Width, Mass struct{ Share, Mean []float64 }
	}
	Wilson []struct{ Right, N, Low, High float64 }
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// Bins, Brier score, calibration error and intervals are those of scikit-learn,
// netcal and statsmodels: testdata/reference.py.
func TestReference(t *testing.T) {
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(text, &ref); err != nil || len(ref.Cases) == 0 || len(ref.Wilson) == 0 {
		t.Fatalf("the reference has %d cases (%v)", len(ref.Cases), err)
	}
	for _, c := range ref.Cases {
		right := make([]bool, len(c.Y))
		for i, y := range c.Y {
			right[i] = y == 1
		}
		if got := Brier(c.P, right); !near(got, c.Brier) {
			t.Errorf("%s: Brier score %v, want %v", c.Name, got, c.Brier)
		}
		for by, want := range map[Division]struct{ Share, Mean []float64 }{EqualWidth: c.Width, EqualMass: c.Mass} {
			bins, err := Bins(c.P, right, c.M, by)
			if err != nil {
				t.Fatal(err)
			}
			var filled []Bin
			for _, b := range bins {
				if b.Count > 0 {
					filled = append(filled, b)
				}
			}
			if len(filled) != len(want.Share) {
				t.Errorf("%s by %s: %d bins hold something, want %d", c.Name, by, len(filled), len(want.Share))
				continue
			}
			for i, b := range filled {
				if !near(b.Share(), want.Share[i]) || !near(b.Mean, want.Mean[i]) {
					t.Errorf("%s by %s, bin %d: %v of %v, want %v of %v", c.Name, by, i, b.Share(), b.Mean, want.Share[i], want.Mean[i])
				}
			}
			if by == EqualWidth && c.ECE != nil && !near(Error(bins), *c.ECE) {
				t.Errorf("%s: calibration error %v, want %v", c.Name, Error(bins), *c.ECE)
			}
		}
	}
	for _, w := range ref.Wilson {
		if low, high := Wilson(w.Right, w.N); !near(low, w.Low) || !near(high, w.High) {
			t.Errorf("Wilson(%v, %v) = [%v, %v], want [%v, %v]", w.Right, w.N, low, high, w.Low, w.High)
		}
	}
}

// What can be said without a reference.
func TestProperties(t *testing.T) {
	p := []float64{0, 0.1, 0.5, 0.5, 0.5, 0.9, 1, 1}
	right := []bool{false, false, true, true, false, true, true, true}
	for _, by := range []Division{EqualWidth, EqualMass} {
		for m := 1; m <= 20; m++ {
			bins, err := Bins(p, right, m, by)
			if err != nil {
				t.Fatal(err)
			}
			count, hit, last := 0, 0, 0.0
			for _, b := range bins {
				if b.Low != last || b.High <= b.Low || b.Count > 0 && (b.Mean < b.Low || b.Mean > b.High) {
					t.Errorf("%d bins by %s: %+v does not follow %v, or holds what is outside", m, by, b, last)
				}
				count, hit, last = count+b.Count, hit+b.Right, b.High
			}
			if count != len(p) || hit != 5 || last != 1 {
				t.Errorf("%d bins by %s hold %d of %d, %d of 5 right, up to %v", m, by, count, len(p), hit, last)
			}
		}
	}
	one, err := Bins(p, right, 1, EqualWidth)
	if want := math.Abs(5.0/8 - 4.5/8); err != nil || !near(Error(one), want) {
		t.Errorf("the error of one bin is %v (%v), want the difference of the means, %v", Error(one), err, want)
	}
	if low, high := Wilson(0, 0); low != 0 || high != 1 {
		t.Errorf("no trial says [%v, %v], want [0, 1]", low, high)
	}
}

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		p     []float64
		right []bool
		m     int
		by    Division
		want  string
	}{
		"none":     {nil, nil, 5, EqualWidth, "0 probabilities"},
		"lengths":  {[]float64{0.5}, nil, 5, EqualWidth, "want as many"},
		"no bin":   {[]float64{0.5}, []bool{true}, 0, EqualWidth, "0 bins"},
		"NaN":      {[]float64{math.NaN()}, []bool{true}, 5, EqualWidth, "no probability"},
		"log odds": {[]float64{-1.5}, []bool{true}, 5, EqualMass, "value 1 of 1 is -1.5"},
		"division": {[]float64{0.5}, []bool{true}, 5, "weight", `want "width" or "mass"`},
	} {
		if _, err := Bins(c.p, c.right, c.m, c.by); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}
