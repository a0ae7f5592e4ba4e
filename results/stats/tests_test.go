package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"assay/internal/rng"
)

type reference struct {
	Holm    []struct{ P, Adjusted []float64 }
	McNemar []struct {
		B, C  int
		Exact bool
		P     float64
	}
	Bootstrap []struct {
		A, B                            []float64
		Level, Low, High, SE            float64
		Difference, DLow, DHigh, DSE, P float64
	}
}

func readReference(t *testing.T) reference {
	t.Helper()
	data, err := os.ReadFile("testdata/tests.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Holm) == 0 || len(r.McNemar) == 0 || len(r.Bootstrap) == 0 {
		t.Fatal("tests.json lacks cases")
	}
	return r
}

func TestHolmAgreesWithStatsmodels(t *testing.T) {
	for _, c := range readReference(t).Holm {
		got := Holm(c.P)
		for i := range got {
			if !near(got[i], c.Adjusted[i]) {
				t.Errorf("Holm(%v) = %v, want %v", c.P, got, c.Adjusted)
				break
			}
		}
	}
}

// A comparison without a test neither counts nor changes; the adjusted p-values
// keep the order of the raw ones.
func TestHolmProperties(t *testing.T) {
	got := Holm([]float64{0.02, math.NaN(), 0.01})
	if got[0] != 0.02 || !math.IsNaN(got[1]) || got[2] != 0.02 {
		t.Errorf("with a NaN: %v, want [0.02 NaN 0.02]", got)
	}
	r := rng.New(1, "holm")
	for range 200 {
		p := make([]float64, 1+r.IntN(20))
		for i := range p {
			p[i] = r.Float64() * r.Float64()
		}
		adjusted := Holm(p)
		for i := range p {
			if adjusted[i] < p[i] || adjusted[i] > 1 || adjusted[i] > min(1, float64(len(p))*p[i])+1e-15 {
				t.Fatalf("%v became %v", p, adjusted)
			}
			for j := range p {
				if p[i] < p[j] && adjusted[i] > adjusted[j] {
					t.Fatalf("%v became %v: another order", p, adjusted)
				}
			}
		}
	}
}

func TestMcNemarAgreesWithStatsmodels(t *testing.T) {
	for _, c := range readReference(t).McNemar {
		for _, pair := range [][2]int{{c.B, c.C}, {c.C, c.B}} {
			if p, exact := McNemar(pair[0], pair[1]); !near(p, c.P) || exact != c.Exact {
				t.Errorf("McNemar(%d, %d) = %v, %v, want %v, %v", pair[0], pair[1], p, exact, c.P, c.Exact)
			}
		}
	}
	if p, _ := McNemar(0, 0); p != 1 {
		t.Errorf("no discordant pair: p = %v", p)
	}
	if p, _ := McNemar(500, 500); p != 1 {
		t.Errorf("equal counts: p = %v", p)
	}
}

// FewestPairs is where the exact test first rejects.
func TestFewestPairs(t *testing.T) {
	for alpha, want := range map[float64]int{0.05: 6, 0.05 / 7: 9, 0.01: 8, 0.5: 3, 0: 0, 1: 0} {
		if got := FewestPairs(alpha); got != want {
			t.Errorf("FewestPairs(%v) = %d, want %d", alpha, got, want)
		}
		if want == 0 {
			continue
		}
		at, _ := McNemar(want, 0)
		before, _ := McNemar(want-1, 0)
		if at >= alpha || before < alpha-1e-12 || !near(at, SmallestP(want)) {
			t.Errorf("%d pairs give p = %v and one less %v, but alpha is %v", want, at, before, alpha)
		}
	}
}

// Our resamples are others than scipy's: ends and p lie within the errors of
// both.
func TestBootstrapAgreesWithScipy(t *testing.T) {
	for i, c := range readReference(t).Bootstrap {
		const resamples = 20_000
		got, err := bootstrap(c.A, c.Level, resamples, Seed())
		if err != nil {
			t.Fatal(err)
		}
		// An end's standard error is below 0.02 of the mean's with so many
		// resamples; means of few values stand on a lattice besides.
		if e := 0.07 * c.SE; math.Abs(got.Low-c.Low) > e || math.Abs(got.High-c.High) > e {
			t.Errorf("case %d: interval %v, want [%v, %v] within %v", i, got, c.Low, c.High, e)
		}
		d, err := PairedBootstrap(c.A, c.B, c.Level, resamples, Seed())
		if err != nil {
			t.Fatal(err)
		}
		if e := 0.07 * c.DSE; math.Abs(d.Interval.Low-c.DLow) > e || math.Abs(d.Interval.High-c.DHigh) > e {
			t.Errorf("case %d: interval of the difference %v, want [%v, %v] within %v", i, d.Interval, c.DLow, c.DHigh, e)
		}
		if math.Abs(d.Difference-c.Difference) > 1e-12 || d.N != len(c.A) {
			t.Errorf("case %d: %+v, want a difference of %v", i, d, c.Difference)
		}
		if math.Abs(d.P-c.P) > 1e-4+5*math.Sqrt(c.P*(1-c.P)/resamples) {
			t.Errorf("case %d: p = %v, want %v", i, d.P, c.P)
		}
	}
}

func TestResampleIsDeterministic(t *testing.T) {
	a, b := papers(rng.New(1, "a"), 301, 0.6), papers(rng.New(2, "b"), 301, 0.5)
	both, err := Resample([][]float64{a, b}, 500, 9)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := Resample([][]float64{b}, 700, 9)
	if err != nil {
		t.Fatal(err)
	}
	first := Estimate{samples: alone.Estimate(0).samples[:500]}
	if got, want := first.Interval(0.9), both.Estimate(1).Interval(0.9); got != want {
		t.Errorf("the interval is %v alone and %v beside another column", got, want)
	}
	if again, _ := Resample([][]float64{a, b}, 500, 9); !reflect.DeepEqual(again, both) {
		t.Error("the same call gave another result")
	}
	before := runtime.GOMAXPROCS(1)
	one, _ := Resample([][]float64{a, b}, 500, 9)
	runtime.GOMAXPROCS(before)
	if !reflect.DeepEqual(one, both) {
		t.Error("one core gave another result")
	}
	if other, _ := Resample([][]float64{a, b}, 500, 10); other.Estimate(0).Interval(0.95) == both.Estimate(0).Interval(0.95) {
		t.Error("another seed gave the same interval")
	}
	d, p := both.Estimate(0).Minus(both.Estimate(1), 0.95)
	e, q := both.Estimate(1).Minus(both.Estimate(0), 0.95)
	if p != q || math.Abs(d.Low+e.High) > 1e-12 {
		t.Errorf("the comparison is not symmetric: %+v, %v and %+v, %v", d, p, e, q)
	}
}

// With few subjects a resample says little: p is bounded by what exchanging
// signs could show.
func TestPairedBootstrapOfFewSubjects(t *testing.T) {
	same := []float64{0.5, 0.25, 1}
	if d, err := PairedBootstrap(same, same, 0.95, 200, 1); err != nil || d.P != 1 || d.Difference != 0 || d.Differing != 0 {
		t.Errorf("equal columns: %+v, %v", d, err)
	}
	for differing, want := range map[int]float64{1: 1, 2: 0.5, 5: 0.0625} {
		a, b := make([]float64, 40), make([]float64, 40)
		for i := range differing {
			a[i] = 1
		}
		if d, err := PairedBootstrap(a, b, 0.95, 2000, 1); err != nil || d.Differing != differing || d.P < want {
			t.Errorf("%d subjects differ: %+v, %v, want a p of at least %v", differing, d, err, want)
		}
	}
	if i, err := bootstrap([]float64{0.4}, 0.95, 100, 1); err != nil || i != (Interval{0.4, 0.4}) {
		t.Errorf("one subject: %v, %v", i, err)
	}
}

func TestBadSubjectsAreAnError(t *testing.T) {
	for _, c := range []struct {
		columns   [][]float64
		resamples int
		want      string
	}{
		{nil, 10, "nothing to resample"},
		{[][]float64{{}}, 10, "no subject"},
		{[][]float64{{1, 2}, {1}}, 10, "quantity 2: 2 subjects have 1 values"},
		{[][]float64{{1, math.NaN()}}, 10, "value 2 of 2 is NaN"},
		{[][]float64{{1}}, 0, "0 resamples"},
	} {
		if _, err := Resample(c.columns, c.resamples, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Resample(%v, %d) gave %v, want %q", c.columns, c.resamples, err, c.want)
		}
	}
	if _, err := bootstrap([]float64{1}, 1, 10, 1); err == nil {
		t.Error("a level of 1 was accepted")
	}
	if _, err := PairedBootstrap([]float64{1}, []float64{1}, math.NaN(), 10, 1); err == nil {
		t.Error("a level of NaN was accepted")
	}
	if _, err := PairedBootstrap([]float64{1}, nil, 0.95, 10, 1); err == nil {
		t.Error("columns of different lengths were accepted")
	}
}

// levels are F1s that a paper can have.
var levels = []float64{0, 2. / 7, 0.4, 0.5, 2. / 3, 0.8, 1}

// papers invents the F1s of n papers; the better the model, the more are 1.
func papers(r interface{ Float64() float64 }, n int, better float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		if r.Float64() < better {
			out[i] = 1
		} else {
			out[i] = levels[int(r.Float64()*float64(len(levels)))]
		}
	}
	return out
}

// alike invents a second model that is as good as the first but errs on other
// papers.
func alike(r interface{ Float64() float64 }, a []float64, better float64) []float64 {
	b := papers(r, len(a), better)
	for i := range b {
		if r.Float64() < 0.6 {
			b[i] = a[i]
		}
	}
	return b
}

// Where there is no difference, p < 0.05 in about 5 of 100 tables, and 95 of 100
// intervals hold the truth.
func TestCalibration(t *testing.T) {
	if testing.Short() {
		t.Skip("compares hundreds of tables")
	}
	t.Parallel()
	const tables, n, better = 2000, 250, 0.3
	truth := better + (1-better)*mean(levels)
	var covered, byT, bootstrap, mcnemar, t3 int
	for i := range tables {
		r := rng.New(uint64(i), "calibration")
		a := papers(r, n, better)
		b := alike(r, a, better)
		re, err := Resample([][]float64{a, b}, 1000, r.Uint64())
		if err != nil {
			t.Fatal(err)
		}
		if iv := re.Estimate(0).Interval(0.95); iv.Low <= truth && truth <= iv.High {
			covered++
		}
		if s, err := Summarize(a, 0.95); err == nil && math.Abs(s.Mean-truth) <= s.HalfWidth {
			byT++
		}
		if _, p := re.Estimate(0).Minus(re.Estimate(1), 0.95); p < 0.05 {
			bootstrap++
		}
		var first, second int
		for k := range a {
			switch {
			case a[k] == 1 && b[k] != 1:
				first++
			case b[k] == 1 && a[k] != 1:
				second++
			}
		}
		if p, _ := McNemar(first, second); p < 0.05 {
			mcnemar++
		}
		x, y := make([]float64, 3), make([]float64, 3)
		for k := range x {
			x[k], y[k] = r.NormFloat64(), r.NormFloat64()
		}
		if _, p, _ := Paired(x, y, 0.95); p < 0.05 {
			t3++
		}
	}
	t.Logf("of %d: intervals that hold the truth %d (t-intervals %d), p < 0.05: bootstrap %d, McNemar %d, paired t of 3 %d", tables, covered, byT, bootstrap, mcnemar, t3)
	// The two intervals of the same papers hold the truth together; a count around
	// 95 % or 5 % has a standard error of 10.
	if covered < byT-20 || covered > byT+10 {
		t.Errorf("%d bootstrap intervals and %d t-intervals hold the truth", covered, byT)
	}
	for _, c := range []struct {
		what           string
		got, low, high int
	}{
		{"intervals that hold the truth", covered, 1850, 1935},
		{"paired bootstraps with p < 0.05", bootstrap, 70, 140},
		{"McNemar's tests with p < 0.05", mcnemar, 40, 115}, // the correction makes it careful
		{"paired t-tests with p < 0.05", t3, 70, 130},
	} {
		if c.got < c.low || c.got > c.high {
			t.Errorf("%s: %d of %d, want %d to %d", c.what, c.got, tables, c.low, c.high)
		}
	}
}

// Holm's correction keeps the chance of any false positive among the rows of a
// table at 5 % where one is compared with the others; without it, it is several times
// that. With the one that turned out to be the best it does not: HolmBest and Pairs do.
func TestCorrectionsKeepTheTable(t *testing.T) {
	if testing.Short() {
		t.Skip("compares hundreds of tables")
	}
	t.Parallel()
	const tables, rows, n = 500, 8, 150
	var raw, holm, holmOfBest, holmBest, pairs int
	for i := range tables {
		r := rng.New(uint64(i), "family")
		columns := [][]float64{papers(r, n, 0.3)}
		for range rows - 1 {
			columns = append(columns, papers(r, n, 0.3))
		}
		re, err := Resample(columns, 500, r.Uint64())
		if err != nil {
			t.Fatal(err)
		}
		var of []Estimate
		best := 0
		for j := range rows {
			if of = append(of, re.Estimate(j)); of[j].Value > of[best].Value {
				best = j
			}
		}
		all := ComparePairs(of, func(int, int) bool { return false })
		against := func(one int) (ps []float64, least float64) {
			least = 1
			for j := range rows {
				if j != one {
					alone, adjusted := all.P(j, one, n, 0, 0)
					ps, least = append(ps, alone), min(least, adjusted)
				}
			}
			return ps, least
		}
		first, _ := against(0)
		chosen, adjusted := against(best)
		for k, c := range []*int{&raw, &holm, &holmOfBest, &holmBest, &pairs} {
			if least := []float64{slices.Min(first), slices.Min(Holm(first)), slices.Min(Holm(chosen)), slices.Min(HolmBest(chosen)), adjusted}[k]; least < 0.05 {
				*c++
			}
		}
	}
	t.Logf("of %d tables with a false positive: one with the others: %d raw, %d after Holm; the best with the others: %d after Holm, %d after HolmBest, %d by Pairs", tables, raw, holm, holmOfBest, holmBest, pairs)
	// A count around 5 % has a standard error of 5.
	if raw < 60 || holm > 40 || holmOfBest < 41 || holmBest > 40 || pairs > 40 || pairs < 8 {
		t.Errorf("tables with a false positive: %d, %d, %d, %d, %d", raw, holm, holmOfBest, holmBest, pairs)
	}
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func BenchmarkResample(b *testing.B) {
	for _, columns := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("5000x%d", columns), func(b *testing.B) {
			r := rng.New(1, "bench")
			var values [][]float64
			for range columns {
				values = append(values, papers(r, 5000, 0.4))
			}
			for b.Loop() {
				if _, err := Resample(values, Resamples, Seed()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(5000*Resamples*b.N)/b.Elapsed().Seconds()/1e6, "Mdraws/s")
		})
	}
}

// bootstrap is the percentile interval of the mean of values.
func bootstrap(values []float64, level float64, resamples int, seed uint64) (Interval, error) {
	if err := checkLevel(level); err != nil {
		return Interval{}, fmt.Errorf("stats: bootstrap: %w", err)
	}
	r, err := Resample([][]float64{values}, resamples, seed)
	if err != nil {
		return Interval{}, err
	}
	return r.Estimate(0).Interval(level), nil
}
