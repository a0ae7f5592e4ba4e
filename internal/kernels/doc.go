// Package kernels has the float32 loops that training spends its time in: a
// pure-Go reference, AVX2 and AVX-512. dispatch.go lists what an implementation
// is made of; the fastest that the machine can run is chosen when the program
// starts. Build with -tags noasm for the reference alone. The assembly is generated
// (go generate ./internal/kernels; the generator is a module of its own), and CI
// generates it anew.
//
//	var w kernels.Packed[float32]
//	w.Pack(b, k, n, n) // B (k, n), packed once for many products
//	kernels.Gemm(c, n, kernels.Left[float32]{Data: a, Row: k, Col: 1}, m, &w, false) // C (m, n) = A·B
//
// # Loops on rows give the same bits everywhere
//
// In rows.go sums run in 16 lanes that are joined in one order, and products are
// rounded before they are added, so that pure Go, AVX2 and AVX-512 agree to the bit:
// `deterministic = true` means the same word vectors on any of them.
//
// # Matrix products and layers fuse
//
// In gemm.go and layers.go multiply-adds are fused: that is half of the work. Each
// element is one chain over k in ascending order, so that tiles, blocks and workers
// change no bit, and AVX2 and AVX-512 agree; pure Go rounds each product and agrees
// within rounding. Fused tells which of both a machine does.
package kernels
