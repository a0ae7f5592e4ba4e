package experiments

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"assay/experiments/config"
	"assay/internal/fault"
)

const numbered = `name = "numbered"
seeds = [1, 2]
[corpus]
path = "synthetic"
sample = 400
[[model]]
name = "NB"
kind = "naive_bayes"
[model.sweep]
alpha = [1, 2]
`

func keysOf(s *Session) []string {
	var out []string
	for _, j := range s.Jobs {
		out = append(out, j.Key)
	}
	return out
}

func adopted(t *testing.T, dir, text string, force bool, overrides ...string) (*Session, string, error) {
	t.Helper()
	s := vectorSession(t, dir, text, overrides...)
	note, err := s.Adopt(force)
	return s, note, err
}

func TestManifestKeepsNumbers(t *testing.T) {
	dir := t.TempDir()
	first, note, err := adopted(t, dir, numbered, false)
	if err != nil || note != "" {
		t.Fatal(note, err)
	}
	path := filepath.Join(first.Store().SweepPath("numbered"), "manifest-000001.json")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The same again, in whatever order the file has its values.
	same, note, err := adopted(t, dir, numbered, false, "model.NB.sweep.alpha=[2, 1]", "seeds=[2, 1]")
	if err != nil || note != "" || !slices.Equal(keysOf(same), keysOf(first)) {
		t.Errorf("keys %q, want %q (%q, %v)", keysOf(same), keysOf(first), note, err)
	}
	for i, j := range same.Jobs {
		if j.Number != i {
			t.Errorf("job %d has the number %d", i, j.Number)
		}
	}
	// More values and seeds: those that were there keep their numbers.
	more, note, err := adopted(t, dir, numbered, false, "model.NB.sweep.alpha=[0.5, 1, 2]", "seeds=[3, 1, 2]")
	if err != nil || !strings.Contains(note, "trials more than before: 5") {
		t.Errorf("note %q, error %v", note, err)
	}
	if got := keysOf(more); len(got) != 9 || !slices.Equal(got[:4], keysOf(first)) {
		t.Errorf("keys %q, want those of before first: %q", got, keysOf(first))
	}
	again, note, err := adopted(t, dir, numbered, false, "model.NB.sweep.alpha=[0.5, 1, 2]", "seeds=[1, 2, 3]")
	if err != nil || note != "" || !slices.Equal(keysOf(again), keysOf(more)) {
		t.Errorf("the larger sweep again: %q, %v", note, err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the first manifest was written again (%v)", err)
	}
}

func TestManifestRefusesAnotherExperiment(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := adopted(t, dir, numbered, false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ set, want string }{
		{"model.NB.fit_prior=false", "model.NB.fit_prior: true → false"},
		{"model.NB.sweep.alpha=[1, 3]", "model.NB.sweep.alpha: [1, 2] → [1, 3]"},
		{"seeds=[1]", "seeds: [1, 2] → [1]"},
		{"corpus.sample=300", "corpus.sample: 400 → 300"},
		{"split.key=other", `split.key: "assay" → "other"`},
	} {
		_, _, err := adopted(t, dir, numbered, false, c.set)
		if !fault.IsUsage(err) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "--force") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", c.set, err, c.want)
		}
	}
	s, note, err := adopted(t, dir, numbered, true, "model.NB.sweep.alpha=[3, 1]")
	if err != nil || !strings.Contains(note, "numbered anew: model.NB.sweep.alpha: [1, 2] → [3, 1]") {
		t.Errorf("forced: note %q, error %v", note, err)
	}
	if got := s.Jobs[0].Setting(); got != "alpha=3" {
		t.Errorf("forced: trial 0 is %s", got)
	}
	if _, _, err := adopted(t, dir, numbered, false); err == nil {
		t.Error("the experiment of before is taken after another was forced")
	}
	// A manifest that is no manifest.
	path := filepath.Join(s.Store().SweepPath("numbered"), "manifest-000002.json")
	if err := os.WriteFile(path, []byte(`{"number":2,"experiment":"numbered","jobs":[]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := adopted(t, dir, numbered, false); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a damaged manifest: %v", err)
	}
	if _, _, err := adopted(t, dir, numbered, true); err != nil {
		t.Errorf("a damaged manifest, forced: %v", err)
	}
	if _, note, err := adopted(t, dir, numbered, false); err != nil || note != "" {
		t.Errorf("after that: %q, %v", note, err)
	}
}

// What tasks read gives the same jobs from any folder, and grows with the sweep.
func TestManifestKeepsTheExperiment(t *testing.T) {
	dir := t.TempDir()
	for _, set := range []string{"seeds=[1, 2]", "seeds=[1, 2, 3]"} {
		s, _, err := adopted(t, dir, numbered, false, set)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(s.ConfigPath(), nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Open(t.Context(), cfg, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if note, err := again.Adopt(false); err != nil || note != "" || !slices.Equal(keysOf(again), keysOf(s)) {
			t.Errorf("keys %q, want %q (%q, %v)", keysOf(again), keysOf(s), note, err)
		}
		if !filepath.IsAbs(cfg.Results.Path) || cfg.Corpus.Path != config.SyntheticPath {
			t.Errorf("paths %s and %s", cfg.Results.Path, cfg.Corpus.Path)
		}
	}
}

// Processes that begin a sweep at the same time agree on its numbers.
func TestManifestIsWrittenOnce(t *testing.T) {
	dir := t.TempDir()
	var sessions []*Session
	for i := range 8 { // each would number the trials in its own way
		set := "seeds=[1, 2]"
		if i%2 == 1 {
			set = "seeds=[2, 1]"
		}
		sessions = append(sessions, vectorSession(t, dir, numbered, set))
	}
	var group sync.WaitGroup
	for _, s := range sessions {
		group.Go(func() {
			if _, err := s.Adopt(false); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i, s := range sessions {
		if !slices.Equal(keysOf(s), keysOf(sessions[0])) {
			t.Errorf("session %d numbers the trials %q, session 0 %q", i, keysOf(s), keysOf(sessions[0]))
		}
	}
	names, err := filepath.Glob(filepath.Join(sessions[0].Store().SweepPath("numbered"), "*"))
	if err != nil || len(names) != 2 { // and the experiment
		t.Errorf("files %q, %v", names, err)
	}
}

func TestStatus(t *testing.T) {
	dir := t.TempDir()
	s, _, err := adopted(t, dir, numbered, false)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, s, 2)
	cfg := mustParse(t, numbered, "seeds=[2, 1]")
	cfg.Results.Path = dir
	jobs, note, err := Status(context.Background(), cfg)
	if err != nil || note != "" || len(jobs) != 4 {
		t.Fatalf("%d jobs, %q, %v", len(jobs), note, err)
	}
	for i, j := range jobs {
		if j.Number != i || j.Key != s.Jobs[i].Key || (j.State == "done") != (i == 2) || j.State != "" && i != 2 {
			t.Errorf("job %d: number %d, key %s, state %q", i, j.Number, j.Key, j.State)
		}
	}
	cfg = mustParse(t, numbered, "model.NB.sweep.alpha=[1, 2, 4]")
	cfg.Results.Path = dir
	if jobs, note, err := Status(context.Background(), cfg); err != nil || len(jobs) != 6 || !strings.Contains(note, "2 trials are not in") {
		t.Errorf("%d jobs, %q, %v", len(jobs), note, err)
	}
	cfg = mustParse(t, numbered, "corpus.sample=100")
	cfg.Results.Path = dir
	if _, note, err := Status(context.Background(), cfg); err != nil || !strings.Contains(note, "has changed") {
		t.Errorf("%q, %v", note, err)
	}
}
