package table

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"assay/internal/rng"
	"assay/results"
	"assay/results/compare"
)

// calibrationTables is how many tables each of the two tests below compares. The
// usual number sees a test that forgets one source of chance, which errs in a third of
// the tables and more; for a rate of 7 % instead of 5 take
//
//	go test ./results/table -run 'Calibration|Power' -tables 4000 -timeout 1h
var calibrationTables = flag.Int("tables", 30, "tables of each kind that the tests of false and of true marks compare")

// world is how models err in invented tables. There is none of noisy models with one
// seed, of which nothing can be known but what was trained, and none with two: their
// one difference is often small by chance, and a twelfth of such tables errs.
type world struct {
	name    string
	models  int
	seeds   int
	perSeed bool    // each seed has papers of its own
	noise   float64 // between trainings; 0: a model that draws nothing
	alike   float64 // share of the papers on which all models do the same
}

var worlds = []world{
	{"2 deterministic", 2, 3, false, 0, 0},
	{"3 deterministic", 3, 3, false, 0, 0.3},
	{"3 deterministic, all but the same", 3, 3, false, 0, 0.93},
	{"2 noisy", 2, 3, false, 0.15, 0},
	{"3 noisy", 3, 3, false, 0.05, 0.3},
	{"3 noisy, papers by seed", 3, 3, true, 0.05, 0},
	{"3 deterministic, papers by seed", 3, 3, true, 0, 0.3},
}

// table invents a table of models of equal skill, but for the first, which is better
// by ahead.
func (w world) table(t *testing.T, number uint64, ahead float64) Table {
	const papers = 150
	var runs []results.Run
	f := outcomes{}
	for m := range w.models {
		for seed := range w.seeds {
			r := run(t, string(rune('a'+m)), "native", uint64(seed+1), 0.5, nil)
			r.Results = r.Results[:1]
			r.Data.Test = papers
			skill := 0.0
			if m == 0 {
				skill = ahead
			}
			training := rng.New(number, "training", strconv.Itoa(m), strconv.Itoa(seed))
			if w.noise > 0 {
				skill += w.noise * training.NormFloat64()
			}
			p := noPapers()
			for i := range papers {
				if w.perSeed {
					i += seed * papers * 3 / 4
				}
				id := fmt.Sprintf("%d/%d", number, i)
				own := rand.New(rand.NewPCG(number, uint64(i*8+m)))
				all := rand.New(rand.NewPCG(number, uint64(i*8+7)))
				of := inventPaper(id, all)
				if all.Float64() < w.alike {
					own = all
				}
				at := 0.95 - 0.4*of.hard - 0.5*own.Float64() + skill
				if w.noise > 0 {
					at += w.noise * training.NormFloat64()
				}
				meet(&p, of, at, own)
			}
			f.set(&r, 0, p)
			runs = append(runs, r)
		}
	}
	opt := compare.Options{Metrics: paperColumns(), Papers: f.of}
	if *calibrationTables < 200 {
		opt.Resamples = 400 // whose own chance makes a twentieth 6 of 100
	}
	return laid(t, runs, opt)
}

// paperColumns are all columns that are tested over papers.
func paperColumns() []string {
	var keys []string
	for _, m := range compare.Metrics() {
		if m.Score && !strings.HasPrefix(m.Key, "validation") {
			keys = append(keys, m.Key)
		}
	}
	return keys
}

// marks counts, by column, the tables in which a row that lost differs from the best.
func (w world) marks(t *testing.T, ahead float64, lost func(row int) bool) map[string]int {
	counts := map[string]int{}
	var mu sync.Mutex
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for number := next.Add(1); number <= int64(*calibrationTables); number = next.Add(1) {
				table := w.table(t, uint64(number), ahead)
				mu.Lock()
				for i, column := range table.Columns {
					for k, row := range table.Rows {
						c := row.Cells[i]
						if column.Unit != "" && column.Unit != "runs" && !c.Best && !c.Close && lost(k) {
							counts[column.Key]++
							break
						}
					}
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return counts
}

// Among models of equal skill at most 5 of 100 columns have a row that stands as
// significantly below the best, whatever the column, with deterministic models and
// with noisy ones.
func TestCalibrationOfMarks(t *testing.T) {
	if testing.Short() {
		t.Skip("compares hundreds of tables")
	}
	n := float64(*calibrationTables)
	chance := distuv.Binomial{N: n, P: 0.05}
	most := 0
	for chance.CDF(float64(most)) < 1-1e-5 { // of a hundred columns in all
		most++
	}
	for _, w := range worlds {
		counts := w.marks(t, 0, func(int) bool { return true })
		var parts []string
		for _, key := range paperColumns() {
			parts = append(parts, fmt.Sprintf("%s %.1f", key, 100*float64(counts[key])/n))
			if counts[key] > most {
				t.Errorf("%s, %s: %d of %d tables have a false mark, want at most %d", w.name, key, counts[key], *calibrationTables, most)
			}
		}
		t.Logf("%s: %% of columns with a false mark: %s", w.name, strings.Join(parts, ", "))
	}
}

// A real difference is found: a model that is better by a category on most papers
// leaves the others significantly below it in nearly every table.
func TestPowerOfMarks(t *testing.T) {
	if testing.Short() {
		t.Skip("compares hundreds of tables")
	}
	n := float64(*calibrationTables)
	for _, w := range worlds {
		ahead := 0.35
		if w.alike > 0.5 || w.noise > 0.1 {
			continue // the models do the same, or their trainings differ too much to tell
		}
		counts := w.marks(t, ahead, func(row int) bool { return row > 0 })
		least := math.Inf(1)
		for _, key := range paperColumns() {
			share := float64(counts[key]) / n
			least = min(least, share)
			if share < 0.5 {
				t.Errorf("%s, %s: a real difference is found in %d of %d tables", w.name, key, counts[key], *calibrationTables)
			}
		}
		t.Logf("%s: a real difference is found in %.0f %% of the tables or more", w.name, 100*least)
	}
}
