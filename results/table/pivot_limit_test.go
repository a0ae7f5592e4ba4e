package table

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/results"
	"assay/results/compare"
)

// A forest without a limit of depth is no forest of depth 0: it is called so,
// stands behind the numbers, is found by both names and lies below none of them.
// Programs read the number that the runs have.
func TestPivotOfALimitThatIsNotSet(t *testing.T) {
	var runs []results.Run
	for i, depth := range []int{0, 10, 1} {
		r := run(t, "RF", "native", 1, 0.5+0.1*float64(i), map[string]any{"features": "counts", "max_depth": depth})
		r.Trial = fmt.Sprint("rf-", depth)
		runs = append(runs, r)
	}
	opt := compare.Options{Expected: runs}
	names := func(v compare.View) string {
		var out []string
		for _, row := range viewed(t, v, runs, opt).Rows {
			out = append(out, row.Cells[0].Text)
		}
		return strings.Join(out, ", ")
	}
	rows := []string{"max_depth"}
	for where, want := range map[string]string{
		"": "1, 10, no limit", "max_depth=0": "no limit", "max_depth = no limit": "no limit", "max_depth!=0": "1, 10",
		"max_depth<10": "1", "max_depth<=10": "1, 10", "max_depth>0": "1, 10, no limit", "max_depth>=10": "10, no limit",
	} {
		v := compare.View{Rows: rows}
		if where != "" {
			v.Where = []string{where}
		}
		if got := names(v); got != want {
			t.Errorf("where %q: %s, want %s", where, got, want)
		}
	}
	if got, want := names(compare.View{Rows: rows, Sort: "-max_depth"}), "no limit, 10, 1"; got != want {
		t.Errorf("descending: %s, want %s", got, want)
	}
	if _, err := lay(compare.View{Rows: rows, Where: []string{"max_depth<=0"}}, runs, opt); err == nil || !strings.Contains(err.Error(), "max_depth is 1, 10 or no limit") {
		t.Errorf("max_depth<=0: %v", err)
	}
	usual, err := lay(compare.View{}, runs, opt)
	if err != nil || usual.Rows[0].Cells[0].Text != "RF (max_depth=no limit)" {
		t.Errorf("the usual table calls it %q, %v", usual.Rows[0].Cells[0].Text, err)
	}
	wide := viewed(t, compare.View{Rows: []string{"model"}, Cols: rows}, runs, opt)
	var keys, titles []string
	for _, c := range wide.Columns[1:] {
		keys, titles = append(keys, c.Key), append(titles, c.Title)
	}
	if !slices.Equal(titles, []string{"max_depth=1", "max_depth=10", "max_depth=no limit"}) || keys[2] != "f1@max_depth=0" {
		t.Errorf("columns %q with the keys %q", titles, keys)
	}
	for format, want := range map[Format]string{CSV: "measured,0,", JSON: `"max_depth": "0"`, Markdown: "| no limit "} {
		var out bytes.Buffer
		if err := Write(&out, viewed(t, compare.View{Rows: rows}, runs, opt), format); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s has no %q (%v):\n%s", format, want, err, out.String())
		}
	}
}
