//go:build amd64 && !noasm

package kernels

import "golang.org/x/sys/cpu"

// layerLoopsOf returns the loops of a named implementation, nil where it has none.
func layerLoopsOf(name string) *layerLoops {
	switch {
	case name == "avx512":
		return &layerLoops{
			gruForwardAVX512, gruBackwardAVX512, lstmForwardAVX512, lstmBackwardAVX512, normForwardAVX512, normBackwardAVX512,
			softmaxAVX512, softmaxBackwardAVX512, adamAVX512, addAVX512, mulAVX512, mulToAVX512, mulAddAVX512,
		}
	case name == "avx2" && cpu.X86.HasFMA:
		return &layerLoops{
			gruForwardAVX2, gruBackwardAVX2, lstmForwardAVX2, lstmBackwardAVX2, normForwardAVX2, normBackwardAVX2,
			softmaxAVX2, softmaxBackwardAVX2, adamAVX2, addAVX2, mulAVX2, mulToAVX2, mulAddAVX2,
		}
	}
	return nil
}
