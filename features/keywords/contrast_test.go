package keywords

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

// Against an independent numpy implementation: testdata/contrast.py.
func TestContrastReference(t *testing.T) {
	raw, err := os.ReadFile("testdata/contrast.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Prior       float64
		Class, Rest []float64
		LogOdds     []float64 `json:"log_odds"`
		Z           []float64
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for i, c := range cases {
		contrast := Contrast{Prior: c.Prior}
		for w := range c.Class {
			contrast.Class += c.Class[w]
			contrast.Rest += c.Rest[w]
		}
		for w := range c.Class {
			delta, z := contrast.LogOdds(c.Class[w], c.Rest[w])
			if !close64(delta, c.LogOdds[w]) || !close64(z, c.Z[w]) {
				t.Errorf("case %d, word %d: log odds %v, z %v; want %v, %v", i, w, delta, z, c.LogOdds[w], c.Z[w])
			}
			checked++
		}
	}
	if checked < 40 {
		t.Fatalf("%d words of the fixture compared", checked)
	}
}

func close64(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b))
}

func TestContrastSaysNothing(t *testing.T) {
	for name, c := range map[string]struct {
		Contrast
		class, rest float64
	}{
		"no word":                {Contrast{}, 0, 0},
		"empty class":            {Contrast{Rest: 10}, 0, 3},
		"empty rest":             {Contrast{Class: 10, Prior: 4}, 3, 0},
		"unseen word":            {Contrast{Class: 10, Rest: 10}, 0, 0},
		"the only word":          {Contrast{Class: 10, Rest: 10}, 10, 10},
		"more than all":          {Contrast{Class: 10, Rest: 10}, 11, 1},
		"negative":               {Contrast{Class: 10, Rest: 10}, -1, 5},
		"not a number":           {Contrast{Class: 10, Rest: 10}, math.NaN(), 5},
		"as usual on both sides": {Contrast{Class: 10, Rest: 20}, 2, 4},
	} {
		if delta, z := c.LogOdds(c.class, c.rest); math.Abs(delta) > 1e-12 || math.Abs(z) > 1e-12 {
			t.Errorf("%s: log odds %v, z %v, want 0", name, delta, z)
		}
	}
}

// Properties: both numbers are finite; swapping the sides turns the sign; the sign
// is that of the difference in share; more of the same evidence is surer; a stronger
// prior draws the log odds towards 0; one more paper of the class speaks for it.
func TestContrastProperties(t *testing.T) {
	const seed = 16
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range 20000 {
		c := Contrast{Class: 1 + float64(rng.IntN(5000)), Rest: 1 + float64(rng.IntN(50000))}
		if i%2 == 0 {
			c.Prior = math.Exp(12*rng.Float64() - 3)
		}
		a, b := math.Floor(c.Class*rng.Float64()*rng.Float64()), math.Floor(c.Rest*rng.Float64()*rng.Float64())
		delta, z := c.LogOdds(a, b)
		fail := func(what string) { t.Fatalf("seed %d, %d: %+v, %v and %v: %s", seed, i, c, a, b, what) }
		if math.IsNaN(delta+z) || math.IsInf(delta+z, 0) {
			fail("not finite")
		}
		if d, zz := (Contrast{c.Rest, c.Class, c.Prior}).LogOdds(b, a); !close64(d, -delta) || !close64(zz, -z) {
			fail("swapped sides do not turn the sign")
		}
		if lead := a/c.Class - b/c.Rest; math.Abs(lead) > 1e-6 && (math.Signbit(lead) != math.Signbit(delta) || math.Signbit(delta) != math.Signbit(z)) {
			fail("sign")
		}
		// Four times the evidence and the prior: the same ratio, twice as sure.
		if d, zz := (Contrast{4 * c.Class, 4 * c.Rest, 4 * c.Prior}).LogOdds(4*a, 4*b); !close64(d, delta) || !close64(zz, 2*z) {
			fail("four times the evidence is not twice as sure")
		}
		weak, strong := c, c
		weak.Prior, strong.Prior = 10, 1000
		dw, _ := weak.LogOdds(a, b)
		ds, _ := strong.LogOdds(a, b)
		if math.Abs(ds) > math.Abs(dw)+1e-9 {
			fail("a stronger prior does not shrink")
		}
		if a+1 < c.Class {
			if d, _ := c.LogOdds(a+1, b); a+b > 0 && d < delta-1e-12 {
				fail("one more paper of the class speaks against it")
			}
		}
	}
}

// Of words that have nothing to do with the classes, at most one of twenty is over
// 1.96, whether the class is as large as the rest or a hundredth of it.
func TestContrastByChance(t *testing.T) {
	for _, share := range []float64{0.5, 0.1, 0.01} {
		rng := rand.New(rand.NewPCG(5, 5))
		const words = 4000
		counts := make([][2]float64, words)
		var c Contrast
		for w := range counts {
			for range 1 + rng.IntN(400) {
				if rng.Float64() < share {
					counts[w][0]++
				} else {
					counts[w][1]++
				}
			}
			c.Class += counts[w][0]
			c.Rest += counts[w][1]
		}
		over := 0
		for _, n := range counts {
			if _, z := c.LogOdds(n[0], n[1]); math.Abs(z) >= 1.96 {
				over++
			}
		}
		if over > words/20 || over == 0 {
			t.Errorf("class of %v of all: %d of %d words speak by chance", share, over, words)
		}
		t.Logf("class of %v of all: %d of %d", share, over, words)
	}
}
