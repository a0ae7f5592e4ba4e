package harvesttest

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// Seeds are those of a random test: kept ones, which found a fault once, and further ones,
// usual of them (one where tests are to be short), or as the environment says: ASSAY_ROUNDS
// of them from ASSAY_STRESS_SEED on.
func Seeds(t *testing.T, usual int, kept ...int) []int {
	t.Helper()
	if testing.Short() {
		usual = 1
	}
	rounds, first := setting(t, "ASSAY_ROUNDS", usual), setting(t, "ASSAY_STRESS_SEED", int(time.Now().UnixNano()%1e9))
	for n := range rounds {
		kept = append(kept, first+n)
	}
	return kept
}

// setting is a count that a variable of the environment may set.
func setting(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is no count", variable, text)
	}
	return n
}
