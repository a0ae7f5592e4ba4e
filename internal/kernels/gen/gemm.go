package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A tile of C (rows, up to 32) stays in registers while the loop goes over k: at
// each k the vectors of B's panel, two or for narrow tiles one, meet one broadcast
// element of A a row.
const (
	gemmPanel   = 32 // columns of a packed panel
	gemmRows512 = 14 // 28 sums, 2 vectors of B, 2 broadcasts
	gemmRows2   = 6  // 12 sums, 2 vectors of B, 1 broadcast: half a panel
)

const gemmSignature = "func(k int, a *float32, row, col, next int, b, c *float32, ldc, cols, accumulate, tiles int)"

// gemm writes one function for each number of rows.
func gemm() {
	for rows := 1; rows <= gemmRows2; rows++ {
		gemmTile(gemmAVX2{}, rows, 2)
		gemmTile(gemmAVX2{}, rows, 1)
	}
	for rows := 1; rows <= gemmRows512; rows++ {
		gemmTile(gemmAVX512{}, rows, 2)
	}
	gemmTranspose()
	gemmBands()
	gemmBandsAVX2()
	gemmPanels(gemmAVX2{}, []VecPhysical{Y0, Y1, Y2, Y3})
	gemmPanels(gemmAVX512{}, []VecPhysical{Z0, Z1})
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
	slowMasks() bool // whether tiles of full width go without
}

// gemmTile writes C = or += A·B for tiles of that many rows and cols columns, one
// below the other in C and next bytes apart in A; row, col and ldc are in bytes.
// What changes from tile to tile is kept in the arguments' place: the loop needs
// the registers.
func gemmTile(isa gemmISA, rows, halves int) {
	name, doc := fmt.Sprintf("gemm%d%s", rows, isa.name()), fmt.Sprintf("computes tiles of %d rows", rows)
	if halves == 1 {
		name, doc = fmt.Sprintf("gemm%dNarrow%s", rows, isa.name()), doc+" and one vector"
	}
	TEXT(name, NOSPLIT, gemmSignature)
	Pragma("noescape")
	Doc(name + " " + doc + ".")
	Label("tile")
	accumulate := Load(Param("accumulate"), GP64())
	TESTQ(accumulate, accumulate)
	JNZ(LabelRef("add"))
	each := func(f func(row, half int)) {
		for row := range rows {
			for half := range halves {
				f(row, half)
			}
		}
	}
	each(func(row, half int) { isa.zero(isa.sum(row, half)) })
	JMP(LabelRef("start"))
	Label("add")
	forRowsOfC("load", isa, rows, halves, func(half, row int, at Mem) { isa.load(at, half, isa.sum(row, half)) },
		func(half, row int, at Mem) { VMOVUPS(at, isa.sum(row, half)) })

	Label("start")
	k := Load(Param("k"), GP64())
	TESTQ(k, k)
	JZ(LabelRef("store"))
	a := newRowsOfA(rows)
	col := Load(Param("col"), GP64())
	b := Load(Param("b"), GP64())
	Label("loop")
	for half := range halves {
		VMOVUPS(Mem{Base: b, Disp: half * isa.bytes()}, isa.vector(half))
	}
	for row := range rows {
		VBROADCASTSS(a.at(row), isa.element(row))
		for half := range halves {
			VFMADD231PS(isa.vector(half), isa.element(row), isa.sum(row, half))
		}
	}
	ADDQ(col, a.base)
	ADDQ(Imm(4*gemmPanel), b)
	DECQ(k)
	JNZ(LabelRef("loop"))

	Label("store")
	forRowsOfC("stored", isa, rows, halves, func(half, row int, at Mem) { isa.store(isa.sum(row, half), half, at) },
		func(half, row int, at Mem) { VMOVUPS(isa.sum(row, half), at) })
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

// forRowsOfC calls masked with the place of each half row of the tile, the first
// halves first. Where masks are slow, tiles of full width run whole instead.
func forRowsOfC(label string, isa gemmISA, rows, halves int, masked, whole func(half, row int, at Mem)) {
	ldc := Load(Param("ldc"), GP64())
	way := func(half int, body func(half, row int, at Mem)) {
		c := Load(Param("c"), GP64())
		for row := range rows {
			body(half, row, Mem{Base: c, Disp: half * isa.bytes()})
			if row < rows-1 {
				ADDQ(ldc, c)
			}
		}
	}
	if isa.slowMasks() {
		CMPQ(place("cols"), Imm(uint64(halves*isa.bytes()/4)))
		JLT(LabelRef(label + "Masked"))
		for half := range halves {
			way(half, whole)
		}
		JMP(LabelRef(label + "End"))
		Label(label + "Masked")
	}
	for half := range halves {
		isa.mask(half)
		way(half, masked)
	}
	if isa.slowMasks() {
		Label(label + "End")
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

func (gemmAVX512) name() string    { return "AVX512" }
func (gemmAVX512) bytes() int      { return 64 }
func (gemmAVX512) slowMasks() bool { return false }
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

func (gemmAVX2) name() string    { return "AVX2" }
func (gemmAVX2) bytes() int      { return 32 }
func (gemmAVX2) slowMasks() bool { return true } // a masked store takes 12 cycles on Zen
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
