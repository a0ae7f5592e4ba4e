package slurm

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/internal/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func full() Batch {
	return Batch{
		Name: "dropout, 2nd", Dir: "/data/it's 100%/slurm", Program: "/opt/assay", Config: "/data/it's 100%/sweep.toml",
		Results: "/data/results", WorkDir: "/home/a b", Trials: []int{9, 0, 1, 2, 3, 7, 10, 11},
		Options: Options{
			Partition: "short,long", Time: "1-12:00:00", Memory: "16G", GPUs: "a100:2", CPUs: 8, MaxParallel: 4,
			Setup: []string{"module load cuda/12", "export A=$HOME", `echo 'open`, "if", "a && b"},
			Extra: []string{"--account=physics", `--comment=a "b" \ # c`, "-q high", "--exclusive", "-xn[1-3]"},
		},
	}
}

// one renders all of a batch's trials as one script.
func (b Batch) one(t *testing.T) string {
	t.Helper()
	b, err := b.resolve()
	if err != nil {
		t.Fatal(err)
	}
	chunks := split(b.Trials, DefaultMaxArraySize)
	if len(chunks) != 1 {
		t.Fatalf("%d scripts", len(chunks))
	}
	return b.script(1, DefaultMaxArraySize, chunks[0]).Text
}

func TestScripts(t *testing.T) {
	golden(t, "full.sh", full().one(t))
	golden(t, "least.sh", Batch{Dir: "/d", Program: "/p", Config: "/c", Results: "/r", WorkDir: "/w", Trials: []int{2500}}.one(t))
}

// An open quote, a reserved word or a broken name costs its own line only: the
// rest of the script is still read as it was written.
func TestScriptsAreWholeForAShell(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	for _, line := range []string{`echo 'open`, `echo "open`, "if", "while true; do", "cat <<END", `a \`, "(", "{", "`", "$(", "# x", "f() {", "case x in"} {
		b := full()
		b.Setup, b.Name = []string{line}, "a\nrm -rf /"
		text := strings.Replace(b.one(t), "exec ", "echo reached ", 1)
		if out, err := exec.Command(bash, "-n", "-c", text).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("setup %q: %v %s", line, err, out)
		}
		if strings.Contains(text, "\nrm ") {
			t.Errorf("the name broke out:\n%s", text)
		}
	}
}

func TestShellQuoteGivesTheSameWordBack(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	words := []string{"", "a", "a b", "'", `"`, `\`, "$HOME", "`id`", "a\nb", "!!", "~", "*", "#x", "-n", "ü", `'\''`, "a;b", "%s", "\t"}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		w := make([]byte, rng.IntN(12))
		for i := range w {
			w[i] = byte(1 + rng.IntN(126))
		}
		words = append(words, string(w))
	}
	var command strings.Builder
	command.WriteString(`printf '%s\0'`)
	for _, w := range words {
		command.WriteString(" " + shellQuote(w))
	}
	out, err := exec.Command(sh, "-c", command.String()).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if !slices.Equal(got, words) {
		t.Errorf("got %q, want %q", got, words)
	}
}

func TestOptionsReportEveryFault(t *testing.T) {
	o := Options{
		Partition: "a b", Time: "soon", Memory: "16 GB", GPUs: "all", CPUs: -1, Warn: time.Millisecond,
		Setup: []string{"a\nb"}, Extra: []string{"account=x", "--arr=1", "-o x", "--comment=a\nb", "--wait"}, After: []string{"12;rm"},
	}
	err := o.Validate()
	if !fault.IsUsage(err) {
		t.Fatalf("error %v is not marked as wrong use", err)
	}
	golden(t, "faults.txt", err.Error()+"\n")
	o = full().Options
	o.After = []string{"12", "13_4"}
	if err := o.Validate(); err != nil {
		t.Errorf("a good one: %v", err)
	}
	if err := (Options{Extra: []string{"--wait-all-nodes=1", "--nodes=1", "--time-min=1"}}).Validate(); err != nil {
		t.Errorf("harmless options: %v", err)
	}
}

func TestBatchesReportEveryFault(t *testing.T) {
	for _, c := range []struct {
		change func(*Batch)
		want   string
	}{
		{func(b *Batch) { b.Trials = nil }, "slurm: no trials to submit"},
		{func(b *Batch) { b.Trials = []int{3, -1} }, "slurm: trial -1: numbers start at 0"},
		{func(b *Batch) { b.Trials = []int{3, 1, 3} }, "slurm: a trial is named twice"},
		{func(b *Batch) { b.Config = "a\nb" }, `slurm: configuration "a\nb": want a path in one line`},
		{func(b *Batch) { b.Program = "" }, `slurm: program "": want a path in one line`},
		{func(b *Batch) { b.Dir = `/a\b` }, `slurm: folder of scripts "/a\\b": Slurm takes no backslash in the name of a log`},
		{func(b *Batch) { b.Time, b.Warn = "1", time.Minute }, "slurm: warning 1m0s before a time limit of 1m0s: a task would be told to stop as it starts"},
	} {
		b := full()
		c.change(&b)
		if _, err := b.resolve(); err == nil || err.Error() != c.want || !fault.IsUsage(err) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "UNLIMITED": 0, "infinite": 0, "90": 90 * time.Minute, "1:30": 90 * time.Second, "12:00:00": 12 * time.Hour,
		"2-0": 48 * time.Hour, "1-2:3": 26*time.Hour + 3*time.Minute, "1-2:3:4": 26*time.Hour + 3*time.Minute + 4*time.Second,
	} {
		if got, err := parseTime(text); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"0", "0:00", "-1", "1-", "1:2:3:4", "90m", "1 2", "1:234", "99999999999"} {
		if got, err := parseTime(text); err == nil {
			t.Errorf("%q: %v, want an error", text, got)
		}
	}
}

func TestWarning(t *testing.T) {
	for _, c := range []struct {
		time       string
		warn, want time.Duration
	}{
		{"", 0, 2 * time.Minute}, {"8", 0, 2 * time.Minute}, {"4", 0, time.Minute}, {"1", 0, 15 * time.Second},
		{"0:01", 0, time.Second}, {"1", 7 * time.Second, 7 * time.Second}, {"60", 10 * time.Minute, 10 * time.Minute},
	} {
		if got := (Options{Time: c.time, Warn: c.warn}).warning(); got != c.want {
			t.Errorf("time %q, warn %v: %v, want %v", c.time, c.warn, got, c.want)
		}
	}
}

func TestLists(t *testing.T) {
	for text, want := range map[string][]int{
		"7": {7}, "0-3,7,9-11": {0, 1, 2, 3, 7, 9, 10, 11}, "[3-5%2]": {3, 4, 5}, "3-5%2": {3, 4, 5}, "0-8:4,11": {0, 4, 8, 11},
	} {
		if got, err := parseList(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "a", "1-", "-1", "3-1", "1:2", "1-5:0", "[1", "1]", "1,,2", "1-3,7...", "0-99999999", "+1", "1 ", "4294967296"} {
		if got, err := parseList(text); err == nil {
			t.Errorf("%q: %v, want an error", text, got)
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var numbers []int
		for n := rng.IntN(3); len(numbers) < 50; n += 1 + rng.IntN(3)*rng.IntN(2) {
			numbers = append(numbers, n)
		}
		got, err := parseList(formatList(numbers))
		if err != nil || !slices.Equal(got, numbers) {
			t.Fatalf("%v came back as %v, %v", numbers, got, err)
		}
	}
}

// Whatever the numbers, each trial is run once, indices stay below the
// cluster's bound, and lists below sbatch's.
func TestSplitting(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct{ n, gap, maxArray int }{
		{1, 1, 1}, {5, 1, 1}, {10_000, 1, 1001}, {10_000, 3, 1001}, {10_000, 40, 1001}, {10_000, 3, 4_000_001}, {10_000, 1, 4_000_001}, {1001, 1, 1001}, {1002, 1, 1001},
	} {
		b := full()
		b.Trials = nil
		for n := 0; len(b.Trials) < c.n; n += 1 + rng.IntN(c.gap) {
			b.Trials = append(b.Trials, n)
		}
		var seen []int
		chunks := split(b.Trials, c.maxArray)
		for i, trials := range chunks {
			s := b.script(i+1, c.maxArray, trials)
			_, rest, _ := strings.Cut(s.Text, "#SBATCH --array=")
			array, _, _ := strings.Cut(rest, "\n")
			if len(array) > longestList+10 {
				t.Errorf("%+v: list of %d characters", c, len(array))
			}
			indices, err := parseList(array)
			if err != nil {
				t.Fatal(err)
			}
			if last := indices[len(indices)-1]; last >= c.maxArray {
				t.Errorf("%+v: index %d", c, last)
			}
			if want := fmt.Sprintf("$((SLURM_ARRAY_TASK_ID + %d))", s.Offset); !strings.Contains(s.Text, want) {
				t.Errorf("%+v: no %s", c, want)
			}
			for _, index := range indices {
				seen = append(seen, index+s.Offset)
			}
		}
		if !reflect.DeepEqual(seen, b.Trials) {
			t.Errorf("%+v: trials were lost or doubled", c)
		}
		t.Logf("%+v: %d scripts", c, len(chunks))
	}
}
