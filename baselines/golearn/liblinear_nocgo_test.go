//go:build !cgo

package golearn

import (
	"strings"
	"testing"

	"assay/classifier"
	"assay/internal/fault"
	"assay/internal/rng"
)

func TestWithoutCgoTheErrorSaysWhatToDo(t *testing.T) {
	c := NewLogisticRegression(LogisticOptions{})
	fit := c.Fit(t.Context(), randomPapers(rng.New(1, "nocgo"), 20, 4, 1), classifier.Dataset{})
	for what, err := range map[string]error{"CheckSize": c.CheckSize(10, 10, 1), "Fit": fit} {
		if !fault.IsUsage(err) || !strings.Contains(err.Error(), "built without cgo") || !strings.Contains(err.Error(), `use backend = "native"`) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
