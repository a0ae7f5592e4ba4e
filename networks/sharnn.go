package networks

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/frame"
	"assay/internal/kernels"
	"assay/internal/multilabel"
	"assay/internal/pool"
	"assay/networks/graph"
	"assay/networks/layers"
	"assay/networks/loss"
	"assay/networks/training"
)

// Hooks tie a training to the folder of its run. The zero value ties it to none.
type Hooks struct {
	Record func(record any) error // takes a training.StepRecord or EpochRecord
	// Resumed is called before the first record of a continued training: records
	// of steps after this one will be written again.
	Resumed    func(step int64) error
	Checkpoint string // file; "": none
	Resume     bool   // continue from Checkpoint where it exists
	// Writable is asked before each writing of Checkpoint: its error says why
	// this process may write there no more, and ends the training. nil always
	// allows.
	Writable func() error
}

// SHARNN is SHA-RNN-lite, the network of the article Scholarly (2020) after
// Merity's SHA-RNN (2019): a bidirectional GRU over frozen word vectors,
// self-attention, and a Boom layer over the categories. It takes
// *features.Sequences and gives probabilities.
type SHARNN struct {
	opt     Options
	groups  []int32 // (C), the master of each category
	masters int
	hooks   Hooks

	fitted bool
	learnt Options     // those of the parameters: of the last Fit or the file
	dim    int         // of the vectors
	params [][]float32 // in the order of the layers
	report training.Report
}

// NewSHARNN returns an unfitted network; groups is the master category, in
// [0, masters), of each category.
func NewSHARNN(opt Options, groups []int32, masters int, hooks Hooks) (*SHARNN, error) {
	if opt.Layers < 1 || opt.Hidden < 1 || opt.Boom < 1 || opt.BatchSize < 1 || !(opt.Dropout >= 0 && opt.Dropout < 1) {
		return nil, fault.Usagef("networks: %d layers, hidden %d, boom %d and batches of %d must be at least 1, dropout %g in [0, 1)", opt.Layers, opt.Hidden, opt.Boom, opt.BatchSize, opt.Dropout)
	}
	if _, err := loss.New[float32](loss.Options{Groups: groups, Masters: masters, Ratio: opt.MasterLossRatio, Decay: opt.MasterLossDecay}); err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	return &SHARNN{opt: opt, groups: groups, masters: masters, hooks: hooks}, nil
}

// Fit implements classifier.Classifier. With a checkpoint in its hooks, a
// cancelled context leaves one behind.
func (n *SHARNN) Fit(ctx context.Context, train, validation classifier.Dataset) error {
	n.fitted, n.params = false, nil
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
		if held.X.Embedding != x.Embedding {
			return fault.Usagef("networks: training and validation papers must share one embedding matrix")
		}
	}
	p := pool.New(n.opt.Workers)
	defer p.Close()
	net, err := n.network(p, n.opt, x, train.Y)
	if err != nil {
		return err
	}
	defer net.Close()
	report, err := training.Run(ctx, net, data, held, n.training())
	if err != nil {
		return fmt.Errorf("networks: %w", err)
	}
	if n.params, err = learntBy(net); err != nil {
		return fmt.Errorf("networks: %w", err)
	}
	n.learnt, n.dim, n.report, n.fitted = n.opt, x.Embedding.Cols, report, true
	return nil
}

// data checks a dataset.
func (n *SHARNN) data(d classifier.Dataset) (training.Data, error) {
	x, err := n.sequences(d.X)
	if err != nil {
		return training.Data{}, err
	}
	if d.Y == nil || d.Y.Cols != len(n.groups) {
		return training.Data{}, fault.Usagef("networks: labels of %d categories wanted", len(n.groups))
	}
	if d.Y.Rows() != len(x.Papers) {
		return training.Data{}, fault.Usagef("networks: %d papers with the labels of %d", len(x.Papers), d.Y.Rows())
	}
	return training.Data{X: x, Y: d.Y}, nil
}

// sequences checks features.
func (n *SHARNN) sequences(x features.Matrix) (*features.Sequences, error) {
	s, ok := x.(*features.Sequences)
	if !ok {
		return nil, fault.Usagef("networks: SHA-RNN-lite reads sequences of tokens, not %T", x)
	}
	if s.Embedding == nil || s.Embedding.Cols < 1 {
		return nil, fault.Usagef("networks: the sequences have no word vectors")
	}
	for i := range s.Papers {
		for _, id := range s.Row(i) {
			if int(uint32(id)) >= s.Embedding.Rows {
				return nil, fault.Usagef("networks: paper %d has token %d, but there are %d vectors", i, id, s.Embedding.Rows)
			}
		}
	}
	return s, nil
}

// network builds the network for the vectors of x; y, nil where nothing is to be
// learnt, gives the class weights.
func (n *SHARNN) network(p *pool.Pool, o Options, x *features.Sequences, y *multilabel.Matrix) (training.Engine, error) {
	opt := loss.Options{Groups: n.groups, Masters: max(n.masters, 1), Ratio: o.MasterLossRatio}
	if y != nil {
		steps := (y.Rows() + o.BatchSize - 1) / o.BatchSize
		opt.Decay = o.MasterLossDecay / float64(max(steps, 1))
		if o.ClassWeights {
			opt.PosWeight = loss.ClassWeights(y.Counts())
			opt.MasterPosWeight = loss.ClassWeights(y.Map(n.groups, n.masters).Counts())
		}
	}
	l, err := loss.New[float32](opt)
	if err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	return engineOf(p, chain(p, o, x.Embedding.Data, x.Embedding.Cols, len(n.groups)), l, len(n.groups))
}

// engineOf is the engine that computes a chain of layers.
func engineOf(p *pool.Pool, chain []layers.Layer[float32], l lossFunction, labels int) (training.Engine, error) {
	net, err := graph.New(chain, l, labels)
	if err != nil {
		return nil, err
	}
	return training.NewCPU(net, p), nil
}

// learntBy copies the parameters of an engine, in the order of the layers.
func learntBy(e training.Engine) ([][]float32, error) {
	s, err := e.State()
	if err != nil {
		return nil, err
	}
	var params [][]float32
	for _, p := range s.Params {
		params = append(params, slices.Clone(p.Value))
	}
	return params, nil
}

// setLearnt gives an engine parameters.
func setLearnt(e training.Engine, params [][]float32) error {
	var s training.State
	for _, p := range params {
		s.Params = append(s.Params, training.Param{Value: p})
	}
	return e.SetState(s)
}

func (n *SHARNN) training() training.Options {
	o := n.opt
	return training.Options{
		Epochs: o.Epochs, StopEpoch: o.StopEpoch, BatchSize: o.BatchSize, Masked: o.MaskPadding,
		LearningRate: o.LearningRate, Schedule: o.Schedule, Warmup: o.Warmup, ClipNorm: o.ClipNorm,
		EarlyStopping: o.EarlyStopping, Patience: o.Patience, Seed: o.Seed,
		Identity: fmt.Sprint(o.Layers, o.Hidden, o.Boom, o.Dropout, o.MasterLossRatio, o.MasterLossDecay, o.ClassWeights, kernels.Fused()),
		Groups:   n.groups, Masters: n.masters, Record: n.hooks.Record,
		Checkpoint: training.Checkpoint{
			Path: n.hooks.Checkpoint, Resume: n.hooks.Resume, Resumed: n.hooks.Resumed, Allowed: n.hooks.Writable,
		},
	}
}

// Seconds is how long the last Fit trained, attempts that it continued included,
// as far as their checkpoints know.
func (n *SHARNN) Seconds() float64 { return n.report.Seconds }

// Scores implements classifier.Classifier.
func (n *SHARNN) Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error) {
	if !n.fitted {
		return nil, fmt.Errorf("networks: %w", classifier.ErrNotFitted)
	}
	s, err := n.sequences(x)
	if err != nil {
		return nil, err
	}
	if s.Embedding.Cols != n.dim {
		return nil, fault.Usagef("networks: vectors of %d dimensions, the network has learnt from %d", s.Embedding.Cols, n.dim)
	}
	p := pool.New(n.opt.Workers)
	defer p.Close()
	net, err := n.network(p, n.learnt, s, nil)
	if err != nil {
		return nil, err
	}
	defer net.Close()
	if err := setLearnt(net, n.params); err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	scores, err := training.Scores(ctx, net, training.Data{X: s}, len(n.groups), n.learnt.BatchSize, n.learnt.MaskPadding)
	if err != nil {
		return nil, fmt.Errorf("networks: %w", err)
	}
	return scores, nil
}

// PadsTogether reports whether the scores of a paper depend on the longest one in its
// batch: where padding is not masked.
func (n *SHARNN) PadsTogether() bool { return n.fitted && !n.learnt.MaskPadding }

// Probabilities implements classifier.Classifier.
func (n *SHARNN) Probabilities() bool { return true }

// Report is a line on the training.
func (n *SHARNN) Report() string { return reportOf(n.report) }

func reportOf(r training.Report) string {
	text := fmt.Sprintf("%d epochs, %d steps, %.1f s; parameters of epoch %d", r.Epochs, r.Steps, r.Seconds, r.BestEpoch)
	if r.Stopped {
		text += "; stopped early"
	}
	return text
}

// Warnings lists what a reader of the results must know.
func (n *SHARNN) Warnings() []string {
	if n.fitted && n.report.BestEpoch == n.report.Epochs && n.opt.EarlyStopping != "off" && !n.report.Stopped {
		return []string{fmt.Sprintf("training was still improving after its %d epochs", n.report.Epochs)}
	}
	return nil
}

const (
	modelKind    = "sha_rnn"
	modelVersion = 1
)

// Save implements classifier.Classifier.
func (n *SHARNN) Save(w io.Writer) error {
	if !n.fitted {
		return fmt.Errorf("networks: %w", classifier.ErrNotFitted)
	}
	return classifier.WriteModel(w, modelKind, modelVersion, func(e *frame.Encoder) {
		e.Int(n.dim)
		e.Int(len(n.groups))
		e.Int(n.learnt.Layers)
		e.Int(n.learnt.Hidden)
		e.Int(n.learnt.Boom)
		e.Int(n.learnt.BatchSize)
		e.Bool(n.learnt.MaskPadding)
		e.Int(len(n.params))
		for _, p := range n.params {
			e.Float32s(p)
		}
	})
}

// Load implements classifier.Classifier. The sizes are those of the file; a later
// Fit takes the options that the network was made with.
func (n *SHARNN) Load(r io.Reader) error {
	var dim, categories int
	var opt Options
	var params [][]float32
	err := classifier.ReadModel(r, modelKind, modelVersion, func(d *frame.Decoder) {
		dim = d.Int()
		categories = d.Int()
		if n.masters > 0 && categories != len(n.groups) {
			d.Fail("a network of %d categories, not %d", categories, len(n.groups))
			return
		}
		opt = n.opt
		opt.Layers, opt.Hidden, opt.Boom, opt.BatchSize, opt.MaskPadding = d.Int(), d.Int(), d.Int(), d.Int(), d.Bool()
		sizes, err := parameterSizes(opt, dim, categories)
		if err != nil {
			d.Fail("%v", err)
			return
		}
		if have := d.Int(); have != len(sizes) {
			d.Fail("%d parameters, want %d", have, len(sizes))
			return
		}
		for i, want := range sizes {
			p := d.Float32s()
			if len(p) != want {
				d.Fail("parameter %d has %d numbers, want %d", i, len(p), want)
				return
			}
			params = append(params, p)
		}
	})
	if err != nil {
		return err
	}
	if n.masters == 0 {
		n.groups = make([]int32, categories)
	}
	n.learnt, n.dim, n.params, n.fitted, n.report = opt, dim, params, true, training.Report{}
	return nil
}

// parameterSizes returns how many numbers each parameter has, in the order of the
// layers, without allocating them.
func parameterSizes(opt Options, dim, categories int) ([]int, error) {
	const most = 1 << 24
	h, b, c := opt.Hidden, opt.Boom, categories
	for _, n := range []int{dim, h, b, c, opt.BatchSize, opt.Layers} {
		if n < 1 || n > most {
			return nil, fmt.Errorf("a size of %d", n)
		}
	}
	const mostLayers = 1 << 10
	if opt.Layers > mostLayers {
		return nil, fmt.Errorf("%d layers", opt.Layers)
	}
	gru := func(in int) []int { return []int{3 * h * in, 3 * h * h, 3 * h, 3 * h} }
	var out []int
	for level := range opt.Layers {
		in := 2 * h
		if level == 0 {
			in = dim
		}
		out = slices.Concat(out, gru(in), gru(in))
	}
	norm := func(n int) []int { return []int{n, n} }
	linear := func(in, out int) []int { return []int{in * out, out} }
	return slices.Concat(out, norm(2*h), norm(2*h), linear(2*h, c), norm(c), norm(c), linear(c, b), norm(b), linear(b, c)), nil
}

// Parameters is how many numbers a network learns from vectors of dim numbers
// for so many categories; 0 for sizes that no network has.
func Parameters(opt Options, dim, categories int) int64 {
	sizes, err := parameterSizes(opt, dim, categories)
	if err != nil {
		return 0
	}
	var sum int64
	for _, n := range sizes {
		sum += int64(n)
	}
	return sum
}
