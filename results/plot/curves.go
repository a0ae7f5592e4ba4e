package plot

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"assay/internal/fault"
	"assay/internal/format"
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
	training   func(results.Epoch) *float64
	validation func(results.Epoch) *float64
	times      float64 // what its axis multiplies by
}

func curvesKnown() []curveMetric {
	return []curveMetric{
		{"f1", "F1, %", func(e results.Epoch) *float64 { return &e.F1 }, func(e results.Epoch) *float64 { return e.ValidationF1 }, 100},
		{"accuracy", "Accuracy, %", func(e results.Epoch) *float64 { return e.TrainingAccuracy }, func(e results.Epoch) *float64 { return e.ValidationAccuracy }, 100},
		{"loss", "Loss", trainingLoss, func(e results.Epoch) *float64 { return e.ValidationLoss }, 1},
		{"master_f1", "Master F1, %", func(e results.Epoch) *float64 { return &e.MasterF1 }, func(e results.Epoch) *float64 { return e.ValidationMasterF1 }, 100},
	}
}

// trainingLoss is the mean over the epoch where it was kept, else the moving
// average.
func trainingLoss(e results.Epoch) *float64 {
	if e.TrainingLoss != nil {
		return e.TrainingLoss
	}
	return &e.Loss
}

// CurveMetrics returns the keys that Options.Metrics may name for Curves.
func CurveMetrics() []string {
	var keys []string
	for _, m := range curvesKnown() {
		keys = append(keys, m.key)
	}
	return keys
}

// chooseCurves returns the metrics of the keys. Without any, the score is F1 or,
// where papers have one label and the runs kept it, accuracy.
func chooseCurves(curves []Curve, opt Options) ([]curveMetric, error) {
	keys := opt.Metrics
	if len(keys) == 0 {
		keys = []string{"f1", "loss"}
		if opt.Exclusive && slices.ContainsFunc(curves, hasAccuracy) {
			keys[0] = "accuracy"
		}
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

func hasAccuracy(c Curve) bool {
	return slices.ContainsFunc(c.Epochs, func(e results.Epoch) bool { return e.ValidationAccuracy != nil || e.TrainingAccuracy != nil })
}

// mostCurves is how many settings a reader can tell apart by colour and symbol.
const mostCurves = 16

// Curves draws the learning curves of networks, a panel for each metric and a
// colour for each setting: solid on validation papers, dashed on the training
// batches. Several seeds are thin lines behind their mean. A circle marks the epoch
// whose parameters a run kept, a bar where early stopping ended it. Runs in whatever state
// count, as far as they have an epoch; none that has is an error of usage.
func Curves(curves []Curve, opt Options) (Figure, error) {
	chosen, err := chooseCurves(curves, opt)
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
		return Figure{}, fault.Usagef("plot: none of %s has a learning curve: only networks train in epochs, and none of theirs has ended", format.Count(len(all), "run"))
	}
	groups, again := groupsOf(runs)
	if len(groups) > mostCurves {
		return Figure{}, fault.Usagef("plot: %d settings cannot be told apart in one picture, which holds %d: choose some with --model or --where", len(groups), mostCurves)
	}
	d := curveDrawing{groups: groups, epochs: epochs, exclusive: opt.Exclusive}
	fig := Figure{Title: title(opt, runs)}
	for _, m := range chosen {
		p := d.panel(m)
		if !hasPoints(p) {
			return Figure{}, fault.Usagef("plot: no run kept its %s by epoch: choose other curves with --metric, or train anew", m.key)
		}
		fig.Panels = append(fig.Panels, p)
	}
	fig.Notes = append(d.notes(), leftOut(0, again)...)
	if running > 0 {
		fig.Notes = append(fig.Notes, format.Count(running, "run")+" not done: the curve so far.")
	}
	if n := len(all) - len(runs); n > 0 {
		fig.Notes = append(fig.Notes, format.Count(n, "run")+" without epochs not shown.")
	}
	fig.Notes = append(append(fig.Notes, warnings(groups)...), opt.Notes...)
	return fig, nil
}

type curveDrawing struct {
	groups     []*group
	epochs     map[string][]results.Epoch
	validation bool // some point is of validation papers
	means      bool // training is by means over the epoch
	averages   bool // training is by moving averages
	kept       bool // an epoch is marked as kept
	ended      bool // an early end is marked
	threshold  bool // some curve is of labels above a threshold
	exclusive  bool // papers have one label
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
			training = append(training, d.points(r, m.training, m.times))
			validation = append(validation, d.points(r, m.validation, m.times))
		}
		d.says(m, g)
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
		if len(dashes.Points) > 0 {
			behind = append(behind, dashes)
		}
		front = append(front, d.marks(g, i, validation)...)
	}
	d.validation = d.validation || validated
	p.Series = append(behind, front...)
	if validated {
		p.Series = append(p.Series, Series{Name: "validation", Colour: -1, Mark: Line})
	}
	if slices.ContainsFunc(behind, func(s Series) bool { return s.Mark == Dashes }) {
		p.Series = append(p.Series, Series{Name: "training", Colour: -1, Mark: Dashes})
	}
	if d.kept {
		p.Series = append(p.Series, Series{Name: "epoch that was kept", Colour: -1, Mark: Kept})
	}
	if d.ended {
		p.Series = append(p.Series, Series{Name: "early stopping", Colour: -1, Mark: Ended})
	}
	return p
}

// says notes what the training line of a setting is.
func (d *curveDrawing) says(m curveMetric, g *group) {
	d.threshold = d.threshold || m.key != "loss" && !(m.key == "accuracy" && d.exclusive)
	for _, e := range d.epochs[g.runs[0].Trial][:1] {
		mean := m.key == "accuracy" && e.TrainingAccuracy != nil || m.key == "loss" && e.TrainingLoss != nil
		d.means = d.means || mean
		d.averages = d.averages || !mean && m.training(e) != nil
	}
}

// marks are the epochs that runs kept and those at which they stopped early, on
// the curves of their validation papers.
func (d *curveDrawing) marks(g *group, colour int, validation [][]Point) []Series {
	kept, ended := Series{Colour: colour, Mark: Kept}, Series{Colour: colour, Mark: Ended}
	for i, r := range g.runs {
		epochs := d.epochs[r.Trial]
		if r.State != results.Done || len(validation[i]) == 0 {
			continue
		}
		best := 0
		for _, e := range epochs {
			if e.Best {
				best = e.Epoch
			}
		}
		for _, p := range validation[i] {
			if int(p.X) == best {
				kept.Points = append(kept.Points, p)
			}
		}
		if last := validation[i][len(validation[i])-1]; stoppedEarly(r, epochs) {
			ended.Points = append(ended.Points, last)
		}
	}
	var out []Series
	for _, s := range []Series{kept, ended} {
		if len(s.Points) > 0 {
			out = append(out, s)
		}
	}
	d.kept, d.ended = d.kept || len(kept.Points) > 0, d.ended || len(ended.Points) > 0
	return out
}

// stoppedEarly reports whether early stopping ended a finished run.
func stoppedEarly(r results.Run, epochs []results.Epoch) bool {
	number := func(key string) int {
		n, _ := strconv.Atoi(results.ValueOf(r.Params, key).Raw)
		return n
	}
	last := number("epochs")
	if stop := number("stop_epoch"); stop > 0 {
		last = min(last, stop)
	}
	how := results.ValueOf(r.Params, "early_stopping").Raw
	return how != "" && how != "off" && epochs[len(epochs)-1].Epoch < last
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

// keptNotes names the epochs that were kept.
func (d *curveDrawing) keptNotes() []string {
	var out []string
	for _, g := range d.groups {
		var kept []string
		for _, r := range g.runs {
			best := 0
			for _, e := range d.epochs[r.Trial] {
				if e.Best {
					best = e.Epoch
				}
			}
			if best > 0 && r.State == results.Done {
				kept = append(kept, fmt.Sprint(best))
			}
		}
		if !d.kept || len(kept) == 0 || len(d.groups) > mostKept {
			continue
		}
		text := "kept epochs " + strings.Join(kept, ", ")
		if len(slices.Compact(kept)) == 1 {
			text = "kept epoch " + kept[0]
		}
		if len(d.groups) > 1 {
			text = g.label + " " + text
		}
		out = append(out, capital(text)+".")
	}
	return out
}

// mostKept is how many settings the notes name the kept epochs of.
const mostKept = 4

func (d *curveDrawing) notes() []string {
	training := "moving average over the batches of the epoch."
	switch {
	case d.means && d.averages:
		training = "mean over the epoch's papers as they were learnt where it was kept, else moving average over its batches."
	case d.means:
		training = "mean over the epoch's papers as they were learnt."
	case d.validation:
		training = "moving average over its batches."
	}
	out := []string{"Training: " + training}
	if d.validation {
		when := "after the epoch"
		if d.threshold {
			when += ", at threshold 0.5"
		}
		out[0] = "Validation: " + when + ". " + out[0]
	} else {
		out = append(out, "The runs held out no validation papers.")
	}
	out = append(out, d.keptNotes()...)
	if d.seeds > 1 {
		out = append(out, fmt.Sprintf("Thick lines: mean over %d seeds; thin lines: validation of each.", d.seeds))
	}
	if d.skipped > 0 {
		out = append(out, format.Count(d.skipped, "value")+" not finite and left out.")
	}
	return out
}
