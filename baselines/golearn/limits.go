package golearn

import (
	"fmt"
	"math"

	"assay/internal/fault"
)

// Limits bound what a Fit may take. They hold an estimate made from the sizes
// alone, before any work; the zero value has the stated defaults.
type Limits struct {
	// CoreHours is the time of all labels together on one core of the machine
	// that the estimates were measured on (2.1 GHz, AVX2); 0 is one hour.
	CoreHours float64
	// Bytes is the memory besides the papers; 0 is 4 GiB.
	Bytes int64
}

const (
	defaultCoreHours = 1
	defaultBytes     = 4 << 30
)

// cost is the estimate for a Fit.
type cost struct {
	what    string // the sizes, for messages
	remedy  string // how to make it cheaper
	seconds float64
	bytes   float64
}

// Seconds a unit of work on one core, measured on 20,000 real papers with 5,000
// features and 148 labels; the forest on 2,000 of them and 20 labels.
const (
	naiveBayesCell = 1.1e-9 // of a paper and feature, for one label
	logisticValue  = 1e-7   // of a value that is not zero, for one label: 0.7e-7 on TF-IDF, 2.2e-7 on counts
	forestCell     = 1.5e-6 // of a paper and a feature looked at, for one tree: 1.1e-6 on counts, 1.4e-6 on TF-IDF
)

// usualValues is how many features a paper has where its number is not known:
// distinct words of a title and abstract.
const usualValues = 100

func naiveBayesCost(rows, cols, labels, workers int) cost {
	n, d, c := float64(rows), float64(cols), float64(labels)
	return cost{
		what:    fmt.Sprintf("%d papers x %d features x %d labels", rows, cols, labels),
		remedy:  "lower corpus.sample or the vocabulary's size",
		seconds: n * d * c * naiveBayesCell,
		// The weights; names and specifications; a grid and tables a worker.
		bytes: 8*d*c + 300*d + float64(workers)*(n+80*d),
	}
}

// logisticCost takes the number of values in the rows.
func logisticCost(rows, cols, labels, workers int, values int64) cost {
	n, d, c, v := float64(rows), float64(cols), float64(labels), float64(values)
	return cost{
		what:    fmt.Sprintf("%d papers x %d features x %d labels", rows, cols, labels),
		remedy:  "lower corpus.sample or the vocabulary's size",
		seconds: (v + 2*n) * c * logisticValue,
		// The weights; the rows in liblinear's form; a worker's vectors.
		bytes: 8*d*c + 16*(v+2*n) + 8*n + float64(workers)*(72*n+64*d),
	}
}

// forestCost takes the number of features that a node looks at.
func forestCost(rows, cols, labels, workers, trees, looked int) cost {
	n, d, c, t := float64(rows), float64(cols), float64(labels), float64(trees)
	return cost{
		what:    fmt.Sprintf("%d papers x %d labels x %d trees of %d features a node", rows, labels, trees, looked),
		remedy:  "lower corpus.sample, the trees or max_features",
		seconds: n * float64(looked) * c * t * forestCell,
		// The nodes; names; golearn's copies of the root's papers a worker.
		bytes: 16*n/2*c*t + 300*d + float64(workers)*(6*8*n*float64(looked)+20*d),
	}
}

// check refuses a cost beyond the limits.
func (l Limits) check(c cost) error {
	hours, bytes := l.CoreHours, l.Bytes
	switch {
	case hours < 0 || math.IsNaN(hours) || bytes < 0:
		return fault.Usagef("limits of %v core hours and %d bytes: want 0 (the default) or more", hours, bytes)
	case hours == 0:
		hours = defaultCoreHours
	}
	if bytes == 0 {
		bytes = defaultBytes
	}
	if c.seconds > 3600*hours {
		return fault.Usagef("%s take golearn about %.2g core hours, the limit (max_core_hours) is %g: %s, or use backend = \"native\"", c.what, c.seconds/3600, hours, c.remedy)
	}
	if c.bytes > float64(bytes) {
		return fault.Usagef("%s take golearn about %.2g GiB, the limit (max_gib) is %.2g: %s, or use backend = \"native\"", c.what, c.bytes/(1<<30), float64(bytes)/(1<<30), c.remedy)
	}
	return nil
}
