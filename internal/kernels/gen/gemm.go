package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A tile of C (rows, up to 32) stays in registers while the loop goes over k: at
// each k two vectors of B's panel meet one broadcast element of A a row.
const (
	gemmPanel   = 32 // columns of a packed panel
	gemmRows512 = 14 // 28 sums, 2 vectors of B, 2 broadcasts
	gemmRows2   = 6  // 12 sums, 2 vectors of B, 1 broadcast: half a panel
)

const gemmSignature = "func(k int, a *float32, row, col, next int, b, c *float32, ldc, cols, accumulate, tiles int)"

// gemm writes one function for each number of rows.
func gemm() {
	for rows := 1; rows <= gemmRows2; rows++ {
		gemmTile(gemmAVX2{}, rows)
	}
	for rows := 1; rows <= gemmRows512; rows++ {
		gemmTile(gemmAVX512{}, rows)
	}
	gemmTranspose()
	gemmBands()
	gemmPanels()
}

// gemmISA is what differs between the instruction sets.
type gemmISA interface {
	name() string
	sum(row, half int) VecPhysical
	vector(half int) VecPhysical // of B
	element(row int) VecPhysical // of A, broadcast
	bytes() int                  // of a vector
	mask(half int)               // the columns that exist, for load and store
	load(from Mem, half int, v VecPhysical)
	store(v VecPhysical, half int, to Mem)
	zero(v VecPhysical)
}

// gemmTile writes C = or += A·B for tiles of that many rows and cols columns, one
// below the other in C and next bytes apart in A; row, col and ldc are in bytes.
// What changes from tile to tile is kept in the arguments' place: the loop needs
// the registers.
func gemmTile(isa gemmISA, rows int) {
	TEXT(fmt.Sprintf("gemm%d%s", rows, isa.name()), NOSPLIT, gemmSignature)
	Pragma("noescape")
	Doc(fmt.Sprintf("gemm%d%s computes tiles of %d rows.", rows, isa.name(), rows))
	Label("tile")
	accumulate := Load(Param("accumulate"), GP64())
	TESTQ(accumulate, accumulate)
	JNZ(LabelRef("add"))
	each := func(f func(row, half int)) {
		for row := range rows {
			for half := range 2 {
				f(row, half)
			}
		}
	}
	each(func(row, half int) { isa.zero(isa.sum(row, half)) })
	JMP(LabelRef("start"))
	Label("add")
	forRowsOfC(isa, rows, func(half, row int, at Mem) { isa.load(at, half, isa.sum(row, half)) })

	Label("start")
	k := Load(Param("k"), GP64())
	TESTQ(k, k)
	JZ(LabelRef("store"))
	a := newRowsOfA(rows)
	col := Load(Param("col"), GP64())
	b := Load(Param("b"), GP64())
	Label("loop")
	for half := range 2 {
		VMOVUPS(Mem{Base: b, Disp: half * isa.bytes()}, isa.vector(half))
	}
	for row := range rows {
		VBROADCASTSS(a.at(row), isa.element(row))
		for half := range 2 {
			VFMADD231PS(isa.vector(half), isa.element(row), isa.sum(row, half))
		}
	}
	ADDQ(col, a.base)
	ADDQ(Imm(4*gemmPanel), b)
	DECQ(k)
	JNZ(LabelRef("loop"))

	Label("store")
	forRowsOfC(isa, rows, func(half, row int, at Mem) { isa.store(isa.sum(row, half), half, at) })
	advance("a", Load(Param("next"), GP64()))
	height := Load(Param("ldc"), GP64())
	IMUL3Q(Imm(uint64(rows)), height, height)
	advance("c", height)
	DECQ(place("tiles"))
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// place is where an argument lies.
func place(name string) Mem {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

func advance(name string, by Register) { ADDQ(by, place(name)) }

// forRowsOfC calls body with the place of each half row of the tile, the first
// halves first.
func forRowsOfC(isa gemmISA, rows int, body func(half, row int, at Mem)) {
	ldc := Load(Param("ldc"), GP64())
	for half := range 2 {
		isa.mask(half)
		c := Load(Param("c"), GP64())
		for row := range rows {
			body(half, row, Mem{Base: c, Disp: half * isa.bytes()})
			if row < rows-1 {
				ADDQ(ldc, c)
			}
		}
	}
}

// rowsOfA addresses rows by one base and odd multiples of the rows' distance,
// which the addressing mode scales by 1, 2, 4 and 8.
type rowsOfA struct {
	base Register
	odd  map[int]Register
}

func newRowsOfA(rows int) rowsOfA {
	r := rowsOfA{base: Load(Param("a"), GP64()), odd: map[int]Register{1: Load(Param("row"), GP64())}}
	for odd := 3; odd < rows; odd += 2 {
		r.odd[odd] = GP64()
		LEAQ(Mem{Base: r.odd[odd-2], Index: r.odd[1], Scale: 2}, r.odd[odd])
	}
	return r
}

func (r rowsOfA) at(row int) Mem {
	if row == 0 {
		return Mem{Base: r.base}
	}
	scale := 1
	for row%2 == 0 {
		row, scale = row/2, scale*2
	}
	return Mem{Base: r.base, Index: r.odd[row], Scale: uint8(scale)}
}

type gemmAVX512 struct{}

func (gemmAVX512) name() string { return "AVX512" }
func (gemmAVX512) bytes() int   { return 64 }
func (gemmAVX512) sum(row, half int) VecPhysical {
	return []VecPhysical{
		Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13,
		Z14, Z15, Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27,
	}[2*row+half]
}
func (gemmAVX512) vector(half int) VecPhysical { return []VecPhysical{Z28, Z29}[half] }
func (gemmAVX512) element(row int) VecPhysical { return []VecPhysical{Z30, Z31}[row%2] }
func (gemmAVX512) zero(v VecPhysical)          { VPXORQ(v, v, v) }

// mask sets K1 to the lowest min(cols, 16) or max(cols-16, 0) lanes: a half of the
// bits below 2^cols.
func (gemmAVX512) mask(half int) {
	bits := GP64()
	MOVQ(U64(1), bits)
	SHLXQ(Load(Param("cols"), GP64()), bits, bits)
	DECQ(bits)
	if half == 1 {
		SHRQ(Imm(16), bits)
	}
	KMOVW(bits.As32(), K1)
}

func (gemmAVX512) load(from Mem, _ int, v VecPhysical) { VMOVUPS_Z(from, K1, v) }
func (gemmAVX512) store(v VecPhysical, _ int, to Mem)  { VMOVUPS(v, K1, to) }

type gemmAVX2 struct{}

func (gemmAVX2) name() string { return "AVX2" }
func (gemmAVX2) bytes() int   { return 32 }
func (gemmAVX2) sum(row, half int) VecPhysical {
	return []VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11}[2*row+half]
}
func (gemmAVX2) vector(half int) VecPhysical { return []VecPhysical{Y12, Y13}[half] }
func (gemmAVX2) element(int) VecPhysical     { return Y14 }
func (gemmAVX2) zero(v VecPhysical)          { VXORPS(v, v, v) }

// mask sets Y15 to the lowest min(max(cols-8·half, 0), 8) lanes.
func (gemmAVX2) mask(half int) {
	n, low, high, from := Load(Param("cols"), GP64()), GP64(), GP64(), GP64()
	XORQ(low, low)
	MOVQ(U64(8), high)
	SUBQ(Imm(uint64(8*half)), n)
	CMOVQLT(low, n)
	CMPQ(n, high)
	CMOVQGT(high, n)
	if table == nil {
		t := maskTable()
		table = &t
	}
	LEAQ(*table, from)
	NEGQ(n)
	VMOVDQU(Mem{Base: from, Index: n, Scale: 4, Disp: 32}, Y15)
}

func (gemmAVX2) load(from Mem, _ int, v VecPhysical) { VMASKMOVPS(from, Y15, v) }
func (gemmAVX2) store(v VecPhysical, _ int, to Mem)  { VMASKMOVPS(v, Y15, to) }

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

// gemmPanels writes the packing of a right operand: rows are read from left to
// right, in pieces of a panel's width, and added up where sums are asked for.
func gemmPanels() {
	TEXT("panelsAVX512", NOSPLIT, "func(dst, src *float32, ld, k, panels int, sums *float32)")
	Pragma("noescape")
	Doc("panelsAVX512 sets dst[(panel*k+x)*32+j] to src[x*ld+panel*32+j] for x < k, j < 32, and adds it to sums[panel*32+j] unless that is nil; ld in bytes.")
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
		for half, v := range []VecPhysical{Z0, Z1} {
			VMOVUPS(Mem{Base: from, Disp: 64 * half}, v)
			VMOVUPS(v, Mem{Base: to, Disp: 64 * half})
			if summed {
				VADDPS(Mem{Base: sum, Disp: 64 * half}, v, v)
				VMOVUPS(v, Mem{Base: sum, Disp: 64 * half})
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
