package stats

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-10*math.Max(1, math.Abs(b)) }

func TestAgreesWithScipy(t *testing.T) {
	data, err := os.ReadFile("testdata/scipy.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		A, B                     []float64
		Level, Mean, SD, Half, P float64
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("no case in scipy.json")
	}
	for i, c := range cases {
		s, err := Summarize(c.A, c.Level)
		if err != nil {
			t.Fatal(err)
		}
		if s.N != len(c.A) || !near(s.Mean, c.Mean) || !near(s.StdDev, c.SD) || !near(s.HalfWidth, c.Half) || !s.HasInterval() {
			t.Errorf("case %d: %+v, want mean %v, sd %v, half width %v", i, s, c.Mean, c.SD, c.Half)
		}
		if _, p, err := Paired(c.A, c.B, c.Level); err != nil || !near(p, c.P) {
			t.Errorf("case %d: p = %v (%v), want %v", i, p, err, c.P)
		}
	}
}

// The closed forms are gonum's distribution.
func TestStudentsTInClosedForm(t *testing.T) {
	for _, nu := range []int{1, 2} {
		d := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(nu)}
		for _, level := range []float64{0.01, 0.5, 0.9, 0.95, 0.999} {
			if got, want := tQuantile(level, nu), d.Quantile(0.5+level/2); !near(got, want) {
				t.Errorf("tQuantile(%v, %d) = %v, want %v", level, nu, got, want)
			}
		}
		for _, x := range []float64{1e-3, 0.5, 2, 12.7, 400} {
			if got, want := tTails(x, float64(nu)), 2*d.Survival(x); math.Abs(got-want) > 1e-9*want {
				t.Errorf("tTails(%v, %d) = %v, want %v", x, nu, got, want)
			}
		}
	}
}

func TestOneReplicateHasNoInterval(t *testing.T) {
	s, err := Summarize([]float64{0.4}, 0.95)
	if err != nil || s.HasInterval() || s.Mean != 0.4 || !math.IsNaN(s.HalfWidth) || !math.IsNaN(s.StdDev) {
		t.Errorf("%+v, %v", s, err)
	}
	if _, p, err := Paired([]float64{1}, []float64{2}, 0.95); err != nil || !math.IsNaN(p) {
		t.Errorf("one pair: p = %v, %v, want NaN", p, err)
	}
}

func TestEqualReplicatesHaveNoSpread(t *testing.T) {
	s, err := Summarize([]float64{0.1, 0.1, 0.1}, 0.95)
	if err != nil || s.Mean != 0.1 || s.StdDev != 0 || s.HalfWidth != 0 || s.HasInterval() {
		t.Errorf("%+v, %v", s, err)
	}
	if _, p, _ := Paired([]float64{1, 2, 3}, []float64{1, 2, 3}, 0.95); p != 1 {
		t.Errorf("equal pairs: p = %v, want 1", p)
	}
	// 0.1 is not 0.4 − 0.3 to the bit: rounding is no spread.
	for _, pair := range [][2][]float64{{{1, 2, 3}, {0, 1, 2}}, {{0.4, 0.5, 0.6}, {0.3, 0.4, 0.5}}} {
		if d, _, err := Paired(pair[0], pair[1], 0.95); err != nil || d.HasInterval() || d.HalfWidth != 0 {
			t.Errorf("a constant difference: %+v, %v", d, err)
		}
	}
}

func TestBadInputIsAnError(t *testing.T) {
	for _, c := range []struct {
		x     []float64
		level float64
		want  string
	}{
		{nil, 0.95, "no replicate"},
		{[]float64{1, math.NaN()}, 0.95, "replicate 2 of 2 is NaN"},
		{[]float64{math.Inf(1)}, 0.95, "+Inf"},
		{[]float64{1}, 1, "level 1"},
		{[]float64{1}, math.NaN(), "level NaN"},
	} {
		if _, err := Summarize(c.x, c.level); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Summarize(%v, %v) gave %v, want %q", c.x, c.level, err, c.want)
		}
	}
	if _, _, err := Paired([]float64{1}, nil, 0.95); err == nil {
		t.Error("a paired test of unequal lengths was accepted")
	}
}
