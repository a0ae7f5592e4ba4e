package plot

import (
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"assay/results"
)

// depths invents forests of several depths, three seeds each; 0 is no limit.
func depths(t *testing.T, values ...int) []results.Run {
	t.Helper()
	var runs []results.Run
	for i, depth := range values {
		for seed := uint64(1); seed <= 3; seed++ {
			runs = append(runs, made(t, "RF", "random_forest", seed, 0.3+0.05*float64(i)+0.01*float64(seed), map[string]any{"max_depth": depth}))
		}
	}
	return runs
}

// A limit that is not set has its own place behind the numbers, which no line
// leads to.
func TestSweepSetsNoLimitApart(t *testing.T) {
	for _, log := range []bool{false, true} {
		fig, err := Sweep(depths(t, 0, 1, 10, 40), Options{}, SweepOptions{X: "max_depth", Log: log})
		fig = must(t, fig, err)
		axis := fig.Panels[0].X
		if !slices.Equal(axis.Ticks, []float64{1, 10, 40}) || len(axis.Apart) != 1 || axis.Apart[0].Label != "no limit" || axis.Apart[0].At <= 40 {
			t.Fatalf("log %t: ticks %v, apart %+v", log, axis.Ticks, axis.Apart)
		}
		there := 0
		for _, s := range fig.Panels[0].Series {
			for _, p := range s.Points {
				if p.X == axis.Apart[0].At {
					there++
					if s.Mark == Line {
						t.Errorf("log %t: a line leads to no limit", log)
					}
				} else if p.X != 1 && p.X != 10 && p.X != 40 {
					t.Errorf("log %t: a point at %v", log, p.X)
				}
			}
		}
		if there != 4 { // the mean and its runs
			t.Errorf("log %t: %d points without a limit, want 4", log, there)
		}
		s := newScale(axis, []float64{1, axis.Apart[0].At})
		for _, width := range []vg.Length{40, 120, 400} {
			s.stretch(0, width, func(label string) vg.Length { return 5 * vg.Length(len(label)) })
			last := s.ticks[len(s.ticks)-1]
			if last.label != "no limit" || !(s.gap() > s.at(40) && s.gap() < s.at(last.value)) {
				t.Errorf("log %t, %v wide: last tick %q, the gap at %v", log, width, last.label, s.gap())
			}
			for _, tick := range s.ticks[:len(s.ticks)-1] {
				if tick.value > 40 || s.at(tick.value)+5*vg.Length(len(tick.label))/2 > s.at(last.value)-20 {
					t.Errorf("log %t, %v wide: tick %q in the way", log, width, tick.label)
				}
			}
		}
	}
}

// Alone it is a word; a real 0 stays a number; conditions find it by both names.
func TestSweepOfZeros(t *testing.T) {
	fig, err := Sweep(depths(t, 0), Options{}, SweepOptions{X: "max_depth"})
	if axis := must(t, fig, err).Panels[0].X; !slices.Equal(axis.Categories, []string{"no limit"}) || axis.Ticks != nil || axis.Apart != nil {
		t.Errorf("alone: %+v", axis)
	}
	fig, err = Sweep(depths(t, 0, 7), Options{}, SweepOptions{X: "max_depth"})
	if axis := must(t, fig, err).Panels[0].X; len(axis.Apart) != 1 || axis.Apart[0].At <= 7 {
		t.Errorf("beside one number: %+v", axis)
	}
	var dropouts []results.Run
	for i, dropout := range []float64{0, 0.1} {
		dropouts = append(dropouts, made(t, "LSTM", "lstm", 1, 0.4+0.1*float64(i), map[string]any{"dropout": dropout}))
	}
	fig, err = Sweep(dropouts, Options{}, SweepOptions{X: "dropout"})
	if axis := must(t, fig, err).Panels[0].X; !slices.Equal(axis.Ticks, []float64{0, 0.1}) || axis.Apart != nil {
		t.Errorf("dropout: %+v", axis)
	}
	for _, where := range []string{"max_depth=0", "max_depth=no limit"} {
		fig, err = Comparison(depths(t, 0, 7), Options{Where: []string{where}})
		if n := len(must(t, fig, err).Panels[0].Y.Categories); n != 1 {
			t.Errorf("%s: %d settings, want 1", where, n)
		}
	}
	fig, err = Comparison(depths(t, 0, 7), Options{})
	if rows := must(t, fig, err).Panels[0].Y.Categories; !strings.Contains(rows[0], "max depth no limit") {
		t.Errorf("rows %q", rows)
	}
}
