package table

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/internal/rng"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
	"assay/results/stats"
)

// The interval of a run's own papers is that which the run keeps.
func TestIntervalOverPapers(t *testing.T) {
	runs := models(t, 1, "a")
	f := invent(runs, 300, false)
	p, _ := f.of(runs[0], runs[0].Results[0].Decision.Rule)
	resampled, err := stats.Resample([][]float64{f1Of(t, p)}, stats.Resamples, stats.Seed())
	if err != nil {
		t.Fatal(err)
	}
	want := resampled.Estimate(0).Interval(stats.Level)
	got := column(laid(t, runs, compare.Options{Papers: f.of}), "f1")["a fixed:0.5"]
	if got.Number.Papers == nil || *got.Number.Papers != results.Interval(want) {
		t.Errorf("interval %v, want %v", got.Number.Papers, want)
	}
	text := fmt.Sprintf("[%.2f, %.2f]", 100*want.Low, 100*want.High)
	if got.Range != text || got.Interval != "" {
		t.Errorf("shown %q and %q, want %q alone", got.Range, got.Interval, text)
	}
	stored := results.Interval{Low: 0.1, High: 0.9}
	runs[0].Results[0].Intervals = &results.Intervals{Level: stats.Level, F1: stored, MasterF1: stored}
	if got := column(laid(t, runs, compare.Options{}), "master_f1")["a fixed:0.5"]; got.Range != "[10.00, 90.00]" {
		t.Errorf("the run's own interval is shown as %q", got.Range)
	}
	runs[0].Results[0].Intervals.Level = 0.9
	if got := column(laid(t, runs, compare.Options{}), "f1")["a fixed:0.5"]; got.Range != "" {
		t.Errorf("an interval of another level is shown as %q", got.Range)
	}
}

// Over seeds that each have their own papers, the interval is that of drawing
// every seed's papers anew, a paper of several seeds for all of them.
func TestJoinedPapersOfSeeds(t *testing.T) {
	for _, perSeed := range []bool{false, true} {
		runs := models(t, 3, "a")
		f := invent(runs, 200, perSeed)
		got := column(laid(t, runs, compare.Options{Papers: f.of}), "f1")["a fixed:0.5"].Number.Papers
		of := map[string][][2]float64{} // a paper's seeds and values
		var ids []string
		for s, r := range runs {
			p, _ := f.of(r, r.Results[0].Decision.Rule)
			f1 := f1Of(t, p)
			for i, id := range p.IDs {
				if of[id] == nil {
					ids = append(ids, id)
				}
				of[id] = append(of[id], [2]float64{float64(s), f1[i]})
			}
		}
		var means []float64
		source := rng.New(1, "brute force")
		for range 6000 {
			var sum, n [3]float64
			for range ids {
				for _, v := range of[ids[source.IntN(len(ids))]] {
					sum[int(v[0])] += v[1]
					n[int(v[0])]++
				}
			}
			means = append(means, (sum[0]/n[0]+sum[1]/n[1]+sum[2]/n[2])/3)
		}
		slices.Sort(means)
		want := results.Interval{Low: means[150], High: means[5849]}
		if e := 0.05 * (want.High - want.Low); math.Abs(got.Low-want.Low) > e || math.Abs(got.High-want.High) > e {
			t.Errorf("other papers for each seed %v: interval %v, want %v within %v", perSeed, *got, want, e)
		}
	}
}

func f1Of(t *testing.T, p compare.PaperScores) []float64 {
	t.Helper()
	papers, err := metrics.ByPaper(p.Predicted, p.Truth)
	if err != nil {
		t.Fatal(err)
	}
	return papers.F1
}

// What stands in a cell, for a row of three seeds and one of a single seed.
func TestIntervalKinds(t *testing.T) {
	runs := append(models(t, 3, "a"), models(t, 1, "b")...)
	f := invent(runs, 100, true)
	for kind, want := range map[string][2]string{
		"": {"±", "["}, "auto": {"±", "["}, "seeds": {"±", ""}, "papers": {"[", "["}, "both": {"±[", "["}, "none": {"", ""},
	} {
		intervals, err := ParseIntervals(kind)
		if err != nil {
			t.Fatal(err)
		}
		cells := column(laid(t, runs, compare.Options{Papers: f.of}, intervals), "f1")
		for i, label := range []string{"a fixed:0.5", "b fixed:0.5"} {
			got := ""
			for _, sign := range []string{"±", "["} {
				if strings.Contains(cells[label].shown(" "), sign) {
					got += sign
				}
			}
			if got != want[i] {
				t.Errorf("%q shows %q for %s, want %q", kind, got, label, want[i])
			}
		}
	}
	_, err := ParseIntervals("all")
	if err == nil || !fault.IsUsage(err) || !strings.Contains(err.Error(), "want one of auto, seeds, papers, both, none") {
		t.Errorf("error %v", err)
	}
}

// Papers that are not there, or are not the run's, cost their tests and nothing
// else; rows of other papers are not compared over papers.
func TestPapersThatCannotBeUsed(t *testing.T) {
	runs := models(t, 2, "a", "b")
	f := invent(runs, 100, false)
	rule := runs[0].Results[0].Decision.Rule
	noteOf := func(get func(results.Run, metrics.Rule) (compare.PaperScores, error)) (string, Cell) {
		table := laid(t, runs, compare.Options{Papers: get, Metrics: []string{"f1"}})
		cells := column(table, "f1")
		worse := cells["a fixed:0.5"]
		if worse.Best {
			worse = cells["b fixed:0.5"]
		}
		return strings.Join(table.Notes, "\n"), worse
	}
	if notes, c := noteOf(f.of); strings.Contains(notes, "No intervals") || len(c.Number.Tests) != 3 {
		t.Errorf("all papers: notes %s, tests %+v", notes, c.Number.Tests)
	}
	for name, change := range map[string]func(p *compare.PaperScores) error{
		"no predictions": func(*compare.PaperScores) error { return errors.New("no predictions") },
		"papers' f1 is":  func(p *compare.PaperScores) error { p.Predicted = p.Truth; return nil },
		"99 subjects":    func(p *compare.PaperScores) error { p.IDs = p.IDs[1:]; return nil },
		"no paper":       func(p *compare.PaperScores) error { *p = noPapers(); return nil },
	} {
		notes, c := noteOf(func(r results.Run, of metrics.Rule) (compare.PaperScores, error) {
			p, err := f.of(r, of)
			if r.Trial == runs[0].Trial {
				err = change(&p)
			}
			return p, err
		})
		if !strings.Contains(notes, "No intervals or tests over papers for 1 row; a, rule fixed:0.5: seed 1: ") || !strings.Contains(notes, name) {
			t.Errorf("%s: notes %s", name, notes)
		}
		if len(c.Number.Tests) != 1 || c.Number.Tests[0].Name != compare.OverSeeds {
			t.Errorf("%s: tests %+v", name, c.Number.Tests)
		}
	}
	p := f[runs[0].Trial+rule.String()]
	p.IDs = append([]string{"another"}, p.IDs[1:]...)
	f[runs[0].Trial+rule.String()] = p
	if _, c := noteOf(f.of); len(c.Number.Tests) != 1 {
		t.Errorf("another paper: tests %+v", c.Number.Tests)
	}
}

func TestNoTestsOverPapers(t *testing.T) {
	runs := models(t, 2, "a", "b")
	notes := strings.Join(laid(t, runs, compare.Options{Papers: invent(runs, 60, false).of, PaperRuns: -1}).Notes, "\n")
	if !strings.Contains(notes, "Tests over papers left out, as was asked for.") || strings.Contains(notes, "-1") {
		t.Errorf("notes %s", notes)
	}
}

// With many runs their predictions are not read, unless it is asked for.
func TestTooManyRunsForTestsOverPapers(t *testing.T) {
	runs := models(t, 4, "a", "b")
	f := invent(runs, 60, false)
	for limit, want := range map[int]bool{0: false, 8: false, 7: true} {
		table := laid(t, runs, compare.Options{Papers: f.of, PaperRuns: limit})
		if got := strings.Contains(strings.Join(table.Notes, "\n"), "up to 7 unless asked for more, and there are 8 (--papers 8)"); got != want {
			t.Errorf("up to %d: notes %q", limit, table.Notes)
		}
		if c := column(table, "f1")["a fixed:0.5"]; (c.Number.Papers == nil) != want {
			t.Errorf("up to %d: interval %v", limit, c.Number.Papers)
		}
	}
}
