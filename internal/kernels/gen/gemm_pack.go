package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// gemmTranspose writes the step of packing a transposed operand: squares of 16 by
// 16, by shuffles within and between the quarters of a register.
func gemmTranspose() {
	TEXT("transposeAVX512", NOSPLIT, "func(dst *float32, ldd int, src *float32, ld, blocks int)")
	Pragma("noescape")
	Doc("transposeAVX512 sets dst[i*ldd+j] to src[j*ld+i] for j < 16, i < 16*blocks; strides in bytes.")
	low := []VecPhysical{Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15}
	high := []VecPhysical{Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31}
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	ld, blocks := Load(Param("ld"), GP64()), Load(Param("blocks"), GP64())
	ldd := Load(Param("ldd"), GP64())
	four, twelve := GP64(), GP64() // rows
	MOVQ(ldd, four)
	SHLQ(Imm(2), four)
	LEAQ(Mem{Base: four, Index: four, Scale: 2}, twelve)
	Label("block")
	from, to := GP64(), GP64()
	MOVQ(src, from)
	for j := range low {
		VMOVUPS(Mem{Base: from}, low[j])
		if j < 15 {
			ADDQ(ld, from)
		}
	}
	for j := 0; j < 16; j += 2 { // pairs of rows
		VUNPCKLPS(low[j+1], low[j], high[j])
		VUNPCKHPS(low[j+1], low[j], high[j+1])
	}
	for j := 0; j < 16; j += 4 { // column 4·quarter+c of four rows, in low[j+c]
		VUNPCKLPD(high[j+2], high[j], low[j])
		VUNPCKHPD(high[j+2], high[j], low[j+1])
		VUNPCKLPD(high[j+3], high[j+1], low[j+2])
		VUNPCKHPD(high[j+3], high[j+1], low[j+3])
	}
	const even, odd = 0x88, 0xdd // quarters
	for c := range 4 {
		VSHUFF32X4(Imm(even), low[4+c], low[c], high[4*c])
		VSHUFF32X4(Imm(odd), low[4+c], low[c], high[4*c+1])
		VSHUFF32X4(Imm(even), low[12+c], low[8+c], high[4*c+2])
		VSHUFF32X4(Imm(odd), low[12+c], low[8+c], high[4*c+3])
	}
	MOVQ(dst, to)
	for c := range 4 {
		rows := []Mem{{Base: to}, {Base: to, Index: four, Scale: 1}, {Base: to, Index: four, Scale: 2}, {Base: to, Index: twelve, Scale: 1}}
		for quarter, from := range [][3]int{{0, 2, even}, {1, 3, even}, {0, 2, odd}, {1, 3, odd}} {
			column := low[4*c+quarter]
			VSHUFF32X4(Imm(uint64(from[2])), high[4*c+from[1]], high[4*c+from[0]], column)
			VMOVUPS(column, rows[quarter])
		}
		if c < 3 {
			ADDQ(ldd, to)
		}
	}
	ADDQ(Imm(64), src)
	LEAQ(Mem{Base: dst, Index: four, Scale: 4}, dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// gemmBands writes the packing of a transposed left operand: rows are read from
// left to right, in pieces of 14 that go to one band each.
func gemmBands() {
	TEXT("bandsAVX512", NOSPLIT, "func(dst, src *float32, ld, k, bands int)")
	Pragma("noescape")
	Doc("bandsAVX512 sets dst[band*14*k+x*14+i] to src[x*ld+band*14+i] for x < k, i < 14; ld in bytes.")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	ld, k := Load(Param("ld"), GP64()), Load(Param("k"), GP64())
	bands, size, mask := Load(Param("bands"), GP64()), GP64(), GP64()
	MOVQ(U64(1<<gemmRows512-1), mask)
	KMOVW(mask.As32(), K1)
	IMUL3Q(Imm(4*gemmRows512), k, size)
	Label("row")
	from, to, left := GP64(), GP64(), GP64()
	MOVQ(src, from)
	MOVQ(dst, to)
	MOVQ(bands, left)
	Label("band")
	VMOVUPS_Z(Mem{Base: from}, K1, Z0)
	VMOVUPS(Z0, K1, Mem{Base: to})
	ADDQ(Imm(4*gemmRows512), from)
	ADDQ(size, to)
	DECQ(left)
	JNZ(LabelRef("band"))
	ADDQ(ld, src)
	ADDQ(Imm(4*gemmRows512), dst)
	DECQ(k)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// gemmBandsAVX2 does it in pieces of 6, as 4 and 2.
func gemmBandsAVX2() {
	TEXT("bandsAVX2", NOSPLIT, "func(dst, src *float32, ld, k, bands int)")
	Pragma("noescape")
	Doc("bandsAVX2 sets dst[band*6*k+x*6+i] to src[x*ld+band*6+i] for x < k, i < 6; ld in bytes.")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	ld, k := Load(Param("ld"), GP64()), Load(Param("k"), GP64())
	bands, size := Load(Param("bands"), GP64()), GP64()
	IMUL3Q(Imm(4*gemmRows2), k, size)
	Label("row")
	from, to, left, pair := GP64(), GP64(), GP64(), GP64()
	MOVQ(src, from)
	MOVQ(dst, to)
	MOVQ(bands, left)
	Label("band")
	VMOVUPS(Mem{Base: from}, X0)
	MOVQ(Mem{Base: from, Disp: 16}, pair)
	VMOVUPS(X0, Mem{Base: to})
	MOVQ(pair, Mem{Base: to, Disp: 16})
	ADDQ(Imm(4*gemmRows2), from)
	ADDQ(size, to)
	DECQ(left)
	JNZ(LabelRef("band"))
	ADDQ(ld, src)
	ADDQ(Imm(4*gemmRows2), dst)
	DECQ(k)
	JNZ(LabelRef("row"))
	RET()
}

// gemmPanels writes the packing of a right operand: rows are read from left to
// right, in pieces of a panel's width, and added up where sums are asked for.
func gemmPanels(isa gemmISA, vectors []VecPhysical) {
	TEXT("panels"+isa.name(), NOSPLIT, "func(dst, src *float32, ld, k, panels int, sums *float32)")
	Pragma("noescape")
	Doc("panels" + isa.name() + " sets dst[(panel*k+x)*32+j] to src[x*ld+panel*32+j] for x < k, j < 32, and adds it to sums[panel*32+j] unless that is nil; ld in bytes.")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	ld, k := Load(Param("ld"), GP64()), Load(Param("k"), GP64())
	panels, sums, size := Load(Param("panels"), GP64()), Load(Param("sums"), GP64()), GP64()
	MOVQ(k, size)
	SHLQ(Imm(7), size)
	for _, summed := range []bool{true, false} {
		name := "plain"
		if summed {
			name = "summed"
			TESTQ(sums, sums)
			JZ(LabelRef("plainRow"))
		}
		Label(name + "Row")
		from, to, left, sum := GP64(), GP64(), GP64(), GP64()
		MOVQ(src, from)
		MOVQ(dst, to)
		MOVQ(panels, left)
		MOVQ(sums, sum)
		Label(name + "Panel")
		for i, v := range vectors {
			VMOVUPS(Mem{Base: from, Disp: isa.bytes() * i}, v)
			VMOVUPS(v, Mem{Base: to, Disp: isa.bytes() * i})
			if summed {
				VADDPS(Mem{Base: sum, Disp: isa.bytes() * i}, v, v)
				VMOVUPS(v, Mem{Base: sum, Disp: isa.bytes() * i})
			}
		}
		ADDQ(U32(4*gemmPanel), from)
		ADDQ(size, to)
		if summed {
			ADDQ(U32(4*gemmPanel), sum)
		}
		DECQ(left)
		JNZ(LabelRef(name + "Panel"))
		ADDQ(ld, src)
		ADDQ(U32(4*gemmPanel), dst)
		DECQ(k)
		JNZ(LabelRef(name + "Row"))
		VZEROUPPER()
		RET()
	}
}
