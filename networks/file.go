package networks

import (
	"fmt"
	"io"

	"assay/classifier"
	"assay/internal/frame"
	"assay/networks/training"
)

const modelVersion = 1

// fields reads or writes fields of a model file, so that an architecture states
// their order once.
type fields interface {
	Int(*int)
	Bool(*bool)
	Uint64(*uint64)
	Text(*string)
}

type writing struct{ e *frame.Encoder }

func (w writing) Int(v *int)       { w.e.Int(*v) }
func (w writing) Bool(v *bool)     { w.e.Bool(*v) }
func (w writing) Uint64(v *uint64) { w.e.Uint64(*v) }
func (w writing) Text(v *string)   { w.e.Text(*v) }

type reading struct{ d *frame.Decoder }

func (r reading) Int(v *int)       { *v = r.d.Int() }
func (r reading) Bool(v *bool)     { *v = r.d.Bool() }
func (r reading) Uint64(v *uint64) { *v = r.d.Uint64() }
func (r reading) Text(v *string)   { *v = r.d.Text() }

// Save implements classifier.Classifier. The file has vectors that were learnt, not
// those that were frozen.
func (n *Classifier) Save(w io.Writer) error {
	if !n.fitted {
		return fmt.Errorf("networks: %w", classifier.ErrNotFitted)
	}
	m := n.learnt
	m.opt = m.opt.clone()
	return classifier.WriteModel(w, n.opt.kind(), modelVersion, func(e *frame.Encoder) {
		m.opt.file(writing{e}, &m)
		e.Int(len(m.params))
		for _, p := range m.params {
			e.Float32s(p)
		}
	})
}

// Load implements classifier.Classifier. Sizes and output are those of the file; a
// later Fit takes the options that the network was made with.
func (n *Classifier) Load(r io.Reader) error {
	m := model{opt: n.opt.clone(), exclusive: n.labels.Exclusive}
	if err := classifier.ReadModel(r, n.opt.kind(), modelVersion, func(d *frame.Decoder) { n.decode(d, &m) }); err != nil {
		return err
	}
	if n.labels.Masters == 0 {
		n.labels = Labels{Groups: make([]int32, m.labels), Exclusive: m.exclusive}
	}
	n.learnt, n.fitted, n.report = m, true, training.Report{}
	return nil
}

func (n *Classifier) decode(d *frame.Decoder, m *model) {
	m.opt.file(reading{d}, m)
	if l := n.labels; l.Masters > 0 && (m.labels != len(l.Groups) || m.exclusive != l.Exclusive) {
		d.Fail("a network of %d labels (one a paper: %t), not %d (%t)", m.labels, m.exclusive, len(l.Groups), l.Exclusive)
		return
	}
	if err := m.opt.check(m.labels, m.exclusive); err != nil {
		d.Fail("%v", err)
		return
	}
	if !m.opt.learnsVectors() && m.given < 1 {
		d.Fail("frozen vectors of %d dimensions", m.given)
		return
	}
	sizes, err := shapes(m.opt, Inputs{Words: m.rows, Dim: m.given, Labels: m.labels}, m.exclusive)
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
		if int64(len(p)) != want {
			d.Fail("parameter %d has %d numbers, want %d", i, len(p), want)
			return
		}
		m.params = append(m.params, p)
	}
}
