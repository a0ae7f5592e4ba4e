package plot

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
)

// scale maps an axis to a stretch of the canvas.
type scale struct {
	axis     Axis
	min, max float64 // of the axis; of a logarithmic one, their logarithms
	from, to vg.Length
	ticks    []tick
}

type tick struct {
	value float64
	label string
}

// newScale covers the values. Ticks come once the stretch is known.
func newScale(a Axis, values []float64) scale {
	s := scale{axis: a}
	if a.Categories != nil {
		s.min, s.max = -0.5, float64(len(a.Categories))-0.5
		return s
	}
	if r := a.Range; r != nil {
		if s.min, s.max = r.Low, r.High; a.Log {
			s.min, s.max = math.Log10(r.Low), math.Log10(r.High)
		}
		return s
	}
	values = append(slices.Clone(values), a.Ticks...)
	if a.Zero {
		values = append(values, 0)
	}
	if len(values) == 0 {
		values = []float64{0, 1}
	}
	if a.Log {
		for i, v := range values {
			values[i] = math.Log10(v)
		}
	}
	s.min, s.max = slices.Min(values), slices.Max(values)
	least, most := s.min, s.max
	switch pad := 0.06 * (s.max - s.min); {
	case a.Whole:
		pad = max(0.5*pad, 0.15)
		if s.min == s.max {
			pad = 0.5
		}
		s.min, s.max = s.min-pad, s.max+pad
	case s.min == s.max:
		pad = max(0.1*math.Abs(s.min), 0.01)
		s.min, s.max = s.min-pad, s.max+pad
	default:
		s.min, s.max = s.min-pad, s.max+pad
	}
	if a.Zero && least == 0 {
		s.min = 0 // bars stand on the axis
	}
	if strings.HasSuffix(a.Label, "%") && least >= 0 && most <= 100 {
		s.min, s.max = max(s.min, 0), min(s.max, 100)
	}
	return s
}

// setApart gives each label a place beyond the numbers, at equal distances.
func (a *Axis) setApart(labels []string) {
	low, high := a.Ticks[0], a.Ticks[len(a.Ticks)-1]
	const share = 0.22 // of the numbers' stretch
	for i, label := range labels {
		away := share * float64(i+1)
		at := high + away*(high-low)
		switch {
		case a.Log && low < high:
			at = high * math.Pow(high/low, away)
		case a.Log:
			at = high * math.Pow(10, away)
		case low == high:
			at = high + away*max(math.Abs(high), 1)
		}
		a.Apart = append(a.Apart, Place{at, label})
	}
}

// isApart reports whether a coordinate is no number.
func (a *Axis) isApart(x float64) bool {
	return slices.ContainsFunc(a.Apart, func(p Place) bool { return p.At == x })
}

// at is the place of a value.
func (s *scale) at(v float64) vg.Length {
	if s.axis.Log {
		v = math.Log10(v)
	}
	return s.from + vg.Length((v-s.min)/(s.max-s.min))*(s.to-s.from)
}

// stretch places the scale and chooses the ticks that fit: those that the axis
// names if all do, else round numbers. need is the room that a label takes along
// the axis.
func (s *scale) stretch(from, to vg.Length, need func(string) vg.Length) {
	s.from, s.to, s.ticks = from, to, nil
	if s.axis.Categories != nil {
		return
	}
	s.mark(need)
	if len(s.axis.Apart) == 0 {
		return
	}
	// Numbers end where the places apart begin, whose labels are always written.
	first := s.at(s.axis.Apart[0].At) - need(s.axis.Apart[0].Label)/2
	s.ticks = slices.DeleteFunc(s.ticks, func(t tick) bool {
		return s.axis.isApart(t.value) || s.at(t.value) > s.gap() || s.at(t.value)+need(t.label)/2 > first
	})
	for _, p := range s.axis.Apart {
		s.ticks = append(s.ticks, tick{p.At, p.Label})
	}
}

// gap is where an axis is broken: between its numbers and what stands apart.
func (s *scale) gap() vg.Length {
	last := s.axis.Ticks[len(s.axis.Ticks)-1]
	return (s.at(last) + s.at(s.axis.Apart[0].At)) / 2
}

// mark chooses the ticks of the numbers.
func (s *scale) mark(need func(string) vg.Length) {
	named := s.named()
	if s.axis.Log && (len(named) == 0 || !s.fit(named, need)) {
		if powers := s.powers(); len(powers) > 1 {
			named = powers
		}
		s.ticks = s.thin(named, need)
		return
	}
	if len(named) > 0 && s.fit(named, need) {
		s.ticks = named
		return
	}
	for most := 7; most >= 2; most-- {
		s.ticks = s.round(most)
		if s.fit(s.ticks, need) {
			return
		}
	}
}

func (s *scale) named() []tick {
	var out []tick
	for _, v := range s.axis.Ticks {
		out = append(out, tick{v, shortest(v)})
	}
	return out
}

// powers returns the powers of ten within the range.
func (s *scale) powers() []tick {
	var out []tick
	for e := math.Ceil(s.min); e <= s.max; e++ {
		v := math.Pow(10, e)
		out = append(out, tick{v, shortest(v)})
	}
	return out
}

// shortest writes a number in at most three digits, of small ones 2e−5.
func shortest(v float64) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if len(text) > 6 {
		text = strconv.FormatFloat(v, 'g', 3, 64)
	}
	return strings.NewReplacer("e-0", "e−", "e+0", "e", "e+", "e", "-", "−").Replace(text)
}

// fit reports whether no two labels touch.
func (s *scale) fit(ticks []tick, need func(string) vg.Length) bool {
	return len(s.thin(ticks, need)) == len(ticks)
}

// thin drops labels that touch the one before.
func (s *scale) thin(ticks []tick, need func(string) vg.Length) []tick {
	var out []tick
	for _, t := range ticks {
		if n := len(out); n == 0 || s.at(t.value)-s.at(out[n-1].value) >= (need(t.label)+need(out[n-1].label))/2 {
			out = append(out, t)
		}
	}
	return out
}

// round returns at most so many round numbers within the range.
func (s *scale) round(most int) []tick {
	span := s.max - s.min
	power := math.Floor(math.Log10(span / float64(most)))
	for _, factor := range []float64{1, 2, 5, 10, 20, 50} {
		step := factor * math.Pow(10, power)
		if s.axis.Whole && step < 1 {
			continue
		}
		first, last := math.Ceil(s.min/step-1e-9), math.Floor(s.max/step+1e-9)
		if int(last-first)+1 > most {
			continue
		}
		decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
		var out []tick
		for i := first; i <= last; i++ {
			v := i * step
			if v == 0 {
				v = 0 // no −0
			}
			out = append(out, tick{v, strings.Replace(strconv.FormatFloat(v, 'f', decimals, 64), "-", "−", 1)})
		}
		return out
	}
	return nil
}
