package networks

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"assay/classifier"
	"assay/features"
	"assay/internal/frame"
	"assay/internal/multilabel"
	"assay/internal/pool"
)

// tiny is a network that learns small papers in a moment.
func tiny(seed uint64, workers int) setting {
	opt := sharnnDefaults()
	opt.Hidden, opt.Boom = 12, 16
	opt.Epochs, opt.BatchSize, opt.LearningRate = 6, 8, 0.01
	opt.Seed, opt.Workers = seed, workers
	return opt
}

// inTurn puts categories into masters.
func inTurn(categories, masters int) []int32 {
	groups := make([]int32, categories)
	for c := range groups {
		groups[c] = int32(c % masters)
	}
	return groups
}

// The papers of these tests: every category has a word of its own.
const (
	testCategories = 6
	testMasters    = 3
	testDim        = 10
	noise          = 20 // words that say nothing
)

func newNetwork(t *testing.T, opt setting, hooks hooks) *Classifier {
	t.Helper()
	n, err := newSHARNN(opt, inTurn(testCategories, testMasters), testMasters, hooks)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// vectors returns an embedding matrix for words of categories, and noise.
func vectors(categories, dim int) *features.Dense {
	r := rand.New(rand.NewPCG(3, 4))
	m := &features.Dense{Rows: 2 + categories + noise, Cols: dim, Data: make([]float32, (2+categories+noise)*dim)}
	for i := 2 * dim; i < len(m.Data); i++ {
		m.Data[i] = float32(r.NormFloat64())
	}
	return m
}

// papers draws n papers with one or two categories each, their words and up to
// five that say nothing; words says which word a category has.
func papers(seed uint64, n, categories int, m *features.Dense, word func(category int32) int32) classifier.Dataset {
	r := rand.New(rand.NewPCG(seed, 5))
	x := &features.Sequences{Embedding: m, Words: make([]string, m.Rows)}
	y := multilabel.New(categories)
	for range n {
		carried := []int32{int32(r.IntN(categories))}
		if r.IntN(3) == 0 {
			carried = append(carried, int32(r.IntN(categories)))
		}
		y.Append(carried)
		var ids []int32
		for _, c := range carried {
			ids = append(ids, 2+word(c))
		}
		for range r.IntN(6) {
			ids = append(ids, int32(2+categories+r.IntN(noise)))
		}
		r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		x.Papers = append(x.Papers, ids)
	}
	return classifier.Dataset{X: x, Y: y}
}

func ownWord(category int32) int32 { return category }

// split returns papers to learn from and to validate on.
func split(n int) (train, validation classifier.Dataset) {
	m := vectors(testCategories, testDim)
	return papers(1, n, testCategories, m, ownWord), papers(2, 40, testCategories, m, ownWord)
}

func fit(t *testing.T, n *Classifier, train, validation classifier.Dataset) {
	t.Helper()
	if err := n.Fit(t.Context(), train, validation); err != nil {
		t.Fatal(err)
	}
}

func fileOf(t *testing.T, n *Classifier) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := n.Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func scoresOf(t *testing.T, n *Classifier, x features.Matrix) []float64 {
	t.Helper()
	s, err := n.Scores(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return s.Data
}

func TestNewSHARNNRefuses(t *testing.T) {
	for name, change := range map[string]func(*setting){
		"no hidden units":      func(o *setting) { o.Hidden = 0 },
		"a boom of -1":         func(o *setting) { o.Boom = -1 },
		"batches of nothing":   func(o *setting) { o.BatchSize = 0 },
		"dropout of all":       func(o *setting) { o.Dropout = 1 },
		"dropout not a number": func(o *setting) { o.Dropout = math.NaN() },
		"a ratio of 2":         func(o *setting) { o.MasterLossRatio = 2 },
		"a decay of -1":        func(o *setting) { o.MasterLossDecay = -1 },
	} {
		opt := tiny(1, 1)
		change(&opt)
		if _, err := newSHARNN(opt, inTurn(4, 2), 2, hooks{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, groups := range [][]int32{nil, {0, 2, 1}, {0, -1, 1}, {0, 0, 0}} {
		if _, err := newSHARNN(tiny(1, 1), groups, 2, hooks{}); err == nil {
			t.Errorf("groups %v of 2 masters: no error", groups)
		}
	}
}

func TestFitRefuses(t *testing.T) {
	train, validation := split(24)
	wide, moved := validation, validation
	wide.Y = multilabel.FromRows(testCategories+1, make([][]int32, 40))
	moved.X = &features.Sequences{Papers: validation.X.(*features.Sequences).Papers, Embedding: vectors(testCategories, testDim)}
	few := validation
	few.X = validation.X.(*features.Sequences).Select([]int{0, 1})
	none := &features.Sequences{Papers: train.X.(*features.Sequences).Papers}
	for _, c := range []struct {
		name              string
		train, validation classifier.Dataset
		says              string
	}{
		{"dense papers", classifier.Dataset{X: &features.Dense{Rows: 24, Cols: 3, Data: make([]float32, 72)}, Y: train.Y}, validation, "*features.Dense"},
		{"no papers", classifier.Dataset{}, validation, "sequences of tokens"},
		{"no vectors", classifier.Dataset{X: none, Y: train.Y}, validation, "no word vectors"},
		{"no labels", classifier.Dataset{X: train.X}, validation, "labels of 6 categories"},
		{"more categories", wide, validation, "labels of 6 categories"},
		{"fewer papers than labels", few, validation, "2 papers with the labels of 40"},
		{"dense validation papers", train, classifier.Dataset{X: &features.Dense{Rows: 40, Cols: 1, Data: make([]float32, 40)}, Y: validation.Y}, "*features.Dense"},
		{"more categories in validation", train, wide, "labels of 6 categories"},
		{"fewer validation papers than labels", train, few, "2 papers with the labels of 40"},
		{"another embedding matrix", train, moved, "one embedding matrix"},
	} {
		n := newNetwork(t, tiny(1, 1), hooks{})
		err := n.Fit(t.Context(), c.train, c.validation)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "networks: ") {
			t.Errorf("%s: error %v, want one on %q", c.name, err, c.says)
		}
	}
}

// TestParameterSizes holds what Load expects to what the layers have.
func TestParameterSizes(t *testing.T) {
	p := pool.New(1)
	defer p.Close()
	for _, c := range []struct{ hidden, boom, dim, categories, total int }{
		{256, 512, 100, 148, 781688}, // the article's
		{1, 1, 1, 1, 45},
		{12, 16, 10, 6, 2244},
		{5, 3, 7, 11, 711},
	} {
		opt := sharnnDefaults()
		opt.Hidden, opt.Boom = c.hidden, c.boom
		in := Inputs{Dim: c.dim, Labels: c.categories}
		sizes, err := shapes(&opt.SHARNN, in, false)
		if err != nil {
			t.Fatal(err)
		}
		var want []int64
		for _, param := range paramsOf(sharnnLayers(&opt.SHARNN, design[float32]{pool: p, draws: true, words: embeddingOf(&opt.SHARNN, 2, c.dim, make([]float32, 2*c.dim)), labels: c.categories})) {
			want = append(want, int64(len(param.Value)))
		}
		if !slices.Equal(sizes, want) {
			t.Errorf("%+v: sizes %v, the layers have %v", c, sizes, want)
		}
		if total := Parameters(&opt.SHARNN, in); total != int64(c.total) {
			t.Errorf("%+v: %d parameters", c, total)
		}
	}
}

func TestSaveAndLoad(t *testing.T) {
	train, validation := split(60)
	n := newNetwork(t, tiny(1, 2), hooks{})
	fit(t, n, train, validation)
	file, want := fileOf(t, n), scoresOf(t, n, validation.X)
	other := tiny(2, 1)
	other.Hidden, other.Boom, other.BatchSize, other.MaskPadding = 3, 4, 64, false
	loaded := newNetwork(t, other, hooks{})
	if err := loaded.Load(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(scoresOf(t, loaded, validation.X), want) {
		t.Error("other scores after Load")
	}
	if !bytes.Equal(fileOf(t, loaded), file) {
		t.Error("another file after Load")
	}
	larger, err := newSHARNN(tiny(1, 1), inTurn(testCategories+1, testMasters), testMasters, hooks{})
	if err != nil {
		t.Fatal(err)
	}
	if err := larger.Load(bytes.NewReader(file)); err == nil || !strings.Contains(err.Error(), "6 labels (one a paper: false), not 7") {
		t.Errorf("loaded into a network of 7 categories: error %v", err)
	}
}

// TestLoadRefuses: files with a valid checksum, but fields that do not agree; and
// files that were cut or changed.
func TestLoadRefuses(t *testing.T) {
	const dim, hidden, boom = 4, 2, 3
	opt := tiny(1, 1)
	opt.Hidden, opt.Boom = hidden, boom
	sizes, err := shapes(&opt.SHARNN, Inputs{Dim: dim, Labels: testCategories}, false)
	if err != nil {
		t.Fatal(err)
	}
	write := func(ints []int, sizes []int64) []byte {
		var file bytes.Buffer
		err := classifier.WriteModel(&file, "sha_rnn", modelVersion, func(e *frame.Encoder) {
			for _, v := range ints {
				e.Int(v)
			}
			e.Bool(true)
			e.Int(len(sizes))
			for _, n := range sizes {
				e.Float32s(make([]float32, n))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return file.Bytes()
	}
	load := func(file []byte) error { return newNetwork(t, opt, hooks{}).Load(bytes.NewReader(file)) }
	good := write([]int{dim, testCategories, 1, hidden, boom, 8}, sizes)
	if err := load(good); err != nil {
		t.Fatal(err)
	}
	longer := slices.Clone(sizes)
	longer[3]++
	for name, file := range map[string][]byte{
		"no dimensions":        write([]int{0, testCategories, 1, hidden, boom, 8}, sizes),
		"more dimensions":      write([]int{dim + 1, testCategories, 1, hidden, boom, 8}, sizes),
		"no hidden units":      write([]int{dim, testCategories, 1, 0, boom, 8}, sizes),
		"billions of units":    write([]int{dim, testCategories, 1, 1 << 40, boom, 8}, sizes),
		"no layer":             write([]int{dim, testCategories, 0, hidden, boom, 8}, sizes),
		"two layers":           write([]int{dim, testCategories, 2, hidden, boom, 8}, sizes),
		"billions of layers":   write([]int{dim, testCategories, 1 << 40, hidden, boom, 8}, sizes),
		"a narrower boom":      write([]int{dim, testCategories, 1, hidden, boom - 1, 8}, sizes),
		"batches of nothing":   write([]int{dim, testCategories, 1, hidden, boom, 0}, sizes),
		"a parameter less":     write([]int{dim, testCategories, 1, hidden, boom, 8}, sizes[1:]),
		"a parameter more":     write([]int{dim, testCategories, 1, hidden, boom, 8}, append(slices.Clone(sizes), 1)),
		"a longer parameter":   write([]int{dim, testCategories, 1, hidden, boom, 8}, longer),
		"another category":     write([]int{dim, testCategories + 1, 1, hidden, boom, 8}, sizes),
		"an end too early":     good[:len(good)-1],
		"an end in the middle": good[:len(good)/2],
		"nothing":              nil,
		"fields of no network": write([]int{1}, nil),
	} {
		if err := load(file); err == nil {
			t.Errorf("a file with %s: no error", name)
		}
	}
	for at := 0; at < len(good); at += 1 + len(good)/200 {
		bad := bytes.Clone(good)
		bad[at] ^= 0x10
		if err := load(bad); err == nil {
			t.Errorf("byte %d of %d changed: no error", at, len(good))
		}
	}
}

// TestBatchSizeAndMask: with masked padding, papers do not see their company.
func TestBatchSizeAndMask(t *testing.T) {
	train, validation := split(60)
	scores := map[string][]float64{}
	for _, masked := range []bool{true, false} {
		opt := tiny(1, 2)
		opt.MaskPadding, opt.Epochs = masked, 2
		n := newNetwork(t, opt, hooks{})
		fit(t, n, train, validation)
		for _, size := range []int{1, 3, 8, 40} {
			n.learnt.opt.(*SHARNN).BatchSize = size
			scores[fmt.Sprint(masked, size)] = scoresOf(t, n, validation.X)
		}
	}
	for _, size := range []int{3, 8, 40} {
		if !slices.Equal(scores[fmt.Sprint(true, size)], scores["true 1"]) {
			t.Errorf("masked: other scores in batches of %d than alone", size)
		}
		if slices.Equal(scores[fmt.Sprint(false, size)], scores["false 1"]) {
			t.Errorf("not masked: the same scores in batches of %d and alone", size)
		}
	}
	if slices.Equal(scores["true 1"], scores["false 1"]) {
		t.Error("masked and not masked learn the same")
	}
}

func TestScoresOfTokensOutside(t *testing.T) {
	train, validation := split(24)
	n := newNetwork(t, tiny(1, 2), hooks{})
	fit(t, n, train, validation)
	x := validation.X.(*features.Sequences)
	bad := x.Select([]int{0, 1})
	bad.Papers[1] = []int32{int32(x.Embedding.Rows)}
	if _, err := n.Scores(context.Background(), bad); err == nil {
		t.Error("no error")
	}
	if _, err := n.Scores(context.Background(), x); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestFitAfterLoad: what a file was learnt with does not stay.
func TestFitAfterLoad(t *testing.T) {
	train, validation := split(40)
	fresh, other := newNetwork(t, tiny(1, 2), hooks{}), tiny(2, 2)
	other.Hidden, other.Boom, other.BatchSize, other.MaskPadding = 5, 7, 3, false
	foreign := newNetwork(t, other, hooks{})
	fit(t, foreign, train, validation)
	var file bytes.Buffer
	if err := foreign.Save(&file); err != nil {
		t.Fatal(err)
	}
	used := newNetwork(t, tiny(1, 2), hooks{})
	if err := used.Load(&file); err != nil {
		t.Fatal(err)
	}
	fit(t, used, train, validation)
	fit(t, fresh, train, validation)
	if !slices.Equal(scoresOf(t, used, validation.X), scoresOf(t, fresh, validation.X)) {
		t.Error("a Fit after a Load differs from a Fit alone")
	}
}
