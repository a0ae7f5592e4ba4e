// Package kernels has the float32 loops that training spends its time in: a
// pure-Go reference, AVX2 and AVX-512, chosen when the program starts. Build
// with -tags noasm for the reference alone.
//
// The loops on rows of a matrix (rows.go) give the same bits in all
// implementations: sums run in 16 lanes that are added in one fixed order, and
// products are rounded before they are added. Matrix products (gemm.go) and the
// loops of layers (layers.go) fuse multiply-adds: AVX2 and AVX-512 give the same
// bits, the reference agrees within rounding.
package kernels
