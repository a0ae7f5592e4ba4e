// Package plot draws what runs have measured: learning curves, bars of models,
// sweeps, tables of word vectors against each other. A picture is first data, a
// Figure, and then drawn as PNG or SVG.
//
//	fig, err := plot.Comparison(runs, plot.Options{Name: "quickstart", Metrics: []string{"f1"}})
//	err = plot.Write(w, fig, plot.SVG, plot.Size{Width: 16 * plot.Centimetre})
//
// The same runs in the same order give the same bytes.
package plot

import (
	"assay/results/compare"
	"assay/results/metrics"
)

// Options say what is drawn of the runs. The zero value draws all of them.
type Options struct {
	// Name of the experiment; it begins the title.
	Name string
	// Metrics are keys out of compare.Keys(), or of CurveMetrics() for Curves: a panel
	// each. nil takes F1, for Curves F1 and the loss, or accuracy and loss where
	// the labels are exclusive and the runs kept their accuracy.
	Metrics []string
	// Rules are the decision rules to draw. nil takes all for Comparison; others
	// draw one, and take the tuned rule if there is one or else the first.
	Rules []metrics.Rule
	// Models are names of models to draw; nil takes all.
	Models []string
	// Exclusive says that each paper has exactly one label.
	Exclusive bool
	// Where are conditions of a compare.Filter, all of which a run must meet.
	Where []string
	// Published are numbers from elsewhere, drawn by Comparison.
	Published []compare.Published
	// Notes are added to those under the picture.
	Notes []string
}

// Figure is a picture as data.
type Figure struct {
	Title string `json:"title"`
	// Subtitle says what a reader could not know from the axes: settings that
	// are not told apart. A paragraph each.
	Subtitle []string `json:"subtitle,omitempty"`
	Panels   []Panel  `json:"panels"`
	Columns  int      `json:"columns,omitempty"` // panels side by side; 0: as many as fit
	// Notes stand under the panels: what points and intervals are.
	Notes []string `json:"notes,omitempty"`

	// What was computed of predictions, a row for each model.
	Confidence  []ConfidenceNumbers  `json:"confidence,omitempty"`
	Calibration []CalibrationNumbers `json:"calibration,omitempty"`
}

// Panel is one pair of axes.
type Panel struct {
	Title    string `json:"title,omitempty"`    // above the axes
	Subtitle string `json:"subtitle,omitempty"` // below the title, smaller
	X        Axis   `json:"x"`
	Y        Axis   `json:"y"`
	// Height is that of the panel's row against other rows; 0 is 1.
	Height float64 `json:"height,omitempty"`
	// Horizontal says that x is what was measured: bars lie, intervals too.
	Horizontal bool     `json:"horizontal,omitempty"`
	Series     []Series `json:"series"`
}

// Axis is one axis of a panel.
type Axis struct {
	Label string `json:"label"` // with the unit
	// Categories are words at 0, 1, …; nil for an axis of numbers.
	Categories []string `json:"categories,omitempty"`
	// Ticks are the numbers that are marked, as far as there is room; nil for
	// round numbers.
	Ticks []float64 `json:"ticks,omitempty"`
	// Apart are places beyond the numbers for what is none, such as no limit: the
	// axis is broken before them. Their order is that of the axis.
	Apart []Place `json:"apart,omitempty"`
	Log   bool    `json:"log,omitempty"`
	Whole bool    `json:"whole,omitempty"` // whole numbers alone, such as epochs
	Zero  bool    `json:"zero,omitempty"`  // 0 is shown
	Range *Range  `json:"range,omitempty"` // what is shown, whatever the points; nil: what they need
	Bare  bool    `json:"bare,omitempty"`  // no numbers: those of the panel below hold
}

// Place is where on an axis something stands that has no number.
type Place struct {
	At    float64 `json:"at"` // as a point's coordinate
	Label string  `json:"label"`
}

// Mark is how a series is drawn.
type Mark string

// The marks of a series.
const (
	Line   Mark = "line"   // through points with a symbol
	Dashes Mark = "dashes" // a dashed line
	Thin   Mark = "thin"   // a pale line behind others
	Dots   Mark = "dots"   // symbols alone
	Faint  Mark = "faint"  // small pale dots: single runs
	Bars   Mark = "bars"   // from 0
	Ring   Mark = "ring"   // an empty diamond: a number from elsewhere
	Rule   Mark = "rule"   // a line across the panel at 0

	Columns  Mark = "columns"  // upright bars from Base, of Width on the horizontal axis
	Diagonal Mark = "diagonal" // a grey line through the points, without symbols
	Kept     Mark = "kept"     // a circle around a point
	Ended    Mark = "ended"    // a bar across the end of a curve
)

// Series is a set of points of one look.
type Series struct {
	// Name is its entry in the legend, "" for none; equal names of several
	// panels are one entry.
	Name   string  `json:"name,omitempty"`
	Colour int     `json:"colour"` // place in the palette, also that of its symbol; −1 is grey
	Mark   Mark    `json:"mark"`
	Width  float64 `json:"width,omitempty"` // of bars and columns, on the axis that they stand on
	Shift  float64 `json:"shift,omitempty"` // to the right, in points of 1/72 inch, so that series do not hide each other
	Points []Point `json:"points"`
}

// Point is a point with the interval of what was measured, nil where it has
// none.
type Point struct {
	X        float64 `json:"x"`
	Y        float64 `json:"y"`
	Base     float64 `json:"base,omitempty"`  // of a column
	Width    float64 `json:"width,omitempty"` // of a column that differs from its series
	Interval *Range  `json:"interval,omitempty"`
}

// Range is a confidence interval, in the unit of its axis.
type Range struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}
