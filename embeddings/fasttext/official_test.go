package fasttext

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/embeddings"
	"assay/internal/fault"
)

// official runs testdata/official.py with the Python that ASSAY_PYTHON names,
// python3 by default, and skips the test where that lacks the library.
func official(t *testing.T, stdin string, args ...string) []byte {
	t.Helper()
	python := cmp.Or(os.Getenv("ASSAY_PYTHON"), "python3")
	if err := exec.Command(python, "-c", "import fasttext").Run(); err != nil {
		t.Skipf("%s has no fasttext (%v): pip install fasttext-wheel==0.9.2, or name another Python in ASSAY_PYTHON", python, err)
	}
	cmd := exec.Command(python, append([]string{"testdata/official.py"}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("official.py %v: %v\n%s", args, err, &stderr)
	}
	return out
}

// asked are words of the vocabulary, others, and those that break n-grams.
var asked = []string{
	"sheaf", "neutrino", "sheaves", "antineutrino", "a", "", "é", "Über", "中文字", "</s>", "x\u0301y", "🙂🙃", "<>", "-EQN-",
}

// compare asks the official library about the model in path and holds ours
// against the answers.
func compare(t *testing.T, path string, m *Model) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy.bin")
	var answer struct {
		Words      []string
		Counts     []int64
		Vectors    map[string][]float32
		Ngrams     map[string][]int32
		Sentence   []float32
		Neighbours map[string][]string
	}
	if err := json.Unmarshal(official(t, strings.Join(asked, "\n"), "ask", path, copied), &answer); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(answer.Words, m.dict.words) || !slices.Equal(answer.Counts, m.dict.counts) {
		t.Errorf("words %q %v, want %q %v", m.dict.words, m.dict.counts, answer.Words, answer.Counts)
	}
	worst := 0.0
	apart := func(what string, have, want []float32) {
		t.Helper()
		for i := range want {
			d := math.Abs(float64(have[i] - want[i]))
			if worst = max(worst, d); !(d <= 1e-5) {
				t.Errorf("%s: value %d is %g, want %g", what, i, have[i], want[i])
			}
		}
	}
	sentence, n := make([]float32, m.Dim()), 0
	for _, word := range asked {
		v := make([]float32, m.Dim())
		if _, err := m.Lookup(v, word); err != nil {
			t.Fatal(err)
		}
		apart("vector of "+word, v, answer.Vectors[word])
		if rows := m.dict.appendRows(nil, word); !slices.Equal(rows, answer.Ngrams[word]) {
			t.Errorf("n-grams of %q: %v, want %v", word, rows, answer.Ngrams[word])
		}
		norm := 0.0
		for _, x := range v {
			norm += float64(x) * float64(x)
		}
		if norm = math.Sqrt(norm); norm > 0 && word != "" {
			n++
			for i, x := range v {
				sentence[i] += x / float32(norm)
			}
		}
	}
	for i := range sentence {
		sentence[i] /= float32(n)
	}
	apart("sentence vector", sentence, answer.Sentence)
	compared := 0
	for word, want := range answer.Neighbours {
		near, match, err := embeddings.Neighbours(context.Background(), m, word, 5, 1)
		if match == embeddings.Missing || fault.IsUsage(err) {
			continue // of a zero vector the official program lists neighbours, too
		}
		compared++
		var have []string
		for _, n := range near {
			have = append(have, n.Word)
		}
		if err != nil || !slices.Equal(have, want) {
			t.Errorf("neighbours of %q: %q, %v, want %q", word, have, err, want)
		}
	}
	if compared < 3 {
		t.Errorf("the neighbours of %d words alone were compared", compared)
	}
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(original, again) {
		t.Errorf("saved again by the official library, the model has other bytes (%d, %d)", len(original), len(again))
	}
	t.Logf("%d words, %d n-gram lists; vectors differ by %.2g at most", len(asked), len(asked), worst)
}

// The official library loads our models and says what we say of them.
func TestOfficialReadsOurs(t *testing.T) {
	for _, model := range []string{Skipgram, CBOW} {
		opt := small()
		opt.Model = model
		m, _ := train(t, topics(300), opt)
		path := filepath.Join(t.TempDir(), "ours.bin")
		if err := os.WriteFile(path, written(t, m), 0o644); err != nil {
			t.Fatal(err)
		}
		compare(t, path, m)
	}
}

// We load the official library's models and say what it says of them.
func TestWeReadOfficial(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.txt")
	var b strings.Builder
	for sentence := range topics(300) {
		b.WriteString(strings.Join(sentence, " ") + " Über 中文字 é __label__fr\n") // a label is no word
	}
	if err := os.WriteFile(text, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, options := range [][]string{
		{"model=skipgram", "dim=10", "minn=2", "maxn=6", "bucket=1000"},
		{"model=cbow", "dim=100", "minn=1", "maxn=3", "bucket=300"},
		{"model=skipgram", "dim=5", "minn=0", "maxn=0", "bucket=10"},
	} {
		path := filepath.Join(dir, "official.bin")
		official(t, "", append([]string{"train", text, path, "minCount=2", "epoch=2", "thread=1"}, options...)...)
		m, err := Open(path)
		if err != nil {
			t.Fatal(options, err)
		}
		defer m.Close()
		if n, first := m.Labels(); n != 1 || first != "__label__fr" {
			t.Errorf("%v: %d labels, the first %q", options, n, first)
		}
		compare(t, path, m)
		original, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written(t, m), original) {
			t.Errorf("%v: written again, the model has other bytes", options)
		}
	}
}
