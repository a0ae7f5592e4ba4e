package networks

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"runtime"
	"slices"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/pool"
	"assay/networks/graph"
	"assay/networks/layers"
	"assay/networks/loss"
	"assay/networks/training"
)

// Classifier is a network of any architecture. It takes *features.Sequences and
// gives probabilities.
type Classifier struct {
	opt    Options
	labels Labels // Masters 0: those of the file to load
	run    Run

	fitted bool
	learnt model
	report training.Report
}

var _ classifier.Classifier = (*Classifier)(nil)

// model is what was learnt, by the last Fit or the one of a file.
type model struct {
	opt       Options
	labels    int
	exclusive bool
	given     int         // dimensions of the papers' vectors; 0: none
	rows      int         // of the vocabulary; 0: not known
	words     uint64      // a hash of the vocabulary; 0: not known
	params    [][]float32 // in the order of the layers
}

// New returns an unfitted network.
func New(o Options, l Labels, run Run) (*Classifier, error) {
	if err := o.check(len(l.Groups), l.Exclusive); err != nil {
		return nil, err
	}
	_, err := loss.New[float32](loss.Options{Groups: l.Groups, Masters: l.Masters})
	if err == nil {
		_, err = o.loss(l, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	l.Exclusive = l.Exclusive && o.excludes()
	run.Workers = cores(run.Workers)
	return &Classifier{opt: o.clone(), labels: l, run: run}, nil
}

func cores(workers int) int {
	if workers <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return workers
}

// errScoresOnly is what a classifier of Kinds answers when it shall learn: it knows
// neither options nor groups of labels.
var errScoresOnly = fault.Usagef("networks: a network that was opened from its file only scores: to train one, make it with its options")

// Fit implements classifier.Classifier. With a checkpoint in its run, a cancelled
// context leaves one behind.
func (n *Classifier) Fit(ctx context.Context, train, validation classifier.Dataset) error {
	n.fitted, n.learnt = false, model{}
	if n.labels.Masters == 0 {
		return errScoresOnly
	}
	data, held, err := n.papers(train, validation)
	if err != nil {
		return err
	}
	x := data.X
	p := pool.New(n.run.Workers)
	defer p.Close()
	d := n.design(p, embeddingOf(n.opt, x.Embedding.Rows, x.Embedding.Cols, x.Embedding.Data))
	d.draws = true
	engine, err := n.engine(n.opt, d, train.Y)
	if err != nil {
		return err
	}
	defer engine.Close()
	report, err := training.Run(ctx, engine, data, held, n.training())
	if err != nil {
		return fmt.Errorf("networks: %w", err)
	}
	state, err := engine.State()
	if err != nil {
		return fmt.Errorf("networks: %w", err)
	}
	learnt := model{
		opt: n.opt.clone(), labels: len(n.labels.Groups), exclusive: n.labels.Exclusive,
		given: x.Embedding.Cols, rows: x.Embedding.Rows, words: hashOf(x.Words),
	}
	for _, param := range state.Params {
		learnt.params = append(learnt.params, slices.Clone(param.Value))
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

// papers checks what there is to learn from and, unless that is empty, to watch.
func (n *Classifier) papers(train, validation classifier.Dataset) (data, held training.Data, err error) {
	if data, err = n.data(train); err != nil {
		return data, held, err
	}
	x := data.X.Embedding
	if validation.X != nil && validation.Y != nil && validation.Y.Rows() > 0 {
		if held, err = n.data(validation); err != nil {
			return data, held, err
		}
		if e := held.X.Embedding; e != x && (e.Cols > 0 || x.Cols > 0 || e.Rows != x.Rows) {
			return data, held, fault.Usagef("networks: training and validation papers must share one embedding matrix")
		}
	}
	if x.Cols == 0 && !n.opt.learnsVectors() {
		return data, held, fault.Usagef("networks: the sequences have no word vectors that could stay frozen")
	}
	return data, held, nil
}

// data checks a dataset.
func (n *Classifier) data(d classifier.Dataset) (training.Data, error) {
	x, err := n.sequences(d.X)
	if err != nil {
		return training.Data{}, err
	}
	if d.Y == nil || d.Y.Cols != len(n.labels.Groups) {
		return training.Data{}, fault.Usagef("networks: labels of %d categories wanted", len(n.labels.Groups))
	}
	if d.Y.Rows() != len(x.Papers) {
		return training.Data{}, fault.Usagef("networks: %d papers with the labels of %d", len(x.Papers), d.Y.Rows())
	}
	if n.labels.Exclusive {
		for i := range d.Y.Rows() {
			if k := len(d.Y.Row(i)); k != 1 {
				return training.Data{}, fault.Usagef("networks: paper %d has %d labels, but they exclude each other: one wanted", i, k)
			}
		}
	}
	return training.Data{X: x, Y: d.Y}, nil
}

// sequences checks features.
func (n *Classifier) sequences(x features.Matrix) (*features.Sequences, error) {
	s, ok := x.(*features.Sequences)
	if !ok {
		return nil, fault.Usagef("networks: %s reads sequences of tokens, not %T", n.opt.name(), x)
	}
	switch own := n.opt.ownVectors(); {
	case own == 0 && (s.Embedding == nil || s.Embedding.Cols < 1):
		return nil, fault.Usagef("networks: the sequences have no word vectors")
	case s.Embedding == nil || s.Embedding.Rows < 1:
		return nil, fault.Usagef("networks: the sequences have no vocabulary")
	}
	what := "words"
	if n.opt.ownVectors() == 0 {
		what = "vectors"
	}
	for i := range s.Papers {
		for _, id := range s.Row(i) {
			if int(uint32(id)) >= s.Embedding.Rows {
				return nil, fault.Usagef("networks: paper %d has token %d, but there are %d %s", i, id, s.Embedding.Rows, what)
			}
		}
	}
	return s, nil
}

func (n *Classifier) design(p *pool.Pool, words embedding[float32]) design[float32] {
	return design[float32]{pool: p, seed: n.run.Seed, words: words, labels: len(n.labels.Groups), exclusive: n.labels.Exclusive}
}

// engine builds the network; y, nil where nothing is to be learnt, gives the class
// weights.
func (n *Classifier) engine(o Options, d design[float32], y *multilabel.Matrix) (training.Engine, error) {
	labels := n.labels
	labels.Masters = max(labels.Masters, 1)
	l, err := o.loss(labels, y)
	if err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	return newEngine(o.layers(d), l, d)
}

// newEngine returns the engine that computes the layers: gorgonia's graph on the
// CPU, the only one of this build.
func newEngine(chain []layers.Layer[float32], l layers.Loss[float32], d design[float32]) (training.Engine, error) {
	net, err := graph.New(chain, l, d.labels)
	if err != nil {
		return nil, err
	}
	return training.NewCPU(net, d.pool), nil
}

func (n *Classifier) training() training.Options {
	o := training.Options{
		Loop: n.opt.Loop(), Exclusive: n.labels.Exclusive, Seed: n.run.Seed, Identity: n.opt.identity(n.labels.Exclusive),
		Groups: n.labels.Groups, Masters: n.labels.Masters, Record: n.run.Record, Checkpoint: n.run.Checkpoint,
	}
	n.opt.plan(&o)
	return o
}

// Seconds is how long the last Fit trained, attempts that it continued included, as
// far as their checkpoints know.
func (n *Classifier) Seconds() float64 { return n.report.Seconds }

// Scores implements classifier.Classifier. Papers must be numbered by the vocabulary
// that was learnt from, and have its vectors where they were frozen.
func (n *Classifier) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	if !n.fitted {
		return nil, fmt.Errorf("networks: %w", classifier.ErrNotFitted)
	}
	s, err := n.sequences(x)
	if err != nil {
		return nil, err
	}
	m := &n.learnt
	if err := m.fits(s); err != nil {
		return nil, err
	}
	// Nothing is learnt here: the vectors are frozen in either case.
	words, params := embedding[float32]{rows: s.Embedding.Rows, dim: s.Embedding.Cols, matrix: s.Embedding.Data, frozen: true}, m.params
	if m.opt.learnsVectors() {
		words.matrix, params = params[0], params[1:]
		words.dim = len(words.matrix) / m.rows
	}
	p := pool.New(n.run.Workers)
	defer p.Close()
	engine, err := n.engine(m.opt, n.design(p, words), nil)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	var state training.State
	for _, values := range params {
		state.Params = append(state.Params, training.Param{Value: values})
	}
	if err := engine.SetState(state); err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	scores, err := training.Scores(ctx, engine, training.Data{X: s}, m.labels, m.opt.Loop().BatchSize, m.masked())
	if err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	return scores, nil
}

// masked reports whether padding has no influence.
func (m *model) masked() bool {
	var t training.Options
	m.opt.plan(&t)
	return t.Masked
}

// PadsTogether reports whether the scores of a paper depend on the longest one in its
// batch: where padding is not masked.
func (n *Classifier) PadsTogether() bool { return n.fitted && !n.learnt.masked() }

// OwnVectors reports whether the network has learnt vectors of the words: papers must
// be numbered as those were that it learnt from. Else it reads the papers' vectors.
func (n *Classifier) OwnVectors() bool { return n.fitted && n.learnt.opt.learnsVectors() }

// fits reports what papers to score have other than those that were learnt from. Where
// the vectors were frozen the papers bring their own, of any words.
func (m *model) fits(s *features.Sequences) error {
	words := hashOf(s.Words)
	own := m.opt.learnsVectors()
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
func (n *Classifier) Probabilities() bool { return true }

// Report is a line on the training.
func (n *Classifier) Report() string {
	r := n.report
	text := fmt.Sprintf("%d epochs, %d steps, %.1f s; parameters of epoch %d", r.Epochs, r.Steps, r.Seconds, r.BestEpoch)
	if r.Stopped {
		text += "; stopped early"
	}
	return text
}

// Warnings lists what a reader of the results must know.
func (n *Classifier) Warnings() []string {
	loop := n.opt.Loop()
	if n.fitted && n.report.BestEpoch == n.report.Epochs && loop.EarlyStopping != "off" && loop.Keep != "last" && !n.report.Stopped {
		return []string{fmt.Sprintf("training was still improving after its %d epochs", n.report.Epochs)}
	}
	return nil
}
