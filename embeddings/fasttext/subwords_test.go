package fasttext

import (
	"bytes"
	"context"
	"math"
	"slices"
	"testing"

	"assay/internal/fault"
	"assay/internal/frame"
	"assay/internal/kernels"
)

func saved(t *testing.T, s *Subwords) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := frame.Write(&b, "test", 1, s.Encode); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Words outside the vocabulary get the model's vector, but for rounding and for
// n-grams that were never trained.
func TestSubwords(t *testing.T) {
	opt := small()
	opt.Dim, opt.Buckets, opt.Epochs = 100, 100_000, 40
	m, _ := train(t, topics(600), opt)
	s, err := m.Subwords(context.Background(), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	var back *Subwords
	data := saved(t, s)
	if err := frame.Read(bytes.NewReader(data), "test", 1, func(d *frame.Decoder) { back = DecodeSubwords(d) }); err != nil {
		t.Fatal(err)
	}
	if back.Len() != s.Len() || back.Dim() != 100 || s.Len() < 300 {
		t.Errorf("%d n-grams of %d dimensions, back from the file %d of %d", s.Len(), s.Dim(), back.Len(), back.Dim())
	}
	want, got := make([]float32, 100), make([]float32, 100)
	for word, sure := range map[string]float64{"sheaves": 0.97, "neutrinos": 0.99, "cohomological": 0.98, "zzz": -1} {
		if _, err := m.Lookup(want, word); err != nil {
			t.Fatal(err)
		}
		if !back.Lookup(got, word) {
			t.Errorf("%s has no vector", word)
		}
		cosine := float64(kernels.Dot(got, want)) / (kernels.Norm(got)*kernels.Norm(want) + 1e-12)
		if !(cosine >= sure) {
			t.Errorf("%s: the cosine to the model's vector is %.4f, want at least %g", word, cosine, sure)
		}
	}
	if back.Lookup(got, EndOfSentence) || slices.Max(got) != 0 {
		t.Error("the end of a sentence has n-grams")
	}
	few, err := m.Subwords(context.Background(), 40)
	if err != nil || few.Len() < 40 || few.Len() > 80 {
		t.Errorf("%d n-grams, %v; want 40 and those of one word more at most", few.Len(), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Subwords(ctx, 1000); err == nil {
		t.Error("cancelled, it goes on")
	}
	opt.MaxN = 0
	whole, _ := train(t, topics(30), opt)
	if s, err := whole.Subwords(context.Background(), 10); s != nil || err != nil {
		t.Errorf("of words without n-grams: %v, %v", s, err)
	}
	for n := range len(data) / 997 {
		if err := frame.Read(bytes.NewReader(data[:n*997]), "test", 1, func(d *frame.Decoder) { DecodeSubwords(d) }); !fault.IsUsage(err) {
			t.Fatalf("cut to %d bytes: %v", n*997, err)
		}
	}
}

func TestQuantize(t *testing.T) {
	x := []float32{0.5, -1, 0, 0.004, -0.0039, 0.996}
	dst := make([]byte, len(x))
	scale := quantize(dst, x)
	for i, v := range x {
		if back := scale * float32(int8(dst[i])); math.Abs(float64(back-v)) > float64(scale)*0.501 {
			t.Errorf("%g comes back as %g, in steps of %g", v, back, scale)
		}
	}
	if quantize(dst, make([]float32, len(x))) != 0 || slices.Max(dst) != 0 {
		t.Error("zeros do not stay zero")
	}
}
