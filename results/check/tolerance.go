package check

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"assay/internal/fault"
	"assay/internal/suggest"
)

// The directions of Tolerance.Better.
const (
	Higher = "higher"
	Lower  = "lower"
	Same   = "same" // any change is a regression
)

// Tolerance says how far a metric may get worse: by Absolute or by Relative
// times the baseline's mean, whichever is more, in the metric's unit (scores are
// fractions of 1). Of several that fit, the one that names the model and the
// rule counts before one that names the model, this before one that names the
// rule.
type Tolerance struct {
	Metric   string  `json:"metric"`
	Model    string  `json:"model,omitempty"` // "": every model
	Rule     string  `json:"rule,omitempty"`  // "": every rule
	Better   string  `json:"better"`
	Absolute float64 `json:"absolute"`
	Relative float64 `json:"relative"`
	// Significance is the p that a change beyond the tolerance must stay below to
	// count: by the paired t-test over the seeds, for times and memory by
	// Mann-Whitney's. 0 asks for no test.
	Significance float64 `json:"significance"`
}

// ParseTolerance reads METRIC=ABSOLUTE[,RELATIVE], each a number or a
// percentage: f1=0.005 and f1=0.5% are the same. RELATIVE has a point or a
// percent sign, as the comma of "0,5" may be meant as a point. Amounts that no
// baseline may have are refused. Errors are usage errors.
func ParseTolerance(text string) (Tolerance, error) {
	key, amounts, ok := strings.Cut(text, "=")
	if !ok {
		return Tolerance{}, fault.Usagef("tolerance %q: want METRIC=ABSOLUTE[,RELATIVE], such as f1=0.005 or fit_seconds=0,50%%", text)
	}
	m, ok := lookup(key)
	if !ok {
		return Tolerance{}, fault.Usagef("tolerance %q: %q is no metric%s; one of %s", text, key, suggest.Hint(key, Metrics()), strings.Join(Metrics(), ", "))
	}
	t := Tolerance{Metric: key, Better: m.better()}
	absolute, relative, both := strings.Cut(amounts, ",")
	var err error
	if t.Absolute, err = amount(absolute); err == nil && both {
		t.Relative, err = amount(relative)
	}
	if err == nil && t.Relative >= 1 && !strings.ContainsAny(amounts, ".%") {
		err = fmt.Errorf("if the comma is a decimal comma, write a point, %s=%s.%s; if it is not, write the relative tolerance as a percentage, %s=%s,%s%%", key, absolute, relative, key, absolute, relative)
	}
	if err == nil {
		err = t.checkWidth(m)
	}
	if err != nil {
		return Tolerance{}, fault.Usagef("tolerance %q: %w", text, err)
	}
	return t, nil
}

// amount reads a number of 0 or more, or a percentage.
func amount(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	x, err := strconv.ParseFloat(number, 64)
	if err != nil || !(x >= 0) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("%q is no number of 0 or more", text)
	}
	if percent {
		x /= 100
	}
	return x, nil
}

// check returns what is wrong with a tolerance in itself.
func (t Tolerance) check() error {
	m, ok := lookup(t.Metric)
	switch {
	case !ok:
		return fmt.Errorf("tolerance of %q: no such metric%s", t.Metric, suggest.Hint(t.Metric, Metrics()))
	case !slices.Contains([]string{Higher, Lower, Same}, t.Better):
		return fmt.Errorf("tolerance of %s: better is %q, want %q, %q or %q", t.Metric, t.Better, Higher, Lower, Same)
	case !(t.Absolute >= 0) || math.IsInf(t.Absolute, 0):
		return fmt.Errorf("tolerance of %s: absolute is %v, want 0 or more", t.Metric, t.Absolute)
	case !(t.Relative >= 0) || math.IsInf(t.Relative, 0):
		return fmt.Errorf("tolerance of %s: relative is %v, want 0 or more", t.Metric, t.Relative)
	case !(t.Significance >= 0 && t.Significance < 1):
		return fmt.Errorf("tolerance of %s: significance is %v, want 0 for none or a p below 1", t.Metric, t.Significance)
	}
	if t.Better != Same && t.Better != m.better() {
		return fmt.Errorf("tolerance of %s: better is %q, but of this metric the %s is", t.Metric, t.Better, m.better())
	}
	if err := t.checkWidth(m); err != nil {
		return fmt.Errorf("%s: %w; edit it in the file", t.place(), err)
	}
	return nil
}

// allowed is how much the mean may get worse, in the metric's unit.
func (t Tolerance) allowed(baseline float64) float64 {
	return math.Max(t.Absolute, t.Relative*math.Abs(baseline))
}

// loss is how much worse a difference to the baseline is; negative is better.
func (t Tolerance) loss(difference float64) float64 {
	switch t.Better {
	case Higher:
		return -difference
	case Lower:
		return difference
	}
	return math.Abs(difference)
}

// tolerance returns the most specific one; every metric of a checked baseline
// has one.
func (b *Baseline) tolerance(metric, model, rule string) Tolerance {
	var best Tolerance
	rank := -1
	for _, t := range b.Tolerances {
		if t.Metric != metric || t.Model != "" && t.Model != model || t.Rule != "" && t.Rule != rule {
			continue
		}
		r := 0
		if t.Model != "" {
			r += 2
		}
		if t.Rule != "" {
			r++
		}
		if r > rank {
			best, rank = t, r
		}
	}
	return best
}

// Override sets the amounts of a metric for every model and rule, in this copy
// of the baseline. A metric that the baseline does not hold, and amounts that
// let it lose most of a value, are usage errors.
func (b *Baseline) Override(t Tolerance) error {
	found := false
	b.Tolerances = slices.Clone(b.Tolerances)
	for i := range b.Tolerances {
		if own := &b.Tolerances[i]; own.Metric == t.Metric {
			own.Absolute, own.Relative, found = t.Absolute, t.Relative, true
		}
	}
	if !found {
		return fault.Usagef("tolerance of %s: the baseline does not hold this metric; --update --metrics adds it", t.Metric)
	}
	return fault.Usage(b.checkShares([]string{t.Metric}))
}
