package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay/corpus/shards"
	"assay/results"
)

// kills is how often each of the kill tests kills: a few by default, 200 times in
// the long form, which ASSAY_STRESS asks for, or as often as ASSAY_KILLS says.
func kills(t *testing.T) int {
	if text := os.Getenv("ASSAY_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("ASSAY_KILLS: %v", err)
		}
		return n
	}
	if os.Getenv("ASSAY_STRESS") != "" {
		return 200
	}
	return 4
}

// killAfter starts the program, kills it with SIGKILL after the pause, and
// reports whether it was still running.
func killAfter(t *testing.T, pause time.Duration, args ...string) (killed bool) {
	t.Helper()
	cmd := command(args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
		return false
	case <-time.After(pause):
		if err := cmd.Process.Kill(); err != nil {
			t.Logf("kill: %v", err)
		}
		<-ended
		return true
	}
}

// pauses draws moments over the time that the undisturbed command took. The seed
// is drawn, too, or ASSAY_STRESS_SEED.
func pauses(t *testing.T, whole time.Duration) func() time.Duration {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ASSAY_STRESS_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("ASSAY_STRESS_SEED: %v", err)
		}
	}
	t.Logf("ASSAY_STRESS_SEED=%d draws the moments over %v again", seed, whole)
	r := rand.New(rand.NewPCG(seed, 0))
	return func() time.Duration { return time.Duration(r.Float64() * 1.05 * float64(whole)) }
}

func TestKilledImportLeavesNoHalfCorpus(t *testing.T) {
	dir := t.TempDir()
	papers := writePapers(t, dir, 6000)
	args := func(out string) []string {
		return []string{"corpus", "import", "--format", "kaggle", papers, "--out", out, "--shard-rows", "1000"}
	}
	start := time.Now()
	want := filepath.Join(dir, "undisturbed")
	if out, err := command(args(want)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pause := pauses(t, time.Since(start))
	wanted := corpusHash(t, want)
	out := filepath.Join(dir, "corpus")
	killed := 0
	for range kills(t) {
		if killAfter(t, pause(), args(out)...) {
			killed++
		}
		if _, err := os.Stat(out); err == nil {
			// What has its final name must be whole.
			if got := corpusHash(t, out); got != wanted {
				t.Fatalf("after a kill the corpus is %s, want %s", got, wanted)
			}
			if err := os.RemoveAll(out); err != nil {
				t.Fatal(err)
			}
		} else if _, err := shards.Open(out); err == nil {
			t.Fatal("a corpus opens where none is")
		}
	}
	t.Logf("%d imports killed", killed)
	if result, err := command(args(out)...).CombinedOutput(); err != nil {
		t.Fatalf("import after the kills: %v: %s", err, result)
	}
	if got := corpusHash(t, out); got != wanted {
		t.Errorf("import after the kills gives %s, want %s", got, wanted)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// A killed training leaves either no vectors under their name or whole ones.
func TestKilledTrainingLeavesNoHalfVectors(t *testing.T) {
	dir := t.TempDir()
	corpusDir := importPapers(t, 2000)
	args := func(out string) []string {
		return []string{"embed", "train", corpusDir, "--out", out, "--epochs", "2", "--buckets", "200000", "--deterministic"}
	}
	start := time.Now()
	want := filepath.Join(dir, "undisturbed.bin")
	if out, err := command(args(want)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pause := pauses(t, time.Since(start))
	whole, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "v.bin")
	killed, found := 0, 0
	for range kills(t) {
		if killAfter(t, pause(), args(out)...) {
			killed++
		}
		data, err := os.ReadFile(out)
		if err != nil {
			continue
		}
		found++
		if !bytes.Equal(data, whole) {
			t.Fatalf("after a kill the vectors are %d bytes, want the %d of the undisturbed", len(data), len(whole))
		}
		if err := os.Remove(out); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d trainings killed; %d times the file was there, whole", killed, found)
}

// corpusHash verifies every byte of a corpus and returns its hash.
func corpusHash(t *testing.T, dir string) string {
	t.Helper()
	c, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Verify(context.Background()); err != nil {
		t.Fatal(err)
	}
	return c.Hash()
}

func TestKilledRunResumesToTheSameBits(t *testing.T) {
	config := experiment(t, importPapers(t, 1500))
	dir := t.TempDir()
	args := func(name string) []string { return []string{"run", config, "--results", filepath.Join(dir, name)} }
	start := time.Now()
	if out, err := command(args("undisturbed")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pause := pauses(t, time.Since(start))
	want := predictionHashes(t, filepath.Join(dir, "undisturbed"))
	if len(want) != 6 {
		t.Fatalf("%d finished trials, want 6", len(want))
	}
	name, killed := "0", 0
	for i := range kills(t) {
		if killAfter(t, pause(), args(name)...) {
			killed++
		} else {
			name = strconv.Itoa(i + 1) // all done: begin anew elsewhere
			continue
		}
		for trial, hash := range predictionHashes(t, filepath.Join(dir, name)) {
			if hash != want[trial] {
				t.Fatalf("after a kill, finished trial %s has predictions %s, want %s", trial, hash, want[trial])
			}
		}
	}
	t.Logf("%d runs killed", killed)
	if out, err := command(args(name)...).CombinedOutput(); err != nil {
		t.Fatalf("run after the kills: %v: %s", err, out)
	}
	got := predictionHashes(t, filepath.Join(dir, name))
	for trial, hash := range want {
		if got[trial] != hash {
			t.Errorf("trial %s: predictions %s after the kills, want %s", trial, got[trial], hash)
		}
	}
}

// predictionHashes returns the hash of each finished trial's predictions,
// after checking that every file of it is as it was written.
func predictionHashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	hashes := map[string]string{}
	if _, err := os.Stat(dir); err != nil {
		return hashes // killed before the first folder
	}
	store, err := results.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	runs, problems, err := store.List(context.Background(), "small")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Logf("reported, not read: %v", p)
	}
	for _, r := range runs {
		if r.State != results.Done {
			continue
		}
		if err := store.Verify(r); err != nil {
			t.Fatal(err)
		}
		f, ok := r.File("predictions.parquet")
		if !ok {
			t.Fatalf("finished trial %s has no predictions", r.Trial)
		}
		hashes[r.Trial] = f.SHA256
	}
	return hashes
}

// The same command twice, and with one worker and two, writes the same bytes.
func TestWorkersDoNotChangeThePredictions(t *testing.T) {
	config := experiment(t, importPapers(t, 1200))
	var first map[string]string
	for _, workers := range []string{"1", "2", "2", "3"} {
		dir := t.TempDir()
		mustCall(t, "run", config, "--results", dir, "--workers", workers, "--quiet")
		hashes := predictionHashes(t, dir)
		if first == nil {
			first = hashes
		}
		a, _ := json.Marshal(first)
		b, _ := json.Marshal(hashes)
		if string(a) != string(b) || len(hashes) != 6 {
			t.Errorf("%s workers: predictions %s, with 1 worker %s", workers, b, a)
		}
	}
}
