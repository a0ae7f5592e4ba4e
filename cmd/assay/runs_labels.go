package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"assay/results"
	"assay/results/metrics"
)

// showLabels prints how each decision rule did on each of the most frequent
// categories of a run's test papers; most < 0 prints all that occur.
func showLabels(out io.Writer, store *results.Store, run results.Run, most int) error {
	p, err := store.Predictions(run)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, res := range run.Results {
		predicted, err := res.Decision.Apply(p.Scores)
		if err != nil {
			return err
		}
		reports, err := metrics.ByLabel(predicted, p.Truth)
		if err != nil {
			return err
		}
		order := make([]int, 0, len(reports))
		for i, r := range reports {
			if r.Support+r.Predicted > 0 {
				order = append(order, i)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(reports[b].Support, reports[a].Support) })
		if most >= 0 && len(order) > most {
			order = order[:most]
		}
		fmt.Fprintf(w, "%s\tpapers\tpredicted\tprecision\trecall\tF1\t\n", res.Decision.Rule)
		for _, i := range order {
			r := reports[i]
			fmt.Fprintf(w, "%s\t%d\t%d\t%.2f\t%.2f\t%.2f\t\n", p.Labels[i], r.Support, r.Predicted, 100*r.Precision, 100*r.Recall, 100*r.F1)
		}
		fmt.Fprintln(w, "\t\t\t\t\t\t")
	}
	return w.Flush()
}
