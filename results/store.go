package results

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assay/internal/atomicfile"
	"assay/internal/fault"
	"assay/internal/parallel"
)

// Errors of Claim and of a RunWriter, to be asked for with errors.Is.
var (
	// ErrClaimed: another writer holds the run's folder; the text names it.
	ErrClaimed = errors.New("claimed by another")
	// ErrFinished: the run is done; Store.Run reads it.
	ErrFinished = errors.New("already finished")
	// ErrLost: another writer took the folder over, because this one had shown
	// no sign of life for too long, or somebody removed it; the text says which.
	ErrLost = errors.New("lost its folder")
)

const (
	runsFolder      = "runs"
	runFile         = "run.json"
	configFile      = "config.toml"
	metricsFile     = "metrics.jsonl"
	predictionsFile = "predictions.parquet"
	logFile         = "log.txt"
	modelFolder     = "model"

	checkpointFolder = "checkpoint"
)

// Store is a folder of runs. Any number of processes, on any number of machines
// that share the file system, may use it at once.
type Store struct {
	dir    string
	timing leaseTiming

	writers *atomic.Int32 // runs that this process writes
}

// OpenStore opens an existing store, to read or to write. A folder that is
// missing is a usage error.
func OpenStore(dir string) (*Store, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fault.Usagef("results: open store: %w: name the folder that a run wrote to", err)
	}
	if !info.IsDir() {
		return nil, fault.Usagef("results: open store: %s is not a folder", dir)
	}
	return &Store{dir: dir, timing: defaultTiming(), writers: new(atomic.Int32)}, nil
}

// CreateStore opens a store to write to, and makes its folder where that is
// missing. A folder that cannot be written is found before any work is done.
func CreateStore(dir string) (*Store, error) {
	runs := filepath.Join(dir, runsFolder)
	if err := os.MkdirAll(runs, 0o755); err != nil {
		return nil, fault.Usagef("results: create store: %w", err)
	}
	if err := atomicfile.Probe(runs); err != nil {
		return nil, fault.Usagef("results: create store: cannot write to it: %w", err)
	}
	return OpenStore(dir)
}

// MakeFolder makes a folder inside the store, level by level, and returns its path. It
// fails where the store's own folder is missing: if that was removed while a process was
// still working, the process must not bring it back.
func (s *Store) MakeFolder(levels ...string) (path string, err error) {
	path = s.dir
	for _, level := range levels {
		path = filepath.Join(path, level)
		if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return path, nil
}

// Path returns the folder of a run, whether it exists or not.
func (s *Store) Path(experiment, trial string) string {
	return filepath.Join(s.dir, runsFolder, experiment, trial)
}

// ModelPath returns the path of a file that RunWriter.WriteModel wrote.
func (s *Store) ModelPath(experiment, trial, name string) string {
	return filepath.Join(s.Path(experiment, trial), modelFolder, name)
}

// Problem is a run folder that cannot be read as a run.
type Problem struct {
	Experiment string
	Trial      string
	Path       string
	Err        error
}

// String is one line: what is wrong, where.
func (p Problem) String() string { return fmt.Sprintf("%s: %v", p.Path, p.Err) }

// Experiments returns the names of the experiments that have runs, ascending.
func (s *Store) Experiments() ([]string, error) {
	names, err := folders(filepath.Join(s.dir, runsFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("results: list experiments: %w", err)
	}
	return names, nil
}

// List reads every run of an experiment, ascending by trial, in whatever state;
// none where the experiment has never run. A run whose process died is
// Interrupted. Folders that are damaged, or that nobody has finished and nobody
// holds, are problems, ascending by trial too: none is left out.
func (s *Store) List(ctx context.Context, experiment string) ([]Run, []Problem, error) {
	if err := checkName("experiment", experiment); err != nil {
		return nil, nil, fmt.Errorf("results: list runs: %w", err)
	}
	trials, err := folders(filepath.Join(s.dir, runsFolder, experiment))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("results: list runs: %w", err)
	}
	runs, errs := make([]Run, len(trials)), make([]error, len(trials))
	clock := sync.OnceValue(s.clock)
	// Reading waits for the disk more than it computes.
	err = parallel.Do(ctx, 2*runtime.GOMAXPROCS(0), len(trials), func() func(int) error {
		return func(i int) error {
			runs[i], errs[i] = s.read(experiment, trials[i], clock)
			return nil
		}
	})
	if err != nil {
		return nil, nil, fmt.Errorf("results: list runs: %w", err)
	}
	var whole []Run
	var problems []Problem
	for i, trial := range trials {
		if errs[i] != nil {
			problems = append(problems, Problem{Experiment: experiment, Trial: trial, Path: s.Path(experiment, trial), Err: errs[i]})
			continue
		}
		whole = append(whole, runs[i])
	}
	return whole, problems, nil
}

// Run reads one run, in whatever state.
func (s *Store) Run(experiment, trial string) (Run, error) {
	if err := errors.Join(checkName("experiment", experiment), checkName("trial", trial)); err != nil {
		return Run{}, fmt.Errorf("results: read run: %w", err)
	}
	r, err := s.read(experiment, trial, s.clock)
	if err != nil {
		return Run{}, fmt.Errorf("results: read run %s: %w", s.Path(experiment, trial), err)
	}
	return r, nil
}

// read returns a run as run.json and, where that says running, the lease say.
func (s *Store) read(experiment, trial string, clock func() time.Time) (Run, error) {
	dir := s.Path(experiment, trial)
	r, err := readRunFile(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, serr := os.Stat(dir); errors.Is(serr, fs.ErrNotExist) {
			return Run{}, errors.New("there is no such run; `assay runs list` names those there are")
		}
		current, lerr := newestLease(dir)
		if lerr == nil && current != nil && current.live(clock(), s.timing) {
			return Run{}, fmt.Errorf("%s has only just begun", current.holder)
		}
		return Run{}, fmt.Errorf("has no %s: nothing was run here to an end; run the trial again", runFile)
	case err != nil:
		return Run{}, err
	case r.Experiment != experiment || r.Trial != trial:
		return Run{}, fmt.Errorf("%s is of run %s/%s: the folder was copied or renamed", runFile, r.Experiment, r.Trial)
	case r.State != Running:
		return r, nil
	}
	current, err := newestLease(dir)
	if err != nil {
		return Run{}, err
	}
	if current != nil && current.live(clock(), s.timing) {
		return r, nil
	}
	// The run may have ended after run.json was read and before its lease was.
	if r, err = readRunFile(dir); err == nil && r.State == Running {
		r.State = Interrupted
		r.Error = fmt.Sprintf("process %d on %s ended without a word", r.Provenance.PID, r.Provenance.Host)
	}
	return r, err
}

// clock returns the present time by the clock of the file system, with which it stamps
// leases; that of this machine where the store cannot be written.
func (s *Store) clock() time.Time {
	f, err := os.CreateTemp(filepath.Join(s.dir, runsFolder), atomicfile.TempPrefix+"clock-*")
	if err != nil {
		return time.Now()
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write([]byte("\n")); err != nil {
		return time.Now()
	}
	info, err := f.Stat()
	if err != nil {
		return time.Now()
	}
	return info.ModTime()
}

// folders returns the folders inside dir, ascending, without unfinished ones.
func folders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names, nil
}

// checkName refuses what would not be one folder inside another.
func checkName(what, name string) error {
	if name == "" || len(name) > 200 || strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\\:\x00\n") {
		return fault.Usagef(`%s %q cannot name a folder: use letters, digits, "-", "_", up to 200 of them`, what, name)
	}
	return nil
}
