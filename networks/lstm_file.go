package networks

import (
	"fmt"
	"io"

	"assay/classifier"
	"assay/internal/frame"
	"assay/networks/training"
)

const (
	lstmKind    = "lstm"
	lstmVersion = 1
)

// Save implements classifier.Classifier. The file has the vectors that were learnt,
// not those that were frozen.
func (n *LSTM) Save(w io.Writer) error {
	if !n.fitted {
		return fmt.Errorf("networks: %w", classifier.ErrNotFitted)
	}
	m := &n.learnt
	return classifier.WriteModel(w, lstmKind, lstmVersion, func(e *frame.Encoder) {
		e.Int(len(n.groups))
		e.Bool(n.exclusive)
		e.Int(m.rows)
		e.Int(m.given)
		e.Uint64(m.words)
		e.Int(m.opt.Hidden)
		e.Int(m.opt.Dimensions)
		e.Int(m.opt.BatchSize)
		e.Bool(m.opt.FreezeEmbedding)
		e.Text(m.opt.Output)
		e.Int(len(m.params))
		for _, p := range m.params {
			e.Float32s(p)
		}
	})
}

// Load implements classifier.Classifier. Sizes and output are those of the file; a
// later Fit takes the options that the network was made with.
func (n *LSTM) Load(r io.Reader) error {
	m := lstmModel{opt: n.opt}
	var labels int
	var exclusive bool
	err := classifier.ReadModel(r, lstmKind, lstmVersion, func(d *frame.Decoder) {
		labels, exclusive = d.Int(), d.Bool()
		n.decode(d, &m, labels, exclusive)
	})
	if err != nil {
		return err
	}
	if n.masters == 0 {
		n.groups, n.exclusive = make([]int32, labels), exclusive
	}
	n.learnt, n.fitted, n.report = m, true, training.Report{}
	return nil
}

func (n *LSTM) decode(d *frame.Decoder, m *lstmModel, labels int, exclusive bool) {
	if n.masters > 0 && (labels != len(n.groups) || exclusive != n.exclusive) {
		d.Fail("a network of %d labels (one a paper: %t), not %d (%t)", labels, exclusive, len(n.groups), n.exclusive)
		return
	}
	m.rows, m.given, m.words = d.Int(), d.Int(), d.Uint64()
	m.opt.Hidden, m.opt.Dimensions, m.opt.BatchSize = d.Int(), d.Int(), d.Int()
	m.opt.FreezeEmbedding, m.opt.Output = d.Bool(), d.Text()
	if err := m.opt.check(labels, exclusive); err != nil {
		d.Fail("%v", err)
		return
	}
	if m.opt.FreezeEmbedding && m.given < 1 {
		d.Fail("frozen vectors of %d dimensions", m.given)
		return
	}
	sizes, err := lstmSizes(m.opt, m.rows, m.given, m.opt.units(labels, exclusive))
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
		m.params = append(m.params, p)
	}
}
