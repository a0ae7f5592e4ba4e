// Package mistakes finds what a run got wrong on its test papers, and how sure it was.
//
//	report, err := mistakes.Find(predictions, mistakes.Options{Decision: decision, Exclusive: true, Top: 10})
//	err = mistakes.Write(os.Stdout, report, mistakes.Text)
//
// Two views: where a paper has one label and gets one, an error is a label taken for
// another, and its confidence the probability of the label that was predicted. Else
// an error is a paper with missed or extra labels, and its confidence how sure
// the worst of these decisions was: the probability of an extra label, or one less
// that of a missed label.
package mistakes

import (
	"cmp"
	"fmt"
	"slices"

	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/metrics"
)

// All as Options.Top shows every error.
const All = -1

// Options say what is looked for.
type Options struct {
	Decision metrics.Decision
	// Exclusive says that each paper has one label.
	Exclusive bool
	// Label keeps to the papers that carry this label or were given it; of several
	// labels a paper then is wrong where this one is.
	Label string
	// Top is how many of the surest and how many of the least sure errors are shown.
	Top int
	// Paper shows this paper instead, be it right or wrong.
	Paper string
}

// Report is what a run got wrong. Probabilities and shares are fractions of 1.
type Report struct {
	Run   string `json:"run"` // EXPERIMENT/TRIAL
	Model string `json:"model"`
	Seed  uint64 `json:"seed"`
	Data  string `json:"data"` // in words

	Rule      metrics.Rule `json:"rule"`
	Threshold float64      `json:"threshold,omitempty"`
	Taxonomy  string       `json:"taxonomy"`
	OneLabel  bool         `json:"one_label"` // which view this is
	Label     string       `json:"label,omitempty"`

	Summary   Summary `json:"summary"`
	MostSure  []Paper `json:"most_sure,omitempty"`  // errors, the surest first
	LeastSure []Paper `json:"least_sure,omitempty"` // further errors, the least sure first
	Paper     *Paper  `json:"paper,omitempty"`      // the one that was asked for

	Words *WordsFrom `json:"words,omitempty"` // nil where there are none
	Notes []string   `json:"notes,omitempty"`

	labels []string // of the run
}

// WordsFrom says what the words of the papers are, and what they are measured by.
type WordsFrom struct {
	Fields string `json:"fields"`          // of the papers: title+abstract
	Terms  string `json:"terms"`           // words, or tokens
	First  int    `json:"first,omitempty"` // so many of each paper's first are read
	Train  int    `json:"training_papers"`
}

// Paper is a test paper with its labels.
type Paper struct {
	ID         string   `json:"id"`
	Title      string   `json:"title,omitempty"`
	Wrong      bool     `json:"wrong"`
	Confidence *float64 `json:"confidence,omitempty"` // nil of a paper of several labels that is right

	True      []string `json:"true"`
	Predicted []string `json:"predicted"`

	Missed []Label `json:"missed,omitempty"`
	Extra  []Label `json:"extra,omitempty"`
	Right  []Label `json:"right,omitempty"` // carried and predicted

	Speaks []Speaks `json:"speaks,omitempty"`
}

// Label is a label with the probability that the run gave it.
type Label struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
}

// Speaks is the words of a paper that speak for a label.
type Speaks struct {
	Label string `json:"label"`
	Uses  int    `json:"uses"`            // of the words, in the paper
	Words []Word `json:"words,omitempty"` // the surest first
}

// Word is a word that speaks for a label.
type Word struct {
	Word      string  `json:"word"`
	Uses      int     `json:"uses"`      // in the paper
	Papers    int64   `json:"papers"`    // training papers of the label that use it
	Elsewhere int64   `json:"elsewhere"` // other training papers that do
	LogOdds   float64 `json:"log_odds"`  // ratio, natural logarithm, shrunk
	Z         float64 `json:"z"`
}

// finder holds what is looked at.
type finder struct {
	p         results.Predictions
	opt       Options
	predicted *multilabel.Matrix
	single    bool
	label     int32 // −1: all
}

// Find applies the decision to the predictions and reports the errors. The report
// has neither titles nor words, nor the run's name. A label or paper that is not
// there, and scores that are no probabilities, are usage errors.
func Find(p results.Predictions, opt Options) (*Report, error) {
	f := &finder{p: p, opt: opt, label: -1}
	if opt.Label != "" {
		at := slices.Index(p.Labels, opt.Label)
		if at < 0 {
			return nil, fault.Usagef("mistakes: the run has no label %q%s", opt.Label, suggest.Hint(opt.Label, p.Labels))
		}
		f.label = int32(at)
	}
	for i, v := range p.Scores.Data {
		if !(v >= 0 && v <= 1) {
			return nil, fault.Usagef("mistakes: label %s of paper %s has the score %v, which is no probability: how sure the run was cannot be said",
				p.Labels[i%len(p.Labels)], p.IDs[i/len(p.Labels)], v)
		}
	}
	var err error
	if f.predicted, err = opt.Decision.Apply(p.Scores); err != nil {
		return nil, err
	}
	f.single = opt.Exclusive && f.oneEach()
	r := &Report{
		Rule: opt.Decision.Rule, OneLabel: f.single, Label: opt.Label,
		Summary: f.summary(), labels: p.Labels,
	}
	if opt.Decision.Rule.NeedsValidation() {
		r.Threshold = opt.Decision.Threshold
	}
	if opt.Paper == "" {
		r.MostSure, r.LeastSure = f.surest()
		return r, nil
	}
	at := slices.Index(p.IDs, opt.Paper)
	if at < 0 {
		return nil, fault.Usagef("mistakes: paper %q is none of the run's %d test papers", opt.Paper, len(p.IDs))
	}
	paper := f.paper(at)
	r.Paper = &paper
	return r, nil
}

// oneEach reports whether every paper has one label and is given one.
func (f *finder) oneEach() bool {
	for i := range f.p.IDs {
		if len(f.predicted.Row(i)) != 1 || len(f.p.Truth.Row(i)) != 1 {
			return false
		}
	}
	return true
}

// concerns reports whether a paper is looked at.
func (f *finder) concerns(i int) bool {
	return f.label < 0 || has(f.p.Truth.Row(i), f.label) || has(f.predicted.Row(i), f.label)
}

// wrong reports whether a paper is an error.
func (f *finder) wrong(i int) bool {
	if f.label >= 0 {
		return has(f.p.Truth.Row(i), f.label) != has(f.predicted.Row(i), f.label)
	}
	return !slices.Equal(f.p.Truth.Row(i), f.predicted.Row(i))
}

// confidence is how sure the run was of a paper: of the label that it predicts, or
// of the worst of its wrong decisions.
func (f *finder) confidence(i int) float64 {
	scores := f.p.Scores.Row(i)
	if f.single {
		return scores[f.predicted.Row(i)[0]]
	}
	worst := 0.0
	for _, c := range f.without(f.predicted, f.p.Truth, i) {
		worst = max(worst, scores[c])
	}
	for _, c := range f.without(f.p.Truth, f.predicted, i) {
		worst = max(worst, 1-scores[c])
	}
	return worst
}

// without returns the labels of paper i that a has and b has not, of those that are
// looked at; where each paper has one label, all are.
func (f *finder) without(a, b *multilabel.Matrix, i int) []int32 {
	var out []int32
	for _, c := range a.Row(i) {
		if !has(b.Row(i), c) && (f.label < 0 || f.single || c == f.label) {
			out = append(out, c)
		}
	}
	return out
}

func has(row []int32, c int32) bool {
	_, ok := slices.BinarySearch(row, c)
	return ok
}

// surest returns the errors that are shown.
func (f *finder) surest() (most, least []Paper) {
	type ranked struct {
		at   int
		sure float64
	}
	var order []ranked
	for i := range f.p.IDs {
		if f.concerns(i) && f.wrong(i) {
			order = append(order, ranked{i, f.confidence(i)})
		}
	}
	slices.SortFunc(order, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.sure, a.sure), cmp.Compare(f.p.IDs[a.at], f.p.IDs[b.at]))
	})
	top := f.opt.Top
	if top < 0 || top > len(order) {
		top = len(order)
	}
	for _, r := range order[:top] {
		most = append(most, f.paper(r.at))
	}
	rest := order[top:]
	slices.SortFunc(rest, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.sure, b.sure), cmp.Compare(f.p.IDs[a.at], f.p.IDs[b.at]))
	})
	for _, r := range rest[:min(top, len(rest))] {
		least = append(least, f.paper(r.at))
	}
	return most, least
}

// paper describes paper i, the labels that say most about the run first.
func (f *finder) paper(i int) Paper {
	scores, truth, predicted := f.p.Scores.Row(i), f.p.Truth.Row(i), f.predicted.Row(i)
	p := Paper{ID: f.p.IDs[i], Wrong: f.wrong(i), True: []string{}, Predicted: []string{}}
	if f.single || p.Wrong {
		sure := f.confidence(i)
		p.Confidence = &sure
	}
	for _, c := range truth {
		p.True = append(p.True, f.p.Labels[c])
		if label := (Label{f.p.Labels[c], scores[c]}); has(predicted, c) {
			p.Right = append(p.Right, label)
		} else {
			p.Missed = append(p.Missed, label)
		}
	}
	for _, c := range predicted {
		p.Predicted = append(p.Predicted, f.p.Labels[c])
		if !has(truth, c) {
			p.Extra = append(p.Extra, Label{f.p.Labels[c], scores[c]})
		}
	}
	slices.SortStableFunc(p.Missed, func(a, b Label) int { return cmp.Compare(a.Probability, b.Probability) })
	for _, labels := range [][]Label{p.Extra, p.Right} {
		slices.SortStableFunc(labels, func(a, b Label) int { return cmp.Compare(b.Probability, a.Probability) })
	}
	return p
}

// Shown returns the papers of the report, to be given titles and words.
func (r *Report) Shown() []*Paper {
	var out []*Paper
	for _, list := range [][]Paper{r.MostSure, r.LeastSure} {
		for i := range list {
			out = append(out, &list[i])
		}
	}
	if r.Paper != nil {
		out = append(out, r.Paper)
	}
	return out
}

// name is what a report calls its run.
func (r *Report) name() string { return fmt.Sprintf("%s: %s, seed %d", r.Run, r.Model, r.Seed) }
