// Package metrics turns scores into predicted labels by a decision rule, and
// evaluates predicted labels against the true ones.
//
//	rule, err := metrics.ParseRule("tuned")
//	decision, err := rule.Fit(validationScores, validationTruth)
//	predicted, err := decision.Apply(testScores)
//	report, err := metrics.Evaluate(predicted, testTruth, testScores)
package metrics

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"assay/internal/fault"
	"assay/internal/multilabel"
)

type ruleKind uint8

const (
	invalid ruleKind = iota
	fixed
	tuned
	top
)

// Rule says how the labels of a paper are chosen from its scores. The zero
// value is no rule: ParseRule makes one.
//
//	fixed:X  every label whose score is above X. Strictly above: a binary
//	         classifier that sees both classes as equally likely says no, as
//	         scikit-learn's predict does.
//	tuned    the best-scoring label, and every label at or above the threshold
//	         that gives the highest sample-average F1 on the validation papers.
//	top:K    the K best-scoring labels.
//
// Of equal scores the label with the lower index is the better one.
type Rule struct {
	kind ruleKind
	x    float64 // of fixed
	k    int     // of top
}

const ruleForms = `want "fixed:X" with a number X, "tuned", or "top:K" with a whole number K of at least 1`

// ParseRule reads the forms that Rule lists; its error, a usage error, names
// them.
func ParseRule(s string) (Rule, error) {
	name, arg, hasArg := strings.Cut(s, ":")
	switch {
	case name == "fixed" && hasArg:
		x, err := strconv.ParseFloat(arg, 64)
		if err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
			return Rule{kind: fixed, x: x}, nil
		}
	case s == "tuned":
		return Rule{kind: tuned}, nil
	case name == "top" && hasArg:
		k, err := strconv.Atoi(arg)
		if err == nil && k >= 1 {
			return Rule{kind: top, k: k}, nil
		}
	}
	return Rule{}, fault.Usagef("metrics: parse decision rule %q: %s", s, ruleForms)
}

// String returns the form that ParseRule reads.
func (r Rule) String() string {
	switch r.kind {
	case fixed:
		return "fixed:" + strconv.FormatFloat(r.x, 'g', -1, 64)
	case tuned:
		return "tuned"
	case top:
		return "top:" + strconv.Itoa(r.k)
	}
	return "none"
}

// Describe says in words which labels the rule predicts, as a table's note.
func (r Rule) Describe() string {
	switch r.kind {
	case fixed:
		return fmt.Sprintf("every label scored above %s", strconv.FormatFloat(r.x, 'g', -1, 64))
	case tuned:
		return "the best-scoring label and all at or above the threshold with the highest F1 on the validation papers"
	case top:
		if r.k == 1 {
			return "the best-scoring label"
		}
		return fmt.Sprintf("the %d best-scoring labels", r.k)
	}
	return "no rule"
}

// NeedsValidation reports whether Fit looks at the validation papers.
func (r Rule) NeedsValidation() bool { return r.kind == tuned }

// MarshalText writes the form that ParseRule reads.
func (r Rule) MarshalText() ([]byte, error) {
	if r.kind == invalid {
		return nil, fmt.Errorf("metrics: marshal decision rule: the zero Rule is none: %s", ruleForms)
	}
	return []byte(r.String()), nil
}

// UnmarshalText is ParseRule.
func (r *Rule) UnmarshalText(text []byte) error {
	parsed, err := ParseRule(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

// Decision is a rule with all that it needs to be applied to further papers.
// Its JSON form is complete: decoded, it decides the same.
type Decision struct {
	Rule Rule `json:"rule"`
	// Threshold is X of fixed:X, or what tuned chose; 0 for top:K.
	Threshold float64 `json:"threshold"`
	// ValidationF1 is the sample-average F1 that tuned reached on the papers
	// it was chosen on; 0 for the other rules.
	ValidationF1 float64 `json:"validation_f1,omitempty"`
}

// Fit makes the rule ready to be applied. Only tuned looks at the scores
// (n, C) and the truth (n, C), which must be of validation papers: they may be
// nil for the other rules. No validation paper, other shapes or a score that
// is NaN or infinite are errors.
func (r Rule) Fit(scores *multilabel.Scores, truth *multilabel.Matrix) (Decision, error) {
	switch r.kind {
	case fixed:
		return Decision{Rule: r, Threshold: r.x}, nil
	case top:
		return Decision{Rule: r}, nil
	case tuned:
		return tune(scores, truth)
	}
	return Decision{}, fmt.Errorf("metrics: fit decision rule: the zero Rule is none: %s", ruleForms)
}

// Apply returns the labels (n, C) that the decision predicts from scores
// (n, C). A score that is NaN or infinite is an error naming row and label.
func (d Decision) Apply(scores *multilabel.Scores) (*multilabel.Matrix, error) {
	if d.Rule.kind == invalid {
		return nil, fmt.Errorf("metrics: apply decision: it has no rule: make it with Rule.Fit")
	}
	if err := checkScores("apply decision", scores); err != nil {
		return nil, err
	}
	out := multilabel.New(scores.Cols)
	best := make([]int32, 0, 1)
	row := make([]int32, 0, scores.Cols)
	for i := range scores.Rows() {
		s := scores.Row(i)
		row = row[:0]
		switch d.Rule.kind {
		case fixed:
			for c, v := range s {
				if v > d.Threshold {
					row = append(row, int32(c))
				}
			}
		case tuned:
			best = bestLabels(best, s, 1)
			for c, v := range s {
				if v >= d.Threshold || int32(c) == best[0] {
					row = append(row, int32(c))
				}
			}
		case top:
			row = bestLabels(row, s, d.Rule.k)
		}
		out.Append(row)
	}
	return out, nil
}

// bestLabels returns the min(k, len(scores)) labels of the highest scores,
// best first, equal scores by ascending label, in dst's memory.
func bestLabels(dst []int32, scores []float64, k int) []int32 {
	dst = dst[:0]
	for c, v := range scores {
		if len(dst) == k && v <= scores[dst[k-1]] {
			continue
		}
		if len(dst) < k {
			dst = append(dst, 0)
		}
		at := len(dst) - 1
		for ; at > 0 && v > scores[dst[at-1]]; at-- {
			dst[at] = dst[at-1]
		}
		dst[at] = int32(c)
	}
	return dst
}

func checkScores(action string, scores *multilabel.Scores) error {
	if scores == nil || scores.Cols == 0 {
		return fmt.Errorf("metrics: %s: there are no scores", action)
	}
	if len(scores.Data)%scores.Cols != 0 {
		return fmt.Errorf("metrics: %s: %d scores do not fill rows of %d labels", action, len(scores.Data), scores.Cols)
	}
	for i, v := range scores.Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("metrics: %s: the score of row %d, label %d is %v: the classifier must give finite scores",
				action, i/scores.Cols, i%scores.Cols, v)
		}
	}
	return nil
}

func checkTruth(action string, scores *multilabel.Scores, truth *multilabel.Matrix) error {
	if truth == nil {
		return fmt.Errorf("metrics: %s: there is no truth", action)
	}
	if scores.Rows() != truth.Rows() || scores.Cols != truth.Cols {
		return fmt.Errorf("metrics: %s: scores are (%d, %d) but the truth is (%d, %d)",
			action, scores.Rows(), scores.Cols, truth.Rows(), truth.Cols)
	}
	return nil
}

// Version counts the changes of what rules decide and what metrics measure: part of a
// trial's identity.
const Version = 1
