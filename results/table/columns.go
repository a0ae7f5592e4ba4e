package table

import (
	"fmt"
	"strings"
	"time"

	"assay/internal/fault"
	"assay/internal/format"
	"assay/results/compare"
)

// Units of columns beside those of metrics.
const (
	points     = "points"
	signedNats = "signed nats"
)

// columnOf heads the values of a metric.
func columnOf(m compare.Metric) Column {
	return Column{Key: m.Key, Title: m.Title, Unit: string(m.Unit), Numeric: true, Lower: m.Score && m.Lower}
}

// Intervals says which of the two kinds of intervals cells show.
type Intervals string

// The kinds of intervals.
const (
	Auto   Intervals = "auto" // over seeds or, of a single one, over papers
	Seeds  Intervals = "seeds"
	Papers Intervals = "papers"
	Both   Intervals = "both"
	None   Intervals = "none"
)

// IntervalKinds returns the names of all kinds.
func IntervalKinds() []string {
	return []string{string(Auto), string(Seeds), string(Papers), string(Both), string(None)}
}

// ParseIntervals reads a kind's name, "" for auto; its error, a usage error, names them
// all.
func ParseIntervals(s string) (Intervals, error) {
	if s == "" {
		return Auto, nil
	}
	for _, kind := range IntervalKinds() {
		if s == kind {
			return Intervals(s), nil
		}
	}
	return "", fault.Usagef("table: intervals %q are unknown: want one of %s", s, strings.Join(IntervalKinds(), ", "))
}

// of says which of its intervals a number shows.
func (i Intervals) of(n *compare.Number) (seeds, papers bool) {
	seeds, papers = n != nil && n.HalfWidth != nil, n != nil && n.Papers != nil
	switch i {
	case Seeds:
		return seeds, false
	case Papers:
		return false, papers
	case Both:
		return seeds, papers
	case None:
		return false, false
	}
	return seeds, papers && !seeds
}

// show writes a value of the unit for people.
func show(unit string, v float64) string {
	switch unit {
	case string(compare.Fraction):
		return fmt.Sprintf("%.2f", 100*v)
	case points:
		return strings.Replace(fmt.Sprintf("%+.2f", v), "-", "−", 1)
	case string(compare.Nats):
		return fmt.Sprintf("%.3f", v)
	case signedNats:
		return strings.Replace(fmt.Sprintf("%+.3f", v), "-", "−", 1)
	case string(compare.Seconds):
		return format.Took(time.Duration(v * float64(time.Second)))
	case string(compare.Bytes):
		return format.Size(v)
	}
	return fmt.Sprintf("%g", v)
}
