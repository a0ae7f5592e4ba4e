package slurm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"assay/internal/fault"
)

// fakes puts stand-ins for Slurm's tools on an otherwise empty PATH. Each is
// the body of a shell script; what they are called with is added to a file.
func fakes(t *testing.T, tools map[string]string) (calls func() []string) {
	t.Helper()
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	for name, body := range tools {
		text := fmt.Sprintf("#!/bin/sh\necho \"%s $*\" >>%s\n%s\n", name, shellQuote(log), body)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	return func() []string {
		text, err := os.ReadFile(log)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
}

const config = `[ "$1 $2" = "show config" ] && echo "MaxArraySize            = 10"`

// sbatch gives out ids from 101 on, and prints what plugins print.
func sbatch(t *testing.T) string {
	counter := shellQuote(filepath.Join(t.TempDir(), "counter"))
	return "echo x >>" + counter + "; n=100; while read -r _; do n=$((n + 1)); done <" + counter + "; echo hello; echo \"$n;main\""
}

func small(t *testing.T, trials ...int) Batch {
	return Batch{Name: "s", Dir: filepath.Join(t.TempDir(), "slurm"), Program: "/p", Config: "/c", Results: "/r", WorkDir: "/w", Trials: trials}
}

func TestSubmit(t *testing.T) {
	calls := fakes(t, map[string]string{"scontrol": config, "sbatch": sbatch(t)})
	b := small(t, 0, 1, 12, 25)
	b.MaxParallel, b.After = 2, []string{"7"}
	preview, err := Preview(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(b.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a preview wrote something: %v", err)
	}
	done, err := Submit(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	var jobs []string
	for i, d := range done {
		jobs = append(jobs, d.Job)
		if !reflect.DeepEqual(d.Script, preview[i]) {
			t.Errorf("script %d is not what the preview showed: %+v, %+v", i, d.Script, preview[i])
		}
		if text, err := os.ReadFile(d.Path); err != nil || string(text) != d.Text {
			t.Errorf("kept script %d: %q, %v", i, text, err)
		}
	}
	if want := []string{"101", "102", "103"}; !slices.Equal(jobs, want) {
		t.Errorf("jobs %v, want %v", jobs, want)
	}
	if got, want := calls()[2:], []string{
		"sbatch --parsable --dependency=afterany:7 " + b.Dir + "/job-001.sh",
		"sbatch --parsable --dependency=afterany:7:101 " + b.Dir + "/job-002.sh",
		"sbatch --parsable --dependency=afterany:7:102 " + b.Dir + "/job-003.sh",
	}; !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}

	// A later submission leaves the earlier one's files alone.
	b.Trials, b.MaxParallel, b.After = []int{12}, 0, nil
	again, err := Submit(t.Context(), b)
	if err != nil || len(again) != 1 || filepath.Base(again[0].Path) != "job-004.sh" {
		t.Fatalf("second submission %+v, %v", again, err)
	}
	record, err := os.ReadFile(filepath.Join(b.Dir, "job-003.json"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "record.json", string(record))
	records, err := readRecords(b.Dir)
	if err != nil || len(records) != 4 || !slices.Equal(records[0].trials, []int{0, 1}) || records[3].Job != "104" {
		t.Errorf("records %+v, %v", records, err)
	}
}

func TestSubmissionsAtOnceGetTheirOwnScripts(t *testing.T) {
	b := small(t, 1)
	if err := os.Mkdir(b.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	const n, each = 8, 25
	numbers := make(chan int, n*each)
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			for range each {
				number, err := reserve(b)
				if err != nil {
					t.Error(err)
				}
				numbers <- number
			}
		})
	}
	wait.Wait()
	close(numbers)
	seen := map[int]bool{}
	for number := range numbers {
		seen[number] = true
	}
	if len(seen) != n*each {
		t.Errorf("%d numbers of %d", len(seen), n*each)
	}
}

func TestArraysWithoutABoundDoNotWait(t *testing.T) {
	calls := fakes(t, map[string]string{"scontrol": config, "sbatch": sbatch(t)})
	if _, err := Submit(t.Context(), small(t, 1, 11)); err != nil {
		t.Fatal(err)
	}
	if c := strings.Join(calls(), "\n"); strings.Contains(c, "dependency") {
		t.Errorf("calls %s", c)
	}
}

func TestRecordsComeInOrder(t *testing.T) {
	b := small(t, 1)
	if err := os.Mkdir(b.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1000, 9, 999} {
		if err := (record{Format: recordFormat, Job: fmt.Sprint(n), Trials: "1"}).write(b.path(n, ".json")); err != nil {
			t.Fatal(err)
		}
	}
	records, err := readRecords(b.Dir)
	if err != nil || len(records) != 3 || records[0].Job != "9" || records[1].Job != "999" || records[2].Job != "1000" {
		t.Errorf("%+v, %v", records, err)
	}
	if next, err := nextNumber(b.Dir); err != nil || next != 1001 {
		t.Errorf("next is %d, %v", next, err)
	}
}

func TestARefusedArrayKeepsTheOnesBefore(t *testing.T) {
	fakes(t, map[string]string{"scontrol": config, "sbatch": `case $* in
*job-002*) printf 'sbatch: error: invalid partition specified: x\nsbatch: error: Batch job submission failed: Invalid partition name specified\n' >&2; exit 1;;
esac
echo 7`})
	b := small(t, 1, 11, 21)
	done, err := Submit(t.Context(), b)
	const want = "slurm: sbatch: invalid partition specified: x; Batch job submission failed: Invalid partition name specified"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if len(done) != 1 || done[0].Job != "7" {
		t.Errorf("taken: %+v", done)
	}
	if _, err := os.Stat(filepath.Join(b.Dir, "job-003.sh")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the third script was written: %v", err)
	}
}

func TestErrorsNameTheTool(t *testing.T) {
	b := small(t, 1)
	for _, c := range []struct {
		scontrol, sbatch, want string
	}{
		{`echo "slurm_load_ctl_conf error: Unable to contact slurm controller (connect failure)" >&2; exit 1`, "", "slurm: scontrol: slurm_load_ctl_conf error: Unable to contact slurm controller (connect failure)"},
		{"echo nothing", "", "slurm: scontrol show config does not name MaxArraySize"},
		{"echo MaxArraySize = 0", "", "slurm: MaxArraySize is 0: this cluster runs no job arrays"},
		{config, "echo Submitted", `slurm: sbatch: "Submitted" is not the id of a job`},
		{config, "exit 3", "slurm: sbatch: exit status 3"},
		{config, "kill -9 $$", "slurm: sbatch: signal: killed"},
	} {
		fakes(t, map[string]string{"scontrol": c.scontrol, "sbatch": c.sbatch})
		if _, err := Submit(t.Context(), b); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	fakes(t, nil)
	if _, err := Submit(t.Context(), b); !errors.Is(err, ErrNoTool) || !strings.HasPrefix(err.Error(), "slurm: scontrol: ") {
		t.Errorf("without tools: %v", err)
	}
	if scripts, err := Preview(t.Context(), b); err != nil || len(scripts) != 1 {
		t.Errorf("preview without tools: %d scripts, %v", len(scripts), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Preview(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("preview when cancelled: %v", err)
	}
	b.Trials = nil
	if _, err := Submit(t.Context(), b); !fault.IsUsage(err) {
		t.Errorf("a wrong batch: %v", err)
	}
}

func TestEnvironmentDoesNotOverrideScripts(t *testing.T) {
	fakes(t, map[string]string{"squeue": `echo "$SQUEUE_FORMAT,$SBATCH_SIGNAL,$SBATCH_ACCOUNT,$SLURM_BITSTR_LEN"`})
	for _, name := range []string{"SQUEUE_FORMAT", "SBATCH_SIGNAL", "SBATCH_ACCOUNT", "SLURM_BITSTR_LEN"} {
		t.Setenv(name, "set")
	}
	if out, err := run(t.Context(), "squeue"); err != nil || out != ",,set,0\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestRequeue(t *testing.T) {
	for _, c := range []struct {
		name            string
		array, task, id string
		scontrol        string
		requeued        bool
		call, err       string
	}{
		{name: "outside"},
		{name: "array", array: "12", task: "3", id: "15", requeued: true, call: "scontrol requeue 12_3"},
		{name: "no array", id: "15", requeued: true, call: "scontrol requeue 15"},
		{name: "half", array: "12", id: "12", err: "slurm: requeue: only one of SLURM_ARRAY_JOB_ID and SLURM_ARRAY_TASK_ID is set"},
		{name: "pending", array: "12", task: "3", scontrol: `echo "12_3: Job is pending execution" >&2; exit 1`, requeued: true, call: "scontrol requeue 12_3"},
		{name: "terminated", array: "12", task: "3", scontrol: "kill -TERM $$", requeued: true, call: "scontrol requeue 12_3"},
		{name: "refused", array: "12", task: "3", scontrol: `echo "12_3: Requested operation is presently disabled" >&2; exit 1`, call: "scontrol requeue 12_3", err: "slurm: scontrol: 12_3: Requested operation is presently disabled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("SLURM_ARRAY_JOB_ID", c.array)
			t.Setenv("SLURM_ARRAY_TASK_ID", c.task)
			t.Setenv("SLURM_JOB_ID", c.id)
			calls := fakes(t, map[string]string{"scontrol": c.scontrol})
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // the state in which a stopped program calls
			requeued, err := Requeue(ctx)
			if requeued != c.requeued || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("requeued %v, %v; want %v, %q", requeued, err, c.requeued, c.err)
			}
			if got := calls()[0]; got != c.call {
				t.Errorf("call %q, want %q", got, c.call)
			}
		})
	}
}

func TestRecordsThatAreNotWhole(t *testing.T) {
	for name, text := range map[string]string{
		"torn": `{"format":1,`, "format": `{"format":2,"trials":"0"}`, "list": `{"format":1,"trials":"0-"}`, "empty": "",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "job-001.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Jobs(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "job-001.json") {
			t.Errorf("%s: error %v does not name the file", name, err)
		}
	}
	var r record
	if err := json.Unmarshal([]byte(`{}`), &r); err != nil || r.Format == recordFormat {
		t.Error("an empty record must not pass for one")
	}
}
