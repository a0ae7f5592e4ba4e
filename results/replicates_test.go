package results

import (
	"slices"
	"testing"

	"assay/results/metrics"
)

func TestJoin(t *testing.T) {
	made := func(f1 float64, predictions string) Run {
		loss := f1 / 2
		r := Run{Data: Data{Test: 10}, Results: []RuleResult{{All: metrics.Report{SampleF1: f1, Loss: &loss}}}}
		if predictions != "" {
			r.Files = []File{{Name: "log.txt", SHA256: "another with each seed"}, {Name: predictionsFile, SHA256: predictions}}
		}
		return r
	}
	other := made(0.3, "a")
	other.Data.Test = 11
	for name, c := range map[string]struct {
		runs []Run
		want []int
	}{
		"no run":                {nil, nil},
		"all equal":             {[]Run{made(0.3, "a"), made(0.3, "a"), made(0.3, "a")}, []int{0, 0, 0}},
		"two of three":          {[]Run{made(0.3, "a"), made(0.4, "b"), made(0.3, "a")}, []int{0, 1, 0}},
		"all differ":            {[]Run{made(0.3, "a"), made(0.3, "b"), made(0.4, "c")}, []int{0, 1, 2}},
		"other thresholds":      {[]Run{made(0.3, "a"), made(0.4, "a")}, []int{0, 1}},
		"no predictions":        {[]Run{made(0.3, ""), made(0.3, ""), made(0.4, "")}, []int{0, 0, 1}},
		"predictions once":      {[]Run{made(0.3, ""), made(0.3, "a")}, []int{0, 1}},
		"other papers":          {[]Run{made(0.3, "a"), other}, []int{0, 1}},
		"nothing was measured":  {[]Run{{}, {}}, []int{0, 1}},
		"two kinds, turn about": {[]Run{made(0.3, "a"), made(0.4, "b"), made(0.4, "b"), made(0.3, "a")}, []int{0, 1, 1, 0}},
	} {
		got := Join(c.runs)
		if !slices.Equal(got.Of, c.want) || len(got.Seeds) != len(c.runs) || len(c.want) > 0 && len(got.Runs) != slices.Max(c.want)+1 {
			t.Errorf("%s: %v, want %v", name, got.Of, c.want)
		}
	}
}

func TestPairsOfReplicates(t *testing.T) {
	fixed := Replicates{Seeds: []uint64{1, 2, 3}, Of: []int{0, 0, 0}, Runs: make([]Run, 1)}
	noisy := Replicates{Seeds: []uint64{3, 2, 5}, Of: []int{0, 1, 2}, Runs: make([]Run, 3)}
	partly := Replicates{Seeds: []uint64{1, 2, 3}, Of: []int{0, 1, 1}, Runs: make([]Run, 2)}
	for _, c := range []struct {
		a, b Replicates
		want [][2]int
	}{
		{fixed, fixed, [][2]int{{0, 0}}},
		{fixed, noisy, [][2]int{{0, 1}, {0, 0}}},
		{noisy, fixed, [][2]int{{0, 0}, {1, 0}}},
		{partly, partly, [][2]int{{0, 0}, {1, 1}}},
		{partly, noisy, [][2]int{{1, 1}, {1, 0}}},
		{partly, fixed, [][2]int{{0, 0}, {1, 0}}},
		{fixed, Replicates{}, nil},
	} {
		if got := c.a.Pairs(c.b); !slices.Equal(got, c.want) {
			t.Errorf("%v and %v: %v, want %v", c.a.Of, c.b.Of, got, c.want)
		}
	}
	if got := partly.Equal(); len(got) != 1 || !slices.Equal(got[0], []uint64{2, 3}) {
		t.Errorf("equal seeds %v", got)
	}
}
