package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// layerLoop is a loop with its slices, whose lengths are multiples of n, and the
// numbers it returns.
type layerLoop struct {
	name      string
	multiples []int
	single    func(x [][]float32) []float32
	double    func(x [][]float64) []float64
	tolerance float64 // of 1 + |value|
}

func gruForwardLoop[T Float](x [][]T) []T  { GRUForward(x[0], x[1], x[2], x[3]); return nil }
func gruBackwardLoop[T Float](x [][]T) []T { GRUBackward(x[0], x[1], x[2], x[3]); return nil }
func gruAliasLoop[T Float](x [][]T) []T    { GRUBackward(x[0], x[1], x[0], x[2]); return nil }

func lstmForwardLoop[T Float](x [][]T) []T  { LSTMForward(x[0], x[1], x[2], x[3], x[4]); return nil }
func lstmAliasLoop[T Float](x [][]T) []T    { LSTMForward(x[0], x[1], x[2], x[3], x[1]); return nil }
func lstmBackwardLoop[T Float](x [][]T) []T { LSTMBackward(x[0], x[1], x[2], x[3]); return nil }

func normForwardLoop[T Float](x [][]T) []T {
	mean, rstd := LayerNormForward(x[0], x[1], x[2], x[3], 1e-5)
	return []T{mean, rstd}
}

func normBackwardLoop[T Float](x [][]T) []T {
	LayerNormBackward(x[0], x[1], x[2], x[3], x[4], x[5], 0.25, 1.5)
	return nil
}

func normAliasLoop[T Float](x [][]T) []T {
	LayerNormBackward(x[0], x[1], x[2], x[0], x[3], x[4], -0.25, 0.75)
	return nil
}

func softmaxLoop[T Float](x [][]T) []T         { Softmax(x[0], 0.7); return nil }
func softmaxNegativeLoop[T Float](x [][]T) []T { Softmax(x[0], -3); return nil }
func softmaxBackwardLoop[T Float](x [][]T) []T { SoftmaxBackward(x[0], x[1], 0.3); return nil }
func addLoop[T Float](x [][]T) []T             { Add(x[0], x[1]); return nil }
func mulLoop[T Float](x [][]T) []T             { Mul(x[0], x[1]); return nil }

func mulToLoop[T Float](x [][]T) []T  { MulTo(x[0], x[1], x[2]); return nil }
func mulAddLoop[T Float](x [][]T) []T { MulAdd(x[0], x[1], x[2]); return nil }

var thirdStep = func() (s AdamStep) { s.Set(0.01, 0.9, 0.999, 1e-8, 3); return s }()

func adamLoop[T Float](x [][]T) []T {
	for i, v := range x[3] {
		x[3][i] = v * v // the second moment is not negative
	}
	Adam(x[0], x[1], x[2], x[3], &thirdStep)
	return nil
}

func layerLoopCases() []layerLoop {
	return []layerLoop{
		{"GRUForward", []int{1, 4, 4, 1}, gruForwardLoop[float32], gruForwardLoop[float64], 1e-6},
		{"GRUBackward", []int{1, 4, 1, 1}, gruBackwardLoop[float32], gruBackwardLoop[float64], 1e-5},
		{"GRUBackward in place", []int{1, 4, 1}, gruAliasLoop[float32], gruAliasLoop[float64], 1e-5},
		{"LSTMForward", []int{1, 1, 5, 4, 1}, lstmForwardLoop[float32], lstmForwardLoop[float64], 1e-6},
		{"LSTMForward in place", []int{1, 1, 5, 4}, lstmAliasLoop[float32], lstmAliasLoop[float64], 1e-6},
		{"LSTMBackward", []int{1, 5, 1, 1}, lstmBackwardLoop[float32], lstmBackwardLoop[float64], 1e-5},
		{"LayerNormForward", []int{1, 1, 1, 1}, normForwardLoop[float32], normForwardLoop[float64], 2e-5},
		{"LayerNormBackward", []int{1, 1, 1, 1, 1, 1}, normBackwardLoop[float32], normBackwardLoop[float64], 1e-5},
		{"LayerNormBackward in place", []int{1, 1, 1, 1, 1}, normAliasLoop[float32], normAliasLoop[float64], 1e-5},
		{"Softmax", []int{1}, softmaxLoop[float32], softmaxLoop[float64], 1e-6},
		{"Softmax of the negative", []int{1}, softmaxNegativeLoop[float32], softmaxNegativeLoop[float64], 3e-6},
		{"SoftmaxBackward", []int{1, 1}, softmaxBackwardLoop[float32], softmaxBackwardLoop[float64], 2e-5},
		{"Adam", []int{1, 1, 1, 1}, adamLoop[float32], adamLoop[float64], 1e-6},
		{"Add", []int{1, 1}, addLoop[float32], addLoop[float64], 1e-6},
		{"Mul", []int{1, 1}, mulLoop[float32], mulLoop[float64], 1e-6},
		{"MulTo", []int{1, 1, 1}, mulToLoop[float32], mulToLoop[float64], 1e-6},
		{"MulAdd", []int{1, 1, 1}, mulAddLoop[float32], mulAddLoop[float64], 1e-6},
	}
}

// withLoops runs f for the reference and for each implementation that this
// machine has.
func withLoops(t *testing.T, f func(t *testing.T)) {
	saved := active
	defer func() { active = saved }()
	for _, active = range available() {
		if active.layers != nil || active == &reference {
			t.Run(active.name, f)
		}
	}
}

func loopInput(r *rand.Rand, loop layerLoop, n int) (inner, whole [][]float32) {
	for _, multiple := range loop.multiples {
		in, all := guarded(r, multiple*n)
		for i := range in {
			in[i] = float32(r.NormFloat64()) * 1.5
		}
		inner, whole = append(inner, in), append(whole, all)
	}
	return inner, whole
}

func loopLengths() []int { return append(lengths(), 148, 512, 768) }

// TestLayerLoops holds every loop to the reference in float64, at every length,
// and to its slices.
func TestLayerLoops(t *testing.T) {
	withLoops(t, func(t *testing.T) {
		for _, loop := range layerLoopCases() {
			r := rand.New(rand.NewPCG(11, 12))
			for _, n := range loopLengths() {
				if n == 0 && loop.single(make([][]float32, 6)) != nil {
					continue // the mean of nothing
				}
				if err := checkLoop(r, loop, n); err != nil {
					t.Errorf("%s of %d: %v", loop.name, n, err)
				}
			}
		}
	})
}

func checkLoop(r *rand.Rand, loop layerLoop, n int) error {
	inner, whole := loopInput(r, loop, n)
	wide := make([][]float64, len(inner))
	for i, x := range inner {
		for _, v := range x {
			wide[i] = append(wide[i], float64(v))
		}
	}
	got, want := loop.single(inner), loop.double(wide)
	inner, wide = append(inner, got), append(wide, want)
	for i := range inner {
		for j, v := range inner[i] {
			if d := math.Abs(float64(v) - wide[i][j]); !(d <= loop.tolerance*(1+math.Abs(wide[i][j]))) {
				return fmt.Errorf("slice %d, element %d: %v, want %v", i, j, v, wide[i][j])
			}
		}
	}
	for i, all := range whole {
		for j, v := range all {
			if inside := j >= 20 && j < 20+len(inner[i]); !inside && v != guard {
				return fmt.Errorf("slice %d: element %d, which lies outside, was written", i, j-20)
			}
		}
	}
	return nil
}

// TestLayerLoopBits: AVX2 and AVX-512 agree to the bit.
func TestLayerLoopBits(t *testing.T) {
	first := map[string][]float32{}
	withLoops(t, func(t *testing.T) {
		if active.layers == nil {
			t.Skip("the reference rounds what float64 gives")
		}
		for _, loop := range layerLoopCases() {
			r := rand.New(rand.NewPCG(13, 14))
			for _, n := range []int{1, 7, 8, 15, 16, 17, 31, 100, 148, 256} {
				inner, _ := loopInput(r, loop, n)
				out := append(loop.single(inner), slices.Concat(inner...)...)
				key := fmt.Sprint(loop.name, n)
				if first[key] == nil {
					first[key] = out
				} else if err := equal(out, first[key]); err != nil {
					t.Errorf("%s of %d: %v", loop.name, n, err)
				}
			}
		}
	})
}

// gates runs GRUForward with x in every gate, so that r, z and, with nothing else
// in its way, n are σ(x), σ(x) and tanh(x).
func gatesOf(x []float32) (sigmoid, tanh []float32) {
	n := len(x)
	gates, h := slices.Concat(x, x, x, make([]float32, n)), make([]float32, n)
	GRUForward(h, gates, make([]float32, 4*n), make([]float32, n))
	return gates[n : 2*n], gates[2*n : 3*n]
}

// everyKind returns float32 numbers of every exponent and both signs.
func everyKind() []float32 {
	var out []float32
	for bits := uint32(0); bits < 0x7f800000; bits += 0x4217 {
		out = append(out, math.Float32frombits(bits), math.Float32frombits(bits|1<<31))
	}
	return out
}

// ulps is how many units in the last place a lies from b.
func ulps(a float32, b float64) float64 {
	unit := float64(math.Nextafter32(float32(math.Abs(b)), math.MaxFloat32)) - float64(float32(math.Abs(b)))
	return math.Abs(float64(a)-b) / max(unit, math.SmallestNonzeroFloat32)
}

// TestActivations measures the errors that the documentation states.
func TestActivations(t *testing.T) {
	withLoops(t, func(t *testing.T) {
		x := everyKind()
		sigmoid, tanh := gatesOf(x)
		var worstSigmoid, worstTanh, tanhUlps float64
		for i, v := range x {
			s, h := 1/(1+math.Exp(-float64(v))), math.Tanh(float64(v))
			worstSigmoid = max(worstSigmoid, math.Abs(float64(sigmoid[i])-s))
			worstTanh = max(worstTanh, math.Abs(float64(tanh[i])-h))
			if math.Abs(float64(v)) > 1e-35 { // no denormals
				tanhUlps = max(tanhUlps, ulps(tanh[i], h))
			}
		}
		t.Logf("σ: %.2g; tanh: %.2g, %.2f ulp", worstSigmoid, worstTanh, tanhUlps)
		if !(worstSigmoid <= 2e-7) || !(worstTanh <= 2e-7) || !(tanhUlps <= 4) {
			t.Errorf("errors: σ %g, tanh %g, %g ulp", worstSigmoid, worstTanh, tanhUlps)
		}
	})
}

// TestExponential measures e^x through a softmax of x and 0: their ratio.
func TestExponential(t *testing.T) {
	withLoops(t, func(t *testing.T) {
		worst := 0.0
		for x := float32(0); x > -87; x -= 0.0137 {
			p := []float32{x, 0}
			Softmax(p, 1)
			want := math.Exp(float64(x))
			worst = max(worst, math.Abs(float64(p[0])/float64(p[1])-want)/want)
		}
		t.Logf("relative error of the ratio: %.2g", worst)
		if !(worst <= 5e-7) {
			t.Errorf("relative error %g", worst)
		}
	})
}

// TestNotFinite: no loop hides a NaN, and infinities saturate.
func TestNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	withLoops(t, func(t *testing.T) {
		sigmoid, tanh := gatesOf([]float32{nan, inf, -inf, 1e30, -1e30})
		for i, want := range []float32{nan, 1, 0, 1, 0} {
			if ok := math.Abs(float64(sigmoid[i]-want)) < 1e-17 || want != want && sigmoid[i] != sigmoid[i]; !ok {
				t.Errorf("σ %d: %v, want %v", i, sigmoid[i], want)
			}
		}
		for i, want := range []float32{nan, 1, -1, 1, -1} {
			if ok := tanh[i] == want || want != want && tanh[i] != tanh[i]; !ok {
				t.Errorf("tanh %d: %v, want %v", i, tanh[i], want)
			}
		}
		for _, loop := range layerLoopCases() {
			for slice := range loop.multiples {
				if loop.name == "LSTMForward" && slice < 2 || loop.name == "LSTMForward in place" && slice == 0 || loop.name == "GRUForward" && slice == 0 || loop.name == "GRUBackward" && slice == 0 || loop.name == "LayerNormForward" && slice == 0 || loop.name == "LayerNormBackward" && slice == 0 || loop.name == "MulTo" && slice == 0 {
					continue // written alone
				}
				x, _ := loopInput(rand.New(rand.NewPCG(1, uint64(slice))), loop, 5)
				x[slice][3] = nan
				loop.single(x)
				if !slices.ContainsFunc(slices.Concat(x...), func(v float32) bool { return v != v }) {
					t.Errorf("%s hides a NaN in slice %d", loop.name, slice)
				}
			}
		}
	})
}

func TestLoopsAllocateNothing(t *testing.T) {
	for _, loop := range layerLoopCases() {
		if loop.name == "LayerNormForward" {
			continue // its test returns a slice
		}
		x, _ := loopInput(rand.New(rand.NewPCG(1, 2)), loop, 100)
		if n := testing.AllocsPerRun(50, func() { loop.single(x) }); n > 0 {
			t.Errorf("%s allocates %g times", loop.name, n)
		}
	}
}

func BenchmarkLoops(b *testing.B) {
	for _, loop := range layerLoopCases() {
		b.Run(loop.name, func(b *testing.B) {
			const n = 512
			x, _ := loopInput(rand.New(rand.NewPCG(1, 2)), loop, n)
			for b.Loop() {
				loop.single(x)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
		})
	}
}
