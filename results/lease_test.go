package results

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay/internal/rng"
)

// helperEnv makes this test binary a process that claims a trial: it prints
// "won" or the error, and holds the trial until its input ends. With the mode
// "write" it writes without a pause instead, to be killed.
const helperEnv = "ASSAY_RESULTS_TEST_HELPER"

func TestMain(m *testing.M) {
	if mode := os.Getenv(helperEnv); mode != "" {
		run, ok := stressModes[mode]
		if !ok {
			run = func(dir string) error { return helper(mode, dir) }
		}
		if err := run(os.Args[len(os.Args)-1]); err != nil {
			fmt.Println(err)
		}
		return
	}
	os.Exit(m.Run())
}

func helper(mode, dir string) error {
	s, err := OpenStore(dir)
	if err != nil {
		return err
	}
	for {
		w, err := s.Claim(context.Background(), trial("t"))
		if err != nil {
			return err
		}
		fmt.Println("won")
		if mode == "hold" {
			_, err := io.Copy(io.Discard, os.Stdin)
			return errors.Join(err, w.Interrupt())
		}
		for i := range 5 {
			err = errors.Join(err, w.Append(map[string]int{"epoch": i}), w.WriteConfig(make([]byte, 1000*i)), w.WritePredictions(samplePredictions()))
		}
		if err := errors.Join(err, w.Fail(errors.New("again"))); err != nil {
			return err
		}
	}
}

type helperProcess struct {
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
}

func startHelper(t *testing.T, mode, dir string) *helperProcess {
	t.Helper()
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), helperEnv+"="+mode)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	h := &helperProcess{cmd: cmd, stdin: in, lines: bufio.NewScanner(out)}
	t.Cleanup(func() { h.kill() })
	return h
}

func (h *helperProcess) line() string {
	if h.lines.Scan() {
		return h.lines.Text()
	}
	return "no line"
}

func (h *helperProcess) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}

// claimAtOnce lets n goroutines claim the trial and returns the winners.
func claimAtOnce(t *testing.T, s *Store, n int) []*RunWriter {
	t.Helper()
	var mu sync.Mutex
	var winners []*RunWriter
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			w, err := s.Claim(context.Background(), trial("t"))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				winners = append(winners, w)
			} else if !errors.Is(err, ErrClaimed) || !strings.Contains(err.Error(), "process ") {
				t.Errorf("a loser got %v", err)
			}
		})
	}
	wg.Wait()
	return winners
}

func TestOneOfManyGoroutinesWins(t *testing.T) {
	s := newStore(t)
	winners := claimAtOnce(t, s, 32)
	if len(winners) != 1 {
		t.Fatalf("%d of 32 claims won", len(winners))
	}
	must(t, winners[0].Interrupt())
}

func TestOneOfManyProcessesWins(t *testing.T) {
	s := newStore(t)
	var all []*helperProcess
	for range 6 {
		all = append(all, startHelper(t, "hold", s.dir))
	}
	won := 0
	for _, h := range all {
		switch line := h.line(); {
		case line == "won":
			won++
		case !strings.Contains(line, "claimed by another"):
			t.Errorf("a process answered %q", line)
		}
	}
	if won != 1 {
		t.Errorf("%d of 6 processes won", won)
	}
}

// After kill -9 of the holder the trial is free at once, for one of many.
func TestKilledHolderIsReplacedByOne(t *testing.T) {
	s := newStore(t)
	for range 5 {
		h := startHelper(t, "hold", s.dir)
		if line := h.line(); line != "won" {
			t.Fatalf("the holder answered %q", line)
		}
		if got := claimAtOnce(t, s, 2); len(got) != 0 {
			t.Fatalf("%d claims won against a living holder", len(got))
		}
		if r, err := s.Run("exp", "t"); err != nil || r.State != Running {
			t.Fatalf("held run is %q, %v", r.State, err)
		}
		must(t, h.cmd.Process.Kill()) // not waited for: a zombie is dead too
		for !processDead(h.cmd.Process.Pid, "") {
			time.Sleep(time.Millisecond)
		}
		if r, err := s.Run("exp", "t"); err != nil || r.State != Interrupted || r.Error == "" {
			t.Fatalf("abandoned run is %q (%s), %v", r.State, r.Error, err)
		}
		winners := claimAtOnce(t, s, 16)
		if len(winners) != 1 {
			t.Fatalf("%d of 16 claims took over", len(winners))
		}
		must(t, winners[0].Interrupt())
		h.kill()
	}
}

func TestKilledWriterLeavesNothingHalfWritten(t *testing.T) {
	s := newStore(t)
	r := rng.New(1, "kill")
	for i := range 12 {
		h := startHelper(t, "write", s.dir)
		if line := h.line(); line != "won" {
			t.Fatalf("kill %d: the writer answered %q", i, line)
		}
		time.Sleep(time.Duration(r.IntN(20000)) * time.Microsecond)
		h.kill()
		runs, problems, err := s.List(context.Background(), "exp")
		if err != nil || len(problems) != 0 || len(runs) != 1 {
			t.Fatalf("kill %d: runs %v, problems %v, %v", i, runs, problems, err)
		}
		if _, err := s.Metrics("exp", "t"); err != nil {
			t.Fatalf("kill %d: %v", i, err)
		}
	}
	w := claim(t, s, "t")
	must(t, w.WriteConfig(nil))
	must(t, w.Finish(w.Run()))
	// A writer killed while it writes its claim leaves one that cannot be told
	// from a claim that another is just making: it stays until it is stale.
	claims, err := filepath.Glob(filepath.Join(w.Dir(), leaseTemp+"*"))
	must(t, err)
	for _, path := range claims {
		must(t, os.Remove(path))
	}
	onlyFiles(t, w.Dir(), "config.toml", "log.txt", "metrics.jsonl", "run.json")
}

// Claims, releases and takeovers in any order never let two inside.
func TestNeverTwoInside(t *testing.T) {
	s := newStore(t)
	var inside, entered atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for entered.Load() < 60 {
				w, err := s.Claim(context.Background(), trial("t"))
				if errors.Is(err, ErrClaimed) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d writers inside", n)
				}
				entered.Add(1)
				inside.Add(-1)
				if err := w.Interrupt(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// One who saw lease 5 stale and comes late, when 6 was taken and removed again
// and 7 is held, must not win with 6.
func TestLateClaimUnderAnUsedNumberWithdraws(t *testing.T) {
	s := newStore(t)
	w := claim(t, s, "t")
	must(t, os.Rename(leasePath(w.Dir(), 1), leasePath(w.Dir(), 7)))
	f, _, err := writeLease(w.Dir(), newHolder())
	must(t, err)
	must(t, f.Close())
	if won, err := takeLease(w.Dir(), f.Name(), 6); won || err != nil {
		t.Fatalf("a late claim won: %v, %v", won, err)
	}
	if _, err := os.Stat(leasePath(w.Dir(), 6)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("lease 6 is still there: %v", err)
	}
	if won, err := takeLease(w.Dir(), f.Name(), 7); won || err != nil {
		t.Errorf("a taken number was won: %v, %v", won, err)
	}
	if won, err := takeLease(w.Dir(), f.Name(), 8); !won || err != nil {
		t.Errorf("the next number was not won: %v, %v", won, err)
	}
	if n, err := highestLease(w.Dir()); n != 8 || err != nil {
		t.Errorf("highest lease %d, %v", n, err)
	}
	if _, err := os.Stat(leasePath(w.Dir(), 7)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("lease 7 is still there: %v", err)
	}
}

func TestLeaseExpires(t *testing.T) {
	here, past := newHolder(), newHolder()
	far := holder{Host: "far", Machine: "another", PID: 1, Start: "1", Job: "slurm 9_4"}
	past.Start = "1" // the process id is another's since
	for _, c := range []struct {
		name string
		of   holder
		age  time.Duration
		wins bool
	}{
		{"far, young", far, time.Minute, false},
		{"far, old", far, 3 * time.Minute, true},
		{"far, from the near future", far, -time.Minute, false},
		{"far, from the future", far, -3 * time.Minute, true},
		{"here, alive", here, time.Minute, false},
		{"here, alive but stopped", here, 3 * time.Minute, true},
		{"here, dead", past, time.Second, true},
	} {
		s := newStore(t)
		dir := s.Path("exp", "t")
		must(t, os.MkdirAll(dir, 0o755))
		f, _, err := writeLease(dir, c.of)
		must(t, err)
		must(t, f.Close())
		must(t, os.Rename(f.Name(), leasePath(dir, 7)))
		then := time.Now().Add(-c.age)
		must(t, os.Chtimes(leasePath(dir, 7), then, then))
		w, err := s.Claim(context.Background(), trial("t"))
		switch {
		case c.wins && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.wins:
			if w.lease.number != 8 {
				t.Errorf("%s: took lease %d after 7", c.name, w.lease.number)
			}
			must(t, w.Close())
		case !errors.Is(err, ErrClaimed) || !strings.Contains(err.Error(), c.of.String()):
			t.Errorf("%s: a lease %s old gave %v", c.name, c.age, err)
		}
	}
}

// A lease that nobody can read, empty where a file system has no whole creation,
// is respected until its age tells.
func TestUnreadableLeaseIsRespectedWhileYoung(t *testing.T) {
	for _, text := range []string{"", "\n", "garbage", "{}", "\x00\x00\x00\x00", "{\"pid\":-1}\nheld\n", "[1,2]\nheld\n", strings.Repeat("x", 1<<17)} {
		s := newStore(t)
		dir := s.Path("exp", "t")
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.WriteFile(leasePath(dir, 1), []byte(text), 0o644))
		if _, err := s.Claim(context.Background(), trial("t")); !errors.Is(err, ErrClaimed) {
			t.Errorf("a young lease %.20q gave %v", text, err)
		}
		for _, age := range []time.Duration{time.Hour, -time.Hour} {
			then := time.Now().Add(-age)
			must(t, os.Chtimes(leasePath(dir, 1), then, then))
			must(t, claim(t, s, "t").Close())
			must(t, os.RemoveAll(dir))
			must(t, os.MkdirAll(dir, 0o755))
			must(t, os.WriteFile(leasePath(dir, 1), []byte(text), 0o644))
		}
	}
}

func TestLostLeaseStopsTheWriter(t *testing.T) {
	s := newStore(t)
	s.timing.beat = 5 * time.Millisecond
	w := claim(t, s, "t")
	must(t, w.WriteConfig([]byte("mine")))
	must(t, w.Usable())
	must(t, os.WriteFile(leasePath(w.Dir(), w.lease.number+1), []byte("{}\nheld\n"), 0o644))
	select {
	case <-w.Context().Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the writer's context did not end")
	}
	if err := context.Cause(w.Context()); !errors.Is(err, ErrLost) {
		t.Errorf("cause %v, want ErrLost", err)
	}
	if err := w.Usable(); !errors.Is(err, ErrLost) {
		t.Errorf("after the loss the writer is usable: %v", err)
	}
	if err := w.WriteConfig([]byte("late")); !errors.Is(err, ErrLost) {
		t.Errorf("a write after the loss gave %v", err)
	}
	if err := w.Finish(w.Run()); !errors.Is(err, ErrLost) {
		t.Errorf("finish after the loss gave %v", err)
	}
	if got, _ := os.ReadFile(filepath.Join(w.Dir(), configFile)); string(got) != "mine" {
		t.Errorf("config is %q", got)
	}
}

func TestHeartbeatKeepsTheLeaseYoung(t *testing.T) {
	s := newStore(t)
	s.timing.beat = 5 * time.Millisecond
	w := claim(t, s, "t")
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(leasePath(w.Dir(), w.lease.number), old, old))
	deadline := time.Now().Add(5 * time.Second)
	for {
		r, err := readLease(w.Dir(), w.lease.number)
		must(t, err)
		if r.holder.PID != os.Getpid() || r.free {
			t.Fatalf("lease %+v", r)
		}
		if time.Since(r.beat) < time.Minute {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no heartbeat in 5 s")
		}
		time.Sleep(5 * time.Millisecond)
	}
	must(t, w.Interrupt())
	if r, err := newestLease(w.Dir()); err != nil || !r.free {
		t.Errorf("after the release: %+v, %v", r, err)
	}
}

func TestCancelledContextClaimsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := newStore(t)
	if _, err := s.Claim(ctx, trial("t")); !errors.Is(err, context.Canceled) {
		t.Errorf("claim gave %v", err)
	}
}
