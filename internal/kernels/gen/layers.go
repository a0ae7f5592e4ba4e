package main

import (
	"math"

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
	// mask returns the lanes of a half that exist, given how many elements are left.
	mask(left Register, half int) Register
	load(from Mem, m Register) VecVirtual
	store(v VecVirtual, to Mem, m Register)
	keep(v VecVirtual, m Register)             // zero the other lanes
	otherwise(v, other VecVirtual, m Register) // other in the other lanes
	round(v, to VecVirtual)
	and(a, b, to VecVirtual)
	or(a, b, to VecVirtual)
	// choose sets to to a where |x| < limit, else to b.
	choose(abs, limit, a, b, to VecVirtual)
}

func layers() {
	for _, l := range []lanes{halved{}, whole{}} {
		gruForward(l)
		gruBackward(l)
		normForward(l)
		normBackward(l)
		softmaxForward(l)
		softmaxBackward(l)
		adam(l)
		addTo(l)
		mulTo(l)
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

// along loops over n elements, 16 at a time; body does one half. at gives the
// place of the half in a row, plus an offset of bytes in a register.
func along(l lanes, label string, n Register, rows []row, body func(half int, m Register)) {
	left := GP64()
	moving := make([]Register, len(rows))
	for i, r := range rows {
		moving[i] = r.at
	}
	MOVQ(n, left)
	TESTQ(left, left)
	JLE(LabelRef(label + "End"))
	Label(label)
	for half := range l.halves() {
		body(half, l.mask(left, half))
	}
	for _, r := range moving {
		ADDQ(Imm(64), r)
	}
	SUBQ(Imm(16), left)
	JG(LabelRef(label))
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

// exponential sets x to e^x within 2 units in the last place, for x from lowest to
// 88.3 (Cephes' polynomial); the caller sees to the bounds.
func exponential(l lanes, x VecVirtual) {
	n, y := l.vec(), constant(l, 1.9875691500e-4)
	VMULPS(constant(l, math.Log2E), x, n)
	l.round(n, n)
	VFNMADD231PS(constant(l, 0.693359375), n, x)
	VFNMADD231PS(constant(l, -2.12194440e-4), n, x)
	for _, c := range []float64{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		VFMADD213PS(constant(l, c), x, y)
	}
	square := l.vec()
	VMULPS(x, x, square)
	VFMADD213PS(x, square, y)
	VADDPS(constant(l, 1), y, y)
	VCVTPS2DQ(n, n)
	VPADDD(constantBits(l, 127), n, n)
	VPSLLD(Imm(23), n, n)
	VMULPS(n, y, x)
}

// most is where 1+e^x is e^x, and the product of two of them is far from infinite.
const most = 40

// sigmoids sets x to 1/(1+e^−y) and y to 1/(1+e^−x), by one division: the inverse
// of the product times either.
func sigmoids(l lanes, x, y VecVirtual) {
	one := constant(l, 1)
	for _, v := range []VecVirtual{x, y} {
		VSUBPS(v, constant(l, 0), v)
		VMAXPS(v, constant(l, lowest), v) // a NaN stays: it is the second operand
		VMINPS(v, constant(l, most), v)
		exponential(l, v)
		VADDPS(one, v, v)
	}
	share := l.vec()
	VMULPS(x, y, share)
	VDIVPS(share, one, share)
	VMULPS(share, x, x)
	VMULPS(share, y, y)
}

// hyperbolic sets x to tanh x: by a polynomial below 0.625, else by e^2|x|.
func hyperbolic(l lanes, x VecVirtual) {
	abs, sign, e := l.vec(), l.vec(), l.vec()
	l.and(constantBits(l, 0x7fffffff), x, abs)
	l.and(constantBits(l, 0x80000000), x, sign)
	VADDPS(abs, abs, e)
	VMINPS(e, constant(l, most), e)
	exponential(l, e)
	one := constant(l, 1)
	VADDPS(one, e, e)
	two := constant(l, 2)
	VDIVPS(e, two, e)
	VSUBPS(e, one, e)
	l.or(sign, e, e)
	square, p := l.vec(), constant(l, -5.70498872745e-3)
	VMULPS(x, x, square)
	for _, c := range []float64{2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1} {
		VFMADD213PS(constant(l, c), square, p)
	}
	VMULPS(square, p, p)
	VFMADD213PS(x, x, p)
	l.choose(abs, constant(l, 0.625), p, e, x)
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
	along(l, "unit", n, []row{h, gates, bias, prev}, func(half int, m Register) {
		sum := func(which int) VecVirtual {
			v, b := l.load(gate(gates, which, half), m), l.load(gate(bias, which, half), m)
			VADDPS(b, v, v)
			return v
		}
		z, r := sum(0), sum(1)
		sigmoids(l, z, r) // each is now the other's
		l.store(r, gate(gates, 0, half), m)
		l.store(z, gate(gates, 1, half), m)
		g := sum(3)
		l.store(g, gate(gates, 3, half), m)
		fresh := sum(2)
		VFMADD231PS(g, r, fresh)
		hyperbolic(l, fresh)
		l.store(fresh, gate(gates, 2, half), m)
		old := l.load(prev.half(half), m)
		VSUBPS(fresh, old, old)
		VFMADD231PS(old, z, fresh)
		l.store(fresh, h.half(half), m)
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
