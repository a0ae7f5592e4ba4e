package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"assay/results"
)

// Verdict says how a metric, or all of them, compares with the baseline.
type Verdict string

// The verdicts, the later outranking the earlier.
const (
	CannotFail    Verdict = "cannot fail" // no value is beyond the tolerance: neither passed nor failed
	Pass          Verdict = "pass"
	Improvement   Verdict = "improvement" // better by more than the tolerance
	Regression    Verdict = "regression"  // worse by more than the tolerance
	NotComparable Verdict = "not comparable"
	Failed        Verdict = "failed run"
	Stopped       Verdict = "stopped early"
	Refused       Verdict = "wrong use"
)

// Verdicts lists all verdicts, the later outranking the earlier.
func Verdicts() []Verdict {
	return []Verdict{CannotFail, Pass, Improvement, Regression, NotComparable, Failed, Stopped, Refused}
}

// counted are the verdicts that a metric can have, in the order of a summary.
var counted = []Verdict{Pass, CannotFail, Improvement, Regression, NotComparable, Failed}

func (v Verdict) rank() int {
	for i, known := range Verdicts() {
		if v == known {
			return i
		}
	}
	return len(Verdicts()) // what is not known is no pass
}

// What Report.Err returns, to be asked for with errors.Is.
var (
	ErrRegression    = errors.New("regression")
	ErrNotComparable = errors.New("not comparable")
	ErrFailed        = errors.New("a run failed")
	ErrNotMade       = errors.New("the check was not made")
)

// because is an error of a kind, whose text is the reason alone: the verdict
// that stands beside it names the kind.
type because struct{ kind, reason error }

func (b because) Error() string   { return b.reason.Error() }
func (b because) Unwrap() []error { return []error{b.kind, b.reason} }

// Measurement is one trial of an experiment. Before it has run, its Run holds
// the seed, the setting and the data alone; see Identify.
type Measurement struct {
	Model string // as tables name it
	// Config is the resolved configuration, key by key: it names what differs
	// where settings do.
	Config map[string]string
	Run    results.Run
	Epochs []results.Epoch // of a network
	Err    error           // why there is no result
}

// Report is the outcome of a check.
type Report struct {
	Experiment string  `json:"experiment"`
	Baseline   string  `json:"baseline"` // its file
	Verdict    Verdict `json:"verdict"`  // the highest of all below
	// Faults are what keeps metrics from being compared, and runs that failed.
	Faults []Fault `json:"faults,omitempty"`
	// Counts says how many comparisons have each verdict.
	Counts map[Verdict]int `json:"counts"`
	// Comparisons are of each model, rule and metric of the baseline, in its order.
	Comparisons []Comparison `json:"comparisons,omitempty"`
	// Changes are what an update wrote to the baseline.
	Updated bool     `json:"updated,omitempty"`
	Changes []Change `json:"changes,omitempty"`
}

// Fault is a reason why there is nothing to compare.
type Fault struct {
	Verdict Verdict `json:"verdict"`
	Model   string  `json:"model,omitempty"` // "" is all of them
	Message string  `json:"message"`         // one line
}

// String names the model before the message.
func (f Fault) String() string {
	if f.Model == "" {
		return f.Message
	}
	return f.Model + ": " + f.Message
}

// Comparison is one metric of one model under one rule. Values are means over
// the seeds, in the metric's unit: scores as fractions of 1, seconds or bytes.
type Comparison struct {
	Model      string   `json:"model"`
	Rule       string   `json:"rule"`
	Metric     string   `json:"metric"`
	Baseline   float64  `json:"baseline"`
	Now        *float64 `json:"now,omitempty"` // nil where it is not comparable
	Difference *float64 `json:"difference,omitempty"`
	Allowed    float64  `json:"allowed"`     // the tolerance, in the metric's unit
	CanFail    bool     `json:"can_fail"`    // there is a value beyond it
	P          *float64 `json:"p,omitempty"` // of the test that the tolerance asks for
	Verdict    Verdict  `json:"verdict"`
	// Reason is why it has no result or cannot fail, "" for what Faults say of the model or of all.
	Reason string `json:"reason,omitempty"`
}

// Name is the comparison in words: "f1 of SHA-RNN-lite (tuned)".
func (c Comparison) Name() string { return fmt.Sprintf("%s of %s (%s)", c.Metric, c.Model, c.Rule) }

// NoReport returns a report of a check that could not be made.
func NoReport(experiment, baseline string, verdict Verdict, message string) Report {
	r := Report{Experiment: experiment, Baseline: baseline}
	r.add(Fault{Verdict: verdict, Message: message})
	r.conclude()
	return r
}

func (r *Report) add(f Fault) { r.Faults = append(r.Faults, f) }

// conclude sets the counts and the overall verdict. A report of nothing, or of
// nothing that could have failed, is not comparable.
func (r *Report) conclude() {
	switch {
	case len(r.Faults) > 0 || slices.ContainsFunc(r.Comparisons, func(c Comparison) bool { return c.CanFail }):
	case len(r.Comparisons) == 0:
		r.add(Fault{Verdict: NotComparable, Message: "nothing was compared"})
	default:
		r.add(Fault{Verdict: NotComparable, Message: "no metric can fail: every baseline is the worst there is, or its tolerance leaves no worse value; compare an experiment that scores, or lower the tolerances"})
	}
	r.Counts = map[Verdict]int{}
	for _, v := range counted {
		r.Counts[v] = 0
	}
	for _, c := range r.Comparisons {
		r.Counts[c.Verdict]++
	}
	r.Verdict = Pass
	raise := func(v Verdict) {
		if v.rank() > r.Verdict.rank() {
			r.Verdict = v
		}
	}
	for _, f := range r.Faults {
		raise(f.Verdict)
	}
	for _, c := range r.Comparisons {
		raise(c.Verdict)
	}
}

// Err is nil where the check passed and otherwise wraps the error of the
// verdict; its one line names what decided it.
func (r Report) Err() error {
	var is error
	switch r.Verdict {
	case Pass, Improvement:
		return nil
	case Regression:
		is = ErrRegression
	case NotComparable:
		is = ErrNotComparable
	case Failed:
		is = ErrFailed
	default:
		is = ErrNotMade
	}
	return fmt.Errorf("check %s: %w: %s", r.Experiment, is, r.culprits())
}

// culprits names the first of what decided the verdict, and how many there are.
func (r Report) culprits() string {
	const most = 3
	var names []string
	for _, f := range r.Faults {
		if f.Verdict == r.Verdict {
			names = append(names, f.String())
		}
	}
	for _, c := range r.Comparisons {
		switch {
		case c.Verdict != r.Verdict || c.byFault():
		case c.Reason != "":
			names = append(names, c.Name()+": "+c.Reason)
		default:
			names = append(names, c.Name())
		}
	}
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, "; ")
}

// byFault reports whether a fault of the report already says why there is no
// result.
func (c Comparison) byFault() bool {
	return c.Verdict.rank() >= NotComparable.rank() && c.Reason == ""
}
