// Package kernels has the float32 loops that training spends its time in: a
// pure-Go reference, AVX2 and AVX-512, chosen when the program starts. Build
// with -tags noasm for the reference alone.
//
// The loops on rows of a matrix (rows.go) give the same bits in all
// implementations: sums run in 16 lanes that are added in one fixed order, and
// products are rounded before they are added. Matrix products (gemm.go) and the
// loops of layers (layers.go) fuse multiply-adds: AVX2 and AVX-512 give the same
// bits, the reference agrees within rounding.
//
// # Kernels give the same bits everywhere
//
// Sums run in 16 lanes joined in one order and products are rounded before they are
// added, so pure Go, AVX2 and AVX-512 agree to the bit, and `deterministic = true`
// means the same vectors on any of them. The assembly is generated (`go generate
// ./internal/kernels`; the generator is a module of its own) and CI generates it anew.
//
// # Matrix products fuse
//
// In `gemm.go` and `layers.go` multiply-adds are fused: that is half of the work. Each
// element is one chain over k in ascending order, so that tiles, blocks and workers
// change no bit, and AVX2 and AVX-512 agree; pure Go rounds each product and agrees
// within rounding.
package kernels
