package table

import (
	"fmt"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

// Whoever reads papers for a view gets the runs with the results of all rules,
// and each cell has the interval and the tests of the usual table.
func TestViewsReadWholeRuns(t *testing.T) {
	var runs []results.Run
	for seed := uint64(1); seed <= 2; seed++ {
		for _, alpha := range []float64{0.1, 0.5} {
			r := run(t, "M", "native", seed, 0.4+alpha/10, map[string]any{"alpha": alpha})
			r.Data.Test = 50
			runs = append(runs, r)
		}
	}
	f := invent(runs, 50, false)
	opt := compare.Options{Metrics: []string{"f1"}, Papers: func(r results.Run, rule metrics.Rule) (compare.PaperScores, error) {
		if len(r.Results) != 2 {
			return compare.PaperScores{}, fmt.Errorf("the run %s has %d results", r.Trial, len(r.Results))
		}
		return f.of(r, rule)
	}}
	usual := map[string]*compare.Number{}
	for _, row := range viewed(t, compare.View{}, runs, opt, Both).Rows {
		usual[row.Cells[0].Text+row.Cells[1].Text] = row.Cells[2].Number
	}
	for _, v := range []compare.View{{Rows: []string{"alpha"}, Cols: []string{"rule"}}, {Rows: []string{"alpha"}, Rule: "tuned"}, {Rule: "tuned"}} {
		table := viewed(t, v, runs, opt, Both)
		if notes := strings.Join(table.Notes, " "); strings.Contains(notes, "No intervals") {
			t.Errorf("%+v: %s", v, notes)
		}
		for _, row := range table.Rows {
			alpha := strings.TrimSuffix(strings.TrimPrefix(row.Cells[0].Text, "M (alpha="), ")")
			for i, c := range row.Cells {
				rule := "tuned"
				if _, named, ok := strings.Cut(table.Columns[i].Key, "@rule="); ok {
					rule = named
				}
				if !strings.HasPrefix(table.Columns[i].Key, "f1") {
					continue
				}
				want := usual["M (alpha="+alpha+")"+rule]
				if c.Range == "" || c.Interval == "" || *c.Number.Papers != *want.Papers || *c.Number.HalfWidth != *want.HalfWidth || c.Number.Value != want.Value {
					t.Errorf("%+v: cell %+v, want %+v", v, c, want)
				}
			}
		}
	}
}

// A note says how often a condition was met, and runs that it leaves out are not
// counted as those of other configurations.
func TestWhereOfTheUsualTable(t *testing.T) {
	runs, opt := swept(t)
	table := viewed(t, compare.View{Where: []string{"dropout<=0.1", "embeddings=glove"}, Sort: "dropout"}, runs, opt)
	if !strings.HasPrefix(table.Caption, "sweep, where dropout <= 0.1 and embeddings = glove (6 of 21 trials): ") {
		t.Errorf("caption %q", table.Caption)
	}
	if notes := strings.Join(table.Notes, "\n"); strings.Contains(notes, "other configurations") {
		t.Errorf("notes %s", notes)
	}
	if a, b := table.Rows[0].Cells[0].Text, table.Rows[len(table.Rows)-1].Cells[0].Text; a != "LSTM (dropout=0)" || b != "LSTM (dropout=0.1)" {
		t.Errorf("first %q, last %q", a, b)
	}
}

func TestBadViews(t *testing.T) {
	runs, opt := swept(t)
	rows := []string{"model"}
	for _, c := range []struct {
		view compare.View
		want string
	}{
		{compare.View{Rows: []string{"modl"}}, `table: pivot: no run has a setting "modl"; did you mean "model"?`},
		{compare.View{Rows: rows, Cols: []string{"f1"}}, `table: pivot: f1 is a metric, not a setting of a run`},
		{compare.View{Rows: rows, Cols: []string{"model"}}, `table: pivot: key model is named twice among rows and columns`},
		{compare.View{Cols: rows}, `table: columns model without rows: a pivot needs the keys of its rows`},
		{compare.View{Rows: rows, Sort: "-trees"}, `table: sort -trees: trees is neither a row nor a column of the pivot, nor a metric`},
		{compare.View{Rows: rows, Sort: "recall"}, `table: sort recall: the pivot shows f1`},
		{compare.View{Sort: "f2"}, `table: sort f2: no run has a setting "f2"; did you mean "f1"?`},
		{compare.View{Sort: "seed"}, `table: sort seed: a row joins seeds and a model's rules stand together; sort by a metric or another setting`},
		{compare.View{Where: []string{"dropout"}}, `table: where "dropout": want KEY=VALUE, or !=, <, <=, > or >= in place of =`},
		{compare.View{Where: []string{"=0.1"}}, `table: where "=0.1": want KEY=VALUE, or !=, <, <=, > or >= in place of =`},
		{compare.View{Where: []string{"dropuot=0.1"}}, `table: where "dropuot=0.1": no run has a setting "dropuot"; did you mean "dropout"?`},
		{compare.View{Where: []string{"dropout=0.3"}}, `table: where "dropout=0.3": no run meets it; dropout is 0, 0.1, 0.2 or unset`},
		{compare.View{Where: []string{"dropout<few"}}, `table: where "dropout<few": < compares numbers, and "few" is none`},
		{compare.View{Where: []string{"embeddings<3"}}, `table: where "embeddings<3": embeddings is no number; it is fasttext, glove or unset`},
		{compare.View{Where: []string{"model=LSTM", "trees=100"}}, `table: no run meets all of model=LSTM, trees=100`},
		{compare.View{Rule: "top:3"}, `table: where "rule=top:3": no run meets it; rule is fixed:0.5 or tuned`},
		{compare.View{Rule: "tune"}, `table: metrics: parse decision rule "tune": want "fixed:X" with a number X, "tuned", or "top:K" with a whole number K of at least 1`},
	} {
		_, err := lay(c.view, runs, opt)
		if err == nil || !fault.IsUsage(err) || err.Error() != c.want {
			t.Errorf("%+v:\n got %v\nwant %s", c.view, err, c.want)
		}
	}
	if _, err := lay(compare.View{Where: []string{"zzzzzz=1"}}, runs, opt); err == nil || !strings.HasSuffix(err.Error(), "there are model, kind, backend, rule, seed, features, embeddings, dropout, embeddings.dimensions, epochs, trees") {
		t.Errorf("error %v does not name the keys", err)
	}
}
