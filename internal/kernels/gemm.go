package kernels

import (
	"fmt"
	"unsafe"
)

// Matrix products. Each element of C is one chain of fused multiply-adds over k
// in ascending order, begun at zero or at C's own value: how the work is cut
// into tiles, blocks and workers does not change a bit. AVX2 and AVX-512 agree
// to the bit; pure Go rounds each product and agrees within rounding.

// panel is how many columns of a right operand lie together.
const panel = 32

// depth is how many k a block has: a panel of a block (32 KiB) stays in the
// first cache while the rows go by.
const depth = 256

// Packed is a right operand (K, N) laid out for Gemm. Its memory is reused by
// the next Pack.
type Packed[T Float] struct {
	k, n int
	data []T // block of depth by block, in each panel by panel (·, 32), the last filled up with zeros
}

// Shape returns K and N.
func (p *Packed[T]) Shape() (k, n int) { return p.k, p.n }

// Pack lays out b (K, N), whose rows are ldb apart.
func (p *Packed[T]) Pack(b []T, k, n, ldb int) { p.PackSum(b, k, n, ldb, nil) }

// PackSum is Pack, and adds the rows of b to sums (N) in their order, unless that
// is nil.
func (p *Packed[T]) PackSum(b []T, k, n, ldb int, sums []T) {
	checkOperand("Pack", len(b), k, n, ldb)
	if sums != nil {
		sums = sums[:n]
	}
	p.resize(k, n)
	for k0 := 0; k0 < k; k0 += depth {
		rows := min(depth, k-k0)
		whole := p.fastPanels(b[k0*ldb:], k0, rows, ldb, sums)
		for j := whole * panel; j < n; j += panel {
			width := min(panel, n-j)
			dst := p.panel(k0, j)
			src := b[k0*ldb+j:]
			for i := range rows {
				row := dst[i*panel : i*panel+panel]
				clear(row[copy(row, src[i*ldb:i*ldb+width]):])
			}
			if sums != nil {
				for i := range rows {
					Add(sums[j:], src[i*ldb:i*ldb+width])
				}
			}
		}
	}
}

// fastPanels packs the panels of full width in one go and returns how many.
func (p *Packed[T]) fastPanels(b []T, k0, rows, ldb int, sums []T) int {
	src, ok := single(b)
	whole := p.n / panel
	if !ok || active.tiles == nil || active.tiles.panels == nil || whole == 0 || rows == 0 {
		return 0
	}
	dst, _ := single(p.panel(k0, 0))
	var sum *float32
	if sums != nil {
		s, _ := single(sums)
		sum = &s[0]
	}
	active.tiles.panels(&dst[0], &src[0], 4*ldb, rows, whole, sum)
	return whole
}

// PackTransposed lays out the transpose of b (N, K), whose rows are ldb apart.
func (p *Packed[T]) PackTransposed(b []T, k, n, ldb int) {
	checkOperand("PackTransposed", len(b), n, k, ldb)
	p.resize(k, n)
	for k0 := 0; k0 < k; k0 += depth {
		rows := min(depth, k-k0)
		for j := 0; j < n; j += panel {
			width := min(panel, n-j)
			dst := p.panel(k0, j)
			if width < panel {
				clear(dst[:rows*panel])
			}
			Transpose(dst, panel, b[j*ldb+k0:], ldb, width, rows)
		}
	}
}

// Transpose sets dst (cols, rows) to the transpose of src (rows, cols); their rows
// are ldd and lds apart.
func Transpose[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	checkOperand("Transpose", len(dst), cols, rows, ldd)
	checkOperand("Transpose", len(src), rows, cols, lds)
	d, ok := single(dst)
	wide, high := rows/16*16, cols/16*16
	if !ok || active.tiles == nil || active.tiles.transpose == nil || wide == 0 || high == 0 {
		transposeGo(dst, ldd, src, lds, 0, rows, 0, cols)
		return
	}
	s, _ := single(src)
	for j := 0; j < wide; j += 16 {
		active.tiles.transpose(&d[j], 4*ldd, &s[j*lds], 4*lds, high/16)
	}
	transposeGo(dst, ldd, src, lds, 0, wide, high, cols)
	transposeGo(dst, ldd, src, lds, wide, rows, 0, cols)
}

func transposeGo[T Float](dst []T, ldd int, src []T, lds, fromRow, toRow, fromCol, toCol int) {
	for j := fromRow; j < toRow; j++ {
		for i := fromCol; i < toCol; i++ {
			dst[i*ldd+j] = src[j*lds+i]
		}
	}
}

func (p *Packed[T]) resize(k, n int) {
	p.k, p.n = k, n
	if size := k * p.panels() * panel; size <= cap(p.data) {
		p.data = p.data[:size]
	} else {
		p.data = make([]T, size)
	}
}

func (p *Packed[T]) panels() int { return (p.n + panel - 1) / panel }

// panel returns the panel of column j in the block of row k0.
func (p *Packed[T]) panel(k0, j int) []T {
	rows := min(depth, p.k-k0)
	return p.data[k0*p.panels()*panel+j*rows:]
}

// Left is a left operand (M, K): element (i, k) is Data[i*Row+k*Col].
type Left[T Float] struct {
	Data     []T
	Row, Col int
}

// Gemm sets c (m, N), whose rows are ldc apart, to A·B, or adds that to c.
func Gemm[T Float](c []T, ldc int, a Left[T], m int, b *Packed[T], accumulate bool) {
	if m == 0 || b.n == 0 {
		return
	}
	checkOperand("Gemm", len(c), m, b.n, ldc)
	if b.k > 0 && (m-1)*a.Row+(b.k-1)*a.Col >= len(a.Data) {
		panic(fmt.Sprintf("kernels: Gemm: left operand (%d, %d) of strides %d and %d in %d elements", m, b.k, a.Row, a.Col, len(a.Data)))
	}
	if b.k == 0 {
		if !accumulate {
			for i := range m {
				clear(c[i*ldc : i*ldc+b.n])
			}
		}
		return
	}
	for k0 := 0; k0 < b.k; k0 += depth {
		rows := min(depth, b.k-k0)
		for j := 0; j < b.n; j += panel {
			tileColumn(c[j:], ldc, Left[T]{a.Data[k0*a.Col:], a.Row, a.Col}, m, b.panel(k0, j), rows, min(panel, b.n-j), accumulate || k0 > 0)
		}
	}
}

// tileColumn does all rows of one panel in one block.
func tileColumn[T Float](c []T, ldc int, a Left[T], m int, b []T, k, cols int, accumulate bool) {
	single32, ok := single(c)
	if !ok || active.tiles == nil {
		for i := range m {
			tileGo(c[i*ldc:i*ldc+cols], a.Data[i*a.Row:], a.Col, b, k, accumulate)
		}
		return
	}
	a32, _ := single(a.Data)
	b32, _ := single(b)
	t := tile{k: k, row: 4 * a.Row, col: 4 * a.Col, b: &b32[0], ldc: 4 * ldc, cols: cols}
	if accumulate {
		t.accumulate = 1
	}
	// Tiles of nearly the same height: some higher by a row, then the others.
	count := (m + active.tiles.rows - 1) / active.tiles.rows
	low := m / count
	high := m - count*low
	at := 0
	for _, part := range [2][2]int{{low + 1, high}, {low, count - high}} {
		t.rows, t.count = part[0], part[1]
		if t.count == 0 {
			continue
		}
		t.a, t.c, t.next = &a32[at*a.Row], &single32[at*ldc], t.rows*t.row
		active.tiles.run(t)
		at += t.rows * t.count
	}
}

// tileGo is the reference for one row.
func tileGo[T Float](c, a []T, col int, b []T, k int, accumulate bool) {
	var sum [panel]T
	if accumulate {
		copy(sum[:], c)
	}
	for i := range k {
		x := a[i*col]
		for j, y := range (*[panel]T)(b[i*panel:]) {
			sum[j] += x * y
		}
	}
	copy(c, sum[:])
}

// tall is how many columns of a transposed left operand lie together: the rows
// of the highest tile.
func tall() int {
	if active.tiles != nil {
		return active.tiles.rows
	}
	return 14
}

// Depth is how many k a Transposed holds.
const Depth = depth

// Transposed is a left operand Aᵀ (M, K), K at most Depth, laid out for Multiply.
// Its memory is reused by the next Pack.
type Transposed[T Float] struct {
	k, m int
	tall int // rows of a band
	data []T // bands of rows of Aᵀ: (K, tall), the last (K, M%tall)
}

// Pack lays out the transpose of a (K, M), whose rows are lda apart.
func (p *Transposed[T]) Pack(a []T, k, m, lda int) {
	checkOperand("Pack", len(a), k, m, lda)
	if k > Depth {
		panic(fmt.Sprintf("kernels: Pack: a depth of %d, at most %d", k, Depth))
	}
	p.k, p.m, p.tall = k, m, tall()
	if p.data == nil || cap(p.data) < k*m {
		p.data = make([]T, Depth*m)
	}
	bands := 0
	if d, ok := single(p.data[:cap(p.data)]); ok && active.tiles != nil && active.tiles.bands != nil && k > 0 {
		s, _ := single(a)
		if bands = m / p.tall; bands > 0 {
			active.tiles.bands(&d[0], &s[0], 4*lda, k, bands)
		}
	}
	for i := bands * p.tall; i < m; i += p.tall {
		width := min(p.tall, m-i)
		dst := p.data[i*k:]
		for x := range k {
			copy(dst[x*width:x*width+width], a[x*lda+i:])
		}
	}
}

// Multiply sets c (M, N), whose rows are ldc apart, to Aᵀ·B, or adds that to c; b
// has the K of the operand.
func (p *Transposed[T]) Multiply(c []T, ldc int, b *Packed[T], accumulate bool) {
	if p.m == 0 || b.n == 0 {
		return
	}
	checkOperand("Multiply", len(c), p.m, b.n, ldc)
	if b.k != p.k {
		panic(fmt.Sprintf("kernels: Multiply: %d rows of A and %d of B", p.k, b.k))
	}
	for j := 0; j < b.n; j += panel {
		p.column(c[j:], ldc, b.panel(0, j), min(panel, b.n-j), accumulate)
	}
}

// column does all bands of one panel.
func (p *Transposed[T]) column(c []T, ldc int, b []T, cols int, accumulate bool) {
	whole := p.m / p.tall
	c32, ok := single(c)
	if !ok || active.tiles == nil || active.tiles.rows < p.tall || whole == 0 {
		whole = 0
	} else {
		a32, _ := single(p.data)
		b32, _ := single(b)
		t := tile{
			rows: p.tall, count: whole, k: p.k, a: &a32[0], row: 4, col: 4 * p.tall, next: 4 * p.tall * p.k,
			b: &b32[0], c: &c32[0], ldc: 4 * ldc, cols: cols,
		}
		if accumulate {
			t.accumulate = 1
		}
		active.tiles.run(t)
	}
	for i := whole * p.tall; i < p.m; i += p.tall {
		width := min(p.tall, p.m-i)
		tileColumn(c[i*ldc:], ldc, Left[T]{p.data[i*p.k:], 1, width}, width, b, p.k, cols, accumulate)
	}
}

// Transposer multiplies a transposed left operand of any depth, block by block;
// its memory is reused.
type Transposer[T Float] struct {
	left  Transposed[T]
	right Packed[T]
}

// GemmTN sets c (m, n) to Aᵀ·B, or adds that to c: a is (K, m), its rows lda
// apart, b (K, n), its rows ldb apart.
func (t *Transposer[T]) GemmTN(c []T, ldc int, a []T, lda, m int, b []T, ldb, n, k int, accumulate bool) {
	if k == 0 && !accumulate {
		for i := range m {
			clear(c[i*ldc : i*ldc+n])
		}
	}
	for k0 := 0; k0 < k; k0 += depth {
		rows := min(depth, k-k0)
		t.left.Pack(a[k0*lda:], rows, m, lda)
		t.right.Pack(b[k0*ldb:], rows, n, ldb)
		t.left.Multiply(c, ldc, &t.right, accumulate || k0 > 0)
	}
}

// checkOperand panics where a matrix does not lie in its slice.
func checkOperand(what string, have, rows, cols, ld int) {
	if rows < 0 || cols < 0 || ld < cols || rows > 0 && cols > 0 && (rows-1)*ld+cols > have {
		panic(fmt.Sprintf("kernels: %s: (%d, %d) with rows %d apart in %d elements", what, rows, cols, ld, have))
	}
}

// tiles is one implementation of the tile that a product is made of.
type tiles struct {
	rows int // of the highest tile
	run  func(t tile)
	// transpose sets dst[i*ldd+j] to src[j*ld+i] for j < 16 and i < 16·blocks; strides
	// in bytes.
	transpose func(dst *float32, ldd int, src *float32, ld, blocks int)
	// bands sets dst[band*rows*k+x*rows+i] to src[x*ld+band*rows+i] for x < k and i <
	// rows; ld in bytes.
	bands func(dst, src *float32, ld, k, bands int)
	// panels sets dst[(panel*k+x)*32+j] to src[x*ld+panel*32+j] for x < k and j < 32,
	// and adds it to sums[panel*32+j] unless that is nil; ld in bytes.
	panels func(dst, src *float32, ld, k, panels int, sums *float32)
}

// tile is some tiles of C of the same height, one below the other, in one panel;
// strides in bytes.
type tile struct {
	rows, count, k        int
	a                     *float32
	row, col, next        int // from row to row, k to k, tile to tile
	b, c                  *float32
	ldc, cols, accumulate int
}

// offset moves a pointer within its matrix.
func offset(p *float32, elements int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*elements))
}
