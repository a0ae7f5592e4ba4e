package features

import (
	"io"
	"math"

	"assay/internal/fault"
	"assay/internal/frame"
)

// Standardizer shifts and scales each column to mean 0 and variance 1 over the
// papers it was fitted on, as scikit-learn's StandardScaler does.
type Standardizer struct {
	mean, scale []float64 // (cols); a constant column is only shifted
}

const standardizerKind = "features.standardizer"

// NewStandardizer returns a transformer that is to be fitted.
func NewStandardizer() *Standardizer { return &Standardizer{} }

// Fit learns means and standard deviations from the rows of m.
func (s *Standardizer) Fit(m *Dense) {
	s.mean, s.scale = make([]float64, m.Cols), make([]float64, m.Cols)
	n := float64(max(m.Rows, 1))
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			s.mean[j] += float64(v)
		}
	}
	for j := range s.mean {
		s.mean[j] /= n
	}
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			d := float64(v) - s.mean[j]
			s.scale[j] += d * d
		}
	}
	for j, v := range s.scale {
		if s.scale[j] = math.Sqrt(v / n); s.scale[j] <= 1e-7*math.Abs(s.mean[j]) {
			s.scale[j] = 1
		}
	}
}

// Transform changes m in place. It fails on another width than Fit had.
func (s *Standardizer) Transform(m *Dense) error {
	if m.Cols != len(s.mean) {
		return fault.Usagef("features: standardize: %d columns where %d were fitted", m.Cols, len(s.mean))
	}
	for i := range m.Rows {
		row := m.Row(i)
		for j, v := range row {
			row[j] = float32((float64(v) - s.mean[j]) / s.scale[j])
		}
	}
	return nil
}

// Save writes what Fit learnt; LoadStandardizer reads it back.
func (s *Standardizer) Save(w io.Writer) error {
	return frame.Write(w, standardizerKind, 1, func(e *frame.Encoder) {
		e.Float64s(s.mean)
		e.Float64s(s.scale)
	})
}

// LoadStandardizer reads what Save wrote. A damaged file is a usage error.
func LoadStandardizer(r io.Reader) (*Standardizer, error) {
	s := &Standardizer{}
	err := frame.Read(r, standardizerKind, 1, func(d *frame.Decoder) {
		s.mean, s.scale = d.Float64s(), d.Float64s()
		if len(s.mean) != len(s.scale) {
			d.Fail("%d means and %d scales", len(s.mean), len(s.scale))
		}
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}
