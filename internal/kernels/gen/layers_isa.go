package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// whole is AVX-512: the 16 lanes in one register.
type whole struct{}

func (whole) name() string    { return "AVX512" }
func (whole) halves() int     { return 1 }
func (whole) vec() VecVirtual { return ZMM() }

func (whole) mask(left Register, _ int) Register {
	n, most, bits, k := GP64(), GP64(), GP64(), K()
	MOVQ(U64(16), most)
	MOVQ(left, n)
	CMPQ(n, most)
	CMOVQGT(most, n)
	MOVQ(U64(1), bits)
	SHLXQ(n, bits, bits)
	DECQ(bits)
	KMOVW(bits.As32(), k)
	return k
}

func (whole) load(from Mem, m Register) VecVirtual {
	v := ZMM()
	if m == nil {
		VMOVUPS(from, v)
		return v
	}
	VMOVUPS_Z(from, m, v)
	return v
}

func (whole) store(v VecVirtual, to Mem, m Register) {
	if m == nil {
		VMOVUPS(v, to)
		return
	}
	VMOVUPS(v, m, to)
}

func (whole) keep(v VecVirtual, m Register) {
	if m != nil {
		VMOVAPS_Z(v, m, v)
	}
}

func (whole) otherwise(v, other VecVirtual, m Register) {
	if m != nil {
		VBLENDMPS(v, other, m, v)
	}
}

func (whole) and(a, b, to VecVirtual) { VPANDD(a, b, to) }
func (whole) or(a, b, to VecVirtual)  { VPORD(a, b, to) }

func (whole) choose(abs, limit, a, b, to VecVirtual) {
	k := K()
	VCMPPS(Imm(1), limit, abs, k) // abs < limit
	VBLENDMPS(a, b, k, to)
}

// halved is AVX2: the lanes in two registers, one after the other.
type halved struct{}

func (halved) name() string    { return "AVX2" }
func (halved) halves() int     { return 2 }
func (halved) vec() VecVirtual { return YMM() }

func (halved) mask(left Register, half int) Register {
	n, low, high, from, m := GP64(), GP64(), GP64(), GP64(), YMM()
	XORQ(low, low)
	MOVQ(U64(8), high)
	MOVQ(left, n)
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
	VMOVDQU(Mem{Base: from, Index: n, Scale: 4, Disp: 32}, m)
	return m
}

func (halved) load(from Mem, m Register) VecVirtual {
	v := YMM()
	if m == nil {
		VMOVUPS(from, v)
		return v
	}
	VMASKMOVPS(from, m, v)
	return v
}

func (halved) store(v VecVirtual, to Mem, m Register) {
	if m == nil {
		VMOVUPS(v, to)
		return
	}
	VMASKMOVPS(v, m, to)
}

func (halved) keep(v VecVirtual, m Register) {
	if m != nil {
		VANDPS(m, v, v)
	}
}

func (halved) otherwise(v, other VecVirtual, m Register) {
	if m != nil {
		VBLENDVPS(m, v, other, v)
	}
}

func (halved) and(a, b, to VecVirtual) { VANDPS(a, b, to) }
func (halved) or(a, b, to VecVirtual)  { VORPS(a, b, to) }

func (halved) choose(abs, limit, a, b, to VecVirtual) {
	m := YMM()
	VCMPPS(Imm(1), limit, abs, m)
	VBLENDVPS(m, a, b, to)
}
