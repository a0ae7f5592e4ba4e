package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// avx512 keeps a block of up to 7 registers of 16 columns, one mask each, so that
// rows of 100 columns take one block.
type avx512 struct{}

const (
	wide  = 16 // columns a register
	block = 7  // registers
)

// tailMask returns the mask of the lowest n (0 to 16) lanes.
func tailMask(n Register, k Register) {
	one, count := GP64(), GP64()
	MOVQ(n, count)
	MOVQ(U64(1), one)
	SHLXQ(count, one, one)
	DECQ(one)
	KMOVW(one.(GPVirtual).As32(), k)
}

func (avx512) dotRows() {
	TEXT("dotRowsAVX512", NOSPLIT, "func(dst, x, m []float32, stride int, rows []int32)")
	Pragma("noescape")
	Doc("dotRowsAVX512 is dotRowsGo.")
	l := loadRows()
	dst := Load(Param("dst").Base(), GP64())
	x := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	tail, whole := GP64(), GP64()
	MOVQ(n, tail)
	ANDQ(Imm(wide-1), tail)
	k := K()
	tailMask(tail, k)
	MOVQ(n, whole)
	SHRQ(Imm(4), whole)
	l.each("row", func(row Register) {
		acc, v, w := ZMM(), ZMM(), ZMM()
		VPXORQ(acc, acc, acc)
		at, left := GP64(), GP64()
		MOVQ(x, at)
		MOVQ(whole, left)
		TESTQ(left, left)
		JZ(LabelRef("tail"))
		Label("chunk")
		VMOVUPS(Mem{Base: at}, v)
		VMULPS(Mem{Base: row}, v, v)
		VADDPS(v, acc, acc)
		ADDQ(Imm(64), at)
		ADDQ(Imm(64), row)
		DECQ(left)
		JNZ(LabelRef("chunk"))
		Label("tail")
		VMOVUPS_Z(Mem{Base: at}, k, v)
		VMOVUPS_Z(Mem{Base: row}, k, w)
		VMULPS(w, v, v)
		VADDPS(v, acc, k, acc)
		half := YMM()
		VEXTRACTF64X4(Imm(1), acc, half)
		low := acc.AsY().(VecVirtual)
		VADDPS(half, low, low)
		sumOfEight(low, dst)
		ADDQ(Imm(4), dst)
	})
	VZEROUPPER()
	RET()
}

// blocks runs body for each block of columns with their masks set and offset
// holding the bytes before the block.
func blocks(name string, n Register, body func(offset Register, masks []Register)) {
	masks := make([]Register, block)
	for i := range masks {
		masks[i] = K()
	}
	offset, left := GP64(), GP64()
	XORQ(offset, offset)
	MOVQ(n, left)
	TESTQ(left, left)
	JLE(LabelRef(name + "End"))
	Label(name)
	limit, full := GP64(), GP64()
	MOVQ(U64(wide), full)
	for i, k := range masks {
		// min(max(left - 16·i, 0), 16) lanes
		lanes, zero := GP64(), GP64()
		XORQ(zero, zero)
		MOVQ(left, lanes)
		SUBQ(U32(wide*i), lanes)
		CMOVQLT(zero, lanes)
		MOVQ(full, limit)
		CMPQ(lanes, full)
		CMOVQGT(limit, lanes)
		tailMask(lanes, k)
	}
	body(offset, masks)
	ADDQ(U32(wide*block*4), offset)
	SUBQ(Imm(wide*block), left)
	JG(LabelRef(name))
	Label(name + "End")
}

func at(base Register, i int) Mem { return Mem{Base: base, Disp: 64 * i} }

// atBlock returns a register with base + offset.
func atBlock(base, offset Register) Register {
	p := GP64()
	LEAQ(Mem{Base: base, Index: offset, Scale: 1}, p)
	return p
}

// rowsOfBlock runs body for each row at the block of columns; each block has the
// rows from the start.
func rowsOfBlock(offset Register, body func(row Register)) {
	l := loadRows()
	ADDQ(offset, l.base)
	l.each("row", body)
}

func (avx512) axpy() {
	TEXT("axpyAVX512", NOSPLIT, "func(y []float32, alpha float32, x []float32)")
	Pragma("noescape")
	Doc("axpyAVX512 is axpyGo.")
	y := Load(Param("y").Base(), GP64())
	x := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	a := ZMM()
	VBROADCASTSS(NewParamAddr("alpha", 24), a)
	tail := GP64()
	MOVQ(n, tail)
	ANDQ(Imm(wide-1), tail)
	k := K()
	tailMask(tail, k)
	SHRQ(Imm(4), n)
	v, w := ZMM(), ZMM()
	JZ(LabelRef("tail"))
	Label("chunk")
	VMULPS(Mem{Base: x}, a, v)
	VADDPS(Mem{Base: y}, v, v)
	VMOVUPS(v, Mem{Base: y})
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), y)
	DECQ(n)
	JNZ(LabelRef("chunk"))
	Label("tail")
	VMOVUPS_Z(Mem{Base: x}, k, v)
	VMOVUPS_Z(Mem{Base: y}, k, w)
	VMULPS(v, a, v)
	VADDPS(w, v, v)
	VMOVUPS(v, k, Mem{Base: y})
	VZEROUPPER()
	RET()
}

func vectors(what string) []VecVirtual {
	v := make([]VecVirtual, block)
	for i := range v {
		v[i] = ZMM()
		Comment(fmt.Sprintf("%s, columns %d to %d", what, wide*i, wide*i+wide-1))
	}
	return v
}

func (avx512) sumRows() {
	TEXT("sumRowsAVX512", NOSPLIT, "func(dst, m []float32, stride int, rows []int32)")
	Pragma("noescape")
	Doc("sumRowsAVX512 is sumRowsGo.")
	dst := Load(Param("dst").Base(), GP64())
	n := Load(Param("dst").Len(), GP64())
	blocks("block", n, func(offset Register, masks []Register) {
		sum := vectors("sum")
		for _, s := range sum {
			VPXORQ(s, s, s)
		}
		rowsOfBlock(offset, func(row Register) {
			for i, s := range sum {
				VADDPS(at(row, i), s, masks[i], s)
			}
		})
		out := atBlock(dst, offset)
		for i, s := range sum {
			VMOVUPS(s, masks[i], at(out, i))
		}
	})
	VZEROUPPER()
	RET()
}

func (avx512) addRows() {
	TEXT("addRowsAVX512", NOSPLIT, "func(m []float32, stride int, rows []int32, x []float32)")
	Pragma("noescape")
	Doc("addRowsAVX512 is addRowsGo.")
	x := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	blocks("block", n, func(offset Register, masks []Register) {
		v := vectors("x")
		in := atBlock(x, offset)
		for i, s := range v {
			VMOVUPS_Z(at(in, i), masks[i], s)
		}
		rowsOfBlock(offset, func(row Register) {
			for i, s := range v {
				t := ZMM()
				VMOVUPS_Z(at(row, i), masks[i], t)
				VADDPS(s, t, t)
				VMOVUPS(t, masks[i], at(row, i))
			}
		})
	})
	VZEROUPPER()
	RET()
}

func (avx512) updateRows() {
	TEXT("updateRowsAVX512", NOSPLIT, "func(m []float32, stride int, rows []int32, alpha, x, grad []float32)")
	Pragma("noescape")
	Doc("updateRowsAVX512 is updateRowsGo.")
	x := Load(Param("x").Base(), GP64())
	grad := Load(Param("grad").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	blocks("block", n, func(offset Register, masks []Register) {
		v, g := vectors("x"), vectors("grad")
		in, out := atBlock(x, offset), atBlock(grad, offset)
		for i := range v {
			VMOVUPS_Z(at(in, i), masks[i], v[i])
			VMOVUPS_Z(at(out, i), masks[i], g[i])
		}
		alpha := Load(Param("alpha").Base(), GP64())
		rowsOfBlock(offset, func(row Register) {
			a := ZMM()
			VBROADCASTSS(Mem{Base: alpha}, a)
			for i := range v {
				r, t := ZMM(), ZMM()
				VMOVUPS_Z(at(row, i), masks[i], r)
				VMULPS(r, a, t)
				VADDPS(t, g[i], g[i])
				VMULPS(v[i], a, t)
				VADDPS(t, r, r)
				VMOVUPS(r, masks[i], at(row, i))
			}
			ADDQ(Imm(4), alpha)
		})
		for i := range g {
			VMOVUPS(g[i], masks[i], at(out, i))
		}
	})
	VZEROUPPER()
	RET()
}
