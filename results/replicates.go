package results

import (
	"reflect"
	"slices"
)

// Replicates are the runs of one setting under several seeds. Runs whose predictions
// of the same papers are equal to the bit, and so their results, are one: models that
// draw nothing give such runs under every seed, and n seeds make that one measurement
// no surer.
type Replicates struct {
	Runs  []Run    // different ones, in the order given
	Seeds []uint64 // all, in the order given
	Of    []int    // by seed: the place in Runs
}

// Join makes replicates of the runs of a setting.
func Join(runs []Run) Replicates {
	var r Replicates
	for _, run := range runs {
		k := slices.IndexFunc(r.Runs, func(known Run) bool { return sameOutcome(known, run) })
		if k < 0 {
			k = len(r.Runs)
			r.Runs = append(r.Runs, run)
		}
		r.Seeds, r.Of = append(r.Seeds, run.Seed), append(r.Of, k)
	}
	return r
}

// sameOutcome compares the hashes of the predictions and all results: the first know
// nothing of validation papers, the second of the papers' names.
func sameOutcome(a, b Run) bool {
	if len(a.Results) == 0 || a.Data.Test != b.Data.Test {
		return false
	}
	p, _ := a.File(predictionsFile)
	q, _ := b.File(predictionsFile)
	return p.SHA256 == q.SHA256 && reflect.DeepEqual(a.Results, b.Results)
}

// Equal returns the seeds of each run that stands for several.
func (r Replicates) Equal() [][]uint64 {
	of := make([][]uint64, len(r.Runs))
	for i, seed := range r.Seeds {
		of[r.Of[i]] = append(of[r.Of[i]], seed)
	}
	return slices.DeleteFunc(of, func(seeds []uint64) bool { return len(seeds) < 2 })
}

// Pairs returns the places in Runs of what r and o have under the same seed, each
// pair once: where both have the same runs under two seeds, the second adds nothing.
// Of a model that gives one run under every seed, that run stands beside each of the
// other's.
func (r Replicates) Pairs(o Replicates) [][2]int {
	var pairs [][2]int
	for i, seed := range r.Seeds {
		if k := slices.Index(o.Seeds, seed); k >= 0 {
			if pair := [2]int{r.Of[i], o.Of[k]}; !slices.Contains(pairs, pair) {
				pairs = append(pairs, pair)
			}
		}
	}
	return pairs
}
