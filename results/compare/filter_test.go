package compare

import (
	"slices"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
)

// made is a finished run with F1s under two rules, the tuned one 10 points above the
// other.
func made(t testing.TB, model string, seed uint64, f1 float64, params map[string]any) results.Run {
	t.Helper()
	r := results.Run{
		Trial: model + string(rune('0'+seed)) + strings.Join(settings(params), ","), Seed: seed,
		Model: results.Model{Name: model, Kind: strings.ToLower(model)}, Params: params, State: results.Done,
		Data: results.Data{Hash: "h", Test: 1000}, Stages: []results.Stage{{Name: "fit", Seconds: 10 * f1}},
	}
	r.Files = []results.File{{Name: "predictions.parquet", SHA256: r.Trial}}
	for i, name := range []string{"fixed:0.5", "tuned"} {
		rule, err := metrics.ParseRule(name)
		if err != nil {
			t.Fatal(err)
		}
		r.Results = append(r.Results, results.RuleResult{Decision: metrics.Decision{Rule: rule}, All: metrics.Report{SampleF1: f1 + 0.1*float64(i)}})
	}
	return r
}

func settings(params map[string]any) (out []string) {
	for key := range params {
		out = append(out, key+"="+results.ValueOf(params, key).String())
	}
	slices.Sort(out)
	return out
}

// swept are five runs: an LSTM at three dropouts, one of them with two seeds, and a
// forest without a limit of depth; of the second LSTM a setting has a metric's name.
func swept(t testing.TB) []results.Run {
	failed := made(t, "LSTM", 3, 0, map[string]any{"dropout": 0.1, "embeddings": "glove"})
	failed.State, failed.Results, failed.Stages = results.Failed, nil, nil
	return []results.Run{
		made(t, "LSTM", 1, 0.4, map[string]any{"dropout": 0.1, "embeddings": "glove"}),
		made(t, "LSTM", 2, 0.45, map[string]any{"dropout": 0.1, "embeddings": "glove"}),
		made(t, "LSTM", 1, 0.6, map[string]any{"dropout": 0.2, "embeddings": "fasttext", "recall": "high"}),
		made(t, "RF", 1, 0.3, map[string]any{"max_depth": 0}),
		failed,
	}
}

// One grammar: what a condition finds, by its key, its operator and its value.
func TestFilter(t *testing.T) {
	all := []string{
		"LSTM 1 0.1", "LSTM 2 0.1", "LSTM 1 0.2", "RF 1 unset", "LSTM 3 0.1",
	}
	for _, c := range []struct {
		where []string
		want  []int // of all
	}{
		{nil, []int{0, 1, 2, 3, 4}},
		{[]string{"dropout=0.10"}, []int{0, 1, 4}}, // a number, however it is written
		{[]string{"dropout=1e-1"}, []int{0, 1, 4}},
		{[]string{"dropout!=0.1"}, []int{2, 3}},
		{[]string{"dropout=unset"}, []int{3}},
		{[]string{"dropout!=unset"}, []int{0, 1, 2, 4}},
		{[]string{"dropout>=0.1", "dropout<0.2"}, []int{0, 1, 4}}, // both hold, on one key
		{[]string{"dropout>0.1", "dropout<=0.2"}, []int{2}},
		{[]string{"model=RF"}, []int{3}},
		{[]string{"kind!=rf", "seed=1"}, []int{0, 2}},
		{[]string{"seed>1"}, []int{1, 4}},
		{[]string{" embeddings = glove "}, []int{0, 1, 4}},
		{[]string{"max_depth=0"}, []int{3}},
		{[]string{"max_depth=no limit"}, []int{3}},
		{[]string{"max_depth>1000"}, []int{3}}, // a limit that is not set lies above all numbers
		{[]string{"f1>0.5"}, []int{1, 2}},      // under some rule
		{[]string{"f1>50%"}, []int{1, 2}},
		{[]string{"f1>=0.4", "f1<0.5"}, []int{0, 1, 3}},
		{[]string{"fit_seconds<=4"}, []int{0, 3}},
		{[]string{"fit_seconds=unset"}, []int{4}}, // a run that failed has no time
		{[]string{"f1=unset"}, nil},
		{[]string{"recall=high"}, []int{2}}, // a setting goes before a metric
		{[]string{"rule=tuned", "f1<0.45"}, []int{3}},
	} {
		filter, err := ParseFilter(c.where, "")
		if err != nil {
			t.Fatal(c.where, err)
		}
		kept, err := filter.Keep(swept(t))
		if err != nil && c.want != nil {
			t.Errorf("%v: %v", c.where, err)
		}
		var got, want []string
		for _, r := range kept {
			got = append(got, r.Model.Name+" "+settingOf(r, "", "seed").String()+" "+settingOf(r, "", "dropout").String())
		}
		for _, i := range c.want {
			want = append(want, all[i])
		}
		if c.want != nil && !slices.Equal(got, want) {
			t.Errorf("%v keeps %q, want %q", c.where, got, want)
		}
	}
}

// A condition on a score leaves the results that meet it, and those of other runs whole.
func TestFilterLeavesResults(t *testing.T) {
	filter, err := ParseFilter([]string{"f1>50%"}, "")
	if err != nil {
		t.Fatal(err)
	}
	before := swept(t)
	kept, err := filter.Keep(before)
	if err != nil || len(kept) != 2 || len(kept[0].Results) != 1 || kept[0].Results[0].Decision.Rule.String() != "tuned" || len(kept[1].Results) != 2 {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if len(before[1].Results) != 2 {
		t.Error("the runs that were given have lost results")
	}
}

func TestBadFilters(t *testing.T) {
	for _, c := range []struct {
		where []string
		rule  string
		want  string
	}{
		{[]string{"dropout"}, "", `where "dropout": want KEY=VALUE, or !=, <, <=, > or >= in place of =`},
		{[]string{"dropout="}, "", `where "dropout=": want KEY=VALUE, or !=, <, <=, > or >= in place of =`},
		{[]string{"f1>good"}, "", `where "f1>good": > compares numbers, and "good" is none`},
		{[]string{"f11>0.5"}, "", `where "f11>0.5": no run has a setting "f11"; did you mean "f1"?`},
		{[]string{"f1>50"}, "", `where "f1>50": no run meets it; f1 is 0.3 to 0.7; shares are fractions of 1, or have a percent sign`},
		{[]string{"loss<1"}, "", `where "loss<1": loss is no number; it is unset`},
		{[]string{"dropout=0.3"}, "", `where "dropout=0.3": no run meets it; dropout is 0.1, 0.2 or unset`},
		{[]string{"dropout<50%"}, "", `where "dropout<50%": < compares numbers, and "50%" is none`},
		{[]string{"seed=2", "model=RF"}, "", `no run meets all of seed=2, model=RF`},
		{nil, "top:3", `where "rule=top:3": no run meets it; rule is fixed:0.5 or tuned`},
		{nil, "best", `metrics: parse decision rule "best": want "fixed:X" with a number X, "tuned", or "top:K" with a whole number K of at least 1`},
	} {
		filter, err := ParseFilter(c.where, c.rule)
		if err == nil {
			_, err = filter.Keep(swept(t))
		}
		if err == nil || err.Error() != c.want || !fault.IsUsage(err) {
			t.Errorf("%v %s:\n got %v\nwant %s", c.where, c.rule, err, c.want)
		}
	}
}
