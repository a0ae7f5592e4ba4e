package compare

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"assay/results"
)

// Between projecting and measuring: which trials are replicates, and what they are
// called.
func TestProject(t *testing.T) {
	runs := swept(t)
	again := runs[0]
	again.Trial, again.Started = "again", again.Started.AddDate(1, 0, 0)
	c, err := begin(append(runs, again), Options{Metrics: []string{"f1"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"LSTM (embeddings=glove, dropout=0.1, recall=unset)":   "again measured, LSTM2dropout=0.1,embeddings=glove measured, LSTM3dropout=0.1,embeddings=glove failed, ",
		"LSTM (embeddings=fasttext, dropout=0.2, recall=high)": "LSTM1dropout=0.2,embeddings=fasttext,recall=high measured, ",
		"RF": "RF1max_depth=no limit measured, ",
	}
	for _, g := range c.Groups {
		text := ""
		for _, trial := range g.Trials {
			text += fmt.Sprintf("%s %s, ", trial.Run.Trial, trial.Outcome)
		}
		if want[g.Label] != text {
			t.Errorf("group %q has %q, want %q", g.Label, text, want[g.Label])
		}
	}
	if len(c.Groups) != 3 || len(c.Notes) != 1 || c.Groups[0].Rows != nil {
		t.Errorf("%d groups, notes %q", len(c.Groups), c.Notes)
	}
}

// Between measuring and laying out: numbers, intervals and the best, without a text.
func TestRuns(t *testing.T) {
	c, err := Runs(swept(t), Options{Metrics: []string{"f1", "fit_seconds"}})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(c.Groups, func(g *Group) bool { return len(g.Done()) == 2 })
	row := c.Groups[i].Rows[1]
	f1, fit := row.Values[0], row.Values[1]
	half := math.Tan(math.Pi/2*0.95) * 0.025 // t of one degree of freedom, times a standard error of 2.5 points
	if row.Rule.String() != "tuned" || math.Abs(f1.Value-0.525) > 1e-12 || math.Abs(*f1.HalfWidth-half) > 1e-9 || math.Abs(fit.Value-4.25) > 1e-12 || f1.Papers != nil {
		t.Errorf("row %s: F1 %+v, fit %+v", row.Rule, f1, fit)
	}
	if c.Incomparable != "" || row.Best[0] || !row.Close[0] || row.Close[1] { // no papers: nothing tells it from the best; costs have no best
		t.Errorf("row %+v", row)
	}
}

// Metrics are ordered by what is better, and every one says what it is.
func TestMetrics(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Metrics() {
		if seen[m.Key] || m.Key == "" || m.Name == "" || m.Title == "" || m.Unit == "" || !(m.Most > 0) {
			t.Errorf("metric %+v", m)
		}
		seen[m.Key] = true
		lower := m.Unit != Fraction
		if m.Lower != lower || m.Better(1, 2) != lower || m.Better(2, 1) == lower {
			t.Errorf("%s: less is better: %t", m.Key, m.Lower)
		}
		if found, ok := Lookup(m.Key); !ok || found.Name != m.Name || slices.Contains(Keys(), m.Key) == m.ByEpoch {
			t.Errorf("%s is found as %q", m.Key, found.Name)
		}
	}
	for _, key := range slices.Concat(defaultKeys(true), defaultKeys(false)) {
		if !seen[key] {
			t.Errorf("the usual metric %s is unknown", key)
		}
	}
}

func TestIncomparable(t *testing.T) {
	base := func() []results.Run {
		return []results.Run{made(t, "A", 1, 0.1, nil), made(t, "B", 1, 0.2, nil), made(t, "B", 2, 0.2, nil)}
	}
	for _, c := range []struct {
		spoil func([]results.Run)
		want  string
	}{
		{func([]results.Run) {}, ""},
		{func(r []results.Run) { r[1].Data.Hash = "x" }, "the runs read different corpora"},
		{func(r []results.Run) { r[1].Data.Split = "x" }, "the runs drew different samples or splits"},
		{func(r []results.Run) { r[2].Data.Labels = 2 }, "the runs predict different categories"},
		{func(r []results.Run) { r[1].Data.Test = 7 }, "with seed 1 the runs saw different papers"},
		{func(r []results.Run) { r[2].Data.Test = 7 }, ""}, // each seed may draw its own
		{func(r []results.Run) { r[1].Data.Test, r[1].State = 0, results.Running }, ""},
	} {
		runs := base()
		c.spoil(runs)
		if got := Incomparable(runs); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
