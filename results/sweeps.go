package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"assay/internal/atomicfile"
)

const (
	sweepsFolder   = "sweeps"
	manifestPrefix = "manifest-"
)

// Sweep is the manifest of an experiment's trials: which number names which of
// them. It is written once; a changed experiment gets another manifest, with a
// higher Number, and the newest counts.
type Sweep struct {
	Number     int        `json:"number"` // from 1
	Experiment string     `json:"experiment"`
	Config     string     `json:"config"` // resolved, TOML
	Data       string     `json:"data"`   // corpus hash
	Code       string     `json:"code"`
	Written    time.Time  `json:"written"`
	Provenance Provenance `json:"provenance"`
	Jobs       []SweepJob `json:"jobs"` // by number, from 0
}

// SweepJob is a trial, or a place in a later rung that results will fill.
type SweepJob struct {
	Key   string `json:"key"` // equal for equal work
	Trial string `json:"trial,omitempty"`
	Model string `json:"model"`
	Rung  int    `json:"rung,omitempty"`
	Slot  int    `json:"slot"`
	Seed  uint64 `json:"seed"`
}

// SweepPath returns the folder of an experiment's sweep: its manifests, and what
// a batch system is given.
func (s *Store) SweepPath(experiment string) string {
	return filepath.Join(s.dir, sweepsFolder, experiment)
}

// Sweep returns the newest manifest of an experiment; false where it has none.
// With an error about its content it has its number.
func (s *Store) Sweep(experiment string) (m Sweep, found bool, err error) {
	if err := checkName("experiment", experiment); err != nil {
		return m, false, fmt.Errorf("results: read manifest: %w", err)
	}
	dir := s.SweepPath(experiment)
	newest, err := newestManifest(dir)
	if err != nil || newest == 0 {
		return m, false, err
	}
	path := manifestPath(dir, newest)
	data, err := os.ReadFile(path)
	if err == nil {
		data, err = unsealJSON(data)
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err == nil && (m.Experiment != experiment || m.Number != newest) {
		err = fmt.Errorf("is of experiment %q, number %d: the file was copied or renamed", m.Experiment, m.Number)
	}
	if err != nil {
		return Sweep{Number: newest}, false, fmt.Errorf("results: read manifest %s: %w; `--force` writes another", path, err)
	}
	return m, true, nil
}

// AddSweep writes the manifest with the number behind the newest; false where
// another process has written that number since the caller looked.
func (s *Store) AddSweep(m Sweep) (added bool, err error) {
	if err := checkName("experiment", m.Experiment); err != nil {
		return false, fmt.Errorf("results: write manifest: %w", err)
	}
	dir := s.SweepPath(m.Experiment)
	m.Written, m.Provenance = now(), NewProvenance()
	sealed, err := sealJSON(m)
	if err == nil {
		sealed, err = indentJSON(sealed)
	}
	if err == nil {
		_, err = s.MakeFolder(sweepsFolder, m.Experiment)
	}
	path := manifestPath(dir, m.Number)
	if err == nil {
		added, err = atomicfile.Create(path, sealed)
	}
	if err != nil {
		return false, fmt.Errorf("results: write manifest %s: %w", path, err)
	}
	return added, nil
}

func newestManifest(dir string) (int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("results: read manifest: %w", err)
	}
	newest := 0
	for _, e := range entries {
		digits, ok := strings.CutPrefix(strings.TrimSuffix(e.Name(), ".json"), manifestPrefix)
		if n, err := strconv.Atoi(digits); ok && err == nil {
			newest = max(newest, n)
		}
	}
	return newest, nil
}

func manifestPath(dir string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("%s%06d.json", manifestPrefix, number))
}
