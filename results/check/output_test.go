package check

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"assay/results"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update writes it):\n%s", path, got)
	}
}

// reports are one of each kind.
func reports(t *testing.T) map[string]Report {
	t.Helper()
	mixed := Compare(baseline(t, Tolerance{Metric: "macro_f1", Better: Higher, Absolute: 0.001, Significance: 0.05}), measured(t, func(m *Measurement) {
		only("SHA-RNN-lite", "tuned", func(r *results.RuleResult) { r.All.SampleF1 -= 0.05; r.Master.SampleF1 += 0.02 })(m)
		only("SHA-RNN-lite", "tuned", func(r *results.RuleResult) { r.All.MacroF1 -= 0.0005 })(m)
		only("Naive Bayes", "tuned", func(r *results.RuleResult) { r.All.MicroF1 = math.NaN() })(m)
	}))
	failed := Compare(baseline(t), measured(t, func(m *Measurement) {
		if m.Model == "SHA-RNN-lite" && m.Run.Seed == 2 {
			m.Err = errors.New("trial x: the loss is NaN at step 3: <lower> the learning_rate & try | again")
		}
	}))
	updated := Compare(baseline(t), measured(t, nil))
	updated.Updated, updated.Changes = true, []Change{{What: "f1 of Naive Bayes (tuned)", Old: "46.50", New: "56.50"}}
	tiny := measured(t, func(m *Measurement) {
		only("Naive Bayes", "fixed:0.5", func(r *results.RuleResult) { r.All.SampleF1 = 0.004 })(m)
		only("SHA-RNN-lite", "tuned", func(r *results.RuleResult) { r.All.SubsetAccuracy, r.Master.SampleF1 = 0, 0 })(m)
	})
	unable, err := New(tiny, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	unable.Tolerances = slices.DeleteFunc(unable.Tolerances, func(t Tolerance) bool { return t.Model != "" }) // as older files have it
	out := map[string]Report{
		"cannot":  Compare(unable, tiny),
		"mixed":   mixed,
		"failed":  failed,
		"pass":    Compare(baseline(t), measured(t, nil)),
		"data":    Compare(baseline(t), measured(t, func(m *Measurement) { m.Run.Data.Hash = "d6" })),
		"missing": NoReport("small", "b.json", NotComparable, "there is no baseline: b.json does not exist; --update writes it"),
		"update":  updated,
	}
	for name, r := range out {
		r.Baseline = "b.json"
		out[name] = r
	}
	return out
}

func TestTextAndMarkdownAreGolden(t *testing.T) {
	for name, r := range reports(t) {
		var text, markdown, junit bytes.Buffer
		if err := errors.Join(WriteText(&text, r, false), WriteMarkdown(&markdown, r), WriteJUnit(&junit, r)); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", text.Bytes())
		golden(t, name+".md", markdown.Bytes())
		if name == "mixed" || name == "cannot" {
			golden(t, name+".xml", junit.Bytes())
		}
	}
}

func TestVerboseShowsAll(t *testing.T) {
	var b bytes.Buffer
	if err := WriteText(&b, Compare(baseline(t), measured(t, nil)), true); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "pass\n"); n != 42 {
		t.Errorf("%d lines pass, want 42:\n%s", n, b.String())
	}
}

// Readers of JUnit count what is said, and what stands there.
func TestJUnitCounts(t *testing.T) {
	for name, r := range reports(t) {
		var b bytes.Buffer
		if err := WriteJUnit(&b, r); err != nil {
			t.Fatal(err)
		}
		tests, failures, errored, skipped, attrs := 0, 0, 0, 0, map[string]string{}
		dec := xml.NewDecoder(&b)
		var parents []string
		for {
			token, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				place := strings.Join(append(parents, e.Name.Local), "/")
				count(t, name, place, e, &tests, &failures, &errored, &skipped, attrs)
				parents = append(parents, e.Name.Local)
			case xml.EndElement:
				parents = parents[:len(parents)-1]
			}
		}
		wantFailures, wantErrors := r.Counts[Regression], r.Counts[NotComparable]+r.Counts[Failed]+len(r.Faults)
		if tests != len(r.Comparisons)+len(r.Faults) || failures != wantFailures || errored != wantErrors || tests == 0 || skipped != r.Counts[CannotFail] {
			t.Errorf("%s: %d tests, %d failures, %d errors, %d skipped, want %d, %d, %d", name, tests, failures, errored, skipped, wantFailures, wantErrors, r.Counts[CannotFail])
		}
		for key, n := range map[string]int{"tests": tests, "failures": failures, "errors": errored, "skipped": skipped} {
			if attrs[key] != strconv.Itoa(n) {
				t.Errorf("%s: %s says %s, there are %d", name, key, attrs[key], n)
			}
		}
		if (r.Err() == nil) != (failures+errored == 0) {
			t.Errorf("%s: verdict %s with %d failures and %d errors", name, r.Verdict, failures, errored)
		}
	}
}

// count tallies an element, which must stand where the schema has it, with the
// attributes that readers need.
func count(t *testing.T, name, place string, e xml.StartElement, tests, failures, errored, skipped *int, attrs map[string]string) {
	t.Helper()
	have := map[string]string{}
	for _, a := range e.Attr {
		have[a.Name.Local] = a.Value
	}
	need := func(keys ...string) {
		for _, key := range keys {
			if have[key] == "" {
				t.Errorf("%s: <%s> has no %s", name, e.Name.Local, key)
			}
		}
	}
	switch place {
	case "testsuites":
	case "testsuites/testsuite":
		need("name", "tests", "failures", "errors", "skipped")
		for key, value := range have {
			attrs[key] = value
		}
	case "testsuites/testsuite/testcase":
		need("name", "classname")
		*tests++
	case "testsuites/testsuite/testcase/failure":
		need("message", "type")
		*failures++
	case "testsuites/testsuite/testcase/error":
		need("message", "type")
		*errored++
	case "testsuites/testsuite/testcase/skipped":
		need("message", "type")
		*skipped++
	case "testsuites/testsuite/testcase/system-out":
	default:
		t.Errorf("%s: <%s> stands at %s", name, e.Name.Local, place)
	}
}

// The columns of a terminal stay aligned whatever the names are.
func TestColumnsStayAligned(t *testing.T) {
	var b strings.Builder
	writeColumns(&b, [][]string{header, {"朴素贝叶斯", "tuned", "f1", "1", "2", "3", "4", "pass"}, {"a\nb", "tuned", "f1", "1", "2", "3", "4", "pass"}})
	want := `Model       Rule   Metric  Baseline  Now  Difference  Tolerance  Verdict
朴素贝叶斯  tuned  f1             1    2           3          4  pass
a b         tuned  f1             1    2           3          4  pass
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
