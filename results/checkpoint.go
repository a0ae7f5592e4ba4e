package results

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Resumable reports whether an earlier attempt at a run left the named
// checkpoint, from which Resume could go on.
func (s *Store) Resumable(experiment, trial, checkpoint string) bool {
	if firstError(checkName("experiment", experiment), checkName("trial", trial), checkName("checkpoint", checkpoint)) != nil {
		return false
	}
	info, err := os.Stat(filepath.Join(s.Path(experiment, trial), checkpointFolder, checkpoint))
	return err == nil && info.Mode().IsRegular()
}

// Checkpoint returns the path of the named checkpoint, whose writer takes care
// that it is whole or absent, and makes its folder. Checkpoints go when the run
// is done or begun anew.
func (w *RunWriter) Checkpoint(name string) (path string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := firstError(w.usable(), checkName("checkpoint", name)); err != nil {
		return "", err
	}
	if err := w.makeFolder(checkpointFolder); err != nil {
		return "", fmt.Errorf("results: write run %s: %w", w.name, err)
	}
	return filepath.Join(w.dir, checkpointFolder, name), nil
}

// Rewind drops the records of metrics.jsonl that a run which goes on from the
// given step will write again: those with a later "step". Records without one
// stay. The file is replaced as a whole.
func (w *RunWriter) Rewind(step int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return err
	}
	if err := w.because(w.rewind(step)); err != nil {
		return fmt.Errorf("results: rewind run %s: %s: %w", w.name, metricsFile, err)
	}
	return nil
}

func (w *RunWriter) rewind(step int64) error {
	path := filepath.Join(w.dir, metricsFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	records, _, err := parseMetrics(data)
	if err != nil {
		return err
	}
	later := func(record json.RawMessage) bool {
		var at struct{ Step *int64 }
		return json.Unmarshal(record, &at) == nil && at.Step != nil && *at.Step > step
	}
	kept := slices.DeleteFunc(slices.Clone(records), later)
	if len(kept) == len(records) {
		return nil
	}
	var text []byte
	for _, record := range kept {
		sealed, err := sealJSON(record)
		if err != nil {
			return err
		}
		text = append(append(text, sealed...), '\n')
	}
	if err := w.replaceBytes(metricsFile, text); err != nil {
		return err
	}
	old := w.metrics.file // which is no longer the one of that name
	if err := w.openMetrics(int64(len(text))); err != nil {
		return err
	}
	w.logger.Info("metrics rewound", "step", step, "dropped", len(records)-len(kept))
	return old.Close()
}

// Progress notes in run.json how long the stages of a run have taken so far: an
// attempt that goes on from a checkpoint adds to it.
func (w *RunWriter) Progress(stages []Stage) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return err
	}
	w.run.Stages = slices.Clone(stages)
	w.run.PeakMemory = max(w.run.PeakMemory, PeakMemory())
	if err := w.writeRun(); err != nil {
		return fmt.Errorf("results: write run %s: %s: %w", w.name, runFile, err)
	}
	return nil
}
