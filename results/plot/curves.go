package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results"
)

// Curve is a run with the record of its epochs.
type Curve struct {
	Run    results.Run
	Epochs []results.Epoch
}

// curveMetric is a number of an epoch; ok is false where there is none.
type curveMetric struct {
	key, label string
	training   func(results.Epoch) float64
	validation func(results.Epoch) *float64
	times      float64 // what its axis multiplies by
}

func curvesKnown() []curveMetric {
	return []curveMetric{
		{"f1", "F1, %", func(e results.Epoch) float64 { return e.F1 }, func(e results.Epoch) *float64 { return e.ValidationF1 }, 100},
		{"loss", "Loss", func(e results.Epoch) float64 { return e.Loss }, func(e results.Epoch) *float64 { return e.ValidationLoss }, 1},
		{"master_f1", "Master F1, %", func(e results.Epoch) float64 { return e.MasterF1 }, func(e results.Epoch) *float64 { return e.ValidationMasterF1 }, 100},
	}
}

// CurveMetrics returns the keys that Options.Metrics may name for Curves.
func CurveMetrics() []string {
	var keys []string
	for _, m := range curvesKnown() {
		keys = append(keys, m.key)
	}
	return keys
}

func chooseCurves(keys []string) ([]curveMetric, error) {
	if len(keys) == 0 {
		keys = []string{"f1", "loss"}
	}
	var chosen []curveMetric
	for _, key := range keys {
		i := slices.IndexFunc(curvesKnown(), func(m curveMetric) bool { return m.key == key })
		if i < 0 {
			return nil, fault.Usagef("plot: metric %q has no curve%s: want some of %s", key, suggest.Hint(key, CurveMetrics()), strings.Join(CurveMetrics(), ", "))
		}
		chosen = append(chosen, curvesKnown()[i])
	}
	return chosen, nil
}

// mostCurves is how many settings a reader can tell apart by colour and symbol.
const mostCurves = 16

// Curves draws the learning curves of networks, a panel for each metric and a
// colour for each setting: solid on validation papers, dashed on the training
// batches. Several seeds are thin lines behind their mean. Runs in whatever state
// count, as far as they have an epoch; none that has is an error of usage.
func Curves(curves []Curve, opt Options) (Figure, error) {
	chosen, err := chooseCurves(opt.Metrics)
	if err != nil {
		return Figure{}, err
	}
	var all []results.Run
	epochs := map[string][]results.Epoch{}
	for _, c := range curves {
		all = append(all, c.Run)
		epochs[c.Run.Trial] = c.Epochs
	}
	if all, err = choose(all, opt); err != nil {
		return Figure{}, err
	}
	var runs []results.Run
	running := 0
	for _, r := range all {
		if len(epochs[r.Trial]) > 0 {
			runs = append(runs, r)
			if r.State != results.Done {
				running++
			}
		}
	}
	if len(runs) == 0 {
		return Figure{}, fault.Usagef("plot: none of %s has a learning curve: only networks train in epochs, and none of theirs has ended", count(len(all), "run"))
	}
	groups, again := groupsOf(runs)
	if len(groups) > mostCurves {
		return Figure{}, fault.Usagef("plot: %d settings cannot be told apart in one picture, which holds %d: choose some with --model or --where", len(groups), mostCurves)
	}
	d := curveDrawing{groups: groups, epochs: epochs}
	fig := Figure{Title: title(opt, runs)}
	for _, m := range chosen {
		fig.Panels = append(fig.Panels, d.panel(m))
	}
	fig.Notes = append(d.notes(), leftOut(0, again)...)
	if running > 0 {
		fig.Notes = append(fig.Notes, count(running, "run")+" not done: the curve so far.")
	}
	if n := len(all) - len(runs); n > 0 {
		fig.Notes = append(fig.Notes, count(n, "run")+" without epochs not shown.")
	}
	fig.Notes = append(append(fig.Notes, warnings(groups)...), opt.Notes...)
	return fig, nil
}

type curveDrawing struct {
	groups     []*group
	epochs     map[string][]results.Epoch
	validation bool // some point is of validation papers
	skipped    int  // points that are not finite
	seeds      int  // the most of a setting
}

// panel draws one metric. The lines of training stand behind all others.
func (d *curveDrawing) panel(m curveMetric) Panel {
	p := Panel{X: Axis{Label: "Epoch", Whole: true}, Y: Axis{Label: m.label}}
	var behind, front []Series
	validated := false
	for i, g := range d.groups {
		d.seeds = max(d.seeds, len(g.runs))
		var training, validation [][]Point
		for _, r := range g.runs {
			training = append(training, d.points(r, func(e results.Epoch) *float64 { v := m.training(e); return &v }, m.times))
			validation = append(validation, d.points(r, m.validation, m.times))
		}
		mean := meanCurve(validation)
		if len(mean) > 0 {
			validated = true
		}
		if len(validation) > 1 {
			for _, v := range validation {
				if len(v) > 0 {
					behind = append(behind, Series{Colour: i, Mark: Thin, Points: v})
				}
			}
		}
		dashes := Series{Colour: i, Mark: Dashes, Points: meanCurve(training)}
		if len(mean) == 0 {
			dashes.Name = g.label // it is all that is drawn
		} else {
			front = append(front, Series{Name: g.label, Colour: i, Mark: Line, Points: mean})
		}
		behind = append(behind, dashes)
	}
	d.validation = d.validation || validated
	p.Series = append(behind, front...)
	if validated {
		p.Series = append(p.Series, Series{Name: "validation", Colour: -1, Mark: Line})
	}
	p.Series = append(p.Series, Series{Name: "training", Colour: -1, Mark: Dashes})
	return p
}

func (d *curveDrawing) points(r results.Run, of func(results.Epoch) *float64, times float64) []Point {
	var out []Point
	for _, e := range d.epochs[r.Trial] {
		v := of(e)
		if v == nil {
			continue
		}
		if math.IsNaN(*v) || math.IsInf(*v, 0) {
			d.skipped++
			continue
		}
		out = append(out, Point{X: float64(e.Epoch), Y: times * *v})
	}
	return out
}

// meanCurve is the mean over seeds at each epoch that all of them have reached.
func meanCurve(seeds [][]Point) []Point {
	sum, n := map[float64]float64{}, map[float64]int{}
	for _, curve := range seeds {
		for _, p := range curve {
			sum[p.X] += p.Y / float64(len(seeds))
			n[p.X]++
		}
	}
	var out []Point
	for _, p := range seeds[0] {
		if n[p.X] == len(seeds) {
			out = append(out, Point{X: p.X, Y: sum[p.X]})
		}
	}
	return out
}

func (d *curveDrawing) notes() []string {
	out := []string{"Training: moving average over the batches of the epoch."}
	if d.validation {
		out = []string{"Validation: after the epoch, at threshold 0.5. Training: moving average over its batches."}
	} else {
		out = append(out, "The runs held out no validation papers.")
	}
	if d.seeds > 1 {
		out = append(out, fmt.Sprintf("Thick lines: mean over %d seeds; thin lines: validation of each.", d.seeds))
	}
	if d.skipped > 0 {
		out = append(out, count(d.skipped, "value")+" not finite and left out.")
	}
	return out
}
