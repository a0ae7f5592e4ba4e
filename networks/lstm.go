package networks

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"runtime"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/pool"
	"assay/networks/training"
)

// LSTM is the network of the second article: word vectors that it learns, a long
// short-term memory over them, and a logit a label from its last state. It takes
// *features.Sequences and gives probabilities. Where the sequences bring no vectors
// (a matrix without columns, as many rows as the vocabulary) it learns its own from
// the start.
type LSTM struct {
	opt       LSTMOptions
	groups    []int32 // (C), the master of each label
	masters   int
	exclusive bool
	hooks     Hooks

	fitted bool
	learnt lstmModel
	report training.Report
}

// lstmModel is what was learnt, by the last Fit or the one of a file.
type lstmModel struct {
	opt    LSTMOptions
	given  int         // dimensions of the papers' vectors; 0: none
	rows   int         // of the vocabulary
	words  uint64      // a hash of the vocabulary; 0: not known
	params [][]float32 // in the order of the layers
}

// NewLSTM returns an unfitted network; groups is the master, in [0, masters), of
// each label, and exclusive says that every paper has one label.
func NewLSTM(opt LSTMOptions, groups []int32, masters int, exclusive bool, hooks Hooks) (*LSTM, error) {
	if err := opt.check(len(groups), exclusive); err != nil {
		return nil, err
	}
	if _, err := lossOf(LSTMOptions{Output: "sigmoid"}, groups, masters); err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	return &LSTM{opt: opt, groups: groups, masters: masters, exclusive: exclusive, hooks: hooks}, nil
}

// Fit implements classifier.Classifier. With a checkpoint in its hooks, a cancelled
// context leaves one behind.
func (n *LSTM) Fit(ctx context.Context, train, validation classifier.Dataset) error {
	n.fitted, n.learnt = false, lstmModel{}
	if n.masters == 0 {
		return errScoresOnly
	}
	data, err := n.data(train)
	if err != nil {
		return err
	}
	x, held := data.X, training.Data{}
	if validation.X != nil && validation.Y != nil && validation.Y.Rows() > 0 {
		if held, err = n.data(validation); err != nil {
			return err
		}
		if e := held.X.Embedding; e != x.Embedding && (e.Cols > 0 || x.Embedding.Cols > 0 || e.Rows != x.Embedding.Rows) {
			return fault.Usagef("networks: training and validation papers must share one embedding matrix")
		}
	}
	if n.opt.FreezeEmbedding && x.Embedding.Cols == 0 {
		return fault.Usagef("networks: the sequences have no word vectors that could stay frozen")
	}
	p := pool.New(n.opt.Workers)
	defer p.Close()
	words := lexicon[float32]{rows: x.Embedding.Rows, dim: x.Embedding.Cols, matrix: x.Embedding.Data, frozen: n.opt.FreezeEmbedding}
	if words.dim == 0 {
		words.dim, words.matrix = n.opt.Dimensions, nil
	}
	net, err := n.network(p, n.opt, words, true)
	if err != nil {
		return err
	}
	defer net.Close()
	report, err := training.Run(ctx, net, data, held, n.training())
	if err != nil {
		return fmt.Errorf("networks: %w", err)
	}
	learnt := lstmModel{opt: n.opt, given: x.Embedding.Cols, rows: x.Embedding.Rows, words: hashOf(x.Words)}
	if learnt.params, err = learntBy(net); err != nil {
		return fmt.Errorf("networks: %w", err)
	}
	n.learnt, n.report, n.fitted = learnt, report, true
	return nil
}

// hashOf is a hash of a vocabulary in its order; 0 of none.
func hashOf(words []string) uint64 {
	if len(words) == 0 {
		return 0
	}
	h := fnv.New64a()
	for _, w := range words {
		_, _ = io.WriteString(h, w)
		_, _ = h.Write([]byte{0})
	}
	return max(h.Sum64(), 1)
}

// data checks a dataset.
func (n *LSTM) data(d classifier.Dataset) (training.Data, error) {
	x, err := tokensOf("the LSTM", d.X)
	if err != nil {
		return training.Data{}, err
	}
	if d.Y == nil || d.Y.Cols != len(n.groups) {
		return training.Data{}, fault.Usagef("networks: labels of %d categories wanted", len(n.groups))
	}
	if d.Y.Rows() != len(x.Papers) {
		return training.Data{}, fault.Usagef("networks: %d papers with the labels of %d", len(x.Papers), d.Y.Rows())
	}
	if n.exclusive {
		for i := range d.Y.Rows() {
			if k := len(d.Y.Row(i)); k != 1 {
				return training.Data{}, fault.Usagef("networks: paper %d has %d labels, but they exclude each other: one wanted", i, k)
			}
		}
	}
	return training.Data{X: x, Y: d.Y}, nil
}

// tokensOf checks features; their vectors may have no columns.
func tokensOf(reader string, x features.Matrix) (*features.Sequences, error) {
	s, ok := x.(*features.Sequences)
	if !ok {
		return nil, fault.Usagef("networks: %s reads sequences of tokens, not %T", reader, x)
	}
	if s.Embedding == nil || s.Embedding.Rows < 1 {
		return nil, fault.Usagef("networks: the sequences have no vocabulary")
	}
	for i := range s.Papers {
		for _, id := range s.Row(i) {
			if int(uint32(id)) >= s.Embedding.Rows {
				return nil, fault.Usagef("networks: paper %d has token %d, but there are %d words", i, id, s.Embedding.Rows)
			}
		}
	}
	return s, nil
}

// network builds the network over the vectors of words.
func (n *LSTM) network(p *pool.Pool, o LSTMOptions, words lexicon[float32], draws bool) (training.Engine, error) {
	l, err := lossOf(o, n.groups, max(n.masters, 1))
	if err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	return engineOf(p, lstmChain(p, o, words, len(n.groups), n.exclusive, draws), l, len(n.groups))
}

func (n *LSTM) training() training.Options {
	o := n.opt
	return training.Options{
		Epochs: o.Epochs, StopEpoch: o.StopEpoch, BatchSize: o.BatchSize, Masked: true,
		LearningRate: o.LearningRate, Schedule: o.Schedule, Warmup: o.Warmup, ClipNorm: o.ClipNorm,
		EarlyStopping: o.EarlyStopping, Patience: o.Patience, Keep: o.Keep, EpochMeans: true, Exclusive: n.exclusive,
		Seed: o.Seed, Identity: o.identity(n.exclusive),
		Groups: n.groups, Masters: n.masters, Record: n.hooks.Record,
		Checkpoint: training.Checkpoint{
			Path: n.hooks.Checkpoint, Resume: n.hooks.Resume, Resumed: n.hooks.Resumed, Allowed: n.hooks.Writable,
		},
	}
}

// Seconds is how long the last Fit trained, attempts that it continued included, as
// far as their checkpoints know.
func (n *LSTM) Seconds() float64 { return n.report.Seconds }

// Scores implements classifier.Classifier. Papers must be numbered by the vocabulary
// that was learnt from, and have its vectors where they were frozen.
func (n *LSTM) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	if !n.fitted {
		return nil, fmt.Errorf("networks: %w", classifier.ErrNotFitted)
	}
	s, err := tokensOf("the LSTM", x)
	if err != nil {
		return nil, err
	}
	m := &n.learnt
	if err := m.fits(s); err != nil {
		return nil, err
	}
	// Nothing is learnt here: the vectors are frozen in either case.
	words, params := lexicon[float32]{rows: s.Embedding.Rows, dim: s.Embedding.Cols, matrix: s.Embedding.Data, frozen: true}, m.params
	if !m.opt.FreezeEmbedding {
		words.matrix, params = params[0], params[1:]
		words.dim = len(words.matrix) / m.rows
	}
	p := pool.New(n.opt.Workers)
	defer p.Close()
	net, err := n.network(p, m.opt, words, false)
	if err != nil {
		return nil, err
	}
	defer net.Close()
	if err := setLearnt(net, params); err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	scores, err := training.Scores(ctx, net, training.Data{X: s}, len(n.groups), m.opt.BatchSize, true)
	if err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	return scores, nil
}

// OwnVectors reports whether the network has learnt vectors of the words: papers must
// be numbered as those were that it learnt from. Else it reads the papers' vectors.
func (n *LSTM) OwnVectors() bool { return n.fitted && !n.learnt.opt.FreezeEmbedding }

// fits reports what papers to score have other than those that were learnt from. Where
// the vectors were frozen the papers bring their own, of any words.
func (m *lstmModel) fits(s *features.Sequences) error {
	words := hashOf(s.Words)
	own := !m.opt.FreezeEmbedding
	switch {
	case own && s.Embedding.Rows != m.rows:
		return fault.Usagef("networks: a vocabulary of %d rows, the network has learnt from one of %d", s.Embedding.Rows, m.rows)
	case own && words != m.words && words != 0 && m.words != 0:
		return fault.Usagef("networks: the papers are numbered by other words than the network has learnt from")
	case s.Embedding.Cols != m.given:
		return fault.Usagef("networks: vectors of %d dimensions, the network has learnt from %d", s.Embedding.Cols, m.given)
	}
	return nil
}

// Probabilities implements classifier.Classifier.
func (n *LSTM) Probabilities() bool { return true }

// Report is a line on the training.
func (n *LSTM) Report() string { return reportOf(n.report) }

// Warnings lists what a reader of the results must know.
func (n *LSTM) Warnings() []string {
	if n.fitted && n.report.BestEpoch == n.report.Epochs && n.opt.EarlyStopping != "off" && n.opt.Keep != "last" && !n.report.Stopped {
		return []string{fmt.Sprintf("training was still improving after its %d epochs", n.report.Epochs)}
	}
	return nil
}
