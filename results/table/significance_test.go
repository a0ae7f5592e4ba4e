package table

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/internal/rng"
	"assay/results"
	"assay/results/compare"
)

// column returns the cells of the measured rows of a column by their rows' label.
func column(table Table, key string) map[string]Cell {
	at := slices.IndexFunc(table.Columns, func(c Column) bool { return c.Key == key })
	out := map[string]Cell{}
	for _, row := range table.Rows {
		if row.Status == compare.Measured {
			out[row.Cells[0].Text+" "+row.Cells[1].Text] = row.Cells[at]
		}
	}
	return out
}

func testOf(t *testing.T, c Cell, name string) compare.Test {
	t.Helper()
	for _, test := range c.Number.Tests {
		if test.Name == name {
			return test
		}
	}
	t.Fatalf("no %q among %+v", name, c.Number.Tests)
	return compare.Test{}
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
		{"seeds reject, papers do not", []int{22, 23, 24, 23}, []int{13, 12, 14, 13}, true},
		{"papers reject, seeds do not", []int{10, 0, 120, 20}, []int{0, 5, 0, 0}, true},
		{"two seeds do not decide", []int{45, 35}, steady, false},
		{"two seeds that differ much", []int{60, 20}, steady, true},
		{"one seed, papers reject", []int{30}, []int{4}, false},
		{"one seed, papers do not", []int{14}, []int{9}, true},
		{"too few papers differ", []int{5}, []int{0}, true},
	} {
		runs, f := models(t, len(c.behind), "a", "b"), outcomes{}
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
		table := laid(t, runs, compare.Options{Metrics: []string{"f1"}, Papers: f.of})
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
	runs, f := models(t, 4, "a", "b"), outcomes{}
	for i := range runs {
		seed := int(runs[i].Seed)
		differing := 1 + 1/seed // 2, 1, 1, 1
		p := constant(200, func(k int) bool { return k%2 == 0 && (k >= 2*differing || runs[i].Model.Name == "a") })
		for k := range p.IDs {
			p.IDs[k] = fmt.Sprintf("%d/%d", seed, k)
		}
		f.set(&runs[i], 0, p)
	}
	c := column(laid(t, runs, compare.Options{Metrics: []string{"f1"}, Papers: f.of}), "f1")["b fixed:0.5"]
	if s, p := testOf(t, c, compare.OverSeeds), testOf(t, c, compare.OverPapers); !c.Close || s.Adjusted >= 0.05 || p.P < 0.0625 || p.N != 800 {
		t.Errorf("close %v, %+v, %+v", c.Close, s, p)
	}
}

// A difference that is significant alone is not among many: over papers all pairs
// of rows count, since any could have been the best.
func TestCorrectionOverTheColumn(t *testing.T) {
	build := func(others int) Cell {
		names := []string{"a", "b"}
		for i := range others {
			names = append(names, fmt.Sprintf("c%d", i))
		}
		runs, f := models(t, 1, names...), outcomes{}
		for i := range runs {
			own := rng.New(1, runs[i].Model.Name)
			f.set(&runs[i], 0, constant(400, func(k int) bool {
				switch name := runs[i].Model.Name; {
				case k < 20:
					return name != "b"
				case k < 29:
					return name == "b"
				case k < 31:
					return name == "a"
				case k < 200 && name > "b": // the others are all but as good as a, on other papers
					return k%2 == 0 != (own.IntN(5) == 0)
				}
				return k%2 == 0
			}))
		}
		return column(laid(t, runs, compare.Options{Metrics: []string{"f1"}, Papers: f.of}), "f1")["b fixed:0.5"]
	}
	alone, among := build(0), build(6)
	p, q := testOf(t, alone, compare.OverPapers), testOf(t, among, compare.OverPapers)
	if alone.Close || p.Adjusted < p.P || p.Adjusted > 0.05 {
		t.Errorf("alone: close %v, %+v", alone.Close, p)
	}
	if !among.Close || q.Adjusted < 3*p.P {
		t.Errorf("among seven: close %v, %+v", among.Close, q)
	}
}

// In the column Exact McNemar's test decides; beside F1 it only stands.
func TestMcNemarDecidesExact(t *testing.T) {
	runs, f := models(t, 1, "a", "b"), outcomes{}
	for i := range runs {
		p := noPapers()
		for k := range 300 {
			truth := []int32{0, 1, 2}
			predicted := truth
			switch name := runs[i].Model.Name; {
			case k < 20: // F1 tells them apart, being exactly right does not
				predicted = []int32{0, 1}
				if name == "b" {
					predicted = []int32{0, 5}
				}
			case k < 22 && name == "b", k == 22 && name == "a", k > 200:
				predicted = []int32{0}
			}
			add(&p, fmt.Sprint(k), predicted, truth, true, 0)
		}
		f.set(&runs[i], 0, p)
	}
	table := laid(t, runs, compare.Options{Metrics: []string{"f1", "subset_accuracy"}, Papers: f.of})
	f1, exact := column(table, "f1")["b fixed:0.5"], column(table, "subset_accuracy")
	if m := testOf(t, f1, compare.OnExact); f1.Close || m.Decides || m.P != 1 {
		t.Errorf("F1: close %v, McNemar %+v", f1.Close, m)
	}
	b := exact["b fixed:0.5"]
	if m := testOf(t, b, compare.OnExact); !b.Close || !m.Decides || m.N != 3 || len(b.Number.Tests) != 2 {
		t.Errorf("Exact: close %v, McNemar %+v", b.Close, m)
	}
	if exact["b fixed:0.5"].Number.Papers == nil {
		t.Error("Exact has no interval over papers")
	}
}

// Without common papers no row stands below the best, whatever its seeds say, and
// each is named.
func TestUntestedRowsKeepTheirMark(t *testing.T) {
	runs := append(models(t, 3, "a", "b"), models(t, 2, "c")...)
	for i := range runs {
		if runs[i].Model.Name == "a" {
			runs[i].Results[0].All.SampleF1 += 0.3
		}
	}
	table := laid(t, runs, compare.Options{Metrics: []string{"f1"}})
	notes := strings.Join(table.Notes, "\n")
	if !strings.Contains(notes, "Not tested against the best, for want of common papers, and left with ~: F1 in 2 rows.") {
		t.Errorf("notes %s", notes)
	}
	for label, c := range column(table, "f1") {
		if c.Best {
			continue
		}
		want := map[bool]int{true: 2, false: 3}[label == "c fixed:0.5"]
		if s := testOf(t, c, compare.OverSeeds); s.N != want || s.Decides || !c.Close {
			t.Errorf("%s: close %v, %+v, want n = %d", label, c.Close, s, want)
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
				Tests      []compare.Test
			}
		}
	}
	if err := json.Unmarshal([]byte(written(t, laid(t, runs, compare.Options{Papers: f.of}, None), JSON)), &doc); err != nil {
		t.Fatal(err)
	}
	for _, row := range doc.Rows {
		n := row.Numbers["f1"]
		if n.HalfWidth == nil || n.OverPapers == nil || n.Best != (len(n.Tests) == 0) {
			t.Errorf("%+v", n)
		}
		for _, test := range n.Tests {
			if test.N == 0 || test.P == 0 || test.Adjusted < test.P || (test.Difference == nil) != (test.Name == compare.OnExact) {
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
			opt := compare.Options{Expected: runs}
			if c.papers {
				opt.Papers = invent(runs, 1000, true).of
			}
			for b.Loop() {
				if _, err := lay(compare.View{}, runs, opt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
