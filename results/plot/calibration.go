package plot

import (
	"fmt"
	"math"
	"slices"

	"assay/internal/fault"
	"assay/results"
	"assay/results/calibration"
	"assay/results/compare"
	"assay/results/stats"
)

// calibrationBins is how many Guo et al. (2017) take.
const calibrationBins = 15

// CalibrationOptions say how Calibration sorts probabilities into bins.
type CalibrationOptions struct {
	Bins int                  // 0 takes 15
	By   calibration.Division // "" is EqualWidth
	// Overlay draws all models into one pair of axes.
	Overlay bool
}

// CalibrationNumbers is how far a model's probabilities can be trusted. Errors and
// scores are means over seeds, fractions of 1; the bins hold all seeds together.
type CalibrationNumbers struct {
	Model       string           `json:"model"`
	Seeds       int              `json:"seeds"`
	Predictions int              `json:"predictions"` // of all seeds
	ECE         float64          `json:"ece"`         // expected calibration error
	ECEInterval *Range           `json:"ece_interval,omitempty"`
	ECEBySeed   []float64        `json:"ece_by_seed"`
	Brier       float64          `json:"brier"` // over papers and labels
	Bins        []CalibrationBin `json:"bins"`  // those that hold something

	counts []calibration.Bin // of equal width, for the strip
}

// CalibrationBin is what was predicted with a probability in (Low, High].
type CalibrationBin struct {
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Count    int     `json:"count"`
	Right    int     `json:"right"`
	Mean     float64 `json:"mean"`  // of the probabilities
	Share    float64 `json:"share"` // that came true
	Interval Range   `json:"interval"`
}

// Calibration draws reliability diagrams: of predictions of about equal probability
// the share that came true, against that probability, with the 95 % interval by
// Wilson and the number of predictions below. With opt.Exclusive a prediction is the
// likeliest label of a paper, else each label of each paper. load is asked once or
// twice for each run.
//
// Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks, 2017.
func Calibration(runs []results.Run, load Load, opt Options, how CalibrationOptions) (Figure, error) {
	var err error
	if how.Bins, err = checkBins(how.Bins, calibrationBins); err != nil {
		return Figure{}, err
	}
	if how.By == "" {
		how.By = calibration.EqualWidth
	}
	if how.By != calibration.EqualWidth && how.By != calibration.EqualMass {
		return Figure{}, fault.Usagef("plot: bins by %q: want %s or %s", how.By, calibration.EqualWidth, calibration.EqualMass)
	}
	p, err := newPredicted(runs, opt)
	if err != nil {
		return Figure{}, err
	}
	fig := Figure{Title: p.title}
	for _, g := range p.groups {
		n, err := p.calibrate(g, load, how)
		if err != nil {
			return Figure{}, err
		}
		fig.Calibration = append(fig.Calibration, n)
	}
	d := calibrationDrawing{predicted: p, how: how, numbers: fig.Calibration}
	d.layout(&fig)
	fig.Notes = append(d.calibrationNotes(), p.notes...)
	return fig, nil
}

// calibrate computes what is drawn of one setting.
func (p *predicted) calibrate(g *group, load Load, how CalibrationOptions) (CalibrationNumbers, error) {
	n := CalibrationNumbers{Model: g.label, Seeds: len(g.runs)}
	// The Brier score is over all labels, whichever are drawn.
	seeds, err := p.seeds(g, load, func(r results.Run, pred results.Predictions) (outcomes, error) {
		all, err := every(r, pred)
		n.Brier += calibration.Brier(all.p, all.right) / float64(len(g.runs))
		if err != nil || !p.opt.Exclusive {
			return all, err
		}
		return p.assigned(r, pred)
	})
	if err != nil {
		return n, err
	}
	for _, s := range seeds {
		bins, err := calibration.Bins(s.p, s.right, how.Bins, how.By)
		if err != nil {
			return n, fmt.Errorf("plot: %s: %w", g.label, err)
		}
		n.ECEBySeed = append(n.ECEBySeed, calibration.Error(bins))
	}
	summary, err := stats.Summarize(n.ECEBySeed, compare.Level)
	if err != nil {
		return n, err
	}
	if n.ECE = summary.Mean; summary.HasInterval() {
		n.ECEInterval = &Range{max(n.ECE-summary.HalfWidth, 0), min(n.ECE+summary.HalfWidth, 1)}
	}
	all := pool(seeds)
	n.Predictions = len(all.p)
	bins, err := calibration.Bins(all.p, all.right, how.Bins, how.By)
	if err != nil {
		return n, fmt.Errorf("plot: %s: %w", g.label, err)
	}
	for _, b := range bins {
		if b.Count == 0 {
			continue
		}
		// All seeds predict the same papers: n seeds are not n times as many observations.
		low, high := calibration.Wilson(float64(b.Right)/float64(n.Seeds), float64(b.Count)/float64(n.Seeds))
		n.Bins = append(n.Bins, CalibrationBin{b.Low, b.High, b.Count, b.Right, b.Mean, b.Share(), Range{low, high}})
	}
	n.counts, err = calibration.Bins(all.p, all.right, how.Bins, calibration.EqualWidth)
	return n, err
}

type calibrationDrawing struct {
	*predicted
	how     CalibrationOptions
	numbers []CalibrationNumbers
}

// strip is the height of the counts below a diagram.
const strip = 0.3

// layout sets each diagram above its counts.
func (d *calibrationDrawing) layout(fig *Figure) {
	if d.how.Overlay || len(d.numbers) == 1 {
		fig.Columns = 1
		diagram, counts := d.panels(0, d.numbers)
		fig.Panels = []Panel{diagram, counts}
		return
	}
	fig.Columns = min(len(d.numbers), 3)
	if len(d.numbers) == 4 {
		fig.Columns = 2
	}
	first := 0
	for chunk := range slices.Chunk(d.numbers, fig.Columns) {
		diagrams := make([]Panel, fig.Columns) // empty ones keep the columns below each other
		counts := make([]Panel, fig.Columns)
		for i, n := range chunk {
			diagrams[i], counts[i] = d.panels(first+i, []CalibrationNumbers{n})
			diagrams[i].Title, diagrams[i].Subtitle = n.Model, n.scores()
			diagrams[i].Series[1].Name = ""
		}
		first += len(chunk)
		fig.Panels = append(append(fig.Panels, diagrams...), counts...)
	}
}

func (n CalibrationNumbers) scores() string {
	return fmt.Sprintf("ECE %.1f %%, Brier %.3f", 100*n.ECE, n.Brier)
}

// countAxis is the same for all models.
func (d *calibrationDrawing) countAxis() Axis {
	most, least := 0, math.MaxInt
	for _, n := range d.numbers {
		for _, b := range n.counts {
			if most = max(most, b.Count); b.Count > 0 {
				least = min(least, b.Count)
			}
		}
	}
	if most > 100*least {
		return Axis{Label: "Count", Log: true, Range: &Range{0.5, 2 * float64(most)}}
	}
	return Axis{Label: "Count", Zero: true, Whole: true, Range: &Range{0, 1.05 * float64(most)}}
}

// axes are the same for all models.
func (d *calibrationDrawing) axes() (x, y Axis) {
	x = Axis{Label: "Predicted probability, %", Range: &Range{0, 100}}
	y = Axis{Label: "Carried by the paper, %", Range: &Range{0, 100}}
	if d.opt.Exclusive {
		x.Label, y.Label = "Confidence, %", "Right, %"
	}
	if !d.two() {
		return x, y
	}
	x.Range.Low, y.Range.Low = 50, 50
	for _, n := range d.numbers {
		if b := n.Bins[0]; b.Mean < 0.5 {
			x.Range.Low = min(x.Range.Low, 100*n.counts[firstFilled(n.counts)].Low)
		}
		for _, b := range n.Bins {
			y.Range.Low = min(y.Range.Low, 10*math.Floor(10*b.Interval.Low))
		}
	}
	return x, y
}

func firstFilled(bins []calibration.Bin) int {
	return slices.IndexFunc(bins, func(b calibration.Bin) bool { return b.Count > 0 })
}

// panels draws models into one diagram; colours count from that of the first.
func (d *calibrationDrawing) panels(first int, models []CalibrationNumbers) (diagram, counts Panel) {
	x, y := d.axes()
	from := x.Range.Low
	bare := x
	bare.Bare, bare.Label = true, ""
	diagram = Panel{X: bare, Y: y, Series: []Series{{Name: "perfect calibration", Colour: -1, Mark: Diagonal, Points: []Point{{X: from, Y: from}, {X: 100, Y: 100}}}}}
	counts = Panel{X: x, Y: d.countAxis(), Height: strip}
	for i, n := range models {
		line := Series{Name: n.Model + ": " + n.scores(), Colour: first + i, Mark: Line}
		columns := Series{Colour: first + i, Mark: Columns}
		for _, b := range n.Bins {
			line.Points = append(line.Points, Point{X: 100 * b.Mean, Y: 100 * b.Share, Interval: &Range{100 * b.Interval.Low, 100 * b.Interval.High}})
		}
		for _, b := range n.counts {
			if b.Count == 0 {
				continue
			}
			low := max(100*b.Low, from)
			width := (100*b.High - low) / float64(len(models))
			columns.Points = append(columns.Points, Point{X: low + width*(float64(i)+0.5), Y: float64(b.Count), Width: width})
		}
		diagram.Series, counts.Series = append(diagram.Series, line), append(counts.Series, columns)
	}
	return diagram, counts
}

func (d *calibrationDrawing) calibrationNotes() []string {
	notes := []string{"Points: each label of each test paper."}
	if d.opt.Exclusive {
		notes = []string{"Points: test papers by the probability of the likeliest label."}
	}
	division := "of equal width"
	if d.how.By == calibration.EqualMass {
		division = "of equal mass"
	}
	notes[0] = fmt.Sprintf("%s, in %d bins %s; error bars: 95 %% intervals by Wilson.", notes[0][:len(notes[0])-1], d.how.Bins, division)
	if more := d.seedsNote(); more != nil {
		notes = append(notes, more[0][:len(more[0])-1]+", whose papers count once for the error bars.")
	}
	notes = append(notes, "ECE: expected calibration error, the mean distance to the diagonal. Brier: mean squared error of the probabilities of all labels.")
	for _, n := range d.numbers {
		if n.Seeds > 1 {
			notes = append(notes, fmt.Sprintf("%s: ECE by seed %.1f to %.1f %%.", n.Model, 100*slices.Min(n.ECEBySeed), 100*slices.Max(n.ECEBySeed)))
		}
	}
	return notes
}
