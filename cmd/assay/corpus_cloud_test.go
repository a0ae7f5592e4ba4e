package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/corpus"
	"assay/corpus/export"
	"assay/features/keywords"
)

// cloudCorpus has four papers of A alone, two of B alone, one of both and one of
// neither; A and B are cs.LG and cs.CV.
func cloudCorpus(t *testing.T) string {
	t.Helper()
	papers := []corpus.Paper{
		{Title: "Learning with GANs", Abstract: "A GAN learns $x_i^2$ from 12 images. We propose a gan. See https://a.b/c and \\textbf{bold} networks.", Categories: []string{"cs.LG"}},
		{Title: "Networks", Abstract: "The network of 3D GAN models isn't new, e.g. a State-of-the-art class and losses.", Categories: []string{"cs.LG", "stat.ML"}},
		{Title: "Classes", Abstract: "Learning losses; learning physics is learning.", Categories: []string{"cs.LG"}},
		{Title: "Bias", Abstract: "Bias of learning and the loss.", Categories: []string{"stat.ML", "cs.LG"}},
		{Title: "Images", Abstract: "Images of cameras.", Categories: []string{"cs.CV"}},
		{Title: "Image", Abstract: "An image and a camera in 3D.", Categories: []string{"cs.CV"}},
		{Title: "Image learning", Abstract: "Both.", Categories: []string{"cs.CV", "cs.LG"}},
		{Title: "Physics of images", Abstract: "Galaxies.", Categories: []string{"hep-th"}},
	}
	dir := t.TempDir()
	path, out := filepath.Join(dir, "papers.jsonl"), filepath.Join(dir, "corpus")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	err = export.JSONLines(f, func(yield func(*corpus.Paper, error) bool) {
		for i := range papers {
			papers[i].ID = fmt.Sprintf("2001.%05d", i+1)
			if !yield(&papers[i], nil) {
				return
			}
		}
	})
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	mustCall(t, "corpus", "import", "--format", "kaggle", path, "--out", out)
	return out
}

func cloudJSON(t *testing.T, args ...string) keywords.Clouds {
	t.Helper()
	var s keywords.Clouds
	if err := json.Unmarshal([]byte(mustCall(t, append(append([]string{"corpus", "cloud"}, args...), "--json")...)), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// wordNumbers writes the words of a category with their papers.
func wordNumbers(c keywords.Cloud) string {
	var out []string
	for _, w := range c.Words {
		out = append(out, fmt.Sprintf("%s %d", w.Word, w.Papers))
	}
	return strings.Join(out, ", ")
}

// Papers are counted by word: numbers, equations, TeX and the prose of abstracts are
// left out, case and plural are folded, and shown as most often.
func TestCloudCounts(t *testing.T) {
	dir := cloudCorpus(t)
	s := cloudJSON(t, dir, "--category", "cs.LG,cs.CV")
	for i, want := range []struct {
		id, name string
		papers   int64
		words    string
	}{
		{"cs.LG", "Machine Learning", 5, "learning 4, losses 3, classes 2, GAN 2, image 2, networks 2, 3D 1, bias 1, learns 1, model 1, physics 1"},
		{"cs.CV", "Computer Vision and Pattern Recognition", 3, "Image 3, camera 2, 3D 1, learning 1"},
	} {
		c := s.Categories[i]
		got := strings.ReplaceAll(wordNumbers(c), "models", "model")
		if c.ID != want.id || c.Name != want.name || c.Papers != want.papers || !strings.EqualFold(got, want.words) {
			t.Errorf("category %d is %s, %s, of %d papers: %s; want %+v", i, c.ID, c.Name, c.Papers, got, want)
		}
	}
	lg := s.Categories[0].Words
	if at := slices.IndexFunc(lg, func(w keywords.Word) bool { return w.Word == "GAN" }); at < 0 || lg[at].Share != 0.4 {
		t.Errorf("GAN is not shown as it is written most often, or its share is not 2 of 5: %+v", lg)
	}

	s = cloudJSON(t, dir, "--category", "cs.LG,cs.CV", "--exclusive", "--text", "title", "--words", "2")
	if a, b := s.Categories[0], s.Categories[1]; a.Papers != 4 || b.Papers != 2 || len(a.Words) != 2 || wordNumbers(b) != "Image 2" && wordNumbers(b) != "Images 2" {
		t.Errorf("exclusive titles: %d papers: %s; %d papers: %s", a.Papers, wordNumbers(a), b.Papers, wordNumbers(b))
	}
	if s = cloudJSON(t, dir, "--category", "cs.LG", "--prose"); !strings.Contains(wordNumbers(s.Categories[0]), "propose 1") {
		t.Errorf("--prose leaves out propose: %s", wordNumbers(s.Categories[0]))
	}
}

// Contrast is against the others, or against all.
func TestCloudContrast(t *testing.T) {
	dir := cloudCorpus(t)
	for _, c := range []struct {
		args   []string
		papers int64
		word   string
		here   int64
		there  int64
	}{
		{[]string{"--category", "cs.CV,cs.LG"}, 7, "image", 3, 1},
		{[]string{"--category", "cs.CV,cs.LG", "--exclusive"}, 6, "image", 2, 1},
		{[]string{"--category", "cs.CV,cs.LG", "--against", "rest"}, 8, "image", 3, 2},
		{[]string{"--category", "cs.CV"}, 8, "image", 3, 2},
	} {
		s := cloudJSON(t, append([]string{dir, "--by", "contrast"}, c.args...)...)
		words := s.Categories[0].Words
		at := slices.IndexFunc(words, func(w keywords.Word) bool { return strings.HasPrefix(strings.ToLower(w.Word), c.word) })
		if at < 0 || s.Papers != c.papers || words[at].Papers != c.here || *words[at].Elsewhere != c.there || !(*words[at].Z > 0) || math.Signbit(*words[at].LogOdds) {
			t.Errorf("%v: %d papers, %+v; want %d papers, %s in %d and %d", c.args, s.Papers, words, c.papers, c.word, c.here, c.there)
		}
	}
	s := cloudJSON(t, dir, "--by", "contrast", "--category", "cs.LG,cs.CV")
	if got := wordNumbers(s.Categories[0]); strings.Contains(got, "mage") || !strings.Contains(got, "learning 4") {
		t.Errorf("for cs.LG speak %s; want learning, but no images, which cs.CV has more of", got)
	}
}

func TestCloudPictures(t *testing.T) {
	dir := importPapers(t, 300)
	t.Chdir(t.TempDir())
	cloud := func(more ...string) string {
		return mustCall(t, append([]string{"corpus", "cloud", dir, "--category", "cs.LG,hep-th", "--words", "30"}, more...)...)
	}
	if out := cloud("--out", "{category}.svg"); out != "cs.LG.svg\nhep-th.svg\n" {
		t.Errorf("the files are %q", out)
	}
	for _, name := range []string{"a.png", "b.png", "a.svg"} {
		cloud("--by", "contrast", "--out", name)
	}
	a, errA := os.ReadFile("a.png")
	b, errB := os.ReadFile("b.png")
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("the same command gives other bytes (%v, %v)", errA, errB)
	}
	svg, err := os.ReadFile("a.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">Machine Learning (cs.LG)<", ">High Energy Physics - Theory (hep-th)<", "log-odds"} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("the picture does not say %q", want)
		}
	}
	cloud("--by", "contrast", "--notes=false", "--title", "Two", "--out", "a.svg")
	if svg, err = os.ReadFile("a.svg"); err != nil || bytes.Contains(svg, []byte("log-odds")) || !bytes.Contains(svg, []byte(">Two<")) {
		t.Errorf("--notes=false or --title is not obeyed (%v)", err)
	}
}

func TestCloudRefuses(t *testing.T) {
	dir := cloudCorpus(t)
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--category", "cs.lg"}, "corpus cloud: --category: topic cs.lg: arXiv writes it cs.LG"},
		{[]string{"--category", "cs.LG,cs.LG"}, "stands twice"},
		{[]string{"--category", "cs.LG,math.AG"}, "none of 8 papers of " + dir + " is of math.AG"},
		{[]string{"--category", "cs.LG,hep-ht"}, `is of hep-ht; did you mean "hep-th"?`},
		{[]string{"--category", "astro-ph"}, "arXiv divided astro-ph"},
		{[]string{"--category", "cs.LG", "--by", "contarst"}, `did you mean "contrast"?`},
		{[]string{"--category", "cs.LG", "--against", "rest"}, "--against needs --by contrast"},
		{[]string{"--category", "cs.LG", "--against", "others", "--by", "contrast"}, "needs two categories"},
		{[]string{"--category", "cs.LG", "--exclusive"}, "needs two categories"},
		{[]string{"--category", "cs.LG", "--words", "0"}, "want 1 to 1000"},
		{[]string{"--category", "cs.LG", "--text", "full"}, "want title+abstract"},
		{[]string{"--category", "cs.LG", "--sample", "-1"}, "want 0 (all) or more"},
		{[]string{"--category", "math.AG", "--vertical", "2"}, "--vertical 2: want a share of the words, 0 to 1"}, // before papers are read
		{[]string{"--category", "cs.LG", "--workers", "-1"}, "--workers -1: want 0 (one a core) or more"},
		{[]string{"--category", "cs.LG", "--width", "16"}, "such as 16cm"},
		{[]string{"--category", "cs.LG", "--out", "refused.pdf"}, ".png or .svg"},
		{[]string{"--category", "cs.LG", "--out", ""}, "want --out FILE"},
		{nil, "category"},
	} {
		_, message, code := call(t, nil, append([]string{"corpus", "cloud", dir, "--out", "refused.svg"}, c.args...)...)
		if code != exitUsage || !strings.Contains(message, c.want) || strings.Contains(message, "\n") || strings.Contains(message, `mean "math.AG"`) {
			t.Errorf("%v: code %d, %q; want code 64 and one line with %q", c.args, code, message, c.want)
		}
	}
	if left, _ := filepath.Glob("*refused*"); len(left) > 0 {
		t.Errorf("refused pictures left %v", left)
	}
}
