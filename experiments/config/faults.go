package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing wrong with a configuration.
type Fault struct {
	Place   string // file:line, or the --set flag
	Message string
	line    int
}

// Faults is everything wrong with a configuration, in the order of its lines.
type Faults []Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	var b strings.Builder
	if len(f) > 1 {
		fmt.Fprintf(&b, "%d faults in the configuration:\n", len(f))
	}
	for i, x := range f {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(x.Place + ": " + x.Message)
	}
	return b.String()
}

func (f Faults) sorted() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int { return cmp.Compare(a.line, b.line) })
	return f
}

func itoa(i int) string { return strconv.Itoa(i) }
