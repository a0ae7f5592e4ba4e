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

	"assay/internal/rng"
	"assay/results"
	"assay/results/metrics"
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

// Five papers that differ are too few, also where each seed has its own papers and
// joined values differ everywhere.
func TestFewPapersOfSeveralSeeds(t *testing.T) {
	runs, f := models(t, 4, "a", "b"), fates{}
	for i := range runs {
		seed := int(runs[i].Seed)
		differing := 1 + 1/seed // 2, 1, 1, 1
		p := constant(200, func(k int) bool { return k%2 == 0 && (k >= 2*differing || runs[i].Model.Name == "a") })
		for k := range p.IDs {
			p.IDs[k] = fmt.Sprintf("%d/%d", seed, k)
		}
		f.set(&runs[i], 0, p)
	}
	c := column(compare(t, runs, Options{Columns: []string{"f1"}, Papers: f.of}), "f1")["b fixed:0.5"]
	if s, p := testOf(t, c, seedsTest), testOf(t, c, papersTest); !c.Close || s.Holm >= 0.05 || p.P < 0.0625 || p.N != 800 {
		t.Errorf("close %v, %+v, %+v", c.Close, s, p)
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
