package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// avx2 goes through a row 8 columns at a time, and masks the last.
type avx2 struct{}

// sumOfEight adds the lanes of y as total does and stores the sum at dst.
func sumOfEight(y VecVirtual, dst Register) {
	high, low := XMM(), y.AsX()
	VEXTRACTF128(Imm(1), y, high)
	VADDPS(high, low, low)
	VMOVHLPS(low, low, high)
	VADDPS(high, low, low)
	VMOVSHDUP(low, high)
	VADDSS(high, low, low)
	VMOVSS(low, Mem{Base: dst})
}

// maskTable holds 8 set and 8 clear lanes; a mask of the lowest n lanes begins
// at lane 8 - n.
func maskTable() Mem {
	t := GLOBL("laneMasks", RODATA|NOPTR)
	for i := range 16 {
		v := U32(0)
		if i < 8 {
			v = ^v
		}
		DATA(4*i, v)
	}
	return t
}

var table *Mem

// laneMask returns the mask of the lowest n (0 to 8) lanes.
func laneMask(n Register) VecVirtual {
	if table == nil {
		t := maskTable()
		table = &t
	}
	m, from, back := YMM(), GP64(), GP64()
	LEAQ(*table, from)
	MOVQ(n, back)
	NEGQ(back)
	VMOVDQU(Mem{Base: from, Index: back, Scale: 4, Disp: 32}, m)
	return m
}

func (avx2) dotRows() {
	TEXT("dotRowsAVX2", NOSPLIT, "func(dst, x, m []float32, stride int, rows []int32)")
	Pragma("noescape")
	Doc("dotRowsAVX2 is dotRowsGo.")
	l := loadRows()
	dst := Load(Param("dst").Base(), GP64())
	x := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	whole, first, second, zero := GP64(), GP64(), GP64(), GP64()
	Comment("Of the last n%16 columns, up to 8 go to the lower lanes, the rest to the upper.")
	XORQ(zero, zero)
	MOVQ(n, second)
	ANDQ(Imm(15), second)
	MOVQ(U64(8), first)
	CMPQ(second, first)
	CMOVQLT(second, first)
	SUBQ(Imm(8), second)
	CMOVQLT(zero, second)
	lower, upper := laneMask(first), laneMask(second)
	MOVQ(n, whole)
	SHRQ(Imm(4), whole)
	l.each("row", func(row Register) {
		acc := [2]VecVirtual{YMM(), YMM()}
		masks := [2]VecVirtual{lower, upper}
		for _, s := range acc {
			VXORPS(s, s, s)
		}
		at, left := GP64(), GP64()
		MOVQ(x, at)
		MOVQ(whole, left)
		TESTQ(left, left)
		JZ(LabelRef("tail"))
		Label("chunk")
		for i, s := range acc {
			v := YMM()
			VMOVUPS(Mem{Base: at, Disp: 32 * i}, v)
			VMULPS(Mem{Base: row, Disp: 32 * i}, v, v)
			VADDPS(v, s, s)
		}
		ADDQ(Imm(64), at)
		ADDQ(Imm(64), row)
		DECQ(left)
		JNZ(LabelRef("chunk"))
		Label("tail")
		for i, s := range acc {
			v, w := YMM(), YMM()
			VMASKMOVPS(Mem{Base: at, Disp: 32 * i}, masks[i], v)
			VMASKMOVPS(Mem{Base: row, Disp: 32 * i}, masks[i], w)
			VMULPS(w, v, v)
			VADDPS(v, s, v)
			Comment("Adding 0 to the other lanes would turn -0 to 0.")
			VBLENDVPS(masks[i], v, s, s)
		}
		VADDPS(acc[1], acc[0], acc[0])
		sumOfEight(acc[0], dst)
		ADDQ(Imm(4), dst)
	})
	VZEROUPPER()
	RET()
}

// columns runs whole for each 8 of n columns and part for the rest, which may be
// none: offset holds the bytes before them.
func columns(name string, n Register, body func(offset Register, load func(base Register) VecVirtual, store func(v VecVirtual, base Register)), mask VecVirtual) {
	offset, left := GP64(), GP64()
	XORQ(offset, offset)
	MOVQ(n, left)
	SUBQ(Imm(8), left)
	JLT(LabelRef(name + "Tail"))
	Label(name)
	body(offset, func(base Register) VecVirtual {
		v := YMM()
		VMOVUPS(Mem{Base: base, Index: offset, Scale: 1}, v)
		return v
	}, func(v VecVirtual, base Register) {
		VMOVUPS(v, Mem{Base: base, Index: offset, Scale: 1})
	})
	ADDQ(Imm(32), offset)
	SUBQ(Imm(8), left)
	JGE(LabelRef(name))
	Label(name + "Tail")
	body(offset, func(base Register) VecVirtual {
		v := YMM()
		VMASKMOVPS(Mem{Base: base, Index: offset, Scale: 1}, mask, v)
		return v
	}, func(v VecVirtual, base Register) {
		VMASKMOVPS(v, mask, Mem{Base: base, Index: offset, Scale: 1})
	})
}

// lastMask returns the mask of the last n%8 columns.
func lastMask(n Register) VecVirtual {
	last := GP64()
	MOVQ(n, last)
	ANDQ(Imm(7), last)
	return laneMask(last)
}

func (avx2) axpy() {
	TEXT("axpyAVX2", NOSPLIT, "func(y []float32, alpha float32, x []float32)")
	Pragma("noescape")
	Doc("axpyAVX2 is axpyGo.")
	y := Load(Param("y").Base(), GP64())
	x := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	a := YMM()
	VBROADCASTSS(NewParamAddr("alpha", 24), a)
	columns("chunk", n, func(_ Register, load func(Register) VecVirtual, store func(VecVirtual, Register)) {
		v := load(x)
		VMULPS(v, a, v)
		VADDPS(load(y), v, v)
		store(v, y)
	}, lastMask(n))
	VZEROUPPER()
	RET()
}

func (avx2) sumRows() {
	TEXT("sumRowsAVX2", NOSPLIT, "func(dst, m []float32, stride int, rows []int32)")
	Pragma("noescape")
	Doc("sumRowsAVX2 is sumRowsGo.")
	dst := Load(Param("dst").Base(), GP64())
	n := Load(Param("dst").Len(), GP64())
	mask := lastMask(n)
	zero := YMM()
	VXORPS(zero, zero, zero)
	columns("clear", n, func(_ Register, _ func(Register) VecVirtual, store func(VecVirtual, Register)) {
		store(zero, dst)
	}, mask)
	loadRows().each("row", func(row Register) {
		columns("chunk", n, func(_ Register, load func(Register) VecVirtual, store func(VecVirtual, Register)) {
			v := load(row)
			VADDPS(v, load(dst), v)
			store(v, dst)
		}, mask)
	})
	VZEROUPPER()
	RET()
}

func (avx2) addRows() {
	TEXT("addRowsAVX2", NOSPLIT, "func(m []float32, stride int, rows []int32, x []float32)")
	Pragma("noescape")
	Doc("addRowsAVX2 is addRowsGo.")
	x := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	mask := lastMask(n)
	loadRows().each("row", func(row Register) {
		columns("chunk", n, func(_ Register, load func(Register) VecVirtual, store func(VecVirtual, Register)) {
			v := load(row)
			VADDPS(load(x), v, v)
			store(v, row)
		}, mask)
	})
	VZEROUPPER()
	RET()
}

func (avx2) updateRows() {
	TEXT("updateRowsAVX2", NOSPLIT, "func(m []float32, stride int, rows []int32, alpha, x, grad []float32)")
	Pragma("noescape")
	Doc("updateRowsAVX2 is updateRowsGo.")
	x := Load(Param("x").Base(), GP64())
	grad := Load(Param("grad").Base(), GP64())
	alpha := Load(Param("alpha").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	mask := lastMask(n)
	loadRows().each("row", func(row Register) {
		a := YMM()
		VBROADCASTSS(Mem{Base: alpha}, a)
		columns("chunk", n, func(_ Register, load func(Register) VecVirtual, store func(VecVirtual, Register)) {
			r, g, t := load(row), load(grad), YMM()
			VMULPS(r, a, t)
			VADDPS(t, g, g)
			store(g, grad)
			v := load(x)
			VMULPS(v, a, v)
			VADDPS(v, r, r)
			store(r, row)
		}, mask)
		ADDQ(Imm(4), alpha)
	})
	VZEROUPPER()
	RET()
}
