package corpus

import (
	"fmt"
	"math"
	"testing"

	"assay/internal/fault"
)

func TestSplitFractions(t *testing.T) {
	const n = 200_000
	s := Split{Validation: 0.05, Test: 0.1, Key: "k"}
	var counts [3]float64
	for i := range n {
		counts[s.Of(fmt.Sprintf("%04d.%05d", i/1000, i%1000))]++
	}
	for part, want := range []float64{Train: 0.85, Validation: 0.05, Test: 0.1} {
		sigma := math.Sqrt(n * want * (1 - want))
		if d := counts[part] - n*want; math.Abs(d) > 4*sigma {
			t.Errorf("%v has %.0f of %d papers, want about %.0f", Part(part), counts[part], n, n*want)
		}
	}
}

func TestSplitIsStable(t *testing.T) {
	s := Split{Validation: 0.1, Test: 0.2, Key: "a"}
	wider, other := s, s
	wider.Validation, other.Key = 0.3, "b"
	moved := 0
	for i := range 5000 {
		id := fmt.Sprint(i)
		if (s.Of(id) == Test) != (wider.Of(id) == Test) {
			t.Fatalf("paper %s enters or leaves the test part when validation grows", id)
		}
		if s.Of(id) == Validation && wider.Of(id) != Validation {
			t.Fatalf("paper %s leaves validation when validation grows", id)
		}
		if s.Of(id) != other.Of(id) {
			moved++
		}
	}
	// Independent divisions agree on 0.7² + 0.1² + 0.2² = 54 % of papers.
	if share := float64(moved) / 5000; share < 0.42 || share > 0.50 {
		t.Errorf("another key moves %.2f of the papers, want about 0.46", share)
	}
}

// A stored result is comparable only while its papers stay on their sides.
func TestSplitIsFrozen(t *testing.T) {
	s := Split{Validation: 0.3, Test: 0.3, Key: "assay"}
	var got string
	for _, id := range []string{"math/0611803", "1802.07540", "1503.07747", "hep-th/9901001", "0704.0001", "2001.00001"} {
		got += s.Of(id).String()[:2] + " "
	}
	if want := "tr tr va te tr tr "; got != want {
		t.Errorf("sides %q, want %q", got, want)
	}
}

func TestSplitValidate(t *testing.T) {
	for _, s := range []Split{{}, {Validation: 0.05, Test: 0.05}, {Test: 0.99}} {
		if err := s.Validate(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, s := range []Split{{Validation: -0.1}, {Test: 1}, {Test: math.NaN()}, {Validation: 0.5, Test: 0.5}, {Validation: math.Inf(1)}} {
		if err := s.Validate(); err == nil || !fault.IsUsage(err) {
			t.Errorf("%+v: error %v, want a usage error", s, err)
		}
	}
	if (Split{}).Of("x") != Train {
		t.Error("a split without parts held a paper back")
	}
	if got := Part(7).String(); got != "Part(7)" {
		t.Errorf("Part(7) is %q", got)
	}
}
