package table

import (
	"math"
	"strings"
	"testing"

	"assay/results"
	"assay/results/compare"
)

// topicRuns are runs on two topics: the more accurate model has the higher loss.
func topicRuns(t *testing.T) []results.Run {
	t.Helper()
	var runs []results.Run
	for seed := uint64(1); seed <= 3; seed++ {
		for model, score := range map[string][2]float64{"LSTM": {0.85, 0.9}, "NB": {0.92, 0.3}, "Margins": {0.7, math.NaN()}} {
			r := run(t, model, "native", seed, score[0], nil)
			r.Data.Outside, r.Data.Labels, r.Data.Masters = 900, 2, 2
			r.Results = r.Results[:1]
			r.Results[0].Decision.Rule = rule(t, "top:1")
			r.Results[0].All.SubsetAccuracy = score[0] + 0.001*float64(seed)
			if loss := score[1] + 0.001*float64(seed); !math.IsNaN(loss) {
				r.Results[0].All.Loss = &loss
			}
			runs = append(runs, r)
		}
	}
	return runs
}

func TestTopics(t *testing.T) {
	runs := topicRuns(t)
	nan := math.NaN()
	table, err := lay(compare.View{}, runs, compare.Options{Name: "two", Exclusive: true, Published: []compare.Published{
		{Model: "LSTM", F1: nan, MasterF1: nan, Accuracy: 0.8203, Loss: 0.88, Source: "there"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(table.Caption, "900 of none or several of the topics left out; 2 topics") {
		t.Errorf("caption %q", table.Caption)
	}
	at := map[string]int{}
	for i, c := range table.Columns {
		at[c.Key] = i
	}
	best := map[string]string{}
	for _, row := range table.Rows {
		for key, i := range at {
			if i < len(row.Cells) && row.Cells[i].Best {
				best[key] += row.Cells[0].Text
			}
		}
		if row.Cells[0].Text != "LSTM" || row.Cells[at["loss"]].Number == nil || row.Status == "published" {
			continue
		}
		if d := row.Cells[at["loss_difference"]]; d.Text != "+0.022" {
			t.Errorf("the loss differs by %q from the published one", d.Text)
		}
		if d := row.Cells[at["accuracy_difference"]]; d.Text != "+3.17" {
			t.Errorf("the accuracy differs by %q from the published one", d.Text)
		}
	}
	if best["accuracy"] != "NB" || best["loss"] != "NB" {
		t.Errorf("best %v", best)
	}
	for i := range runs {
		if m := runs[i].Model.Name; m == "NB" { // now the less accurate has the lower loss
			high := 2.0
			runs[i].Results[0].All.Loss = &high
		}
	}
	if table, err = lay(compare.View{}, runs, compare.Options{Name: "two", Exclusive: true, Metrics: []string{"loss"}}); err != nil {
		t.Fatal(err)
	}
	for _, row := range table.Rows {
		lowest := false
		for _, c := range row.Cells {
			lowest = lowest || c.Best
		}
		if lowest != (row.Cells[0].Text == "LSTM") {
			t.Errorf("%s has the best loss: %t", row.Cells[0].Text, lowest)
		}
	}
}
