package networks

import (
	"testing"

	"assay/internal/multilabel"
	"assay/internal/pool"
	"assay/networks/training"
)

// setting is SHA-RNN-lite with what a run adds to it.
type setting struct {
	SHARNN
	Seed    uint64
	Workers int
}

// lstmSetting is the same of an LSTM.
type lstmSetting struct {
	LSTM
	Seed    uint64
	Workers int
}

// hooks tie a training to its test.
type hooks struct {
	Record     func(record any) error
	Resumed    func(step int64) error
	Checkpoint string
	Resume     bool
	Writable   func() error
}

func (h hooks) run(seed uint64, workers int) Run {
	return Run{Seed: seed, Workers: workers, Record: h.Record, Checkpoint: training.Checkpoint{
		Path: h.Checkpoint, Resume: h.Resume, Resumed: h.Resumed, Allowed: h.Writable,
	}}
}

func sharnnDefaults() setting   { return setting{SHARNN: DefaultSHARNN()} }
func lstmDefaults() lstmSetting { return lstmSetting{LSTM: DefaultLSTM()} }

func newSHARNN(s setting, groups []int32, masters int, h hooks) (*Classifier, error) {
	return New(&s.SHARNN, Labels{Groups: groups, Masters: masters}, h.run(s.Seed, s.Workers))
}

func newLSTMOf(s lstmSetting, groups []int32, masters int, exclusive bool, h hooks) (*Classifier, error) {
	return New(&s.LSTM, Labels{Groups: groups, Masters: masters, Exclusive: exclusive}, h.run(s.Seed, s.Workers))
}

// untrained is the engine that a fit begins with, on a pool that ends with the test.
func untrained(t testing.TB, n *Classifier, words embedding[float32], y *multilabel.Matrix) training.Engine {
	t.Helper()
	p := pool.New(n.run.Workers)
	t.Cleanup(p.Close)
	d := n.design(p, words)
	d.draws = true
	e, err := n.engine(n.opt, d, y)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
