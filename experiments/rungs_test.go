package experiments

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/predictor"
	"assay/results"
)

const rungs = network + `learning_rate = 0.05
[model.sweep]
method = "asha"
trials = 2
reduction = 2
min_resource = 6
dropout = [0.0, 0.2]
`

// outcomeOf is what a trial must give however it came to it.
func outcomeOf(t *testing.T, s *Session, run results.Run) string {
	t.Helper()
	model, err := os.ReadFile(s.Store().ModelPath(run.Experiment, run.Trial, predictor.ModelFile))
	if err != nil {
		t.Fatal(err)
	}
	var curve strings.Builder
	for _, e := range epochsOf(t, s, run.Trial) {
		e.Seconds = 0
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		curve.Write(append(line, '\n'))
	}
	numbers, err := json.Marshal(run.Results)
	if err != nil {
		t.Fatal(err)
	}
	return string(numbers) + curve.String() + string(model)
}

// promoted runs both rungs and returns the run of the second.
func promoted(t *testing.T, s *Session, between func()) results.Run {
	t.Helper()
	first := len(s.Trials())
	for i := range first {
		mustRun(t, s, i)
	}
	if !s.Decide(s.Stored) || len(s.Trials()) != first+1 {
		t.Fatalf("%d trials after the first rung", len(s.Trials()))
	}
	between()
	return mustRun(t, s, first)
}

// A promoted network goes on from the checkpoint of its earlier rung; without
// it, with a damaged one or with another network's, it gives the same bits.
func TestPromotedNetworksGoOn(t *testing.T) {
	files := func(dir string) []string {
		paths, err := filepath.Glob(filepath.Join(dir, "cache", "rungs", "*.assay"))
		if err != nil {
			t.Fatal(err)
		}
		return paths
	}
	log := func(s *Session, run results.Run) string {
		text, err := os.ReadFile(filepath.Join(s.Store().Path(run.Experiment, run.Trial), "log.txt"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	dir := t.TempDir()
	s := vectorSession(t, dir, rungs)
	run := promoted(t, s, func() {
		if len(files(dir)) != 2 {
			t.Errorf("kept checkpoints: %q", files(dir))
		}
	})
	if text := log(s, run); !strings.Contains(text, "from_epoch=6") {
		t.Errorf("the log does not say that it goes on:\n%s", text)
	}
	want := outcomeOf(t, s, run)
	if n := len(epochsOf(t, s, run.Trial)); n != 12 {
		t.Errorf("%d epochs in the curve, want 12", n)
	}
	if len(files(dir)) != 1 {
		t.Errorf("the checkpoint of a network that is done is still kept: %q", files(dir))
	}
	for name, spoil := range map[string]func(path string) error{
		"none":    os.Remove,
		"damaged": func(path string) error { return os.WriteFile(path, []byte("x"), 0o644) },
		"another's": func(path string) error { // whole, and with its own hash
			for _, other := range files(filepath.Dir(filepath.Dir(filepath.Dir(path)))) {
				if other == path {
					continue
				}
				hash, err := copyFile(other, path)
				if err != nil {
					return err
				}
				data, err := json.Marshal(rungRecord{Trial: "other", Epoch: 6, SHA256: hash})
				if err != nil {
					return err
				}
				return os.WriteFile(recordOf(path), data, 0o644)
			}
			return os.ErrNotExist
		},
	} {
		dir := t.TempDir()
		s := vectorSession(t, dir, rungs)
		got := promoted(t, s, func() {
			if err := spoil(s.rungPath(s.Trials()[len(s.Trials())-1])); err != nil {
				t.Fatal(err)
			}
		})
		if outcomeOf(t, s, got) != want {
			t.Errorf("%s: another result", name)
		}
		if text := log(s, got); strings.Contains(text, "anew=") != (name == "another's") {
			t.Errorf("%s: the log says\n%s", name, text)
		}
	}
}
