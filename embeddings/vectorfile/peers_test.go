package vectorfile

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"assay/embeddings"
)

// peers runs testdata/peers.py with the Python that ASSAY_PYTHON names, python3 by
// default, and skips the test where that lacks the module.
func peers(t *testing.T, module string, args ...string) []byte {
	t.Helper()
	python := cmp.Or(os.Getenv("ASSAY_PYTHON"), "python3")
	found := fmt.Sprintf("import importlib.util, sys; sys.exit(not importlib.util.find_spec(%q))", module)
	if err := exec.Command(python, "-c", found).Run(); err != nil {
		t.Skipf("%s has no %s: pip install gensim==4.4.0 word2vec==0.11.1, or name another Python in ASSAY_PYTHON", python, module)
	}
	cmd := exec.Command(python, append([]string{"testdata/peers.py"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("peers.py %v: %v\n%s", args, err, &stderr)
	}
	return out
}

func openAs(t *testing.T, path string, format Format) *embeddings.Table {
	t.Helper()
	v, report, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Report{Format: format, Words: v.Len(), Dim: v.Dim(), Announced: report.Announced}); report != want {
		t.Fatalf("%s: %+v, want %+v", path, report, want)
	}
	return v.(*embeddings.Table)
}

// Files that gensim and the original word2vec program wrote: the text tells what
// the binary holds. gensim's first vector holds a line end.
func TestFilesOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		words     []string
		tolerance float64
	}{
		"gensim":   {[]string{"the", "Über", "中文字", "no\u00a0break", "\u0085", "x\u2028y"}, 0},
		"word2vec": {[]string{"</s>", "the", "sheaf", "of", "Über", "中文字", "topos"}, 5.1e-7}, // text of 6 digits
	} {
		bin := openAs(t, filepath.Join("testdata", name+".bin"), Word2vec)
		text := openAs(t, filepath.Join("testdata", name+".vec"), Vec)
		if bin.Len() != len(c.words) || text.Len() != len(c.words) || bin.Dim() != text.Dim() {
			t.Fatalf("%s: %d words of %d dimensions, as text %d of %d; want %d", name, bin.Len(), bin.Dim(), text.Len(), text.Dim(), len(c.words))
		}
		for i, word := range c.words {
			if bin.Word(i) != word || text.Word(i) != word {
				t.Errorf("%s: word %d is %q, as text %q, want %q", name, i, bin.Word(i), text.Word(i), word)
			}
			for j, want := range text.Row(i) {
				if have := bin.Row(i)[j]; !(math.Abs(float64(have)-float64(want)) <= c.tolerance) {
					t.Errorf("%s: value %d of %q is %g, as text %g", name, j, word, have, want)
				}
			}
		}
	}
}

// gensim reads its files, the C program's and ours as we do.
func TestGensimReads(t *testing.T) {
	tables := map[string]*embeddings.Table{}
	args := []string{"read"}
	add := func(format Format, path string, v *embeddings.Table) {
		tables[path] = v
		args = append(args, string(format), path)
	}
	for _, name := range []string{"gensim", "word2vec"} {
		bin, text := filepath.Join("testdata", name+".bin"), filepath.Join("testdata", name+".vec")
		add(Word2vec, bin, openAs(t, bin, Word2vec))
		add(Vec, text, openAs(t, text, Vec))
	}
	v := tables[filepath.Join("testdata", "gensim.bin")]
	for _, format := range []Format{Word2vec, Vec, GloVe} {
		path := filepath.Join(t.TempDir(), "ours")
		if err := Write(context.Background(), path, format, v); err != nil {
			t.Fatal(err)
		}
		add(format, path, v)
	}
	var answers map[string]struct {
		Words   []string
		Vectors [][]float32
	}
	if err := json.Unmarshal(peers(t, "gensim", args...), &answers); err != nil {
		t.Fatal(err)
	}
	for path, want := range tables {
		have := answers[path]
		if len(have.Words) != want.Len() {
			t.Errorf("%s: %d words, want %d", path, len(have.Words), want.Len())
			continue
		}
		for i, word := range have.Words {
			if word != want.Word(i) || !slices.Equal(have.Vectors[i], want.Row(i)) {
				t.Errorf("%s: %q %v, want %q %v", path, word, have.Vectors[i], want.Word(i), want.Row(i))
			}
		}
	}
}

// gensim still writes the files in testdata. Those of the C program depend on the
// processor that it was compiled for.
func TestFixturesAreCurrent(t *testing.T) {
	dir := t.TempDir()
	peers(t, "word2vec", "make", dir)
	for _, name := range []string{"gensim.bin", "gensim.vec"} {
		have, err := os.ReadFile(filepath.Join(dir, name))
		want, err2 := os.ReadFile(filepath.Join("testdata", name))
		if err != nil || err2 != nil || !bytes.Equal(have, want) {
			t.Errorf("%s: other bytes than in testdata (%v, %v)", name, err, err2)
		}
	}
}
