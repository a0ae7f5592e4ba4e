package training

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/features"
	"assay/internal/atomicfile"
	"assay/internal/fault"
	"assay/internal/frame"
	"assay/internal/multilabel"
)

// cut trains until after step k and returns the checkpoint's path.
func cut(t *testing.T, k int, train, validation Data, opt Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "checkpoint")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	net := newBag(20, trialLabels)
	net.onStep = func(n int) error {
		if n == k {
			cancel()
		}
		return nil
	}
	opt.Checkpoint.Path = path
	if _, err := run(ctx, net, train, validation, opt); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return path
}

// resumed tries to go on, in a network as it was drawn, and returns how often
// that stepped.
func resumed(net *bag, train, validation Data, opt Options, path string) (steps int, err error) {
	opt.Checkpoint.Path, opt.Checkpoint.Resume = path, true
	_, err = run(context.Background(), net, train, validation, opt)
	return net.steps, err
}

// unusable reports whether the error puts the blame on the checkpoint.
func unusable(err error) bool {
	var e *CheckpointError
	return errors.As(err, &e)
}

func TestDamagedCheckpointIsFound(t *testing.T) {
	train, validation := papers("train", 11, 6, 20, trialLabels), papers("validation", 4, 6, 20, trialLabels)
	opt := options(trialLabels)
	path := cut(t, 6, train, validation, opt)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, bad []byte) {
		t.Helper()
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		net := newBag(20, trialLabels)
		before := bits(net)
		steps, err := resumed(net, train, validation, opt, path)
		if !unusable(err) || !fault.IsUsage(err) || !strings.HasPrefix(err.Error(), "training: checkpoint "+path+": the file ") {
			t.Fatalf("%s of %d bytes: error %v", what, len(data), err)
		}
		if steps != 0 || !slices.Equal(bits(net), before) {
			t.Fatalf("%s of %d bytes: %d steps from a damaged checkpoint, or other parameters", what, len(data), steps)
		}
	}
	for i := range data {
		if i > 500 && i < len(data)-40 && i%7 > 0 { // the middle is only numbers
			continue
		}
		bad := bytes.Clone(data)
		bad[i] ^= []byte{1, 0x80, 0xff}[i%3]
		refused(fmt.Sprintf("byte %d", i), bad)
		refused(fmt.Sprintf("the first %d", i), data[:i])
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if steps, err := resumed(newBag(20, trialLabels), train, validation, opt, path); err != nil || steps != 12-6 {
		t.Errorf("whole again: %d steps, error %v", steps, err)
	}
}

// A number of epochs that damage has made huge, twice, must not fill the memory
// before the checksum is seen.
func TestHugeCountsEndSoon(t *testing.T) {
	train := papers("train", 11, 6, 20, trialLabels)
	opt := options(trialLabels)
	path := cut(t, 3, train, Data{}, opt)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	payload := 8 + 4 + 8 + 1 + len(checkpointKind) + 4
	epochs := payload + 3*8     // behind fingerprint, seconds and steps
	curve := epochs + 3*8 + 8*8 // behind epoch, position, begun and eight numbers
	curve += 3 * 8              // best epoch, without, stopped
	for _, at := range []int{epochs, curve} {
		if got := binary.LittleEndian.Uint64(data[at:]); got != 0 {
			t.Fatalf("%d at byte %d, want no epochs: the layout has changed", got, at)
		}
		binary.LittleEndian.PutUint64(data[at:], 1<<40)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := resumed(newBag(20, trialLabels), train, Data{}, opt, path)
		done <- err
	}()
	select {
	case err := <-done:
		if !fault.IsUsage(err) {
			t.Errorf("error %v", err)
		}
	case <-time.After(2 * time.Second):
		t.Fatal("still reading")
	}
}

// A checkpoint whose counts are whole but do not fit the network cannot come
// from this program, and is still no panic.
func TestCheckpointOfOtherShapes(t *testing.T) {
	train := papers("train", 11, 6, 20, trialLabels)
	opt := options(trialLabels)
	path := cut(t, 3, train, Data{}, opt)
	for _, c := range []struct {
		name   string
		change func(*State)
		want   string
	}{
		{"a parameter less", func(s *State) { s.Params = s.Params[:1] }, "1 parameters, the network has 2"},
		{"longer values", func(s *State) {
			p := &s.Params[1]
			p.Value, p.M, p.V = make([]float32, 7), nil, nil
		}, "bag.bias has 7 numbers, the network's 5"},
		{"shorter moments", func(s *State) { s.Params[0].M = make([]float32, 3) }, "bag.weight has 100 numbers, the network's 100"},
		{"no numbers", func(s *State) { s.Params[0].Value = nil }, "the file is damaged: an empty parameter"},
	} {
		opt := opt
		opt.Checkpoint.Path = path
		o, err := newTrainer(NewCPU(newBag(20, trialLabels), newPool(t, 1)), train, Data{}, opt)
		if err != nil {
			t.Fatal(err)
		}
		o.engine = altered{o.engine, c.change}
		if err := o.save(); err != nil {
			t.Fatal(err)
		}
		steps, err := resumed(newBag(20, trialLabels), train, Data{}, opt, path)
		if !unusable(err) || !strings.HasSuffix(err.Error(), c.want) || steps != 0 {
			t.Errorf("%s: %d steps, error %v, want %q", c.name, steps, err, c.want)
		}
	}
}

// altered is an engine with a state of another network.
type altered struct {
	Engine
	change func(*State)
}

func (e altered) State() (State, error) {
	s, err := e.Engine.State()
	e.change(&s)
	return s, err
}

// copied is data whose papers may be changed.
func copied(d Data) Data {
	x := &features.Sequences{Embedding: d.X.Embedding.Select(seq(d.X.Embedding.Rows)), Words: d.X.Words}
	for _, p := range d.X.Papers {
		x.Papers = append(x.Papers, slices.Clone(p))
	}
	rows := make([][]int32, d.rows())
	for i := range rows {
		rows[i] = slices.Clone(d.Y.Row(i))
	}
	return Data{X: x, Y: multilabel.FromRows(d.Y.Cols, rows)}
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestForeignCheckpointIsRefused(t *testing.T) {
	type setting struct {
		net               *bag
		train, validation Data
		opt               Options
	}
	fresh := func() *setting {
		return &setting{newBag(20, trialLabels), papers("train", 11, 6, 20, trialLabels), papers("validation", 4, 6, 20, trialLabels), options(trialLabels)}
	}
	s := fresh()
	path := cut(t, 6, s.train, s.validation, s.opt)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*setting)
	}{
		{"epochs", func(s *setting) { s.opt.Epochs++ }},
		{"batch size", func(s *setting) { s.opt.BatchSize++ }},
		{"masking", func(s *setting) { s.opt.Masked = false }},
		{"learning rate", func(s *setting) { s.opt.LearningRate = 0.050000000001 }},
		{"schedule", func(s *setting) { s.opt.Schedule = "linear" }},
		{"warm-up", func(s *setting) { s.opt.Warmup = 0.3 }},
		{"clipping", func(s *setting) { s.opt.ClipNorm = 0 }},
		{"early stopping", func(s *setting) { s.opt.EarlyStopping, s.opt.Patience = "f1", 1 }},
		{"patience", func(s *setting) { s.opt.Patience = 2 }},
		{"seed", func(s *setting) { s.opt.Seed++ }},
		{"what the network decides", func(s *setting) { s.opt.Identity = "dropout 0.1" }},
		{"master categories", func(s *setting) { s.opt.Groups[0] = 1 }},
		{"a token", func(s *setting) { s.train.X.Papers[2] = append(s.train.X.Papers[2], 1) }},
		{"another token", func(s *setting) {
			for _, p := range s.train.X.Papers {
				if len(p) > 0 {
					p[0]++
					return
				}
			}
		}},
		{"papers in another order", func(s *setting) {
			s.train.X = s.train.X.Select([]int{1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10})
			s.train.Y.Indices[0], s.train.Y.Indices[1] = 0, 1
		}},
		{"a label", func(s *setting) { s.train.Y.Indices[0] ^= 1 }},
		{"a label of a validation paper", func(s *setting) { s.validation.Y.Indices[0] ^= 1 }},
		{"a validation paper less", func(s *setting) {
			rows := []int{0, 1, 2}
			s.validation.X = s.validation.X.Select(rows)
			s.validation.Y = &multilabel.Matrix{Cols: trialLabels, Indptr: s.validation.Y.Indptr[:4], Indices: s.validation.Y.Indices[:s.validation.Y.Indptr[3]]}
		}},
		{"no validation papers", func(s *setting) { s.validation = Data{} }},
		{"a paper moved from training to validation", func(s *setting) {
			all := make([][]int32, 0, 15)
			for i := range s.train.rows() {
				all = append(all, s.train.Y.Row(i))
			}
			for i := range s.validation.rows() {
				all = append(all, s.validation.Y.Row(i))
			}
			x := &features.Sequences{Papers: slices.Concat(s.train.X.Papers, s.validation.X.Papers), Embedding: s.train.X.Embedding}
			s.train = Data{X: x.Select(seq(15)[:10]), Y: multilabel.FromRows(trialLabels, all[:10])}
			s.validation = Data{X: x.Select(seq(15)[10:]), Y: multilabel.FromRows(trialLabels, all[10:])}
		}},
		{"a vector", func(s *setting) { s.train.X.Embedding.Data[3] = -1 }},
		{"an initial parameter", func(s *setting) { s.net.bias.Value[4] += 1e-3 }},
		{"a parameter's name", func(s *setting) { s.net.bias.Name = "bag.other" }},
		{"a parameter's shape", func(s *setting) { s.net.weight.Shape = []int{10, 10} }},
	} {
		s := fresh()
		s.train, s.validation = copied(s.train), copied(s.validation)
		c.change(s)
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		steps, err := resumed(s.net, s.train, s.validation, s.opt, path)
		want := "training: checkpoint " + path + " belongs to other papers, vectors or options: remove it to begin anew"
		if !unusable(err) || !fault.IsUsage(err) || err.Error() != want || steps != 0 {
			t.Errorf("%s: %d steps, error %v", c.name, steps, err)
		}
	}
	// What changes no step is no reason to refuse.
	s = fresh()
	s.train, s.validation = copied(s.train), copied(s.validation)
	s.opt.RecordEvery, s.opt.Checkpoint.Every = 7, time.Hour
	if steps, err := resumed(s.net, s.train, s.validation, s.opt, path); err != nil || steps != 12-6 {
		t.Errorf("the same: %d steps, error %v", steps, err)
	}
}

func TestForeignFileAsCheckpoint(t *testing.T) {
	data := papers("train", 11, 6, 20, trialLabels)
	opt := options(trialLabels)
	path := filepath.Join(t.TempDir(), "checkpoint")
	var model, newer bytes.Buffer
	if err := errors.Join(
		frame.Write(&model, "naive_bayes", 1, func(e *frame.Encoder) { e.Int(3) }),
		frame.Write(&newer, checkpointKind, checkpointVersion+1, func(e *frame.Encoder) { e.Int(3) }),
	); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ content, want string }{
		{"", "the file is truncated"},
		{"PAR1 is another format", "was not written by assay"},
		{model.String(), `the file holds "naive_bayes", not "training.checkpoint"`},
		{newer.String(), "layout is version 2, this program reads up to 1"},
	} {
		if err := atomicfile.WriteBytes(path, []byte(c.content)); err != nil {
			t.Fatal(err)
		}
		if _, err := resumed(newBag(20, trialLabels), data, Data{}, opt, path); !fault.IsUsage(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.content, err, c.want)
		}
	}
}

func TestCheckpointThatCannotBeUsed(t *testing.T) {
	data := papers("train", 11, 6, 20, trialLabels)
	opt := options(trialLabels)
	dir := t.TempDir()
	if _, err := resumed(newBag(20, trialLabels), data, Data{}, opt, filepath.Join(dir, "no", "folder")); unusable(err) || !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "training: write checkpoint "+dir) {
		t.Errorf("no folder: error %v", err)
	}
	if _, err := resumed(newBag(20, trialLabels), data, Data{}, opt, dir); !unusable(err) || !strings.HasPrefix(err.Error(), "training: checkpoint "+dir) {
		t.Errorf("a folder: error %v", err)
	}
	path := cut(t, 3, data, Data{}, opt)
	opt.Checkpoint.Resumed = func(int64) error { return errCrash }
	if steps, err := resumed(newBag(20, trialLabels), data, Data{}, opt, path); unusable(err) || !errors.Is(err, errCrash) || steps != 0 {
		t.Errorf("Resumed fails: %d steps, error %v", steps, err)
	}
}

// Every says how long a training may go on without a checkpoint.
func TestCheckpointEvery(t *testing.T) {
	data := papers("train", 11, 6, 20, trialLabels)
	for _, c := range []struct {
		every time.Duration
		want  int // of the five steps begun
	}{
		{time.Nanosecond, 4},
		{0, 1}, // two minutes: only the end of the epoch
	} {
		path := filepath.Join(t.TempDir(), "checkpoint")
		opt := options(trialLabels)
		opt.Checkpoint = Checkpoint{Path: path, Every: c.every}
		saves := 0
		var last fs.FileInfo
		net := newBag(20, trialLabels)
		net.onStep = func(n int) error {
			if now, err := os.Stat(path); err == nil && (last == nil || !os.SameFile(now, last)) {
				last = now
				saves++
			}
			if n == 5 {
				return errCrash
			}
			return nil
		}
		if _, err := run(context.Background(), net, data, Data{}, opt); !errors.Is(err, errCrash) || saves != c.want {
			t.Errorf("every %v: %d checkpoints, want %d; error %v", c.every, saves, c.want, err)
		}
	}
}
