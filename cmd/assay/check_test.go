package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"assay/internal/kernels"
	"assay/results/check"
)

// checked is a small experiment with its results and its baseline.
type checked struct {
	t                         *testing.T
	config, results, baseline string
}

func newChecked(t *testing.T) checked {
	t.Helper()
	dir := t.TempDir()
	c := checked{t, experiment(t, importPapers(t, 400)), filepath.Join(dir, "results"), filepath.Join(dir, "baseline.json")}
	if out := c.want(0, "--update"); !strings.Contains(out, "written") {
		t.Errorf("--update printed %s", out)
	}
	return c
}

// want runs the check, wants its exit code in all that it writes, and returns
// what it prints.
func (c checked) want(code int, args ...string) string {
	c.t.Helper()
	junit, markdown := filepath.Join(c.t.TempDir(), "check.xml"), filepath.Join(c.t.TempDir(), "check.md")
	args = append([]string{"check", c.config, "--baseline", c.baseline, "--results", c.results, "--quiet", "--junit", junit, "--markdown", markdown}, args...)
	out, message, got := call(c.t, nil, args...)
	if got != code {
		c.t.Errorf("%s: code %d, want %d: %s\n%s", strings.Join(args, " "), got, code, message, out)
	}
	failures, errored := junitCounts(c.t, junit)
	if wantFailure, wantError := code == exitRegression, code > exitRegression; failures > 0 != wantFailure || errored > 0 != wantError {
		c.t.Errorf("%s: code %d, but %d failures and %d errors in JUnit", strings.Join(args, " "), code, failures, errored)
	}
	summary, err := os.ReadFile(markdown)
	if err != nil || !strings.HasPrefix(string(summary), "### assay check small: ") || passes.Match(summary) != (code == 0) {
		c.t.Errorf("%s: code %d, but the summary begins %.60q (%v)", strings.Join(args, " "), code, summary, err)
	}
	return out + message
}

var passes = regexp.MustCompile(`^### assay check small: (pass|improvement)\n`)

func junitCounts(t *testing.T, path string) (failures, errored int) {
	t.Helper()
	var suites struct {
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
	}
	data, err := os.ReadFile(path)
	if err == nil {
		err = xml.Unmarshal(data, &suites)
	}
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return suites.Failures, suites.Errors
}

// edit changes the baseline's file through the package, checksum included.
func (c checked) edit(change func(b *check.Baseline)) {
	c.t.Helper()
	b, err := check.ReadFile(c.baseline)
	if err != nil {
		c.t.Fatal(err)
	}
	change(b)
	if err := b.WriteFile(c.baseline); err != nil {
		c.t.Fatal(err)
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

func TestCheckExitCodes(t *testing.T) {
	c := newChecked(t)
	before := readAll(t, c.baseline)
	contains(t, c.want(0), "pass (of 66 metrics 59 pass, 7 cannot fail)", "cannot fail: f1 of LR (fixed:0.5): its baseline is 0, and no score is lower")
	contains(t, c.want(0, "--verbose"), "LR     tuned      master_f1")
	contains(t, c.want(0, "--update"), "nothing changed")
	if readAll(t, c.baseline) != before {
		t.Error("an update without a change wrote other bytes")
	}

	contains(t, c.want(3, "--set", "model.LR.c=2"), "LR: another configuration: model.c = 2, was 1")
	contains(t, c.want(3, "--set", "seeds=[1,3]"), "other seeds")
	contains(t, c.want(3, "--set", "corpus.path='"+importPapers(t, 401)+"'"), "other data: corpus hash")
	contains(t, c.want(3, "--set", "corpus.taxonomy=arxiv"), "taxonomy arxiv, was arxiv-2019")
	contains(t, c.want(64, "--set", "model.LR.d=2"), "unknown key")
	contains(t, c.want(64, "--tolerance", "f2=1"), `"f2" is no metric`)
	contains(t, c.want(64, "--tolerance", "fit_seconds=1"), "does not hold this metric")
	contains(t, c.want(64, "--metrics", "f1"), "--update")
	contains(t, c.want(64, "--tolerance", "f1=0,5"), "if the comma is a decimal comma, write a point, f1=0.5")
	contains(t, c.want(64, "--tolerance", "f1=0.9"), "scores are fractions of 1")
	contains(t, c.want(64, "--tolerance", "f1=90%"), "scores are fractions of 1")
	contains(t, c.want(64, "--tolerance", "f1=45%"), "a score may lose at most half: allow 0.")
	contains(t, c.want(64, "--tolerance", "f1=0.01", "--tolerance", "f1=0.02"), "f1 has one already")

	// All of NB got worse by a point, all of RF better, against a changed file.
	c.edit(func(b *check.Baseline) { shift(b, 0, "f1", 0.01); shift(b, 2, "f1", -0.01) })
	contains(t, c.want(1), "regression: f1 of NB (fixed:0.5); f1 of NB (tuned)", "improvement", "2 improvement, 2 regression")
	contains(t, c.want(0, "--tolerance", "f1=0,50%"), "pass")
	contains(t, c.want(0, "--tolerance", "f1=1.1%"), "pass")
	var report check.Report
	if err := json.Unmarshal([]byte(strings.Split(c.want(1, "--json"), "check small:")[0]), &report); err != nil || report.Verdict != check.Regression || len(report.Comparisons) != 66 || report.Counts[check.Pass] != 55 || report.Counts[check.CannotFail] != 7 || report.Counts[check.Regression] != 2 {
		t.Errorf("--json: %v, %+v", err, report)
	}
	contains(t, c.want(3, "--set", "model.LR.c=2"), "another configuration") // outranks the regression
	c.edit(func(b *check.Baseline) { shift(b, 0, "f1", -0.02) })
	contains(t, c.want(0), "--update makes it the new baseline")
	contains(t, c.want(0, "--update", "--tolerance", "recall=0.02"), "f1 of NB (tuned): ", "tolerance of recall: higher is better, absolute 0.005")

	c.wantForBrokenBaselines(t)
}

func (c checked) wantForBrokenBaselines(t *testing.T) {
	t.Helper()
	whole := readAll(t, c.baseline)
	for name, text := range map[string]string{
		"is no baseline":            whole[:len(whole)/2],
		"its checksum does not":     strings.Replace(whole, `"mean":0.`, `"mean":0.9`, 1),
		"its format is":             "{}",
		"duplicate":                 strings.Replace(whole, `"format"`, `"format": "", "format"`, 1),
		"absolute is 5, want at":    strings.Replace(whole, `"absolute":0.005`, `"absolute":5`, 1),
		"that is 500 % of the":      strings.Replace(whole, `"relative":0`, `"relative":5`, 1),
		"there is no tolerance of ": strings.Replace(whole, `{"metric":"f1",`, `{"metric":"f1","model":"NB",`, 1),
	} {
		writeAll(t, c.baseline, text)
		contains(t, c.want(3), name)
		contains(t, c.want(3, "--update"), name, "remove the file to begin anew")
	}
	if err := os.Remove(c.baseline); err != nil {
		t.Fatal(err)
	}
	contains(t, c.want(3), "there is no baseline")
	c.want(0, "--update", "--metrics", "f1,fit_seconds")
	c.want(0)
	// A run that is damaged has failed, for a check and for an update.
	runs, err := filepath.Glob(filepath.Join(c.results, "runs", "small", "nb-s1-*", "predictions.parquet"))
	if err != nil || len(runs) == 0 {
		t.Fatalf("no run of NB: %v", err)
	}
	for _, run := range runs {
		writeAll(t, run, "not Parquet")
	}
	contains(t, c.want(4), "NB: seed 1", "damaged")
	contains(t, c.want(4, "--set", "seeds=[1,2]", "--update"), "no baseline can be made")
}

// shift adds to all values of a metric of a model.
func shift(b *check.Baseline, model int, metric string, by float64) {
	for i := range b.Measured.Models[model].Results {
		for j := range b.Measured.Models[model].Results[i].Values {
			v := &b.Measured.Models[model].Results[i].Values[j]
			if v.Metric != metric {
				continue
			}
			sum := 0.0
			for k := range v.Seeds {
				v.Seeds[k] += by
				sum += v.Seeds[k]
			}
			v.Mean = sum / float64(len(v.Seeds))
		}
	}
}

func TestCheckStoppedEarlyIsNoPass(t *testing.T) {
	c := newChecked(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	junit := filepath.Join(t.TempDir(), "check.xml")
	var out strings.Builder
	err := run(ctx, []string{"check", c.config, "--baseline", c.baseline, "--results", t.TempDir(), "--junit", junit}, strings.NewReader(""), &out, &out)
	if code := exitCode(ctx, err); code != exitResumable {
		t.Errorf("code %d: %v", code, err)
	}
	if _, errored := junitCounts(t, junit); errored != 1 || !strings.Contains(out.String(), "stopped early") {
		t.Errorf("%d errors in JUnit, printed %s", errored, out.String())
	}
}

func TestCheckRefusesWrongUse(t *testing.T) {
	for _, args := range [][]string{
		{"check", "ci"},
		{"check", "--baseline", "x.json"},
		{"check", "no such experiment", "--baseline", "x.json"},
		{"check", "ci", "--baseline", "x.json", "--junit", filepath.Join(t.TempDir(), "no", "such", "folder.xml")},
	} {
		if _, message, code := call(t, nil, args...); code != exitUsage {
			t.Errorf("%v: code %d: %s", args, code, message)
		}
	}
}

// committed is the baseline that guards this repository.
const committed = "../../configs/baselines/ci.json"

func TestTheRepositoryPassesItsCheck(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	doc := readFile(t, checkDoc)
	results := t.TempDir()
	t.Chdir(filepath.Join("..", ".."))
	args := strings.Fields(block(t, doc, "# The regression check", "sh"))[1:]
	out := mustCall(t, append(args, "--results", results, "--quiet")...)
	if want := block(t, doc, "# The regression check", "text"); out != want {
		t.Errorf("%s shows\n%s\nbut the check prints\n%s", checkDoc, want, out)
	}
	args = strings.Fields(block(t, doc, "takes the place of these two numbers", "sh"))[1:]
	if out, message, code := call(t, nil, append(args, "--results", results, "--quiet")...); code != 0 && kernels.Implementation() != "go" {
		t.Errorf("%s: code %d: %s\n%s", strings.Join(args, " "), code, message, out)
	}
}

const checkDoc = "docs/REGRESSION_CHECK.md"

func committedBaseline(t *testing.T) *check.Baseline {
	t.Helper()
	b, err := check.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The tolerances that the documentation shows are read, and its commands known.
func TestCheckDocumentation(t *testing.T) {
	doc := readFile(t, checkDoc)
	text := readAll(t, committed)
	first := `{"metric":"f1","better"`
	if strings.Count(text, first) != 1 {
		t.Fatalf("the baseline has not one tolerance of f1:\n%.400s", text)
	}
	begin := strings.Index(text, first)
	end := begin + strings.Index(text[begin:], "\n")
	b, err := check.Decode([]byte(text[:begin] + block(t, doc, "## Tolerances", "json") + text[end:]))
	if err != nil || len(b.Tolerances) != len(committedBaseline(t).Tolerances)+2 {
		t.Errorf("the tolerances of %s: %v", checkDoc, err)
	}
	commands := regexp.MustCompile(`(?m)(?:assay|/cmd/assay) (check .*)$`).FindAllStringSubmatch(doc, -1)
	if len(commands) < 6 {
		t.Errorf("%s shows %d commands", checkDoc, len(commands))
	}
	for _, found := range commands {
		cmd, rest, err := newRoot().Find(strings.Fields(found[1]))
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err != nil || cmd.Name() != "check" {
			t.Errorf("%s: %v", found[0], err)
		}
	}
}

// mutation is a bug of one line.
type mutation struct {
	name     string
	file     string // of the repository
	old, new string
	tags     string
	metric   string // that the check must name
	slow     bool   // of the full form alone
}

var mutations = []mutation{
	{"the loss without the masters' part", "networks/loss/loss.go",
		"return share*sum + masterShare*masterSum", "return share*sum", "", "validation_loss", false},
	{"the masters' gradient lost", "networks/loss/loss.go",
		"d[first] += share * slope * mixSlope(hi, lo)", "d[first] += 0 * slope * mixSlope(hi, lo)", "", "f1", false},
	{"a wrong derivative in the kernel of GELU", "internal/kernels/layers_reference.go",
		"(normal(v) + v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi))", "(normal(v))", "", "master_f1", false},
	{"a sign in the cross entropy", "networks/loss/mix.go",
		"slope *= e", "slope *= -e", "", "f1", true},
	{"a product missing in the GRU's way back", "networks/layers/gru_backward.go",
		"kernels.Gemm(carry, ld, kernels.Left[T]{Data: gates[3*h:], Row: d.ld, Col: 1}, n, &d.backN, true)", "_ = n", "", "master_f1", true},
	{"no scale in the kernel of softmax, without assembly", "internal/kernels/layers_reference.go",
		"x[i] = T(math.Exp(float64(scale*v - most)))", "x[i] = T(math.Exp(float64(v - most)))", "noasm", "f1", true},
}

// allMutations asks for the slow ones, too:
//
//	ASSAY_ALL_MUTATIONS=1 go test ./cmd/assay -run Mutation -v
const allMutations = "ASSAY_ALL_MUTATIONS"

// A bug of one line makes the check of this repository exit 1 and name a metric.
func TestMutationsAreRegressions(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program several times")
	}
	if kernels.Implementation() == "go" && os.Getenv(allMutations) == "" {
		t.Skip("takes a minute each without assembly")
	}
	shared := t.TempDir() // the corpus and the word vectors are the same for all
	for _, m := range mutations {
		if m.slow && os.Getenv(allMutations) == "" {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			program := m.build(t)
			cmd := exec.Command(program, "check", "ci", "--baseline", committed, "--results", shared, "--quiet")
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != exitRegression {
				t.Fatalf("%v, want exit code 1\n%s", err, out)
			}
			contains(t, string(out), "check ci: regression: ", m.metric+" of SHA-RNN-lite (")
			t.Logf("%s", out)
		})
	}
}

// build builds the program with the mutation laid over its file.
func (m mutation) build(t *testing.T) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("..", "..", m.file))
	if err != nil {
		t.Fatal(err)
	}
	source := readAll(t, file)
	if strings.Count(source, m.old) != 1 {
		t.Fatalf("%s no longer has one %q: choose another line", m.file, m.old)
	}
	dir := t.TempDir()
	mutant, overlay, program := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "assay.exe")
	writeAll(t, mutant, strings.Replace(source, m.old, m.new, 1))
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {file: mutant}})
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, overlay, string(replace))
	cmd := exec.Command("go", "build", "-overlay", overlay, "-tags", m.tags, "-ldflags", "-s -w", "-o", program, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

func readAll(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func writeAll(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
