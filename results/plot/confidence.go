package plot

import (
	"fmt"
	"math"
	"slices"

	"assay/internal/fault"
	"assay/internal/format"
	"assay/results"
)

// Limits and defaults of bins.
const (
	confidenceBins = 10
	mostBins       = 100
)

// sureFrom is the confidence from which a prediction is called sure.
const sureFrom = 0.9

// ConfidenceNumbers is how sure a model was where it was right and where it was
// wrong, its seeds together.
type ConfidenceNumbers struct {
	Model     string          `json:"model"`
	Seeds     int             `json:"seeds"`
	Right     int             `json:"right"`      // predictions
	Wrong     int             `json:"wrong"`      //
	RightSure int             `json:"right_sure"` // of these, at 90 % or more
	WrongSure int             `json:"wrong_sure"` //
	Bins      []ConfidenceBin `json:"bins"`
}

// ConfidenceBin counts predictions of a confidence in (Low, High], fractions of 1;
// the first bin holds its Low too.
type ConfidenceBin struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Right int     `json:"right"`
	Wrong int     `json:"wrong"`
}

// Confidence draws how sure test predictions were, the right on top of the wrong, a
// panel for each setting. With opt.Exclusive a prediction is the likeliest label of
// a paper, else each label that the decision rule assigns; its confidence is the
// probability that the model gives it. bins is their number over the range of
// confidence, from one half on where there are two exclusive labels, and from 0
// else; 0 takes 10. load is asked once for each run.
func Confidence(runs []results.Run, load Load, opt Options, bins int) (Figure, error) {
	bins, err := checkBins(bins, confidenceBins)
	if err != nil {
		return Figure{}, err
	}
	p, err := newPredicted(runs, opt)
	if err != nil {
		return Figure{}, err
	}
	var all []outcomes
	least := 1.0
	for _, g := range p.groups {
		seeds, err := p.seeds(g, load, p.assigned)
		if err != nil {
			return Figure{}, err
		}
		o := pool(seeds)
		if len(o.p) == 0 {
			return Figure{}, fault.Usagef("plot: %s assigned no label to any test paper by the rule %s: choose another by --rule", g.label, p.rule)
		}
		all = append(all, o)
		least = min(least, slices.Min(o.p))
	}
	edges := p.edges(bins, least)
	fig := Figure{Title: p.title, Notes: p.confidenceNotes()}
	for i, g := range p.groups {
		n := confidenceNumbers(g, all[i], edges)
		fig.Confidence = append(fig.Confidence, n)
		fig.Panels = append(fig.Panels, p.confidencePanel(g, n, edges))
		fig.Notes = append(fig.Notes, n.note(len(p.groups) > 1))
	}
	fig.Notes = append(fig.Notes, p.notes...)
	return fig, nil
}

func checkBins(bins, byDefault int) (int, error) {
	if bins == 0 {
		return byDefault, nil
	}
	if bins < 1 || bins > mostBins {
		return 0, fault.Usagef("plot: %d bins: want 1 to %d", bins, mostBins)
	}
	return bins, nil
}

// edges are those of bins. Of two exclusive labels the likelier one has at least a
// half, except with models that score each label by itself, as random forests do.
func (p *predicted) edges(bins int, least float64) []float64 {
	from := 0.0
	if p.two() {
		from = 0.5
	}
	width := (1 - from) / float64(bins)
	below := 0
	for below < bins && from-width*float64(below) > least {
		below++
	}
	if from == 0 {
		below = 0
	}
	var edges []float64
	for i := -below; i <= bins; i++ {
		edges = append(edges, from+(1-from)*float64(i)/float64(bins))
	}
	return edges
}

func confidenceNumbers(g *group, o outcomes, edges []float64) ConfidenceNumbers {
	n := ConfidenceNumbers{Model: g.label, Seeds: len(g.runs)}
	for k := range len(edges) - 1 {
		n.Bins = append(n.Bins, ConfidenceBin{Low: edges[k], High: edges[k+1]})
	}
	for i, v := range o.p {
		k, _ := slices.BinarySearch(edges[1:len(edges)-1], v)
		if o.right[i] {
			n.Right++
			n.Bins[k].Right++
		} else {
			n.Wrong++
			n.Bins[k].Wrong++
		}
		switch {
		case v < sureFrom:
		case o.right[i]:
			n.RightSure++
		default:
			n.WrongSure++
		}
	}
	return n
}

func (p *predicted) confidencePanel(g *group, n ConfidenceNumbers, edges []float64) Panel {
	panel := Panel{
		X: Axis{Label: "Confidence, %", Range: &Range{100 * edges[0], 100}},
		Y: Axis{Label: "Test papers", Zero: true, Whole: true},
	}
	switch {
	case !p.opt.Exclusive:
		panel.Y.Label = "Assigned labels"
	case len(g.runs) > 1:
		panel.Y.Label = fmt.Sprintf("Test papers of %d seeds", len(g.runs))
	}
	panel.Title, panel.Subtitle = g.label, fmt.Sprintf("%.1f %% right", 100*float64(n.Right)/float64(n.Right+n.Wrong))
	wrong := Series{Name: "wrong", Colour: 1, Mark: Columns, Width: 100 * (edges[1] - edges[0])}
	right := Series{Name: "right", Colour: 0, Mark: Columns, Width: wrong.Width}
	for _, b := range n.Bins {
		x := 50 * (b.Low + b.High)
		if b.Wrong > 0 {
			wrong.Points = append(wrong.Points, Point{X: x, Y: float64(b.Wrong)})
		}
		if b.Right > 0 {
			right.Points = append(right.Points, Point{X: x, Y: float64(b.Wrong + b.Right), Base: float64(b.Wrong)})
		}
	}
	panel.Series = []Series{right, wrong}
	return panel
}

// note says what the picture is drawn for: whether errors were sure.
func (n ConfidenceNumbers) note(named bool) string {
	text := "no prediction was wrong;"
	if n.Wrong > 0 {
		text = fmt.Sprintf("of %s %s (%s %%) were at %.0f %% or more,", format.Count(n.Wrong, "error"), format.Thousands(n.WrongSure), percent(n.WrongSure, n.Wrong), 100*sureFrom)
	}
	text += fmt.Sprintf(" of %s right ones %s (%s %%)", format.Thousands(n.Right), format.Thousands(n.RightSure), percent(n.RightSure, max(n.Right, 1)))
	if n.Wrong == 0 {
		text += fmt.Sprintf(" were at %.0f %% or more", 100*sureFrom)
	}
	if named {
		return n.Model + ": " + text + "."
	}
	return capital(text) + "."
}

// percent is a share of a whole, with a further digit where it would round to none
// or all of it.
func percent(n, of int) string {
	v := 100 * float64(n) / float64(of)
	if math.Abs(v-50) > 49 && n > 0 && n < of {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func (p *predicted) confidenceNotes() []string {
	notes := []string{"Confidence: the probability that the model gives the label it chose, the likeliest."}
	if !p.opt.Exclusive {
		notes = []string{fmt.Sprintf("Confidence: the probability of each label that is assigned (%s). A label is right where the paper carries it; labels that were missed are not shown.", ruleWords(p.rule))}
	}
	return append(notes, p.seedsNote()...)
}
