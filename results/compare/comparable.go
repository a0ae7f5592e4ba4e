package compare

import (
	"fmt"

	"assay/results"
)

// Incomparable says why runs must not stand side by side; "" where they may. How many
// papers a run saw is asked of done runs alone: others may not have counted them.
func Incomparable(runs []results.Run) string {
	type papers struct{ train, validation, test int }
	bySeed := map[uint64]papers{}
	for _, r := range runs {
		d, first := r.Data, runs[0].Data
		switch {
		case d.Hash != first.Hash:
			return "the runs read different corpora"
		case d.Sample != first.Sample || d.Split != first.Split:
			return "the runs drew different samples or splits"
		case d.Taxonomy != first.Taxonomy || d.Labels != first.Labels || d.Masters != first.Masters:
			return "the runs predict different categories"
		case r.State != results.Done:
			continue
		}
		p := papers{d.Train, d.Validation, d.Test}
		if other, ok := bySeed[r.Seed]; ok && other != p {
			return fmt.Sprintf("with seed %d the runs saw different papers", r.Seed)
		}
		bySeed[r.Seed] = p
	}
	return ""
}
