package stats

import (
	"fmt"
	"math"
	"slices"
)

// Quantity is computed of subjects, each of which counts as often as it was drawn:
// a Mean, a Ratio or a Dice.
type Quantity interface {
	// Differs reports whether subject i means something else in another quantity of
	// the same kind and subjects.
	Differs(other Quantity, i int) bool

	check(n int) error
	value(d *drawn) float64
}

// Of returns a quantity of n subjects as they are; errors are those of ResampleParts.
func Of(q Quantity, n int) (float64, error) {
	r, err := ResampleParts(n, []Part{{Quantities: []Quantity{q}}}, 1, 0)
	if err != nil {
		return math.NaN(), err
	}
	return r.whole[0], nil
}

// Mean is the mean of a value of each subject.
type Mean []float64

func (m Mean) value(d *drawn) float64 { return over(dot(d.part, m), d.total) }

// Differs is documented at Quantity.
func (m Mean) Differs(other Quantity, i int) bool { return m[i] != other.(Mean)[i] }

func (m Mean) check(n int) error {
	if len(m) != n {
		return fmt.Errorf("%d subjects have %d values", n, len(m))
	}
	for i, v := range m {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("value %d of %d is %v", i+1, n, v)
		}
	}
	return nil
}

// Ratio is the sum of one value of each subject by the sum of another; 0 where that
// is 0.
type Ratio struct{ Of, By Mean }

func (r Ratio) value(d *drawn) float64 { return over(dot(d.part, r.Of), dot(d.part, r.By)) }

// Differs is documented at Quantity.
func (r Ratio) Differs(other Quantity, i int) bool {
	o := other.(Ratio)
	return r.Of.Differs(o.Of, i) || r.By.Differs(o.By, i)
}

func (r Ratio) check(n int) error {
	if err := r.Of.check(n); err != nil {
		return err
	}
	return r.By.check(n)
}

// Dice is the mean over groups of Dice's coefficient of two sets of subjects, 2·both
// by 2·both + one: the F1 of a group. A group that no subject is in has 0; one that
// only subjects are in that were not drawn is left out, as if it had the mean of those
// that were. As 0 it would count twice: rare groups are missing from the subjects
// already, and cannot come back in their resamples, all of which would lie below.
type Dice struct {
	groups int
	filled int    // groups with a subject
	seen   []bool // by group
	start  []int32
	codes  []int32 // of subject i codes[start[i]:start[i+1]]: 2·group, and 1 more where it is in one of the sets alone

	subjects, ends []int32 // the subjects of code c are subjects[ends[c-1]:ends[c]]
}

// NewDice begins a Dice of so many groups without subjects.
func NewDice(groups int) *Dice {
	return &Dice{groups: groups, seen: make([]bool, groups), start: []int32{0}}
}

// Append adds a subject by the groups in which the first set and the second set has
// it, both ascending.
func (m *Dice) Append(first, second []int32) {
	for len(first) > 0 || len(second) > 0 {
		switch {
		case len(second) == 0 || len(first) > 0 && first[0] < second[0]:
			m.codes, first = append(m.codes, 2*first[0]+1), first[1:]
		case len(first) == 0 || second[0] < first[0]:
			m.codes, second = append(m.codes, 2*second[0]+1), second[1:]
		default:
			m.codes, first, second = append(m.codes, 2*first[0]), first[1:], second[1:]
		}
	}
	for _, c := range m.codes[m.start[len(m.start)-1]:] {
		if !m.seen[c/2] {
			m.seen[c/2] = true
			m.filled++
		}
	}
	m.start = append(m.start, int32(len(m.codes)))
}

func (m *Dice) row(i int) []int32 { return m.codes[m.start[i]:m.start[i+1]] }

// Differs is documented at Quantity.
func (m *Dice) Differs(other Quantity, i int) bool {
	return !slices.Equal(m.row(i), other.(*Dice).row(i))
}

func (m *Dice) check(n int) error {
	if len(m.start)-1 != n || m.groups == 0 {
		return fmt.Errorf("%d subjects are %d of %d groups", n, len(m.start)-1, m.groups)
	}
	m.turn()
	return nil
}

// turn lists the subjects by what they are in: adding up a list is several times as
// fast as adding each subject to what it is in.
func (m *Dice) turn() {
	m.ends = make([]int32, 2*m.groups)
	for _, c := range m.codes {
		m.ends[c]++
	}
	var end int32
	for c, size := range m.ends {
		m.ends[c] = end
		end += size
	}
	m.subjects = make([]int32, len(m.codes))
	for i := range len(m.start) - 1 {
		for _, c := range m.row(i) {
			m.subjects[m.ends[c]] = int32(i)
			m.ends[c]++
		}
	}
}

func (m *Dice) value(d *drawn) float64 {
	var sum, filled float64
	var from int32
	for g := 0; g < len(m.ends); g += 2 {
		both := 2 * gather(d.part, m.subjects[from:m.ends[g]])
		one := gather(d.part, m.subjects[m.ends[g]:m.ends[g+1]])
		from = m.ends[g+1]
		if both+one > 0 {
			sum += both / (both + one)
			filled++
		}
	}
	return over(sum, filled) * float64(m.filled) / float64(m.groups)
}

// gather is the sum of the values at these places: whole numbers, in any order.
func gather(values []float64, at []int32) float64 {
	var s0, s1, s2, s3 float64
	for ; len(at) >= 4; at = at[4:] {
		s0 += values[at[0]]
		s1 += values[at[1]]
		s2 += values[at[2]]
		s3 += values[at[3]]
	}
	for _, k := range at {
		s0 += values[k]
	}
	return s0 + s1 + s2 + s3
}

// over is a by b; 0 where that is 0.
func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// dot is the product of two vectors. The products are rounded before they are
// added, so that it is the same to the bit on every processor.
func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += float64(a[i] * b[i])
		s1 += float64(a[i+1] * b[i+1])
		s2 += float64(a[i+2] * b[i+2])
		s3 += float64(a[i+3] * b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += float64(a[i] * b[i])
	}
	return s0 + s1 + (s2 + s3)
}
