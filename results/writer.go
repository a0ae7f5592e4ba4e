package results

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"assay/internal/fault"
)

// RunWriter writes one run's folder, which it alone holds. Its methods are safe
// for concurrent use; after Finish, Fail, Interrupt or Close they fail.
type RunWriter struct {
	store  *Store
	dir    string
	name   string // experiment/trial
	lease  *lease
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	run     Run
	log     *os.File
	logger  *slog.Logger
	metrics *metricsLog
	closed  bool
	counted bool // among the store's writers
}

// Claim takes the folder of run.Experiment and run.Trial for this process and
// begins the trial anew: what an earlier attempt left of metrics, predictions,
// model, checkpoints and configuration goes, log.txt is continued. run says what is to be
// run; the store itself fills in state, start and provenance, and run.json says
// running from here on. The holder renews its lease until it finishes, fails or
// is closed. If its process ends before, the next claim takes over.
//
// The error is ErrFinished where the run is done, ErrClaimed where another
// holds it, and otherwise says why the folder cannot be written.
func (s *Store) Claim(ctx context.Context, run Run) (*RunWriter, error) {
	return s.claim(ctx, run, false)
}

// Resume is Claim, but keeps everything an earlier attempt has written: a torn
// last record of metrics.jsonl is cut off, and Append continues after it. The
// writer's Run has the start, the stages and the peak memory of that attempt.
func (s *Store) Resume(ctx context.Context, run Run) (*RunWriter, error) {
	return s.claim(ctx, run, true)
}

func (s *Store) claim(ctx context.Context, run Run, keep bool) (*RunWriter, error) {
	name := run.Experiment + "/" + run.Trial
	fail := func(err error) (*RunWriter, error) {
		return nil, fmt.Errorf("results: claim run %s: %w", name, err)
	}
	if err := firstError(checkName("experiment", run.Experiment), checkName("trial", run.Trial)); err != nil {
		return fail(err)
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	dir := s.Path(run.Experiment, run.Trial)
	if isDone(dir) {
		return fail(ErrFinished)
	}
	if _, err := s.MakeFolder(runsFolder, run.Experiment, run.Trial); err != nil {
		return fail(missing(s.dir, err))
	}
	lease, err := acquireLease(ctx, dir, newHolder(), s.timing)
	if err != nil {
		return fail(missing(s.dir, err))
	}
	w := &RunWriter{store: s, dir: dir, name: name, lease: lease}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	lease.keep(func() { w.cancel(fmt.Errorf("results: run %s: %w", name, lease.check())) })
	// This comes before anything is read: after it, an earlier holder that was only paused
	// cannot change the files any more.
	err = w.removeTemporaries()
	done := err == nil && isDone(dir) // since the first look
	if err == nil && !done {
		err = w.because(w.begin(run, keep))
	}
	switch {
	case done:
		_ = w.shut(true)
		return fail(ErrFinished)
	case err != nil:
		_ = w.shut(false) // the first error says what is wrong
		return fail(err)
	}
	return w, nil
}

// firstError returns the first that is not nil: one line, where errors.Join
// gives several.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func isDone(dir string) bool {
	r, err := readRunFile(dir)
	return err == nil && r.State == Done
}

// begin clears what an earlier attempt left and opens the run's files.
func (w *RunWriter) begin(run Run, keep bool) error {
	run.Started, run.Finished = now(), time.Time{}
	run.Files, run.Stages, run.PeakMemory, run.Resumed = nil, nil, 0, 0
	if keep {
		if earlier, err := readRunFile(w.dir); err == nil {
			run.Files, run.Stages, run.PeakMemory = earlier.Files, earlier.Stages, earlier.PeakMemory
			run.Started, run.Resumed = earlier.Started, earlier.Resumed
		}
		run.Resumed++
	} else if err := w.remove(metricsFile, predictionsFile, modelFolder, checkpointFolder, configFile); err != nil {
		return err
	}
	run.State, run.Error, run.Results = Running, "", nil
	run.Provenance = NewProvenance()
	w.run = run
	if w.store.writers.Add(1) == 1 {
		resetPeakMemory() // runs side by side share one measure
	}
	w.counted = true
	if err := w.writeRun(); err != nil {
		return err
	}
	if err := w.recoverMetrics(); err != nil {
		return err
	}
	if err := w.openLog(); err != nil {
		return err
	}
	w.logger = slog.New(slog.NewTextHandler(logWriter{w}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.logger.Info("run claimed", "run", w.name, "host", run.Provenance.Host, "pid", run.Provenance.PID)
	return nil
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Context is done when the claim's context is, or with cause ErrLost when the
// folder was lost to another writer: the work should stop then.
func (w *RunWriter) Context() context.Context { return w.ctx }

// Dir returns the run's folder.
func (w *RunWriter) Dir() string { return w.dir }

// Run returns what is known of the run so far, to be completed for Finish.
func (w *RunWriter) Run() Run {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.run
	r.Files = slices.Clone(r.Files)
	return r
}

// Log returns the logger that writes to log.txt.
func (w *RunWriter) Log() *slog.Logger { return w.logger }

// WriteConfig writes config.toml: the resolved configuration of this trial.
func (w *RunWriter) WriteConfig(config []byte) error {
	return w.write(configFile, func(out io.Writer) error {
		_, err := out.Write(config)
		return err
	})
}

// WriteModel writes the file name inside model/ with what save writes, whole or
// not at all.
func (w *RunWriter) WriteModel(name string, save func(io.Writer) error) error {
	if err := checkName("model file", name); err != nil {
		return fmt.Errorf("results: write run %s: %w", w.name, err)
	}
	return w.write(modelFolder+"/"+name, save)
}

// WritePredictions writes predictions.parquet.
func (w *RunWriter) WritePredictions(p Predictions) error {
	if err := p.check(); err != nil {
		return fmt.Errorf("results: write run %s: %s: %w", w.name, predictionsFile, err)
	}
	return w.write(predictionsFile, p.encode)
}

// Append adds a record, which must encode as a JSON object, to metrics.jsonl.
// What Append has written survives the death of the process.
func (w *RunWriter) Append(record any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return err
	}
	if err := w.metrics.append(record); err != nil {
		return fmt.Errorf("results: write run %s: %s: %w", w.name, metricsFile, err)
	}
	return nil
}

// write replaces one of the run's files and notes its size and hash.
func (w *RunWriter) write(name string, fill func(io.Writer) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return err
	}
	hash, size := sha256.New(), counter(0)
	var err error
	if folder := filepath.Dir(filepath.FromSlash(name)); folder != "." {
		err = w.makeFolder(folder)
	}
	if err == nil {
		err = w.replace(name, func(out io.Writer) error {
			return fill(io.MultiWriter(out, hash, &size))
		})
	}
	if err != nil {
		return fmt.Errorf("results: write run %s: %s: %w", w.name, name, err)
	}
	f := File{Name: name, Bytes: int64(size), SHA256: hex.EncodeToString(hash.Sum(nil))}
	at, found := slices.BinarySearchFunc(w.run.Files, name, func(f File, name string) int { return strings.Compare(f.Name, name) })
	if found {
		w.run.Files[at] = f
	} else {
		w.run.Files = slices.Insert(w.run.Files, at, f)
	}
	return nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// Usable says why nothing can be written any more: the writer was closed, or the
// error is ErrLost. Who writes into the folder without the writer's methods, to
// the path that Checkpoint gives, asks before each file.
func (w *RunWriter) Usable() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.usable()
}

// usable is Usable where the lock is held.
func (w *RunWriter) usable() error {
	if w.closed {
		return fmt.Errorf("results: write run %s: it was closed", w.name)
	}
	if err := w.lease.check(); err != nil {
		return fmt.Errorf("results: write run %s: %w", w.name, err)
	}
	return nil
}

// Finish says that the run is done: run, from Run and completed, becomes
// run.json, with the store's own record of files, start, end and provenance,
// the checkpoints go, and the folder is released. Where it fails, a result that
// is not a number for one, the run is not done and still to be closed.
func (w *RunWriter) Finish(run Run) error {
	return w.end(Done, "", &run)
}

// Fail says that the run failed, for the reason cause, and releases the folder.
// Its checkpoints stay: Claim begins anew, Resume goes on from them.
func (w *RunWriter) Fail(cause error) error {
	message := "for a reason that was not given"
	if cause != nil {
		message = fault.Line(cause.Error())
	}
	return w.end(Failed, message, nil)
}

// Interrupt says that the run was stopped early and releases the folder.
func (w *RunWriter) Interrupt() error {
	return w.end(Interrupted, "", nil)
}

// Close is Interrupt where the run has not ended, and nothing where it has.
func (w *RunWriter) Close() error {
	w.mu.Lock()
	closed := w.closed
	w.mu.Unlock()
	if closed {
		return nil
	}
	return w.Interrupt()
}

func (w *RunWriter) end(state State, message string, final *Run) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return w.usable()
	}
	if err := w.usable(); err != nil {
		return firstError(err, w.shut(false))
	}
	before := w.run
	if final != nil {
		w.run = *final
		w.run.Experiment, w.run.Trial, w.run.Files = before.Experiment, before.Trial, before.Files
		w.run.Started, w.run.Resumed, w.run.Provenance = before.Started, before.Resumed, before.Provenance
	}
	w.run.State, w.run.Error, w.run.Finished = state, message, now()
	w.run.PeakMemory = max(w.run.PeakMemory, PeakMemory())
	err := firstError(w.metrics.file.Sync(), w.log.Sync())
	if err == nil {
		err = w.writeRun()
	}
	if err == nil { // not before it is true
		w.logger.Info("run ended", "state", state, "error", message)
	}
	if err != nil && state == Done {
		w.run = before
		return fmt.Errorf("results: finish run %s: %w", w.name, err)
	}
	if err != nil {
		err = fmt.Errorf("results: end run %s: %w", w.name, err)
	}
	if err == nil && state == Done {
		_ = os.RemoveAll(filepath.Join(w.dir, checkpointFolder)) // what stays does no harm
	}
	return firstError(err, w.shut(state == Done))
}

// writeRun replaces run.json.
func (w *RunWriter) writeRun() error {
	data, err := w.run.encode()
	if err == nil {
		err = w.replaceBytes(runFile, data)
	}
	return err
}

// shut closes the files and gives the folder back.
func (w *RunWriter) shut(done bool) error {
	w.closed = true
	if w.counted {
		w.store.writers.Add(-1)
		w.counted = false
	}
	var errs []error
	if w.metrics != nil {
		errs = append(errs, w.metrics.file.Close())
	}
	if w.log != nil {
		errs = append(errs, w.log.Close())
	}
	errs = append(errs, w.lease.release(done))
	w.cancel(context.Canceled)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("results: release run %s: %s", w.name, fault.Line(err.Error()))
	}
	return nil
}
