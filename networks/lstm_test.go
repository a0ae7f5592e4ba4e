package networks

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/networks/training"
)

// topics is papers of two labels that exclude each other, told apart by the order of
// two words among noise; the vocabulary has no vectors.
func topics(seed uint64, n int) classifier.Dataset {
	const vocabulary = 40
	r := rand.New(rand.NewPCG(seed, 9))
	x := &features.Sequences{Embedding: &features.Dense{Rows: vocabulary}}
	y := multilabel.New(2)
	for range n {
		label := int32(r.IntN(2))
		ids := []int32{2 + label, 3 - label}
		for range r.IntN(5) {
			ids = slices.Insert(ids, r.IntN(len(ids)+1), 4+int32(r.IntN(vocabulary-4)))
		}
		x.Papers = append(x.Papers, ids)
		y.Append([]int32{label})
	}
	return classifier.Dataset{X: x, Y: y}
}

func tinyLSTM(seed uint64, workers int) lstmSetting {
	opt := lstmDefaults()
	opt.Hidden, opt.Dimensions, opt.BatchSize, opt.Epochs, opt.LearningRate = 10, 8, 8, 5, 0.02
	opt.Dropout, opt.RecurrentDropout, opt.SpatialDropout = 0.1, 0.1, 0.1
	opt.Seed, opt.Workers = seed, workers
	return opt
}

func newLSTM(t *testing.T, opt lstmSetting, hooks hooks) *Classifier {
	t.Helper()
	n, err := newLSTMOf(opt, []int32{0, 1}, 2, true, hooks)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func lstmFile(t *testing.T, n *Classifier) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := n.Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func lstmScores(t *testing.T, n *Classifier, x features.Matrix) *multilabel.Scores {
	t.Helper()
	s, err := n.Scores(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLSTMLearnsOrder: what no count of words tells, by either output.
func TestLSTMLearnsOrder(t *testing.T) {
	train, validation := topics(1, 600), topics(2, 200)
	for _, output := range []string{"sigmoid", "softmax"} {
		opt := tinyLSTM(1, 2)
		opt.Output, opt.Epochs, opt.Keep = output, 15, "accuracy"
		n := newLSTM(t, opt, hooks{})
		if err := n.Fit(t.Context(), train, validation); err != nil {
			t.Fatal(err)
		}
		scores, right := lstmScores(t, n, validation.X), 0
		for i := range scores.Rows() {
			a, b := scores.Data[2*i], scores.Data[2*i+1]
			if math.Abs(a+b-1) > 1e-6 {
				t.Fatalf("%s: probabilities %g and %g", output, a, b)
			}
			if (b > a) == (validation.Y.Row(i)[0] == 1) {
				right++
			}
		}
		best := slices.MaxFunc(n.report.Curve, func(a, b training.EpochRecord) int {
			return int(math.Copysign(1, *a.ValidationAccuracy-*b.ValidationAccuracy))
		})
		if accuracy := float64(right) / 200; accuracy < 0.95 || accuracy != *best.ValidationAccuracy {
			t.Errorf("%s: accuracy %g, of the best epoch %g; want those equal, and 0.95", output, accuracy, *best.ValidationAccuracy)
		}
	}
}

// TestLSTMResumed: a training cut after any of its records, and continued with
// other workers, gives the same file and the same records as one left alone.
func TestLSTMResumed(t *testing.T) {
	train, validation := topics(1, 480), topics(2, 60) // 60 steps an epoch
	opt := tinyLSTM(1, 2)
	opt.Epochs, opt.Keep, opt.EarlyStopping = 3, "loss", "accuracy"
	var want []training.EpochRecord
	record := func(to *[]training.EpochRecord, each func()) func(any) error {
		return func(r any) error {
			if e, ok := r.(training.EpochRecord); ok {
				e.Seconds, e.PapersPerSecond = 0, 0
				*to = append(*to, e)
			}
			each()
			return nil
		}
	}
	alone := newLSTM(t, opt, hooks{Record: record(&want, func() {})})
	if err := alone.Fit(t.Context(), train, validation); err != nil {
		t.Fatal(err)
	}
	file := lstmFile(t, alone)
	for cut := 1; cut < 6; cut++ {
		path := filepath.Join(t.TempDir(), "checkpoint")
		ctx, cancel := context.WithCancel(t.Context())
		var got []training.EpochRecord
		seen := 0
		n := newLSTM(t, opt, hooks{Checkpoint: path, Record: record(&got, func() {
			if seen++; seen == cut {
				cancel()
			}
		})})
		if err := n.Fit(ctx, train, validation); !errors.Is(err, context.Canceled) {
			t.Fatalf("cut at record %d: error %v", cut, err)
		}
		other := opt
		other.Workers = 3
		n = newLSTM(t, other, hooks{Checkpoint: path, Resume: true, Record: record(&got, func() {})})
		if err := n.Fit(t.Context(), train, validation); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(lstmFile(t, n), file) {
			t.Errorf("cut at record %d: another network", cut)
		}
		if len(got) != len(want) {
			t.Fatalf("cut at record %d: %d epochs, want %d", cut, len(got), len(want))
		}
		for i := range want {
			if *got[i].TrainingLoss != *want[i].TrainingLoss || *got[i].TrainingAccuracy != *want[i].TrainingAccuracy ||
				*got[i].ValidationAccuracy != *want[i].ValidationAccuracy || got[i].Best != want[i].Best {
				t.Errorf("cut at record %d: epoch %d is %+v, want %+v", cut, i+1, got[i], want[i])
			}
		}
	}
}

// TestLSTMKeeps: the parameters are those of the epoch that Keep names.
func TestLSTMKeeps(t *testing.T) {
	train, validation := topics(1, 100), topics(2, 100)
	for _, keep := range []string{"f1", "loss", "accuracy", "last"} {
		opt := tinyLSTM(3, 2)
		opt.Keep, opt.Epochs, opt.LearningRate = keep, 12, 0.1 // too fast: the last is not the best
		n := newLSTM(t, opt, hooks{})
		if err := n.Fit(t.Context(), train, validation); err != nil {
			t.Fatal(err)
		}
		value := func(r training.EpochRecord) float64 {
			switch keep {
			case "f1":
				return *r.ValidationF1
			case "loss":
				return -*r.ValidationLoss
			case "accuracy":
				return *r.ValidationAccuracy
			}
			return float64(r.Epoch)
		}
		kept := n.report.Curve[n.report.BestEpoch-1]
		for _, r := range n.report.Curve {
			if value(r) > value(kept) {
				t.Errorf("%s: epoch %d was kept (%g), epoch %d is better (%g)", keep, kept.Epoch, value(kept), r.Epoch, value(r))
			}
		}
		// The parameters themselves, by the loss that they give.
		scores, loss := lstmScores(t, n, validation.X), 0.0
		for i := range scores.Rows() {
			loss -= math.Log(scores.Data[2*i+int(validation.Y.Row(i)[0])]) / float64(scores.Rows())
		}
		if math.Abs(loss / *kept.ValidationLoss - 1) > 1e-4 {
			t.Errorf("%s: loss %g, but %g after epoch %d", keep, loss, *kept.ValidationLoss, kept.Epoch)
		}
	}
}

// TestLSTMFile: a file scores as the network did; another's is refused.
func TestLSTMFile(t *testing.T) {
	train, validation := topics(1, 80), topics(2, 30)
	n := newLSTM(t, tinyLSTM(1, 2), hooks{})
	if err := n.Fit(t.Context(), train, validation); err != nil {
		t.Fatal(err)
	}
	file := lstmFile(t, n)
	other := tinyLSTM(9, 1)
	other.Hidden, other.Dimensions = 3, 4 // the file's count
	loaded := newLSTM(t, other, hooks{})
	if err := loaded.Load(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(lstmScores(t, loaded, validation.X).Data, lstmScores(t, n, validation.X).Data) {
		t.Error("the loaded network scores otherwise")
	}
	three, err := newLSTMOf(tinyLSTM(1, 1), []int32{0, 1, 2}, 3, true, hooks{})
	if err != nil {
		t.Fatal(err)
	}
	if err := three.Load(bytes.NewReader(file)); err == nil {
		t.Error("a network of three labels takes the file of two")
	}
	for _, at := range []int{len(file) / 3, len(file) / 2, len(file) - 1} {
		bad := slices.Clone(file)
		bad[at] ^= 4
		if err := newLSTM(t, tinyLSTM(1, 1), hooks{}).Load(bytes.NewReader(bad)); err == nil {
			t.Errorf("a file damaged at byte %d loads", at)
		}
		if err := newLSTM(t, tinyLSTM(1, 1), hooks{}).Load(bytes.NewReader(file[:at])); err == nil {
			t.Errorf("a file cut at byte %d loads", at)
		}
	}
}

func TestLSTMRefuses(t *testing.T) {
	good := topics(1, 20)
	two := multilabel.New(2)
	for range 20 {
		two.Append([]int32{0, 1})
	}
	x := good.X.(*features.Sequences)
	for name, c := range map[string]struct {
		change func(*lstmSetting)
		data   classifier.Dataset
		want   string
	}{
		"no units":         {func(o *lstmSetting) { o.Hidden = 0 }, good, "hidden 0"},
		"dropout of all":   {func(o *lstmSetting) { o.RecurrentDropout = 1 }, good, "recurrent 1"},
		"output":           {func(o *lstmSetting) { o.Output = "tanh" }, good, `output "tanh"`},
		"keep":             {func(o *lstmSetting) { o.Keep = "first" }, good, `"first"`},
		"frozen nothing":   {func(o *lstmSetting) { o.FreezeEmbedding = true }, good, "no word vectors that could stay frozen"},
		"two labels":       {func(*lstmSetting) {}, classifier.Dataset{X: x, Y: two}, "paper 0 has 2 labels"},
		"other features":   {func(*lstmSetting) {}, classifier.Dataset{X: &features.CSR{}, Y: good.Y}, "not *features.CSR"},
		"a word too many":  {func(*lstmSetting) {}, classifier.Dataset{X: &features.Sequences{Papers: x.Papers, Embedding: &features.Dense{Rows: 3}}, Y: good.Y}, "3 words"},
		"labels of others": {func(*lstmSetting) {}, classifier.Dataset{X: x, Y: multilabel.New(5)}, "labels of 2 categories"},
	} {
		opt := tinyLSTM(1, 1)
		c.change(&opt)
		n, err := newLSTMOf(opt, []int32{0, 1}, 2, true, hooks{})
		if err == nil {
			err = n.Fit(t.Context(), c.data, classifier.Dataset{})
		}
		if !fault.IsUsage(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want a usage error with %q", name, err, c.want)
		}
	}
}

// TestLSTMParameters counts the article's network: 50,000 words of 100 numbers, an
// LSTM with two biases, one unit.
func TestLSTMParameters(t *testing.T) {
	opt := lstmDefaults()
	if n, want := Parameters(&opt.LSTM, Inputs{Words: 50_000, Dim: 0, Labels: 1}), int64(50_000*100+400*100+400*100+800+101); n != want {
		t.Errorf("%d parameters, want %d", n, want)
	}
	opt.FreezeEmbedding = true
	if n, want := Parameters(&opt.LSTM, Inputs{Words: 50_000, Dim: 300, Labels: 148}), int64(400*300+400*100+800+148*101); n != want {
		t.Errorf("%d parameters on frozen vectors, want %d", n, want)
	}
	if n := Parameters(&opt.LSTM, Inputs{Words: 1 << 30, Dim: 300, Labels: 2}); n != 0 {
		t.Errorf("%d parameters of a vocabulary that cannot be", n)
	}
}
