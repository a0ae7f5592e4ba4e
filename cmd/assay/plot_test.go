package main

import (
	"bytes"
	"encoding/json"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"assay/results/plot"
)

// drawn runs a small experiment with a network and returns its file and store.
func drawn(t *testing.T) (config, store string) {
	t.Helper()
	config = filepath.Join(t.TempDir(), "drawn.toml")
	text := `name = "drawn"
seeds = [1, 2]
[corpus]
path = '` + importPapers(t, 400) + `'
[split]
validation = 0.2
test = 0.2
[embeddings.own]
train = true
dimensions = 8
epochs = 1
buckets = 1000
deterministic = true
[[model]]
name = "NB"
kind = "naive_bayes"
[[model]]
name = "NB, alpha 0.1"
kind = "naive_bayes"
alpha = 0.1
[[model]]
name = "RNN"
kind = "sha_rnn"
embeddings = "own"
hidden = 8
boom = 8
epochs = 2
[[published]]
model = "NB"
f1 = 0.4032
`
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	store = t.TempDir()
	mustCall(t, "run", config, "--results", store, "--quiet")
	return config, store
}

func TestPlot(t *testing.T) {
	config, store := drawn(t)
	t.Chdir(t.TempDir())
	args := func(more ...string) []string {
		return append([]string{"plot", more[0], config, "--results", store}, more[1:]...)
	}

	if out := mustCall(t, args("comparison", "--metric", "f1,master_f1", "--width", "12.7cm", "--height", "63.5mm", "--dpi", "100")...); out != "drawn-comparison.png\n" {
		t.Errorf("plot printed %q, want the file's name", out)
	}
	f, err := os.ReadFile("drawn-comparison.png")
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(f))
	if err != nil || img.Bounds().Dx() != 500 || img.Bounds().Dy() != 250 {
		t.Errorf("the picture has bounds %v (%v), want 500 by 250", img.Bounds(), err)
	}
	for name, want := range map[string]struct {
		args []string
		text []string
	}{
		"curves": {args("curves"), []string{">RNN<", ">validation<", ">training<", ">Epoch<", ">F1, %<", ">Loss<"}},
		"sweep":  {args("sweep", "--x", "alpha", "--log"), []string{">Alpha<", ">0.1<", ">F1, %<", "without the key alpha"}},
		"bars":   {args("comparison", "--rule", "tuned", "--notes=false", "--title", ""), []string{">NB, alpha 0.1<", ">published by others<", ">tuned threshold<"}},
	} {
		t.Run(name, func(t *testing.T) {
			mustCall(t, append(want.args, "--out", name+".svg")...)
			first, err := os.ReadFile(name + ".svg")
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range want.text {
				if !strings.Contains(string(first), text) {
					t.Errorf("the picture does not say %q", text)
				}
			}
			mustCall(t, append(want.args, "--out", name+".svg")...)
			if again, err := os.ReadFile(name + ".svg"); err != nil || !bytes.Equal(first, again) {
				t.Errorf("the same command gives other bytes (%v)", err)
			}
		})
	}
	var fig plot.Figure
	if err := json.Unmarshal([]byte(mustCall(t, args("comparison", "--json")...)), &fig); err != nil || len(fig.Panels) != 1 {
		t.Errorf("--json printed %+v (%v)", fig, err)
	}
	plotRefuses(t, args)
}

// plotRefuses checks that what cannot be drawn is an answer and leaves no file.
func plotRefuses(t *testing.T, args func(...string) []string) {
	t.Helper()
	for _, c := range []struct {
		args []string
		want string
	}{
		{args("curves", "--model", "NB"), "only networks train in epochs"},
		{args("curves", "--trial", "nonesuch"), "nonesuch"},
		{args("sweep"), "--x"},
		{args("sweep", "--x", "alhpa"), `did you mean "alpha"?`},
		{args("embeddings"), "nothing to compare"},
		{args("comparison", "--rule", "best"), "--rule"},
		{args("comparison", "--width", "16"), "such as 16cm"},
		{args("comparison", "--width", "2cm"), "a width of 2.0 cm"},
		{args("comparison", "--seeds"), "unknown flag"},
		{args("confidence", "--bins", "0"), "want 1 to 100"},
		{args("calibration", "--bins", "101"), "want 1 to 100"},
		{args("comparison", "--set", "seeds=[7]"), "`assay run` makes them"},
	} {
		_, message, code := call(t, nil, append(c.args, "--out", "refused.svg")...)
		if code != exitUsage || !strings.Contains(message, c.want) || strings.Contains(message, "\n") {
			t.Errorf("assay %s: code %d, %q; want code 64 and one line with %q", strings.Join(c.args, " "), code, message, c.want)
		}
	}
	if _, message, code := call(t, nil, args("comparison", "--out", "refused.pdf")...); code != exitUsage || !strings.Contains(message, ".png or .svg") {
		t.Errorf("a .pdf: code %d, %q", code, message)
	}
	if left, _ := filepath.Glob("*refused*"); len(left) > 0 {
		t.Errorf("refused pictures left %v", left)
	}
}

// Letters for which a picture has boxes are named, once and on one line.
func TestBoxesAreWarnedOf(t *testing.T) {
	var stdout, stderr bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	name := filepath.Join(t.TempDir(), "x.png")
	err := writePicture(cmd, name, func(w io.Writer) ([]rune, error) {
		_, err := io.WriteString(w, "picture")
		return []rune("朴👍abcdefgh"), err
	})
	if err != nil || stdout.String() != name+"\n" {
		t.Fatalf("%v, %q", err, stdout.String())
	}
	for _, want := range []string{"has 朴 (U+6734), 👍 (U+1F44D), a (U+0061), ", " and 2 more: install one", "fonts-noto-cjk"} {
		if !strings.Contains(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("no %q in %q", want, stderr.String())
		}
	}
}
