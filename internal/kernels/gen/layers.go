package main

import (
	"math"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The loops of layers go through a row 16 elements at a time: as one register, or
// as two halves. Both sets run the same operations in the same order, and sums in
// the same 16 lanes, so that they give the same bits.
type lanes interface {
	name() string
	halves() int
	vec() VecVirtual
	// mask returns the lanes of a half that exist, given how many elements are left;
	// the functions that take one take nil for all lanes.
	mask(left Register, half int) Register
	load(from Mem, m Register) VecVirtual
	store(v VecVirtual, to Mem, m Register)
	keep(v VecVirtual, m Register)             // zero the other lanes
	otherwise(v, other VecVirtual, m Register) // other in the other lanes
	and(a, b, to VecVirtual)
	or(a, b, to VecVirtual)
	// choose sets to to a where |x| < limit, else to b.
	choose(abs, limit, a, b, to VecVirtual)
}

func layers() {
	for _, l := range []lanes{halved{}, whole{}} {
		gruForward(l)
		gruBackward(l)
		lstmForward(l)
		lstmBackward(l)
		normForward(l)
		normBackward(l)
		softmaxForward(l)
		softmaxBackward(l)
		adam(l)
		addTo(l)
		mulBy(l)
		product(l, false)
		product(l, true)
	}
}

// constants are float32 numbers in memory, by their bits.
var constants = map[uint32]Mem{}

// constant returns a register that holds x in all lanes.
func constant(l lanes, x float64) VecVirtual {
	bits := math.Float32bits(float32(x))
	return constantBits(l, bits)
}

func constantBits(l lanes, bits uint32) VecVirtual {
	m, ok := constants[bits]
	if !ok {
		m = GLOBL("number"+hexadecimal(bits), RODATA|NOPTR)
		DATA(0, U32(bits))
		constants[bits] = m
	}
	v := l.vec()
	VBROADCASTSS(m, v)
	return v
}

func hexadecimal(v uint32) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 8)
	for i := range out {
		out[7-i] = digits[v>>(4*i)&15]
	}
	return string(out)
}

// row is a vector in memory that a loop goes along.
type row struct{ at Register }

func param(name string) row { return row{Load(Param(name), GP64())} }

// along loops over n elements, 16 at a time; body does one half, and gets no mask
// as long as all 16 are there.
func along(l lanes, label string, n Register, rows []row, body func(half int, m Register)) {
	inStep(l, label, n, rows, 1, func(parts []part) {
		for _, p := range parts {
			body(p.half, p.mask)
		}
	})
}

// part is a half that a body does, all of it or what its mask has.
type part struct {
	half int
	mask Register
}

// inStep is along with as many chunks at a time as are told, half as many in AVX2,
// which has half the registers; body does the parts it is given, in step.
func inStep(l lanes, label string, n Register, rows []row, chunks int, body func(parts []part)) {
	left := GP64()
	MOVQ(n, left)
	if l.halves() == 1 && chunks > 1 {
		var parts []part
		for i := range chunks {
			parts = append(parts, part{half: 2 * i})
		}
		SUBQ(U32(16*chunks), left)
		JLT(LabelRef(label + "ManyEnd"))
		Label(label + "Many")
		body(parts)
		for _, r := range rows {
			ADDQ(U32(64*chunks), r.at)
		}
		SUBQ(U32(16*chunks), left)
		JGE(LabelRef(label + "Many"))
		Label(label + "ManyEnd")
		ADDQ(U32(16*chunks), left)
	}
	one := func(mask func(half int) Register) {
		var parts []part
		for half := range l.halves() {
			parts = append(parts, part{half, mask(half)})
		}
		if l.halves() == 2 && chunks < 4 {
			body(parts[:1])
			parts = parts[1:]
		}
		body(parts)
	}
	SUBQ(Imm(16), left)
	JLT(LabelRef(label + "Tail"))
	Label(label)
	one(func(int) Register { return nil })
	for _, r := range rows {
		ADDQ(Imm(64), r.at)
	}
	SUBQ(Imm(16), left)
	JGE(LabelRef(label))
	Label(label + "Tail")
	ADDQ(Imm(16), left)
	JZ(LabelRef(label + "End"))
	last := func(half int) Register { return l.mask(left, half) }
	if l.halves() == 2 { // its masked stores are slow: none of nothing or of all
		CMPQ(left, Imm(8))
		JG(LabelRef(label + "Upper"))
		body([]part{{0, last(0)}})
		JMP(LabelRef(label + "End"))
		Label(label + "Upper")
		last = func(half int) Register {
			if half == 0 {
				return nil
			}
			return l.mask(left, half)
		}
	}
	one(last)
	Label(label + "End")
}

// fresh copies rows, for another way along them.
func fresh(rows ...row) []row {
	out := make([]row, len(rows))
	for i, r := range rows {
		out[i] = row{GP64()}
		MOVQ(r.at, out[i].at)
	}
	return out
}

func (r row) half(half int) Mem { return Mem{Base: r.at, Disp: 32 * half} }

// behind is the place that lies some bytes further.
func (r row) behind(bytes Register, scale uint8, half int) Mem {
	return Mem{Base: r.at, Index: bytes, Scale: scale, Disp: 32 * half}
}

// lowest is where e^x is still a normal number.
const lowest = -87.33

// shifted is 1.5·2^23 + 127: a number added to it is rounded to a whole one, whose
// exponent as a float32, less the sign, stands in the lowest bits.
const shifted = 3<<22 + 127

// exponentials sets every x to e^x within 2 units in the last place, for x from
// lowest to 88.3; the caller sees to the bounds. They go in step: one after the
// other, each would wait for itself.
func exponentials(l lanes, xs ...VecVirtual) {
	n, power := vecs(l, len(xs)), vecs(l, len(xs))
	log2e, shift := constant(l, math.Log2E), constant(l, shifted)
	for i, x := range xs {
		VMOVAPS(shift, n[i])
		VFMADD231PS(log2e, x, n[i])
		VPSLLD(Imm(23), n[i], power[i]) // 2^n
		VSUBPS(shift, n[i], n[i])
	}
	for _, part := range []float64{0.693359375, -2.12194440e-4} { // log 2
		c := constant(l, part)
		for i, x := range xs {
			VFNMADD231PS(c, n[i], x)
		}
	}
	y := n
	for k, number := range []float64{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1, 1} {
		c := constant(l, number)
		for i, x := range xs {
			if k == 0 {
				VMOVAPS(c, y[i])
			} else {
				VFMADD213PS(c, x, y[i])
			}
		}
	}
	for i, x := range xs {
		VMULPS(power[i], y[i], x)
	}
}

func vecs(l lanes, n int) []VecVirtual {
	out := make([]VecVirtual, n)
	for i := range out {
		out[i] = l.vec()
	}
	return out
}

// most is where 1+e^x is e^x, and the product of two of them is far from infinite.
const most = 40

// sigmoids sets every x to 1/(1+e^−y) and the y of its place to 1/(1+e^−x), by one
// division: the inverse of the product times either.
func sigmoids(l lanes, xs, ys []VecVirtual) {
	both := slices.Concat(xs, ys)
	for _, v := range both {
		VSUBPS(v, constant(l, 0), v)
		VMAXPS(v, constant(l, lowest), v) // a NaN stays: it is the second operand
		VMINPS(v, constant(l, most), v)
	}
	exponentials(l, both...)
	one := constant(l, 1)
	for _, v := range both {
		VADDPS(one, v, v)
	}
	for i, x := range xs {
		share := l.vec()
		VMULPS(x, ys[i], share)
		VDIVPS(share, one, share)
		VMULPS(share, x, x)
		VMULPS(share, ys[i], ys[i])
	}
}

// hyperbolics sets every x to tanh x: by a polynomial below 0.625, else by e^2|x|.
func hyperbolics(l lanes, xs ...VecVirtual) {
	es, ps, squares := vecs(l, len(xs)), vecs(l, len(xs)), vecs(l, len(xs))
	for i, x := range xs {
		l.and(constantBits(l, 0x7fffffff), x, es[i])
		VADDPS(es[i], es[i], es[i])
		VMINPS(es[i], constant(l, most), es[i])
	}
	exponentials(l, es...)
	one, two := constant(l, 1), constant(l, 2)
	for _, e := range es {
		VADDPS(one, e, e)
		VDIVPS(e, two, e)
		VSUBPS(e, one, e)
	}
	for k, number := range []float64{-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1} {
		c := constant(l, number)
		for i, x := range xs {
			if k == 0 {
				VMULPS(x, x, squares[i])
				VMOVAPS(c, ps[i])
			} else {
				VFMADD213PS(c, squares[i], ps[i])
			}
		}
	}
	for i, x := range xs {
		VMULPS(squares[i], ps[i], ps[i])
		VFMADD213PS(x, x, ps[i])
		abs, sign := l.vec(), l.vec()
		l.and(constantBits(l, 0x7fffffff), x, abs)
		l.and(constantBits(l, 0x80000000), x, sign)
		l.or(sign, es[i], es[i])
		l.choose(abs, constant(l, 0.625), ps[i], es[i], x)
	}
}

func gruForward(l lanes) {
	TEXT("gruForward"+l.name(), NOSPLIT, "func(h, gates, bias, hprev *float32, n int)")
	Pragma("noescape")
	Doc("gruForward" + l.name() + " is gruForwardGo.")
	h, gates, bias, prev := param("h"), param("gates"), param("bias"), param("hprev")
	n := Load(Param("n"), GP64())
	stride, third := GP64(), GP64()
	LEAQ(Mem{Base: n, Index: n, Scale: 1}, stride) // 4 n bytes, as 2 n scaled by 2
	ADDQ(stride, stride)
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, third)
	gate := func(r row, which, half int) Mem {
		switch which {
		case 1:
			return r.behind(stride, 1, half)
		case 2:
			return r.behind(stride, 2, half)
		case 3:
			return r.behind(third, 1, half)
		}
		return r.half(half)
	}
	sum := func(which int, p part) VecVirtual {
		v := l.load(gate(gates, which, p.half), p.mask)
		VADDPS(l.load(gate(bias, which, p.half), p.mask), v, v)
		return v
	}
	sums := func(which int, parts []part) []VecVirtual {
		var out []VecVirtual
		for _, p := range parts {
			out = append(out, sum(which, p))
		}
		return out
	}
	Comment("r and z, then the rest: two short chains wait less than a long one.")
	first := fresh(gates, bias)
	whole := []row{gates, bias}
	gates, bias = first[0], first[1]
	inStep(l, "gate", n, first, 2, func(parts []part) {
		z, r := sums(0, parts), sums(1, parts)
		sigmoids(l, z, r) // each is now the other's
		for i, p := range parts {
			l.store(r[i], gate(gates, 0, p.half), p.mask)
			l.store(z[i], gate(gates, 1, p.half), p.mask)
		}
	})
	gates, bias = whole[0], whole[1]
	inStep(l, "unit", n, []row{h, gates, bias, prev}, 4, func(parts []part) {
		// All loads come before the stores: gates often lie 4096 bytes apart, where
		// a load waits for the store before it.
		states, g := sums(2, parts), sums(3, parts)
		for i, p := range parts {
			VFMADD231PS(l.load(gate(gates, 0, p.half), p.mask), g[i], states[i])
		}
		for i, p := range parts {
			l.store(g[i], gate(gates, 3, p.half), p.mask)
		}
		hyperbolics(l, states...)
		for i, p := range parts {
			v, old, z := states[i], l.load(prev.half(p.half), p.mask), l.load(gate(gates, 1, p.half), p.mask)
			l.store(v, gate(gates, 2, p.half), p.mask)
			VSUBPS(v, old, old)
			VFMADD231PS(old, z, v)
			l.store(v, h.half(p.half), p.mask)
		}
	})
	VZEROUPPER()
	RET()
}

func gruBackward(l lanes) {
	TEXT("gruBackward"+l.name(), NOSPLIT, "func(dhprev, gates, dh, hprev *float32, n int)")
	Pragma("noescape")
	Doc("gruBackward" + l.name() + " is gruBackwardGo.")
	out, gates, dh, prev := param("dhprev"), param("gates"), param("dh"), param("hprev")
	n := Load(Param("n"), GP64())
	stride, third := GP64(), GP64()
	LEAQ(Mem{Base: n, Index: n, Scale: 1}, stride)
	ADDQ(stride, stride)
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, third)
	along(l, "unit", n, []row{out, gates, dh, prev}, func(half int, m Register) {
		r, z := l.load(gates.half(half), m), l.load(gates.behind(stride, 1, half), m)
		fresh, d := l.load(gates.behind(stride, 2, half), m), l.load(dh.half(half), m)
		one, t, u := constant(l, 1), l.vec(), l.vec()
		VMULPS(z, d, t) // dh·z
		l.store(t, out.half(half), m)
		old := l.load(prev.half(half), m)
		VSUBPS(fresh, old, old)
		VSUBPS(z, one, u)
		VMULPS(old, t, t)
		VMULPS(u, t, t) // dh·z·(hprev−n)·(1−z)
		l.store(t, gates.behind(stride, 1, half), m)
		VMULPS(u, d, d) // dh·(1−z)
		VMOVAPS(one, u)
		VFNMADD231PS(fresh, fresh, u)
		VMULPS(u, d, d) // dn
		l.store(d, gates.behind(stride, 2, half), m)
		g := l.load(gates.behind(third, 1, half), m)
		VMULPS(r, d, d) // dg
		l.store(d, gates.behind(third, 1, half), m)
		VSUBPS(r, one, u)
		VMULPS(g, d, d)
		VMULPS(u, d, d)
		l.store(d, gates.half(half), m)
	})
	VZEROUPPER()
	RET()
}
