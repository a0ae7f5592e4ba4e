package plot

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/results"
	"assay/results/calibration"
	"assay/results/metrics"
)

// exclusiveRun is a finished run on papers of one of two labels.
func exclusiveRun(t *testing.T, model string, seed uint64) results.Run {
	t.Helper()
	r := made(t, model, "kind", seed, 0.8, nil)
	r.Data.Labels, r.Data.Taxonomy = 2, "topics:cs.LG,cs.CV"
	r.Results = []results.RuleResult{{Decision: metrics.Decision{Rule: rule(t, "top:1")}}}
	return r
}

// twoTopics predicts n papers of two topics; sharp says how sure it is of itself,
// 1 what it should be.
func twoTopics(seed uint64, n int, sharp float64) results.Predictions {
	source := rand.New(rand.NewPCG(seed, 1))
	p := results.Predictions{Labels: []string{"cs.LG", "cs.CV"}, Truth: multilabel.New(2), Scores: multilabel.NewScores(0, 2)}
	for i := range n {
		logit := source.NormFloat64() * 2
		truth := int32(0)
		if source.Float64() < 1/(1+math.Exp(-logit)) {
			truth = 1
		}
		score := math.Round(1e9/(1+math.Exp(-sharp*logit))) / 1e9
		p.IDs = append(p.IDs, fmt.Sprint(i))
		p.Truth.Append([]int32{truth})
		p.Scores.Data = append(p.Scores.Data, 1-score, score)
	}
	return p
}

// manyLabels predicts n papers over c labels, of which they carry few.
func manyLabels(seed uint64, n, c int) results.Predictions {
	source := rand.New(rand.NewPCG(seed, 2))
	p := results.Predictions{Labels: make([]string, c), Truth: multilabel.New(c), Scores: multilabel.NewScores(0, c)}
	for i := range n {
		var truth []int32
		for k := range c {
			score := math.Round(1e9/(1+math.Exp(3-2*source.NormFloat64()))) / 1e9
			if source.Float64() < score {
				truth = append(truth, int32(k))
			}
			p.Scores.Data = append(p.Scores.Data, score)
		}
		p.IDs = append(p.IDs, fmt.Sprint(i))
		p.Truth.Append(truth)
	}
	return p
}

// loaded gives predictions by the trial's name.
func loaded(by map[string]results.Predictions) Load {
	return func(r results.Run) (results.Predictions, error) {
		p, ok := by[r.Trial]
		if !ok {
			return p, fmt.Errorf("no predictions of %s", r.Trial)
		}
		return p, nil
	}
}

// topicRuns are three models of two topics, two seeds each.
func topicRuns(t *testing.T) ([]results.Run, Load) {
	t.Helper()
	var runs []results.Run
	by := map[string]results.Predictions{}
	for i, model := range []string{"LSTM", "Naive Bayes", "Logistic regression"} {
		for seed := range uint64(2) {
			r := exclusiveRun(t, model, seed+1)
			by[r.Trial] = twoTopics(10*uint64(i)+seed, 400, []float64{3, 1.6, 1}[i])
			runs = append(runs, r)
		}
	}
	return runs, loaded(by)
}

func predictedFigures(t *testing.T, out map[string]Figure) {
	t.Helper()
	runs, load := topicRuns(t)
	exclusive := Options{Name: "made", Exclusive: true}
	fig, err := Confidence(runs, load, exclusive, 0)
	out["confidence"] = must(t, fig, err)
	fig, err = Calibration(runs, load, exclusive, CalibrationOptions{Bins: 10})
	out["calibration"] = must(t, fig, err)
	fig, err = Calibration(runs, load, exclusive, CalibrationOptions{Overlay: true, Bins: 8, By: calibration.EqualMass})
	out["overlay"] = must(t, fig, err)

	many := made(t, "Naive Bayes", "kind", 1, 0.4, nil)
	many.Data.Labels = 12
	for i, threshold := range []float64{0.5, 0.3} {
		many.Results[i].Decision.Threshold = threshold
	}
	load = loaded(map[string]results.Predictions{many.Trial: manyLabels(1, 500, 12)})
	fig, err = Confidence([]results.Run{many}, load, Options{}, 20)
	out["assigned"] = must(t, fig, err)
	fig, err = Calibration([]results.Run{many}, load, Options{}, CalibrationOptions{})
	out["labels"] = must(t, fig, err)

	fig, err = Curves(accuracyCurves(t), exclusive)
	out["accuracy"] = must(t, fig, err)
}

// accuracyCurves are a network that overfits, of two seeds, and one that is stopped
// early.
func accuracyCurves(t *testing.T) []Curve {
	t.Helper()
	var out []Curve
	for i, how := range []string{"off", "loss"} {
		for seed := range uint64(2) {
			r := made(t, "LSTM", "lstm", seed+1, 0.8, map[string]any{"early_stopping": how, "epochs": 10.0})
			c := Curve{Run: r}
			for e := range 10 - 5*i {
				x := float64(e+1) + 0.3*float64(seed)
				tl, ta := 0.7*math.Exp(-x/3), 1-0.4*math.Exp(-x/2.5)
				vl, va := 0.5+0.03*(x-3)*(x-3)/2, 0.82-0.2*math.Exp(-x)
				c.Epochs = append(c.Epochs, results.Epoch{
					Epoch: e + 1, Loss: 0.9, TrainingLoss: &tl, TrainingAccuracy: &ta,
					ValidationLoss: &vl, ValidationAccuracy: &va, Best: e < 3 || i == 0 && e == 6,
				})
			}
			out = append(out, c)
		}
	}
	return out
}

// Of six papers with known confidence every number can be counted by hand.
func TestConfidenceCounts(t *testing.T) {
	p := results.Predictions{Labels: []string{"a", "b"}, Truth: multilabel.New(2), Scores: multilabel.NewScores(0, 2)}
	for i, c := range []struct {
		score float64 // of b
		truth int32
	}{{0.95, 1}, {0.97, 0}, {0.02, 0}, {0.9, 1}, {0.55, 0}, {0.5, 0}} {
		p.IDs = append(p.IDs, fmt.Sprint(i))
		p.Truth.Append([]int32{c.truth})
		p.Scores.Data = append(p.Scores.Data, 1-c.score, c.score)
	}
	r := exclusiveRun(t, "m", 1)
	fig, err := Confidence([]results.Run{r}, loaded(map[string]results.Predictions{r.Trial: p}), Options{Exclusive: true}, 5)
	must(t, fig, err)
	n := fig.Confidence[0]
	if n.Right != 4 || n.Wrong != 2 || n.RightSure != 3 || n.WrongSure != 1 {
		t.Errorf("%d right, %d of them sure, %d wrong, %d of them sure; want 4, 3, 2, 1", n.Right, n.RightSure, n.Wrong, n.WrongSure)
	}
	// Bins (0.5, 0.6], … with 0.5 in the first; 0.9 closes the fourth.
	for k, want := range [][2]int{{1, 1}, {0, 0}, {0, 0}, {1, 0}, {2, 1}} {
		if b := n.Bins[k]; b.Right != want[0] || b.Wrong != want[1] {
			t.Errorf("the bin from %g to %g holds %d right and %d wrong, want %v", b.Low, b.High, b.Right, b.Wrong, want)
		}
	}
	if want := "Of 2 errors 1 (50 %) were at 90 % or more, of 4 right ones 3 (75 %)."; !strings.Contains(strings.Join(fig.Notes, " "), want) {
		t.Errorf("the notes %q do not say %q", fig.Notes, want)
	}
}

// A model that judges both labels by itself may give the likelier one less than a
// half: such papers are drawn too.
func TestConfidenceBelowHalf(t *testing.T) {
	p := twoTopics(1, 50, 1)
	p.Scores.Data[0], p.Scores.Data[1] = 0.31, 0.28
	r := exclusiveRun(t, "forest", 1)
	load := loaded(map[string]results.Predictions{r.Trial: p})
	fig, err := Confidence([]results.Run{r}, load, Options{Exclusive: true}, 10)
	must(t, fig, err)
	n := 0
	for _, b := range fig.Confidence[0].Bins {
		n += b.Right + b.Wrong
	}
	if first := fig.Confidence[0].Bins[0]; n != 50 || math.Abs(first.Low-0.3) > 1e-9 || first.Right+first.Wrong != 1 {
		t.Errorf("%d of 50 papers drawn, the first bin is %+v, want one from 0.3 with one paper", n, first)
	}
	fig, err = Calibration([]results.Run{r}, load, Options{Exclusive: true}, CalibrationOptions{})
	must(t, fig, err)
	if low := fig.Panels[0].X.Range.Low; low > 31 {
		t.Errorf("the diagram begins at %v %%, above a paper", low)
	}
}

// Of several seeds the error is the mean of theirs, and the bins' intervals are
// no narrower than of one.
func TestCalibrationSeeds(t *testing.T) {
	a, b := exclusiveRun(t, "m", 1), exclusiveRun(t, "m", 2)
	p := twoTopics(3, 300, 2)
	load := loaded(map[string]results.Predictions{a.Trial: p, b.Trial: p})
	one, err := Calibration([]results.Run{a}, load, Options{Exclusive: true}, CalibrationOptions{})
	must(t, one, err)
	two, err := Calibration([]results.Run{a, b}, load, Options{Exclusive: true}, CalibrationOptions{})
	must(t, two, err)
	x, y := one.Calibration[0], two.Calibration[0]
	if math.Abs(x.ECE-y.ECE) > 1e-12 || math.Abs(x.Brier-y.Brier) > 1e-12 || y.Predictions != 2*x.Predictions {
		t.Errorf("one seed twice has ECE %v, Brier score %v of %d, want %v, %v of %d", y.ECE, y.Brier, y.Predictions, x.ECE, x.Brier, 2*x.Predictions)
	}
	for i := range x.Bins {
		if math.Abs(x.Bins[i].Interval.High-y.Bins[i].Interval.High) > 1e-12 {
			t.Errorf("bin %d: interval %+v of one seed, %+v of the same twice", i, x.Bins[i].Interval, y.Bins[i].Interval)
		}
	}
}

func TestPredictedErrors(t *testing.T) {
	r := exclusiveRun(t, "m", 1)
	odds := twoTopics(1, 5, 1)
	odds.Scores.Data[3] = 7.5
	load := loaded(map[string]results.Predictions{r.Trial: twoTopics(1, 5, 1)})
	silent := made(t, "m", "kind", 1, 0.3, nil)
	silent.Results[1].Decision.Threshold = 1
	silent.Results = silent.Results[:1]
	silent.Results[0].Decision.Threshold = 0.999999
	var many []results.Run
	for i := range mostPredicted + 1 {
		many = append(many, exclusiveRun(t, fmt.Sprint("model ", i), 1))
	}
	exclusive := Options{Exclusive: true}
	for name, c := range map[string]struct {
		draw func() (Figure, error)
		want string
	}{
		"no runs":     {func() (Figure, error) { return Confidence(nil, load, exclusive, 0) }, "there are no runs"},
		"bins":        {func() (Figure, error) { return Confidence([]results.Run{r}, load, exclusive, 101) }, "want 1 to 100"},
		"fewer bins":  {func() (Figure, error) { return Confidence([]results.Run{r}, load, exclusive, -1) }, "want 1 to 100"},
		"many models": {func() (Figure, error) { return Confidence(many, load, exclusive, 0) }, "choose some with --model"},
		"division": {func() (Figure, error) {
			return Calibration([]results.Run{r}, load, exclusive, CalibrationOptions{By: "weight"})
		}, "want width or mass"},
		"odds": {func() (Figure, error) {
			return Confidence([]results.Run{r}, loaded(map[string]results.Predictions{r.Trial: odds}), exclusive, 0)
		}, "no probability"},
		"nothing assigned": {func() (Figure, error) {
			return Confidence([]results.Run{silent}, loaded(map[string]results.Predictions{silent.Trial: manyLabels(1, 3, 2)}), Options{}, 0)
		}, "assigned no label"},
		"metric": {func() (Figure, error) { return Confidence([]results.Run{r}, load, Options{Metrics: []string{"f1"}}, 0) }, "leave out --metric"},
		"accuracy": {func() (Figure, error) {
			return Curves([]Curve{{r, epochs(3, 0.5, true)}}, Options{Metrics: []string{"accuracy"}})
		}, "no run kept its accuracy"},
	} {
		_, err := c.draw()
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || !fault.IsUsage(err) {
			t.Errorf("%s: error %v, want one line of usage with %q", name, err, c.want)
		}
	}
	if _, err := Confidence([]results.Run{r}, loaded(nil), exclusive, 0); err == nil || fault.IsUsage(err) {
		t.Errorf("predictions that cannot be read: error %v, want one that is not of usage", err)
	}
}
