package main

import (
	"log"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// zeros returns a sum for each half.
func zeros(l lanes) []VecVirtual {
	out := make([]VecVirtual, l.halves())
	for i := range out {
		out[i] = l.vec()
		VXORPS(out[i].AsX(), out[i].AsX(), out[i].AsX())
	}
	return out
}

// joined reduces the halves and then the lanes by op to one number in all lanes.
func joined(l lanes, halves []VecVirtual, op func(...Op)) VecVirtual {
	low, high := halves[0].AsY().(VecVirtual), YMM()
	x, y := low.AsX().(VecVirtual), XMM()
	if l.halves() == 1 {
		VEXTRACTF64X4(Imm(1), halves[0], high)
		op(high, low, low)
		VEXTRACTF32X4(Imm(1), low, y) // reaches the upper 16 registers
	} else {
		op(halves[1], low, low)
		VEXTRACTF128(Imm(1), low, y)
	}
	op(y, x, x)
	VMOVHLPS(x, x, y)
	op(y, x, x)
	VMOVSHDUP(x, y)
	op(y, x, x)
	out := l.vec()
	VBROADCASTSS(x, out)
	return out
}

// all returns a parameter in all lanes.
func all(l lanes, name string) VecVirtual {
	a, err := Param(name).Resolve()
	if err != nil {
		log.Fatal(err)
	}
	v := l.vec()
	VBROADCASTSS(a.Addr, v) // not Load, whose MOVSS costs a change to SSE and back
	return v
}

// give sets a result.
func give(v VecVirtual, result int) {
	a, err := ReturnIndex(result).Resolve()
	if err != nil {
		log.Fatal(err)
	}
	VMOVSS(v.AsX(), a.Addr)
}

// inverse returns 1/n in all lanes.
func inverse(l lanes, n Register) VecVirtual {
	x, one := XMM(), constant(l, 1)
	VXORPS(x, x, x)
	VCVTSI2SSQ(n, x, x)
	v := l.vec()
	VBROADCASTSS(x, v)
	VDIVPS(v, one, v)
	return v
}

func normForward(l lanes) {
	TEXT("normForward"+l.name(), NOSPLIT, "func(y, x, gamma, beta *float32, n int, eps float32) (mean, rstd float32)")
	Pragma("noescape")
	Doc("normForward" + l.name() + " is normForwardGo.")
	y, x, gamma, beta := param("y"), param("x"), param("gamma"), param("beta")
	n := Load(Param("n"), GP64())
	share := inverse(l, n)
	sums := zeros(l)
	first := fresh(x)
	along(l, "sum", n, first, func(half int, m Register) {
		v := l.load(first[0].half(half), m)
		VADDPS(v, sums[half], sums[half])
	})
	mean := joined(l, sums, VADDPS)
	VMULPS(share, mean, mean)
	squares := zeros(l)
	second := fresh(x)
	along(l, "square", n, second, func(half int, m Register) {
		v := l.load(second[0].half(half), m)
		VSUBPS(mean, v, v)
		l.keep(v, m)
		VFMADD231PS(v, v, squares[half])
	})
	rstd := joined(l, squares, VADDPS)
	VFMADD213PS(all(l, "eps"), share, rstd)
	VSQRTPS(rstd, rstd)
	VDIVPS(rstd, constant(l, 1), rstd)
	along(l, "scale", n, []row{y, x, gamma, beta}, func(half int, m Register) {
		v, g, b := l.load(x.half(half), m), l.load(gamma.half(half), m), l.load(beta.half(half), m)
		VSUBPS(mean, v, v)
		VMULPS(rstd, v, v)
		VFMADD213PS(b, g, v)
		l.store(v, y.half(half), m)
	})
	give(mean, 0)
	give(rstd, 1)
	VZEROUPPER()
	RET()
}

func normBackward(l lanes) {
	TEXT("normBackward"+l.name(), NOSPLIT, "func(dx, dgamma, dbeta, dy, x, gamma *float32, n int, mean, rstd float32)")
	Pragma("noescape")
	Doc("normBackward" + l.name() + " is normBackwardGo.")
	dx, dgamma, dbeta := param("dx"), param("dgamma"), param("dbeta")
	dy, x, gamma := param("dy"), param("x"), param("gamma")
	n := Load(Param("n"), GP64())
	mean, rstd := all(l, "mean"), all(l, "rstd")
	direct, along1 := zeros(l), zeros(l)
	f := fresh(dy, x, gamma)
	along(l, "sum", n, append(f, dgamma, dbeta), func(half int, m Register) {
		d, v := l.load(f[0].half(half), m), l.load(f[1].half(half), m)
		VSUBPS(mean, v, v)
		VMULPS(rstd, v, v)
		t := l.load(dbeta.half(half), m)
		VADDPS(d, t, t)
		l.store(t, dbeta.half(half), m)
		t = l.load(dgamma.half(half), m)
		VFMADD231PS(d, v, t)
		l.store(t, dgamma.half(half), m)
		g := l.load(f[2].half(half), m)
		VMULPS(g, d, d)
		VADDPS(d, direct[half], direct[half])
		VFMADD231PS(d, v, along1[half])
	})
	a, b := joined(l, direct, VADDPS), joined(l, along1, VADDPS)
	share := inverse(l, n)
	VMULPS(share, a, a)
	VMULPS(share, b, b)
	along(l, "gradient", n, []row{dx, dy, x, gamma}, func(half int, m Register) {
		d, v, g := l.load(dy.half(half), m), l.load(x.half(half), m), l.load(gamma.half(half), m)
		VSUBPS(mean, v, v)
		VMULPS(rstd, v, v)
		VMULPS(g, d, d)
		VSUBPS(a, d, d)
		VFNMADD231PS(v, b, d)
		VMULPS(rstd, d, d)
		l.store(d, dx.half(half), m)
	})
	VZEROUPPER()
	RET()
}

func softmaxForward(l lanes) {
	TEXT("softmax"+l.name(), NOSPLIT, "func(x *float32, n int, scale float32)")
	Pragma("noescape")
	Doc("softmax" + l.name() + " is softmaxGo.")
	x, n, scale := param("x"), Load(Param("n"), GP64()), all(l, "scale")
	nothing := constant(l, math.Inf(-1))
	tops := zeros(l)
	for _, v := range tops {
		VMOVAPS(nothing, v)
	}
	f := fresh(x)
	along(l, "most", n, f, func(half int, m Register) {
		v := l.load(f[0].half(half), m)
		VMULPS(scale, v, v)
		l.otherwise(v, nothing, m)
		VMAXPS(tops[half], v, tops[half])
	})
	top := joined(l, tops, VMAXPS)
	sums := zeros(l)
	f = fresh(x)
	inStep(l, "exponential", n, f, 4, func(parts []part) {
		bottom, xs := constant(l, lowest), vecs(l, len(parts))
		for i, p := range parts {
			xs[i] = l.load(f[0].half(p.half), p.mask)
			VFMSUB213PS(top, scale, xs[i])
			VMAXPS(xs[i], bottom, xs[i])
		}
		exponentials(l, xs...)
		for i, p := range parts {
			l.keep(xs[i], p.mask)
			VADDPS(xs[i], sums[p.half%l.halves()], sums[p.half%l.halves()])
			l.store(xs[i], f[0].half(p.half), p.mask)
		}
	})
	share := joined(l, sums, VADDPS)
	VDIVPS(share, constant(l, 1), share)
	along(l, "share", n, []row{x}, func(half int, m Register) {
		v := l.load(x.half(half), m)
		VMULPS(share, v, v)
		l.store(v, x.half(half), m)
	})
	VZEROUPPER()
	RET()
}

func softmaxBackward(l lanes) {
	TEXT("softmaxBackward"+l.name(), NOSPLIT, "func(dp, p *float32, n int, scale float32)")
	Pragma("noescape")
	Doc("softmaxBackward" + l.name() + " is softmaxBackwardGo.")
	dp, p, n, scale := param("dp"), param("p"), Load(Param("n"), GP64()), all(l, "scale")
	sums := zeros(l)
	f := fresh(dp, p)
	along(l, "sum", n, f, func(half int, m Register) {
		d, v := l.load(f[0].half(half), m), l.load(f[1].half(half), m)
		VFMADD231PS(d, v, sums[half])
	})
	sum := joined(l, sums, VADDPS)
	along(l, "gradient", n, []row{dp, p}, func(half int, m Register) {
		d, v := l.load(dp.half(half), m), l.load(p.half(half), m)
		VSUBPS(sum, d, d)
		VMULPS(scale, v, v)
		VMULPS(v, d, d)
		l.store(d, dp.half(half), m)
	})
	VZEROUPPER()
	RET()
}

func adam(l lanes) {
	TEXT("adam"+l.name(), NOSPLIT, "func(value, grad, first, second *float32, n int, numbers *float32)")
	Pragma("noescape")
	Doc("adam" + l.name() + " is adamGo.")
	p, g, first, second := param("value"), param("grad"), param("first"), param("second")
	n, s := Load(Param("n"), GP64()), Load(Param("numbers"), GP64())
	number := func(i int) VecVirtual {
		v := l.vec()
		VBROADCASTSS(Mem{Base: s, Disp: 4 * i}, v)
		return v
	}
	along(l, "element", n, []row{p, g, first, second}, func(half int, m Register) {
		d, a, b := l.load(g.half(half), m), l.load(first.half(half), m), l.load(second.half(half), m)
		t := l.vec()
		VMULPS(number(0), a, a)
		VFMADD231PS(number(1), d, a)
		l.store(a, first.half(half), m)
		VMULPS(d, d, t)
		VMULPS(number(2), b, b)
		VFMADD231PS(number(3), t, b)
		l.store(b, second.half(half), m)
		VSQRTPS(b, t)
		VMULPS(number(4), t, t)
		VADDPS(number(5), t, t)
		VDIVPS(t, a, a)
		w := l.load(p.half(half), m)
		VFNMADD231PS(number(6), a, w)
		l.store(w, p.half(half), m)
	})
	VZEROUPPER()
	RET()
}

func addTo(l lanes) { pairwise(l, "add", VADDPS) }
func mulBy(l lanes) { pairwise(l, "mul", VMULPS) }

func pairwise(l lanes, name string, op func(...Op)) {
	TEXT(name+l.name(), NOSPLIT, "func(y, x *float32, n int)")
	Pragma("noescape")
	Doc(name + l.name() + " is " + name + "Go.")
	y, x, n := param("y"), param("x"), Load(Param("n"), GP64())
	along(l, "element", n, []row{y, x}, func(half int, m Register) {
		v, w := l.load(y.half(half), m), l.load(x.half(half), m)
		op(w, v, v)
		l.store(v, y.half(half), m)
	})
	VZEROUPPER()
	RET()
}

// product writes y = a·b, or y += a·b.
func product(l lanes, accumulate bool) {
	name := "mulTo"
	if accumulate {
		name = "mulAdd"
	}
	TEXT(name+l.name(), NOSPLIT, "func(y, a, b *float32, n int)")
	Pragma("noescape")
	Doc(name + l.name() + " is " + name + "Go.")
	y, a, b, n := param("y"), param("a"), param("b"), Load(Param("n"), GP64())
	along(l, "element", n, []row{y, a, b}, func(half int, m Register) {
		v, w := l.load(a.half(half), m), l.load(b.half(half), m)
		if accumulate {
			sum := l.load(y.half(half), m)
			VFMADD231PS(w, v, sum)
			v = sum
		} else {
			VMULPS(w, v, v)
		}
		l.store(v, y.half(half), m)
	})
	VZEROUPPER()
	RET()
}
