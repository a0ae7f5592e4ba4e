package training

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"time"

	"assay/internal/atomicfile"
	"assay/internal/fault"
	"assay/internal/frame"
	"assay/internal/rng"
)

const (
	checkpointKind    = "training.checkpoint"
	checkpointVersion = 1
	meansVersion      = 2 // with what EpochMeans needs
)

// CheckpointError says that a training cannot go on from its checkpoint, which
// cannot be read or belongs to another training: begun anew, it may succeed.
type CheckpointError struct{ Err error }

// Error implements error.
func (e *CheckpointError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *CheckpointError) Unwrap() error { return e.Err }

// identity is equal for trainings that take the same steps: of the same
// parameters, papers, labels, vectors and options.
func (t *trainer) identity(first State) uint64 {
	h := uint64(14695981039346656037)
	add := func(v uint64) { h = (h ^ v) * 1099511628211 }
	o := t.opt
	text := fmt.Sprintf("%d %d %t %g %s %g %g %s %d %d %v %d", o.Epochs, o.BatchSize, o.Masked, o.LearningRate, o.Schedule,
		o.Warmup, o.ClipNorm, o.EarlyStopping, o.Patience, o.Seed, o.Groups, o.Masters)
	if o.EpochMeans || o.Exclusive || o.Keep != "" {
		text += fmt.Sprintf(" %t %t %s", o.EpochMeans, o.Exclusive, o.Keep)
	}
	add(rng.Seed(checkpointVersion, "checkpoint", text, o.Identity))
	for _, p := range first.Params {
		add(rng.Seed(0, p.Name, fmt.Sprint(p.Shape)))
		for _, v := range p.Value { // as they were drawn
			add(uint64(math.Float32bits(v)))
		}
	}
	for _, d := range []Data{t.train, t.valid} {
		add(uint64(d.rows()))
		for i := range d.rows() {
			add(uint64(len(d.X.Row(i))))
			for _, id := range d.X.Row(i) {
				add(uint64(id))
			}
			add(uint64(len(d.Y.Row(i))))
			for _, label := range d.Y.Row(i) {
				add(uint64(label))
			}
		}
	}
	for _, v := range t.train.X.Embedding.Data {
		add(uint64(math.Float32bits(v)))
	}
	return h
}

// save writes the checkpoint, where one is asked for and allowed.
func (t *trainer) save() error {
	c := &t.opt.Checkpoint
	if c.Path == "" {
		return nil
	}
	seconds := t.spent()
	now, err := t.engine.State()
	if err != nil {
		return fmt.Errorf("training: write checkpoint %s: %w", c.Path, err)
	}
	err = atomicfile.Write(c.Path, func(w io.Writer) error {
		// Not before the file is begun: who takes the folder over removes it then.
		if c.Allowed != nil {
			if err := c.Allowed(); err != nil {
				return err
			}
		}
		return frame.Write(w, checkpointKind, t.version(), func(e *frame.Encoder) { t.encode(e, now, seconds) })
	})
	if err != nil {
		return fmt.Errorf("training: write checkpoint %s: %w", c.Path, err)
	}
	t.saved = time.Now()
	return nil
}

// version is that of the checkpoint's layout.
func (t *trainer) version() uint32 {
	if t.opt.EpochMeans {
		return meansVersion
	}
	return checkpointVersion
}

func (t *trainer) encode(e *frame.Encoder, now State, seconds float64) {
	e.Uint64(t.fingerprint)
	e.Float64(seconds)
	e.Int(int(t.steps))
	s := &t.state
	e.Int(s.epoch)
	e.Int(s.position)
	e.Bool(s.averages.begun)
	for _, v := range []float64{s.averages.loss, s.averages.f1, s.averages.masterF1, s.first, s.lowest, s.norm, s.bestF1, s.watched} {
		e.Float64(v)
	}
	e.Int(s.bestEpoch)
	e.Int(s.without)
	e.Bool(s.stopped)
	if t.opt.EpochMeans {
		e.Float64(s.learnt.loss)
		e.Int(s.learnt.right)
		e.Int(s.learnt.papers)
	}
	e.Int(len(s.curve))
	for _, r := range s.curve {
		encodeEpoch(e, r, t.opt.EpochMeans)
	}
	e.Int(len(now.Params))
	e.Bool(s.best != nil)
	for i, p := range now.Params {
		e.Float32s(p.Value)
		for _, moments := range [][]float32{p.M, p.V} {
			if moments == nil {
				moments = make([]float32, len(p.Value))
			}
			e.Float32s(moments)
		}
		if s.best != nil {
			e.Float32s(s.best[i])
		}
	}
}

func encodeEpoch(e *frame.Encoder, r EpochRecord, means bool) {
	e.Int(int(r.Step))
	e.Bool(r.Best)
	for _, v := range []float64{r.Loss, r.F1, r.MasterF1, r.LearningRate, r.Seconds, r.PapersPerSecond} {
		e.Float64(v)
	}
	e.Bool(r.ValidationLoss != nil)
	if r.ValidationLoss != nil {
		for _, v := range []*float64{r.ValidationLoss, r.ValidationF1, r.ValidationMasterF1} {
			e.Float64(*v)
		}
	}
	if means {
		e.Float64(*r.TrainingLoss)
		e.Float64(*r.TrainingAccuracy)
		if r.ValidationLoss != nil {
			e.Float64(*r.ValidationAccuracy)
		}
	}
}

func decodeEpoch(d *frame.Decoder, epoch int) EpochRecord {
	r := EpochRecord{Kind: "epoch", Epoch: epoch, Step: int64(d.Int()), Best: d.Bool()}
	for _, v := range []*float64{&r.Loss, &r.F1, &r.MasterF1, &r.LearningRate, &r.Seconds, &r.PapersPerSecond} {
		*v = d.Float64()
	}
	if d.Bool() {
		loss, f1, masterF1 := d.Float64(), d.Float64(), d.Float64()
		r.ValidationLoss, r.ValidationF1, r.ValidationMasterF1 = &loss, &f1, &masterF1
	}
	if d.Version() >= meansVersion {
		loss, accuracy := d.Float64(), d.Float64()
		r.TrainingLoss, r.TrainingAccuracy = &loss, &accuracy
		if r.ValidationLoss != nil {
			accuracy := d.Float64()
			r.ValidationAccuracy = &accuracy
		}
	}
	return r
}

// loaded is a checkpoint read, before it is believed.
type loaded struct {
	state
	fingerprint uint64
	seconds     float64
	params      []Param // without names and shapes, which the file does not have
}

func (l *loaded) decode(d *frame.Decoder) {
	l.fingerprint, l.seconds, l.steps = d.Uint64(), d.Float64(), int64(d.Int())
	s := &l.state
	s.epoch, s.position, s.averages.begun = d.Int(), d.Int(), d.Bool()
	for _, v := range []*float64{&s.averages.loss, &s.averages.f1, &s.averages.masterF1, &s.first, &s.lowest, &s.norm, &s.bestF1, &s.watched} {
		*v = d.Float64()
	}
	s.bestEpoch, s.without, s.stopped = d.Int(), d.Int(), d.Bool()
	if d.Version() >= meansVersion {
		s.learnt = sums{loss: d.Float64(), right: d.Int(), papers: d.Int()}
	}
	n := d.Int()
	if n != s.epoch {
		d.Fail("%d epochs in the curve after %d", n, s.epoch)
		return
	}
	for i := range n {
		r := decodeEpoch(d, i+1)
		if r.Step == 0 { // also behind an error: a damaged count ends here
			d.Fail("an epoch without steps")
			return
		}
		s.curve = append(s.curve, r)
	}
	params, best := d.Int(), d.Bool()
	for range params {
		p := Param{Value: d.Float32s(), M: d.Float32s(), V: d.Float32s()}
		l.params = append(l.params, p)
		if best {
			s.best = append(s.best, d.Float32s())
		}
		if min(len(p.Value), len(p.M), len(p.V)) == 0 {
			d.Fail("an empty parameter")
			return
		}
	}
}

// resume takes the training over from its checkpoint; without one it begins.
func (t *trainer) resume() error {
	c := &t.opt.Checkpoint
	found, err := t.load(c.Path)
	if err != nil {
		return &CheckpointError{err}
	}
	if !found {
		return nil
	}
	// An epoch that ended without its record writes its last step's once more.
	ended := int64(t.position) == t.perEpoch
	kept := t.steps
	if ended {
		kept--
	}
	if c.Resumed != nil {
		if err := c.Resumed(kept); err != nil {
			return err
		}
	}
	if ended {
		return t.recordAgain()
	}
	return nil
}

// load takes the state of a checkpoint over, if there is one.
func (t *trainer) load(path string) (found bool, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("training: open checkpoint: %w", err)
	}
	defer file.Close()
	l := &loaded{}
	if err := frame.Read(file, checkpointKind, t.version(), l.decode); err != nil {
		return false, fmt.Errorf("training: checkpoint %s: %w", path, err)
	}
	if l.fingerprint != t.fingerprint {
		return false, fault.Usagef("training: checkpoint %s belongs to other papers, vectors or options: remove it to begin anew", path)
	}
	if err := t.take(l); err != nil {
		return false, fmt.Errorf("training: checkpoint %s: %w", path, err)
	}
	return true, nil
}

// recordAgain writes the record of the last step, if it has one.
func (t *trainer) recordAgain() error {
	if t.opt.Record == nil || t.steps%int64(t.opt.RecordEvery) != 0 {
		return nil
	}
	return t.opt.Record(t.stepRecord())
}

// take moves what was read into the training.
func (t *trainer) take(l *loaded) error {
	read := State{Steps: l.steps, Params: l.params}
	now, err := t.engine.State()
	if err != nil {
		return err
	}
	if err := read.Fits(now); err != nil {
		return err
	}
	for i, best := range l.best {
		if p := now.Params[i]; len(best) != len(p.Value) {
			return fmt.Errorf("%s has %d numbers at its best, the network's %d", p.Name, len(best), len(p.Value))
		}
	}
	if err := t.engine.SetState(read); err != nil {
		return err
	}
	t.state, t.seconds = l.state, l.seconds
	return nil
}
