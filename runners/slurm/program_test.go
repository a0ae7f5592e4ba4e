//go:build unix

package slurm_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"assay/internal/atomicfile"
	"assay/runners/slurm"
)

// The test's binary is the program that tasks run as well.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "run" {
		code, err := program(os.Args[2], os.Args[3:])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// work is the program's configuration.
type work struct {
	Steps  int   `json:"steps"`
	StepMS int   `json:"step_ms"`
	Fail   []int `json:"fail"` // trials that fail
}

// checkpoint is a chain of hashes: a step left out or done twice changes it.
type checkpoint struct {
	Step int    `json:"step"`
	Sum  string `json:"sum"`
}

func (c checkpoint) next(trial int) checkpoint {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", c.Sum, trial, c.Step))
	return checkpoint{c.Step + 1, fmt.Sprintf("%x", sum[:8])}
}

// want is the sum of a trial that nothing interrupted.
func want(trial, steps int) string {
	var c checkpoint
	for c.Step < steps {
		c = c.next(trial)
	}
	return c.Sum
}

// program is the contract in small: it does steps, keeps a checkpoint after
// each, and leaves the contract's codes.
func program(config string, args []string) (code int, err error) {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	trial := flags.Int("trial", -1, "")
	results := flags.String("results", "", "")
	workers := flags.Int("workers", 0, "")
	requeue := flags.Bool("requeue", false, "")
	if err := flags.Parse(args); err != nil || *trial < 0 || *workers < 1 || !*requeue {
		return 64, fmt.Errorf("wrong use: %q", os.Args)
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGTERM)
	var w work
	if err := readJSON(config, &w); err != nil {
		return 64, err
	}
	dir := filepath.Join(*results, strconv.Itoa(*trial))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 4, err
	}
	var c checkpoint
	if err := readJSON(filepath.Join(dir, "checkpoint"), &c); err != nil && !os.IsNotExist(err) {
		return 4, err
	}
	if err := event(dir, fmt.Sprintf("start %d on %s, pid %d", c.Step, os.Getenv("SLURMD_NODENAME"), os.Getpid())); err != nil {
		return 4, err
	}
	if slices.Contains(w.Fail, *trial) {
		return 4, fmt.Errorf("trial %d fails as it should", *trial)
	}
	for c.Step < w.Steps {
		select {
		case s := <-signals:
			return 75, stopped(dir, c, s)
		case <-time.After(time.Duration(w.StepMS) * time.Millisecond):
		}
		c = c.next(*trial)
		text, err := json.Marshal(c)
		if err == nil {
			err = atomicfile.WriteBytes(filepath.Join(dir, "checkpoint"), text)
		}
		if err != nil {
			return 4, err
		}
	}
	return 0, atomicfile.WriteBytes(filepath.Join(dir, "done"), []byte(c.Sum))
}

func stopped(dir string, c checkpoint, s os.Signal) error {
	if err := event(dir, fmt.Sprintf("%v at %d", s, c.Step)); err != nil || s != syscall.SIGUSR1 {
		return err
	}
	requeued, err := slurm.Requeue(context.Background())
	if err == nil && !requeued {
		err = fmt.Errorf("not requeued")
	}
	return err
}

func event(dir, what string) error {
	f, err := os.OpenFile(filepath.Join(dir, "events"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, what)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	fmt.Println(what) // the task's log
	return err
}

func readJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
