package fasttext

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"assay/embeddings"
	"assay/internal/fault"
)

// topics yields n sentences, each of the words of one of two topics, and reuses
// its slice as a tokenizer does.
func topics(n int) iter.Seq2[[]string, error] {
	words := [2][]string{
		strings.Fields("neutrino muon boson lepton quark photon gluon hadron"),
		strings.Fields("sheaf scheme cohomology functor topos ideal module variety"),
	}
	return func(yield func([]string, error) bool) {
		r := rand.New(rand.NewPCG(1, 1))
		var sentence []string
		for i := range n {
			sentence = sentence[:0]
			for range 12 {
				sentence = append(sentence, words[i%2][r.IntN(8)])
			}
			if !yield(sentence, nil) {
				return
			}
		}
	}
}

// small are options for a text of a few words.
func small() Options {
	o := DefaultOptions()
	o.Dim, o.Buckets, o.SubSampling, o.Deterministic = 20, 500, 1, true
	return o
}

func train(t testing.TB, sentences iter.Seq2[[]string, error], opt Options) (*Model, Report) {
	t.Helper()
	opt.TempDir = t.TempDir()
	m, report, err := Train(context.Background(), sentences, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	if left, err := os.ReadDir(opt.TempDir); err != nil || len(left) != 0 {
		t.Errorf("training left %v behind (%v)", left, err)
	}
	return m, report
}

// Words of a topic end up nearer to each other than to any of the other topic.
func TestTopicsPart(t *testing.T) {
	for _, model := range []string{Skipgram, CBOW} {
		for _, deterministic := range []bool{true, false} {
			if !deterministic && raceDetector {
				t.Log("lock-free training races on purpose: not run under the race detector")
				continue
			}
			opt := small()
			opt.Model, opt.Deterministic, opt.MaxN, opt.Epochs = model, deterministic, 0, 20
			m, report := train(t, topics(600), opt)
			if report.Sentences != 600 || report.Tokens != 600*13 || report.Words != 17 || !(report.Loss > 0 && report.Loss < 6*math.Ln2) {
				t.Errorf("%s: report %+v", model, report)
			}
			near, _, err := embeddings.Neighbours(context.Background(), m, "sheaf", 7, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range near {
				if !strings.Contains("scheme cohomology functor topos ideal module variety", n.Word) {
					t.Errorf("%s, deterministic %t: a neighbour of sheaf is %v", model, deterministic, n)
				}
			}
		}
	}
}

func written(t testing.TB, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDeterministicTrainingGivesTheSameBits(t *testing.T) {
	for _, model := range []string{Skipgram, CBOW} {
		opt := small()
		opt.Model = model
		var want []byte
		for _, workers := range []int{1, 2, 3} {
			opt.Workers = workers
			m, _ := train(t, topics(2000), opt)
			if have := written(t, m); want == nil {
				want = have
			} else if !bytes.Equal(have, want) {
				t.Errorf("%s: %d workers give another model", model, workers)
			}
		}
		opt.Seed = 2
		if m, _ := train(t, topics(2000), opt); bytes.Equal(written(t, m), want) {
			t.Errorf("%s: another seed gives the same model", model)
		}
	}
}

// With the assembly, of either width, or without: the same bits. CI runs this test
// both ways. The logarithms and exponentials behind the tables may differ in
// their last digit on other architectures.
func TestKernelsDoNotChangeTheBits(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the digest is that of amd64")
	}
	m, _ := train(t, topics(500), small())
	const want = "a0662aa0691f21f63db46293caef37a8ef429c8b12b25cc552c20d46570895f5"
	if have := fmt.Sprintf("%x", sha256.Sum256(written(t, m))); have != want {
		t.Errorf("the model's digest is %s, want %s: if training was meant to change, raise Version", have, want)
	}
}

// One step against the official program's order of things: each prediction of
// the word moves all its rows before the next. A row that stands twice counts
// twice.
func TestStepIsSequential(t *testing.T) {
	s, err := newSpool(context.Background(), topics(50), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	opt := small()
	opt.Dim = 7
	tr, err := newTrainer(s, opt)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(tr)
	w.rate = 0.3
	r := rand.New(rand.NewPCG(2, 3))
	for i := range tr.output.data {
		tr.output.data[i] = float32(r.NormFloat64())
	}
	p := plan{input: []int32{3, 9, 12, 9, 14}, targets: []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 5, 4, 2, 0, 9, 8, 11}}
	p.self = (1 + 4 + 1 + 1) / 5.0
	wide := func(m *memoryMatrix) [][]float64 {
		rows := make([][]float64, len(m.data)/m.stride)
		for i := range rows {
			for _, v := range m.data[i*m.stride:][:m.cols] {
				rows[i] = append(rows[i], float64(v))
			}
		}
		return rows
	}
	in, out := wide(tr.input), wide(tr.output)
	loss := 0.0
	for at := 0; at < len(p.targets); at += 6 {
		hidden, gradient := make([]float64, 7), make([]float64, 7)
		for _, row := range p.input {
			for j := range hidden {
				hidden[j] += in[row][j] / 5
			}
		}
		for k, target := range p.targets[at : at+6] {
			dot, label := 0.0, 0.0
			for j := range hidden {
				dot += hidden[j] * out[target][j]
			}
			if k == 0 {
				label = 1
				loss += math.Log1p(math.Exp(-dot))
			} else {
				loss += math.Log1p(math.Exp(dot))
			}
			step := 0.3 * (label - 1/(1+math.Exp(-dot)))
			for j := range hidden {
				gradient[j] += step * out[target][j]
				out[target][j] += step * hidden[j]
			}
		}
		for _, row := range p.input {
			for j := range gradient {
				in[row][j] += gradient[j]
			}
		}
	}
	w.step(&p)
	const tolerance = 5e-3 // the logistic function comes from a table in steps of 1/256
	for what, pair := range map[string][2][][]float64{"input": {wide(tr.input), in}, "output": {wide(tr.output), out}} {
		for i, row := range pair[0] {
			for j, v := range row {
				if !(math.Abs(v-pair[1][i][j]) <= tolerance) {
					t.Errorf("%s[%d][%d] = %g, want %g", what, i, j, v, pair[1][i][j])
				}
			}
		}
	}
	if !(math.Abs(w.loss-loss) <= 0.05) || w.pairs != 3 {
		t.Errorf("loss %g of %d pairs, want %g of 3", w.loss, w.pairs, loss)
	}
}

func TestSampling(t *testing.T) {
	counts := []int64{1000, 100, 10, 1, 400}
	table := newAliasTable(negativeWeights(counts))
	draws := chunkRand(1, 0, 0)
	seen := make([]float64, len(counts))
	const n = 400_000
	for range n {
		seen[table.draw(draws.Uint64())]++
	}
	sum := math.Sqrt(1000) + 10 + math.Sqrt(10) + 1 + 20
	for i, c := range counts {
		want := n * math.Sqrt(float64(c)) / sum
		if !(math.Abs(seen[i]-want) <= 5*math.Sqrt(want)) {
			t.Errorf("word of count %d drawn %g times, want %g", c, seen[i], want)
		}
	}
	keep := keepTable([]int64{500, 1}, 1000, 1e-3)
	if f := float64(keep[0]) / (1 << 32); math.Abs(f-(math.Sqrt(0.002)+0.002)) > 1e-6 {
		t.Errorf("half of all tokens are one word: kept with %g", f)
	}
	if keep[1] != 1<<32 {
		t.Errorf("a rare word is kept with %d of 2^32", keep[1])
	}
	for range 1000 {
		if v := below(draws, 5); v < 0 || v > 4 {
			t.Fatalf("below(5) = %d", v)
		}
	}
	l := newLogisticTable()
	for x := float32(-9); x < 9; x += 0.01 {
		p, loss := l.at(x)
		want := 1 / (1 + math.Exp(-float64(x)))
		if !(math.Abs(float64(p)-want) <= 1e-3 && math.Abs(float64(loss)+math.Log(want)) <= 5e-3) {
			t.Errorf("at %g: %g and loss %g, want %g", x, p, loss, want)
		}
	}
}

func TestTrainErrors(t *testing.T) {
	text := func(lines ...string) iter.Seq2[[]string, error] {
		return func(yield func([]string, error) bool) {
			for _, l := range lines {
				if !yield(strings.Fields(l), nil) {
					return
				}
			}
		}
	}
	broken := errors.New("broken disk")
	for name, c := range map[string]struct {
		sentences iter.Seq2[[]string, error]
		change    func(*Options)
		want      string
	}{
		"nothing":       {text(), nil, "no word is seen min_count = 2 times"},
		"all rare":      {text("a b c", "d e f"), nil, "of 6 tokens no word is seen min_count = 2 times: lower it or give more text"},
		"one word":      {text("a a a a"), nil, "the text is too small: a single word"},
		"no neighbour":  {text("a", "b", "a", "b"), func(o *Options) { o.MinCount = 1; o.SubSampling = 1e-9 }, "no word is left with a neighbour"},
		"diverges":      {topics(300), func(o *Options) { o.LearningRate = 10; o.Epochs = 50; o.MaxN = 0; o.Model = CBOW }, "training diverged: vectors are no longer numbers; lower learning_rate (it is 10)"},
		"bad option":    {topics(3), func(o *Options) { o.Window = 0 }, "window = 0: want 1 to 1000"},
		"bad n-grams":   {topics(3), func(o *Options) { o.MinN = 7 }, "min_n = 7: want 1 to max_n = 6"},
		"broken source": {func(yield func([]string, error) bool) { yield(nil, broken) }, nil, "broken disk"},
	} {
		opt := small()
		opt.TempDir = t.TempDir()
		if c.change != nil {
			c.change(&opt)
		}
		_, _, err := Train(context.Background(), c.sentences, opt)
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.IsUsage(err) == errors.Is(err, broken) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if left, _ := os.ReadDir(opt.TempDir); len(left) != 0 {
			t.Errorf("%s: left %v behind", name, left)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Train(ctx, topics(300), small()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A bucket that no word uses keeps its first values, used ones share theirs.
func TestUnusedBuckets(t *testing.T) {
	opt := small()
	opt.Epochs, opt.Buckets = 1, 100_000
	m, _ := train(t, topics(200), opt)
	in := m.input.(*memoryMatrix)
	held := len(in.data) / in.stride
	if used := held - m.Len(); used < 50 || used > 1000 {
		t.Errorf("%d buckets are held for 16 words", used)
	}
	n := 0
	if err := in.all(func(data []float32) error {
		n += len(data) / opt.Dim
		for _, v := range data {
			if v != v {
				return errors.New("NaN")
			}
		}
		return nil
	}); err != nil || n != m.Len()+opt.Buckets {
		t.Errorf("%d rows, %v", n, err)
	}
	row := slices.Index(in.place, -1)
	a, b := make([]float32, opt.Dim), make([]float32, opt.Dim)
	if err := m.input.sum(a, []int32{int32(in.whole + row)}); err != nil {
		t.Fatal(err)
	}
	in.first(b, in.whole+row)
	if !slices.Equal(a, b) || slices.Max(a) > 0.05 || slices.Min(a) < -0.05 || slices.Max(a) < 0.01 {
		t.Errorf("unused bucket: %v, first values %v", a, b)
	}
}
