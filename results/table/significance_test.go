package table

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/internal/rng"
	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// fates is what each run's papers met, by trial and rule.
type fates map[string]PaperScores

func (f fates) of(r results.Run, rule metrics.Rule) (PaperScores, error) {
	p, ok := f[r.Trial+rule.String()]
	if !ok {
		return PaperScores{}, errors.New("no predictions")
	}
	return p, nil
}

// set gives a run's rule these papers and the scores that follow from them.
func (f fates) set(r *results.Run, rule int, p PaperScores) {
	res := &r.Results[rule]
	res.All.SampleF1, res.Master.SampleF1, res.All.SubsetAccuracy = mean(p.F1), mean(p.MasterF1), mean(p.Exact)
	f[r.Trial+res.Decision.Rule.String()] = p
}

// invent gives runs the fates of n papers: some papers are hard for every model,
// and a run's present F1 says how good it is. Papers differ between seeds, with
// some in common, or are the same.
func invent(runs []results.Run, n int, perSeed bool) fates {
	f := fates{}
	for i := range runs {
		if runs[i].State != results.Done {
			continue
		}
		runs[i].Results = slices.Clone(runs[i].Results)
		for k := range runs[i].Results {
			own := rng.New(runs[i].Seed, runs[i].Trial, strconv.Itoa(k))
			good := runs[i].Results[k].All.SampleF1
			var p PaperScores
			for j := range n {
				if perSeed {
					j += int(runs[i].Seed) * n * 3 / 4
				}
				id := fmt.Sprintf("2001.%05d", j)
				hard := rng.New(1, "paper", id).Float64()
				at := good + 0.5 - (0.7*hard + 0.3*own.Float64())
				f1 := math.Round(4*min(1, max(0, at))) / 4
				p.IDs, p.F1 = append(p.IDs, id), append(p.F1, f1)
				p.Exact = append(p.Exact, math.Floor(f1))
				p.MasterF1 = append(p.MasterF1, math.Ceil(2*f1)/2)
				p.MasterExact = append(p.MasterExact, math.Floor(math.Ceil(2*f1)/2))
			}
			f.set(&runs[i], k, p)
		}
	}
	return f
}

// column returns the cells of the measured rows of a column by their rows' label.
func column(table Table, key string) map[string]Cell {
	at := slices.IndexFunc(table.Columns, func(c Column) bool { return c.Key == key })
	out := map[string]Cell{}
	for _, row := range table.Rows {
		if row.Status == Measured {
			out[row.Cells[0].Text+" "+row.Cells[1].Text] = row.Cells[at]
		}
	}
	return out
}

func testOf(t *testing.T, c Cell, name string) Test {
	t.Helper()
	for _, test := range c.Number.Tests {
		if test.Name == name {
			return test
		}
	}
	t.Fatalf("no %q among %+v", name, c.Number.Tests)
	return Test{}
}

// models makes one run a model and seed with a single rule.
func models(t *testing.T, seeds int, names ...string) []results.Run {
	t.Helper()
	var runs []results.Run
	for seed := range seeds {
		for _, name := range names {
			r := run(t, name, "native", uint64(seed+1), 0.5, nil)
			r.Results = r.Results[:1]
			runs = append(runs, r)
		}
	}
	return runs
}

// constant are papers of which share right have an F1 of 1 and the others 0.
func constant(n int, right func(i int) bool) PaperScores {
	p := PaperScores{}
	for i := range n {
		v := 0.0
		if right(i) {
			v = 1
		}
		p.IDs = append(p.IDs, fmt.Sprint(i))
		p.F1, p.MasterF1, p.Exact, p.MasterExact = append(p.F1, v), append(p.MasterF1, v), append(p.Exact, v), append(p.MasterExact, v)
	}
	return p
}

// With several seeds both tests must reject, with one that over papers.
func TestWhatLosesTheMark(t *testing.T) {
	steady := []int{0, 0, 0, 0}
	for _, c := range []struct {
		name   string
		behind []int // papers of 400, by seed, that b has wrong and a right
		ahead  []int // and the other way
		close  bool
	}{
		{"both reject", []int{40, 42, 41, 43}, steady, false},
		{"seeds reject, papers do not", []int{23, 23, 23, 23}, []int{13, 13, 13, 13}, true},
		{"papers reject, seeds do not", []int{10, 0, 120, 20}, []int{0, 5, 0, 0}, true},
		{"two seeds do not decide", []int{60, 20}, steady, false},
		{"one seed, papers reject", []int{30}, []int{4}, false},
		{"one seed, papers do not", []int{14}, []int{9}, true},
		{"too few papers differ", []int{5}, []int{0}, true},
	} {
		runs, f := models(t, len(c.behind), "a", "b"), fates{}
		for i := range runs {
			s := i / 2
			f.set(&runs[i], 0, constant(400, func(k int) bool {
				switch {
				case k < c.behind[s]:
					return runs[i].Model.Name == "a"
				case k < c.behind[s]+c.ahead[s]:
					return runs[i].Model.Name == "b"
				}
				return k%2 == 0
			}))
		}
		table := compare(t, runs, Options{Columns: []string{"f1"}, Papers: f.of})
		cell := column(table, "f1")["b fixed:0.5"]
		if cell.Close != c.close {
			t.Errorf("%s: close %v, want %v: %+v", c.name, cell.Close, c.close, cell.Number.Tests)
		}
		few := slices.ContainsFunc(table.Notes, func(n string) bool { return strings.Contains(n, "fewer than 6 papers differ") })
		if few != (c.name == "too few papers differ") {
			t.Errorf("%s: notes %q", c.name, table.Notes)
		}
	}
}

// A difference that is significant alone is not among many.
func TestHolmOverTheColumn(t *testing.T) {
	build := func(others int) Cell {
		names := []string{"a", "b"}
		for i := range others {
			names = append(names, fmt.Sprintf("c%d", i))
		}
		runs, f := models(t, 1, names...), fates{}
		for i := range runs {
			f.set(&runs[i], 0, constant(400, func(k int) bool {
				switch name := runs[i].Model.Name; {
				case k < 20:
					return name != "b"
				case k < 29:
					return name == "b"
				case k < 31:
					return name == "a" // the others are all but as good as a
				}
				return k%2 == 0
			}))
		}
		return column(compare(t, runs, Options{Columns: []string{"f1"}, Papers: f.of}), "f1")["b fixed:0.5"]
	}
	alone, among := build(0), build(6)
	p, q := testOf(t, alone, papersTest), testOf(t, among, papersTest)
	if alone.Close || p.P != p.Holm || p.P > 0.05 {
		t.Errorf("alone: close %v, %+v", alone.Close, p)
	}
	if !among.Close || math.Abs(q.Holm-7*p.P) > 1e-12 || q.P != p.P {
		t.Errorf("among seven: close %v, %+v", among.Close, q)
	}
}

// In the column Exact McNemar's test decides; beside F1 it only stands.
func TestMcNemarDecidesExact(t *testing.T) {
	runs, f := models(t, 1, "a", "b"), fates{}
	for i := range runs {
		p := constant(300, func(k int) bool { return k%3 != 0 })
		for k := range 20 { // F1 tells them apart, being exactly right does not
			p.F1[3*k] = 0.4
			if runs[i].Model.Name == "a" {
				p.F1[3*k] = 0.6
			}
		}
		if runs[i].Model.Name == "b" {
			p.Exact[1], p.Exact[2] = 0, 0
		} else {
			p.Exact[4] = 0
		}
		f.set(&runs[i], 0, p)
	}
	table := compare(t, runs, Options{Columns: []string{"f1", "subset_accuracy"}, Papers: f.of})
	f1, exact := column(table, "f1")["b fixed:0.5"], column(table, "subset_accuracy")
	if m := testOf(t, f1, exactTest); f1.Close || m.Decides || m.P != 1 {
		t.Errorf("F1: close %v, McNemar %+v", f1.Close, m)
	}
	b := exact["b fixed:0.5"]
	if m := testOf(t, b, exactTest); !b.Close || !m.Decides || m.N != 3 || len(b.Number.Tests) != 1 {
		t.Errorf("Exact: close %v, McNemar %+v", b.Close, m)
	}
	if exact["b fixed:0.5"].Number.Papers == nil {
		t.Error("Exact has no interval over papers")
	}
}

// The interval of a run's own papers is that which the run keeps.
func TestIntervalOverPapers(t *testing.T) {
	runs := models(t, 1, "a")
	f := invent(runs, 300, false)
	p, _ := f.of(runs[0], runs[0].Results[0].Decision.Rule)
	want, err := stats.Bootstrap(p.F1, stats.Level, stats.Resamples, stats.Seed())
	if err != nil {
		t.Fatal(err)
	}
	got := column(compare(t, runs, Options{Papers: f.of}), "f1")["a fixed:0.5"]
	if got.Number.Papers == nil || *got.Number.Papers != results.Interval(want) {
		t.Errorf("interval %v, want %v", got.Number.Papers, want)
	}
	text := fmt.Sprintf("[%.2f, %.2f]", 100*want.Low, 100*want.High)
	if got.Range != text || got.Interval != "" {
		t.Errorf("shown %q and %q, want %q alone", got.Range, got.Interval, text)
	}
	stored := results.Interval{Low: 0.1, High: 0.9}
	runs[0].Results[0].Intervals = &results.Intervals{Level: stats.Level, F1: stored, MasterF1: stored}
	if got := column(compare(t, runs, Options{}), "master_f1")["a fixed:0.5"]; got.Range != "[10.00, 90.00]" {
		t.Errorf("the run's own interval is shown as %q", got.Range)
	}
	runs[0].Results[0].Intervals.Level = 0.9
	if got := column(compare(t, runs, Options{}), "f1")["a fixed:0.5"]; got.Range != "" {
		t.Errorf("an interval of another level is shown as %q", got.Range)
	}
}

// Over seeds that each have their own papers, the interval is that of drawing
// every seed's papers anew, a paper of several seeds for all of them.
func TestJoinedPapersOfSeeds(t *testing.T) {
	for _, perSeed := range []bool{false, true} {
		runs := models(t, 3, "a")
		f := invent(runs, 200, perSeed)
		got := column(compare(t, runs, Options{Papers: f.of}), "f1")["a fixed:0.5"].Number.Papers
		var papers []PaperScores
		of := map[string][][2]float64{} // a paper's seeds and values
		var ids []string
		for s, r := range runs {
			p, _ := f.of(r, r.Results[0].Decision.Rule)
			papers = append(papers, p)
			for i, id := range p.IDs {
				if of[id] == nil {
					ids = append(ids, id)
				}
				of[id] = append(of[id], [2]float64{float64(s), p.F1[i]})
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

// What stands in a cell, for a row of three seeds and one of a single seed.
func TestIntervalKinds(t *testing.T) {
	runs := append(models(t, 3, "a"), models(t, 1, "b")...)
	f := invent(runs, 100, true)
	for kind, want := range map[string][2]string{
		"": {"±", "["}, "auto": {"±", "["}, "seeds": {"±", ""}, "papers": {"[", "["}, "both": {"±[", "["}, "none": {"", ""},
	} {
		cells := column(compare(t, runs, Options{Intervals: kind, Papers: f.of}), "f1")
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
	_, err := Compare(runs, Options{Intervals: "all"})
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
	noteOf := func(get func(results.Run, metrics.Rule) (PaperScores, error)) (string, Cell) {
		table := compare(t, runs, Options{Papers: get, Columns: []string{"f1"}})
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
	for name, change := range map[string]func(p *PaperScores) error{
		"no predictions": func(*PaperScores) error { return errors.New("no predictions") },
		"papers' f1 is":  func(p *PaperScores) error { p.F1 = slices.Clone(p.F1); p.F1[0] += 0.5; return nil },
		"99 papers have": func(p *PaperScores) error { p.IDs = p.IDs[1:]; return nil },
	} {
		notes, c := noteOf(func(r results.Run, of metrics.Rule) (PaperScores, error) {
			p, err := f.of(r, of)
			if r.Trial == runs[0].Trial {
				err = change(&p)
			}
			return p, err
		})
		if !strings.Contains(notes, "No intervals or tests over papers for 1 row; a, rule fixed:0.5: seed 1: ") || !strings.Contains(notes, name) {
			t.Errorf("%s: notes %s", name, notes)
		}
		if len(c.Number.Tests) != 1 || c.Number.Tests[0].Name != seedsTest {
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

// With many runs their predictions are not read, unless it is asked for.
func TestTooManyRunsForTestsOverPapers(t *testing.T) {
	runs := models(t, 4, "a", "b")
	f := invent(runs, 60, false)
	for limit, want := range map[int]bool{0: false, 8: false, 7: true} {
		table := compare(t, runs, Options{Papers: f.of, PaperRuns: limit})
		if got := strings.Contains(strings.Join(table.Notes, "\n"), "up to 7 unless asked for more, and there are 8 (--papers 8)"); got != want {
			t.Errorf("up to %d: notes %q", limit, table.Notes)
		}
		if c := column(table, "f1")["a fixed:0.5"]; (c.Number.Papers == nil) != want {
			t.Errorf("up to %d: interval %v", limit, c.Number.Papers)
		}
	}
}

// Rows that share neither seeds nor papers with the best are named.
func TestUntestedRowsAreCounted(t *testing.T) {
	runs := models(t, 1, "a", "b", "c")
	notes := strings.Join(compare(t, runs, Options{}).Notes, "\n")
	if !strings.Contains(notes, "Not tested against the best, for want of 2 common seeds or of common papers: F1 in 2 rows") || !strings.Contains(notes, "which needs 2") {
		t.Errorf("notes %s", notes)
	}
	runs = append(models(t, 3, "a", "b"), models(t, 2, "c")...)
	table := compare(t, runs, Options{Columns: []string{"f1"}})
	for label, c := range column(table, "f1") {
		if want := map[bool]int{true: 2, false: 3}[label == "c fixed:0.5"]; !c.Best && testOf(t, c, seedsTest).N != want {
			t.Errorf("%s: %+v, want n = %d", label, c.Number.Tests, want)
		}
	}
}

func TestManyComparisonsTakeMoreResamples(t *testing.T) {
	for comparisons, want := range map[int]int{1: 2000, 40: 2000, 100: 5000, 1000: 10_000} {
		if got := resamplesFor(comparisons); got != want {
			t.Errorf("resamplesFor(%d) = %d, want %d", comparisons, got, want)
		}
	}
	for m := 1; m < 250; m++ {
		if float64(m)*2/float64(resamplesFor(m)+1) >= 0.05 {
			t.Fatalf("%d comparisons can never be significant", m)
		}
	}
}

// JSON has both intervals, and each test with its raw and its adjusted p.
func TestJSONHasTheTests(t *testing.T) {
	runs := models(t, 3, "a", "b", "c")
	f := invent(runs, 100, true)
	var doc struct {
		Rows []struct {
			Numbers map[string]struct {
				HalfWidth  *float64          `json:"half_width"`
				OverPapers *results.Interval `json:"over_papers"`
				Best       bool
				Tests      []Test
			}
		}
	}
	if err := json.Unmarshal([]byte(written(t, compare(t, runs, Options{Papers: f.of, Intervals: "none"}), JSON)), &doc); err != nil {
		t.Fatal(err)
	}
	for _, row := range doc.Rows {
		n := row.Numbers["f1"]
		if n.HalfWidth == nil || n.OverPapers == nil || n.Best != (len(n.Tests) == 0) {
			t.Errorf("%+v", n)
		}
		for _, test := range n.Tests {
			if test.N == 0 || test.P == 0 || test.Holm < test.P || (test.Difference == nil) != (test.Name == exactTest) {
				t.Errorf("%+v", test)
			}
		}
	}
}

// BenchmarkCompare lays out a large sweep; papers cost their tests besides.
func BenchmarkCompare(b *testing.B) {
	for _, c := range []struct {
		name   string
		models int
		papers bool
	}{{"10000 runs", 3333, false}, {"24 runs with papers", 8, true}} {
		b.Run(c.name, func(b *testing.B) {
			var runs []results.Run
			for i := range c.models {
				for seed := uint64(1); seed <= 3; seed++ {
					runs = append(runs, run(b, "M", "native", seed, 0.4+float64(i%7)/100, map[string]any{"alpha": float64(i), "features": "counts"}))
				}
			}
			opt := Options{Expected: runs}
			if c.papers {
				opt.Papers = invent(runs, 1000, true).of
			}
			for b.Loop() {
				if _, err := Compare(runs, opt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
