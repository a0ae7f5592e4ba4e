package features

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"assay/internal/fault"
)

func TestTFIDFEqualsScikitLearn(t *testing.T) {
	f := readFixture(t)
	counts := &f.Counts[0].Matrix
	counts.Cols = len(f.Counts[0].Terms)
	before := slices.Clone(counts.Values)
	for _, c := range f.TFIDF {
		tf := NewTFIDF(c.Options)
		tf.Fit(counts.Select(inOrder(len(f.Train))))
		for j, want := range c.IDF {
			if got := tf.IDF()[j]; math.Abs(got-want) > 1e-12 {
				t.Errorf("%+v: IDF of %q = %v, want %v", c.Options, f.Counts[0].Terms[j], got, want)
			}
		}
		for _, workers := range []int{1, 2, 100} {
			got, err := tf.Transform(counts, workers)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Indptr, c.Matrix.Indptr) || !slices.Equal(got.Indices, c.Matrix.Indices) {
				t.Fatalf("%+v: the non-zeros stand elsewhere", c.Options)
			}
			for k, want := range c.Matrix.Values {
				if math.Abs(float64(got.Values[k])-want) > 1e-6 {
					t.Errorf("%+v: value %d = %v, want %v", c.Options, k, got.Values[k], want)
				}
			}
		}
	}
	if !slices.Equal(counts.Values, before) {
		t.Error("Transform changed the counts")
	}
}

func TestTFIDFFileAndErrors(t *testing.T) {
	x := &CSR{Cols: 2, Indptr: []int64{0, 1}, Indices: []int32{0}, Values: []float32{3}}
	tf := NewTFIDF(TFIDFOptions{Sublinear: true, L2: true})
	if _, err := tf.Transform(x, 1); err == nil {
		t.Error("Transform before Fit succeeded")
	}
	if err := tf.Save(new(bytes.Buffer)); err == nil {
		t.Error("Save before Fit succeeded")
	}
	tf.Fit(x)
	if w := tf.IDF()[1]; w != 1 {
		t.Errorf("weight of a term without papers = %v, want 1", w)
	}
	if _, err := tf.Transform(&CSR{Cols: 3, Indptr: []int64{0}}, 1); err == nil || !strings.Contains(err.Error(), "3 columns") {
		t.Errorf("Transform of wider counts: error %v", err)
	}
	var file bytes.Buffer
	if err := tf.Save(&file); err != nil {
		t.Fatal(err)
	}
	got, err := LoadTFIDF(bytes.NewReader(file.Bytes()))
	if err != nil || !reflect.DeepEqual(got, tf) {
		t.Errorf("loaded %+v, %v; want %+v", got, err, tf)
	}
	bad := file.Bytes()
	bad[len(bad)/2] ^= 1
	if _, err := LoadTFIDF(bytes.NewReader(bad)); !fault.IsUsage(err) {
		t.Errorf("damaged file: error %v", err)
	}
}

func BenchmarkTFIDF(b *testing.B) {
	papers := madeUp(5000, 200, 50000)
	_, x, err := count(b, CountOptions{}, papers, len(papers), 2, inOrder(len(papers)))
	if err != nil {
		b.Fatal(err)
	}
	tf := NewTFIDF(TFIDFOptions{Sublinear: true, L2: true, SmoothIDF: true})
	for b.Loop() {
		tf.Fit(x)
		if _, err := tf.Transform(x, 2); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(papers)*b.N)/b.Elapsed().Seconds(), "papers/s")
}
