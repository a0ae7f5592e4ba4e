package compare

import "math"

// Published is what others report for a model: scores as fractions of 1, the loss in
// nats; NaN where they give none.
type Published struct {
	Model    string // the name of ours to compare with
	F1       float64
	MasterF1 float64
	Accuracy float64
	Loss     float64
	Source   string // where it is from and how it differs
}

// Published returns what p says of the metric; false where that is nothing.
func (m Metric) Published(p Published) (float64, bool) {
	if m.published == nil {
		return 0, false
	}
	v := m.published(p)
	return v, !math.IsNaN(v)
}
