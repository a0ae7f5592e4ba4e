package shards

import (
	"fmt"
	"hash/fnv"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"assay/internal/fault"
)

func TestSampleIsASet(t *testing.T) {
	for _, total := range []int64{1, 2, 9, 1000} {
		for _, n := range []int64{1, total / 20, total / 3, total - 1, total} {
			if n < 1 {
				continue
			}
			rows := sampleRows(total, n, 7)
			if int64(len(rows)) != n || rows[0] < 0 || rows[n-1] >= total {
				t.Fatalf("%d of %d: %v", n, total, rows)
			}
			for i := 1; i < len(rows); i++ {
				if rows[i-1] >= rows[i] {
					t.Fatalf("%d of %d: row %d after row %d", n, total, rows[i], rows[i-1])
				}
			}
		}
	}
}

// Draws of both ways of holding the permutation, against the uniform
// distribution of each row's count.
func TestSampleIsUniform(t *testing.T) {
	const total, draws = 60, 20_000
	for _, n := range []int64{5, 20} {
		counts := make([]float64, total)
		pairs := 0
		for seed := range uint64(draws) {
			rows := sampleRows(total, n, seed)
			for _, row := range rows {
				counts[row]++
			}
			if slices.Contains(rows, 0) && slices.Contains(rows, total-1) {
				pairs++
			}
		}
		p := float64(n) / total
		var chi2 float64
		for _, c := range counts {
			d := c - draws*p
			chi2 += d * d / (draws * p * (1 - p))
		}
		// The counts of one draw sum to n, which leaves total-1 degrees of
		// freedom and stretches the sum by total/(total-1).
		chi2 *= float64(total-1) / total
		if tail := (distuv.ChiSquared{K: total - 1}).Survival(chi2); tail < 0.001 || tail > 0.999 {
			t.Errorf("%d of %d: chi-square %.1f, tail %.5f", n, total, chi2, tail)
		}
		both := p * float64(n-1) / (total - 1)
		if got := float64(pairs) / draws; got < 0.75*both || got > 1.25*both {
			t.Errorf("%d of %d: two given rows together in %.4f of draws, want %.4f", n, total, got, both)
		}
	}
}

func TestSampleIsNested(t *testing.T) {
	larger := sampleRows(10_000, 10_000/2, 3)
	for _, n := range []int64{1, 50, 1_249, 1_250, 1_251, 4_000} {
		for _, row := range sampleRows(10_000, n, 3) {
			if _, ok := slices.BinarySearch(larger, row); !ok {
				t.Fatalf("row %d of a draw of %d is not in the draw of 5,000", row, n)
			}
		}
	}
}

// Stored results name their sample by size and seed: it must never change.
func TestSampleIsFrozen(t *testing.T) {
	for _, c := range []struct {
		total, n int64
		seed     uint64
		want     string
	}{
		{100_000, 5, 42, frozenFive},
		{1_000, 500, 1, frozenHalf},
	} {
		h := fnv.New64a()
		for _, row := range sampleRows(c.total, c.n, c.seed) {
			fmt.Fprintln(h, row)
		}
		if got := fmt.Sprintf("%016x", h.Sum64()); got != c.want {
			t.Errorf("%d of %d by seed %d: digest %s, want %s", c.n, c.total, c.seed, got, c.want)
		}
	}
}

const (
	frozenFive = "dd9ea11c78012d9b"
	frozenHalf = "7b7735575192ea6c"
)

func TestSampleRefuses(t *testing.T) {
	c := opened(t, write(t, made(30, 3), WriterOptions{}))
	for n, want := range map[int64]string{
		-1: "corpus: sample of -1 papers: the size must be 0 (all papers) or more",
		31: fmt.Sprintf("corpus: sample of 31 papers: %s holds only 30; ask for fewer, or for 0 to take all", c.Path()),
	} {
		_, err := c.Sample(n, 1)
		if err == nil || err.Error() != want || !fault.IsUsage(err) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func BenchmarkSampleRows(b *testing.B) {
	for b.Loop() {
		sampleRows(2_500_000, 100_000, 1)
	}
}
