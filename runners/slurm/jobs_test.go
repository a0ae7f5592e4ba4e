package slurm

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// sweepOf writes records: job-001 with trials 0-4 as job 12, job-002 with
// trials 10-11 at offset 10 as job 13.
func sweepOf(t *testing.T, more ...record) string {
	t.Helper()
	dir := t.TempDir()
	records := append([]record{{Job: "12", Trials: "0-4"}, {Job: "13", Offset: 10, Trials: "10,11"}}, more...)
	for i, r := range records {
		r.Format = recordFormat
		if err := r.write(Batch{Dir: dir}.path(i+1, ".json")); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func jobs(t *testing.T, dir string) Known {
	t.Helper()
	k, err := Jobs(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// states is the short form of what Jobs said.
func states(k Known) map[int]string {
	s := map[int]string{}
	for trial, t := range k.Tasks {
		s[trial] = t.Job + " " + t.String()
	}
	return s
}

func TestJobs(t *testing.T) {
	dir := sweepOf(t)
	script := filepath.Join(dir, "job-001.sh")
	calls := fakes(t, map[string]string{
		"squeue": `echo '12|[3-4%2]|PENDING|JobArrayTaskLimit||` + script + `'
echo '12|1|RUNNING|None|n2|` + script + `'
echo '12|2|COMPLETED|None|n1|` + script + `'
echo '99|N/A|RUNNING|None|n1|/other/a|b.sh'
echo '98|0|RUNNING|None|n1|/other/job-001.sh'`,
		"sacct": `echo '12_0|TIMEOUT|n1'; echo '12_1|COMPLETED|old'; echo '13_0|CANCELLED by 1000|None assigned'; echo '13_[1]|PENDING|None assigned'; echo '14|RUNNING|n1'`,
	})
	k := jobs(t, dir)
	want := map[int]string{
		0: "12_0 TIMEOUT", 1: "12_1 RUNNING on n2", 2: "12_2 COMPLETED", 3: "12_3 PENDING (JobArrayTaskLimit)", 4: "12_4 PENDING (JobArrayTaskLimit)",
		10: "13_0 CANCELLED (by 1000)", 11: "13_1 PENDING",
	}
	if got := states(k); !reflect.DeepEqual(got, want) || len(k.Unasked) > 0 {
		t.Errorf("got %v, %q; want %v", got, k.Unasked, want)
	}
	if got, want := k.Tasks[11].Log, filepath.Join(dir, "logs", "13_1.log"); got != want {
		t.Errorf("log %s, want %s", got, want)
	}
	if c := calls(); len(c) != 2 || !strings.HasSuffix(c[1], "--jobs=12,13") {
		t.Errorf("calls %q", c)
	}
	for trial, active := range map[int]bool{0: false, 1: true, 2: false, 3: true, 10: false, 11: true} {
		if k.Tasks[trial].Active() != active {
			t.Errorf("trial %d: active %v", trial, !active)
		}
	}
}

func TestJobsTakesTheNewestTaskButAnActiveOneFirst(t *testing.T) {
	dir := sweepOf(t, record{Job: "20", Trials: "0-2"}, record{Job: "", Trials: "4"})
	dir2 := filepath.Join(dir, "job-004.sh")
	fakes(t, map[string]string{
		"squeue": `for i in 0 1 2 3 4; do echo "12|$i|FAILED|NonZeroExitCode|n1|x/job-001.sh"; done
echo '12|1|RUNNING|None|n1|x/job-001.sh'
echo '20|0|COMPLETED|None|n1|x/job-003.sh'; echo '20|1|CANCELLED|None||x/job-003.sh'; echo '20|2|PENDING|Priority||x/job-003.sh'
echo '31|4|COMPLETED|None|n2|` + dir2 + `'; echo '9|4|FAILED|None|n2|` + dir2 + `'
echo '13|0|RUNNING|None|n1|of-another-sweep.sh'; echo '13|1|COMPLETED|None|n1|x/job-002.sh'`,
		"sacct": "exit 0",
	})
	want := map[int]string{
		0: "20_0 COMPLETED", 1: "12_1 RUNNING on n1", 2: "20_2 PENDING (Priority)", 3: "12_3 FAILED (NonZeroExitCode)", 4: "31_4 COMPLETED",
		10: "13_0 unknown to Slurm", 11: "13_1 COMPLETED",
	}
	if got := states(jobs(t, dir)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestJobsSaysWhatItCouldNotAsk(t *testing.T) {
	dir := sweepOf(t)
	for _, c := range []struct {
		squeue, sacct string
		want          []string
	}{
		{"", "", []string{"slurm: squeue: " + ErrNoTool.Error(), "slurm: sacct: " + ErrNoTool.Error()}},
		{"exit 0", "echo 'Slurm accounting storage is disabled' >&2; exit 1", []string{"slurm: sacct: Slurm accounting storage is disabled"}},
		{"echo oops", "echo oops", []string{
			`slurm: squeue: line "oops" has not the six fields that were asked for`, `slurm: sacct: line "oops" has not the three fields that were asked for`,
		}},
		{"echo '1|x|2|3|4|5'", "echo '1_x|2|3'", []string{
			`slurm: squeue: line "1|x|2|3|4|5": list "x": "x" is not a number`, `slurm: sacct: line "1_x|2|3": list "x": "x" is not a number`,
		}},
	} {
		tools := map[string]string{}
		if c.squeue != "" {
			tools["squeue"], tools["sacct"] = c.squeue, c.sacct
		}
		fakes(t, tools)
		k := jobs(t, dir)
		if !slices.Equal(k.Unasked, c.want) {
			t.Errorf("not asked: %q, want %q", k.Unasked, c.want)
		}
		if k.Blind != (c.squeue != "exit 0") {
			t.Errorf("squeue %q: blind is %t", c.squeue, k.Blind)
		}
		if len(k.Tasks) != 7 || k.Tasks[0].Active() || k.Tasks[0].String() != "unknown to Slurm" {
			t.Errorf("tasks %v", k.Tasks)
		}
	}
}

func TestJobsOfNothing(t *testing.T) {
	calls := fakes(t, map[string]string{"squeue": "exit 1"})
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, ".tmp-job-001.json-1"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(empty, "none"), empty} {
		if k := jobs(t, dir); len(k.Tasks)+len(k.Unasked) > 0 || k.Tasks == nil {
			t.Errorf("%+v", k)
		}
	}
	if c := calls(); c[0] != "" {
		t.Errorf("calls %q for nothing", c)
	}
}

func FuzzParseList(f *testing.F) {
	for _, seed := range []string{"0-3,7", "[3-7%2]", "0-8:2", "1-", "[", ",", "%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		numbers, err := parseList(text)
		if err != nil || len(numbers) > 1000 || !slices.IsSorted(numbers) || len(slices.Compact(slices.Clone(numbers))) < len(numbers) {
			return
		}
		again, err := parseList(formatList(numbers))
		if err != nil || !slices.Equal(again, numbers) {
			t.Errorf("%q: %v came back as %v, %v", text, numbers, again, err)
		}
	})
}
