// Package kernels has the float32 loops that training spends its time in: a
// pure-Go reference, AVX2 and AVX-512, chosen when the program starts. Build
// with -tags noasm for the reference alone.
//
// All implementations give the same bits: sums run in 16 lanes that are added in
// one fixed order, and products are rounded before they are added (no fused
// multiply-add).
package kernels
