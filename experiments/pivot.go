package experiments

import (
	"context"

	"assay/experiments/config"
	"assay/results"
	"assay/results/table"
)

// CompareView is Compare in the shape and of the runs that view says; opt gives
// the columns and the kind of intervals. Published numbers stand in the usual
// table alone.
func CompareView(ctx context.Context, cfg *config.Config, store *results.Store, current []Trial, view table.View, opt table.Options) (table.Table, error) {
	t, err := compareRuns(ctx, cfg, store, current, opt, view.Compare)
	if err == nil && ctx.Err() != nil { // else it would be a note on the papers
		return table.Table{}, ctx.Err()
	}
	return t, err
}
