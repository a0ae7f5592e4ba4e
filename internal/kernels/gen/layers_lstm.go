package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// gateRow is where the gates of a paper lie, H floats after H floats.
type gateRow struct {
	row
	one, three Register // bytes of one and of three gates
}

// gateBytes returns the bytes of one gate of n units and of three.
func gateBytes(n Register) (one, three Register) {
	one, three = GP64(), GP64()
	LEAQ(Mem{Base: n, Index: n, Scale: 1}, one)
	ADDQ(one, one)
	LEAQ(Mem{Base: one, Index: one, Scale: 2}, three)
	return one, three
}

// at is gate 0 to 4: i, f, g, o, tanh c.
func (g gateRow) at(which, half int) Mem {
	switch which {
	case 1:
		return g.behind(g.one, 1, half)
	case 2:
		return g.behind(g.one, 2, half)
	case 3:
		return g.behind(g.three, 1, half)
	case 4:
		return g.behind(g.one, 4, half)
	}
	return g.half(half)
}

// sigmoid sets every x to 1/(1+e^−x).
func sigmoid(l lanes, xs ...VecVirtual) {
	for _, x := range xs {
		VSUBPS(x, constant(l, 0), x)
		VMAXPS(x, constant(l, lowest), x)
		VMINPS(x, constant(l, most), x)
	}
	exponentials(l, xs...)
	one := constant(l, 1)
	for _, x := range xs {
		VADDPS(one, x, x)
		VDIVPS(x, one, x)
	}
}

func lstmForward(l lanes) {
	TEXT("lstmForward"+l.name(), NOSPLIT, "func(h, c, gates, bias, cprev *float32, n int)")
	Pragma("noescape")
	Doc("lstmForward" + l.name() + " is lstmForwardGo.")
	n := Load(Param("n"), GP64())
	one, three := gateBytes(n)
	// sums returns a gate with its bias.
	sums := func(gates, bias gateRow, which int, parts []part) []VecVirtual {
		var out []VecVirtual
		for _, p := range parts {
			v := l.load(gates.at(which, p.half), p.mask)
			VADDPS(l.load(bias.at(which, p.half), p.mask), v, v)
			out = append(out, v)
		}
		return out
	}
	rows := func() (gates, bias gateRow) {
		return gateRow{param("gates"), one, three}, gateRow{param("bias"), one, three}
	}
	Comment("Several short chains wait less than a long one.")
	gates, bias := rows()
	inStep(l, "gate", n, []row{gates.row, bias.row}, 2, func(parts []part) {
		f, i := sums(gates, bias, 0, parts), sums(gates, bias, 1, parts)
		sigmoids(l, f, i) // each is now the other's
		for k, p := range parts {
			l.store(i[k], gates.at(0, p.half), p.mask)
			l.store(f[k], gates.at(1, p.half), p.mask)
		}
	})
	gates, bias = rows()
	inStep(l, "output", n, []row{gates.row, bias.row}, 4, func(parts []part) {
		o := sums(gates, bias, 3, parts)
		sigmoid(l, o...)
		for k, p := range parts {
			l.store(o[k], gates.at(3, p.half), p.mask)
		}
	})
	gates, bias = rows()
	c, prev := param("c"), param("cprev")
	inStep(l, "cell", n, []row{gates.row, bias.row, c, prev}, 4, func(parts []part) {
		g := sums(gates, bias, 2, parts)
		hyperbolics(l, g...)
		for k, p := range parts {
			l.store(g[k], gates.at(2, p.half), p.mask)
			VMULPS(l.load(gates.at(0, p.half), p.mask), g[k], g[k])
			VFMADD231PS(l.load(gates.at(1, p.half), p.mask), l.load(prev.half(p.half), p.mask), g[k])
			l.store(g[k], c.half(p.half), p.mask)
		}
	})
	gates, _ = rows()
	h := param("h")
	c = param("c")
	inStep(l, "state", n, []row{gates.row, h, c}, 4, func(parts []part) {
		t := vecs(l, len(parts))
		for k, p := range parts {
			t[k] = l.load(c.half(p.half), p.mask)
		}
		hyperbolics(l, t...)
		for k, p := range parts {
			l.store(t[k], gates.at(4, p.half), p.mask)
			VMULPS(l.load(gates.at(3, p.half), p.mask), t[k], t[k])
			l.store(t[k], h.half(p.half), p.mask)
		}
	})
	VZEROUPPER()
	RET()
}

func lstmBackward(l lanes) {
	TEXT("lstmBackward"+l.name(), NOSPLIT, "func(dc, gates, dh, cprev *float32, n int)")
	Pragma("noescape")
	Doc("lstmBackward" + l.name() + " is lstmBackwardGo.")
	dc, dh, prev := param("dc"), param("dh"), param("cprev")
	n := Load(Param("n"), GP64())
	one, three := gateBytes(n)
	gates := gateRow{param("gates"), one, three}
	along(l, "unit", n, []row{dc, gates.row, dh, prev}, func(half int, m Register) {
		unit := constant(l, 1)
		rest := func(x VecVirtual) VecVirtual { // 1−x
			v := l.vec()
			VSUBPS(x, unit, v)
			return v
		}
		falling := func(x VecVirtual) VecVirtual { // 1−x²
			v := l.vec()
			VMOVAPS(unit, v)
			VFNMADD231PS(x, x, v)
			return v
		}
		t, o := l.load(gates.at(4, half), m), l.load(gates.at(3, half), m)
		d := l.load(dh.half(half), m)
		VMULPS(o, d, d) // dh·o
		cell := l.load(dc.half(half), m)
		VFMADD231PS(falling(t), d, cell)
		VMULPS(t, d, d)
		VMULPS(rest(o), d, d)
		l.store(d, gates.at(3, half), m)
		i, g := l.load(gates.at(0, half), m), l.load(gates.at(2, half), m)
		ci, s := l.vec(), l.vec()
		VMULPS(i, cell, ci)
		VMULPS(falling(g), ci, s)
		l.store(s, gates.at(2, half), m)
		VMULPS(g, ci, ci)
		VMULPS(rest(i), ci, ci)
		l.store(ci, gates.at(0, half), m)
		f := l.load(gates.at(1, half), m)
		VMULPS(f, cell, cell)
		l.store(cell, dc.half(half), m)
		VMULPS(l.load(prev.half(half), m), cell, cell)
		VMULPS(rest(f), cell, cell)
		l.store(cell, gates.at(1, half), m)
	})
	VZEROUPPER()
	RET()
}
