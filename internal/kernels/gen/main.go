// Command gen writes the assembly of package kernels, a group of functions a file:
// run `go generate` there.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	group := flag.String("group", "rows", "rows, gemm or layers") // the other flags are avo's
	flag.Parse()
	write, ok := map[string]func(){"rows": rows, "gemm": gemm, "layers": layers}[*group]
	if !ok {
		log.Fatalf("gen: no group %q", *group)
	}
	ConstraintExpr("!noasm")
	write()
	Generate()
}

// rows writes the loops on rows of a matrix.
func rows() {
	for _, isa := range []target{avx2{}, avx512{}} {
		isa.dotRows()
		isa.axpy()
		isa.sumRows()
		isa.addRows()
		isa.updateRows()
	}
	prefetch()
}

// target writes the kernels for one instruction set.
type target interface {
	dotRows()
	axpy()
	sumRows()
	addRows()
	updateRows()
}

// rowLoop runs body for each row number in rows, with a register that holds the
// row's address.
type rowLoop struct {
	base, stride, rows, count Register // stride in bytes
}

// loadRows loads the parameters m, stride and rows.
func loadRows() rowLoop {
	l := rowLoop{base: Load(Param("m").Base(), GP64()), stride: Load(Param("stride"), GP64())}
	SHLQ(Imm(2), l.stride)
	l.rows = Load(Param("rows").Base(), GP64())
	l.count = Load(Param("rows").Len(), GP64())
	return l
}

// each emits the loop; its labels begin with name. The loop counts down, and
// leaves rows behind the last.
func (l rowLoop) each(name string, body func(row Register)) {
	TESTQ(l.count, l.count)
	JZ(LabelRef(name + "Done"))
	Label(name)
	row := GP64()
	MOVLQSX(Mem{Base: l.rows}, row)
	IMULQ(l.stride, row)
	ADDQ(l.base, row)
	body(row)
	ADDQ(Imm(4), l.rows)
	DECQ(l.count)
	JNZ(LabelRef(name))
	Label(name + "Done")
}

// prefetch asks for the cache lines of rows that will be needed soon.
func prefetch() {
	TEXT("prefetchRows", NOSPLIT, "func(m []float32, stride, cols int, rows []int32)")
	Pragma("noescape")
	Doc("prefetchRows asks for the cache lines of the rows; it changes nothing.")
	l := loadRows()
	bytes := Load(Param("cols"), GP64())
	SHLQ(Imm(2), bytes)
	l.each("row", func(row Register) {
		end := GP64()
		LEAQ(Mem{Base: row, Index: bytes, Scale: 1}, end)
		Label("line")
		PREFETCHT0(Mem{Base: row})
		ADDQ(Imm(64), row)
		CMPQ(row, end)
		JLT(LabelRef("line"))
	})
	RET()
}
