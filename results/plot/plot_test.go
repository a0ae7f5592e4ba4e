package plot

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/internal/fault"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

var (
	update = flag.Bool("update", false, "write the golden files anew")
	show   = flag.String("show", "", "folder to write the tests' pictures to, for looking at them")
)

func rule(t *testing.T, s string) metrics.Rule {
	t.Helper()
	r, err := metrics.ParseRule(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// made is a finished run with F1s under two rules, the tuned one 10 points
// above the other.
func made(t *testing.T, model, kind string, seed uint64, f1 float64, params map[string]any) results.Run {
	t.Helper()
	r := results.Run{
		Experiment: "made", Trial: fmt.Sprintf("%s-s%d-%v", model, seed, params), Seed: seed,
		Model: results.Model{Name: model, Kind: kind, Backend: "native"}, Params: params, State: results.Done,
		Data:   results.Data{Hash: "h", Name: "4,000 papers", Test: 1000},
		Stages: []results.Stage{{Name: "fit", Seconds: 2 + f1}},
	}
	r.Files = []results.File{{Name: "predictions.parquet", SHA256: r.Trial}}
	for i, name := range []string{"fixed:0.5", "tuned"} {
		v := f1 + 0.1*float64(i)
		r.Results = append(r.Results, results.RuleResult{
			Decision: metrics.Decision{Rule: rule(t, name)},
			All:      metrics.Report{SampleF1: v, MicroF1: v - 0.05},
			Master:   metrics.Report{SampleF1: v + 0.2},
		})
	}
	return r
}

func withIntervals(r results.Run) results.Run {
	r.Results = append([]results.RuleResult{}, r.Results...)
	for i := range r.Results {
		f := r.Results[i].All.SampleF1
		r.Results[i].Intervals = &results.Intervals{Level: 0.95, Resamples: 1000, F1: results.Interval{Low: f - 0.01, High: f + 0.02}}
	}
	return r
}

// epochs is a curve of n epochs.
func epochs(n int, best float64, validated bool) []results.Epoch {
	var out []results.Epoch
	for i := 1; i <= n; i++ {
		f := best * float64(i) / float64(i+1)
		e := results.Epoch{Epoch: i, F1: f + 0.02*float64(i), Loss: 0.2 / float64(i), MasterF1: f + 0.2}
		if validated {
			v, l, m := f, 0.2/float64(i)+0.01, f+0.19
			e.ValidationF1, e.ValidationLoss, e.ValidationMasterF1 = &v, &l, &m
		}
		out = append(out, e)
	}
	return out
}

func swept(t *testing.T) []results.Run {
	var runs []results.Run
	for i, dropout := range []float64{0, 0.1, 0.2} {
		for j, table := range []string{"fasttext", "glove"} {
			for seed := range uint64(3) {
				f1 := 0.4 + 0.02*float64(i) - 0.05*float64(j) + 0.01*float64(seed*seed)
				runs = append(runs, made(t, "SHA-RNN", "sha_rnn", seed+1, f1, map[string]any{
					"dropout": dropout, "embeddings": table, "embeddings.train": j == 0, "epochs": 5,
				}))
			}
		}
	}
	return runs
}

func must(t *testing.T, fig Figure, err error) Figure {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return fig
}

// figures are the pictures that the golden files hold.
func figures(t *testing.T) map[string]Figure {
	t.Helper()
	var compared []results.Run
	for i, m := range []string{"Naive Bayes", "Logistic regression", "Random forest"} {
		for seed := range uint64(3) {
			compared = append(compared, made(t, m, "kind", seed+1, 0.3+0.1*float64(i)+0.01*float64(seed), nil))
		}
	}
	var curves []Curve
	for i, dropout := range []float64{0, 0.2} {
		for seed := range uint64(2) {
			r := made(t, "SHA-RNN", "sha_rnn", seed+1, 0.4, map[string]any{"dropout": dropout})
			curves = append(curves, Curve{r, epochs(5-int(seed), 0.5-0.1*float64(i)+0.02*float64(seed), true)})
		}
	}
	out := map[string]Figure{}
	fig, err := Comparison(compared, Options{Name: "made", Metrics: []string{"f1", "master_f1", "fit_seconds"}, Published: []compare.Published{
		{Model: "Naive Bayes", F1: 0.4032, MasterF1: math.NaN()}, {Model: "SHA-RNN of the article", F1: 0.6496, MasterF1: 0.93},
	}})
	out["comparison"] = must(t, fig, err)
	fig, err = Comparison([]results.Run{withIntervals(compared[0]), withIntervals(compared[3])}, Options{Rules: []metrics.Rule{rule(t, "tuned")}})
	out["papers"] = must(t, fig, err)
	fig, err = Curves(curves, Options{Name: "made", Metrics: []string{"f1", "loss", "master_f1"}})
	out["curves"] = must(t, fig, err)
	fig, err = Sweep(swept(t), Options{Name: "made"}, SweepOptions{X: "dropout", Series: []string{"embeddings"}})
	out["sweep"] = must(t, fig, err)
	fig, err = Sweep(swept(t), Options{Name: "made"}, SweepOptions{X: "dropout"})
	out["hidden"] = must(t, fig, err)
	fig, err = Sweep(swept(t), Options{}, SweepOptions{X: "embeddings", Series: []string{"dropout"}})
	out["words"] = must(t, fig, err)
	var tables []results.Run
	for i, m := range []string{"LR on FastText", "LR on GloVe", "NB on FastText", "NB on GloVe", "alone"} {
		for seed := range uint64(3) {
			params := map[string]any{"embeddings": []string{"fasttext", "glove"}[i%2], "embeddings.train": i%2 == 0, "c": i / 2}
			r := made(t, m, "k", seed+1, 0.5-0.03*float64(i)+0.01*float64(seed*(1+seed*uint64(i%2))), params)
			if i%2 == 1 {
				r.Warnings = []string{"the vectors glove cover 64 % of the tokens"}
			}
			tables = append(tables, r)
		}
	}
	fig, err = Embeddings(tables, Options{Name: "made"}, "")
	out["embeddings"] = must(t, fig, err)
	predictedFigures(t, out)
	return out
}

// What is drawn is what the runs say, number by number.
func TestGolden(t *testing.T) {
	for name, fig := range figures(t) {
		rounded(fig)
		text, err := json.MarshalIndent(fig, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", append(text, '\n'))
	}
}

// rounded drops the digits of a figure in which machines may differ.
func rounded(fig Figure) {
	round := func(v *float64) { *v = math.Round(1e6**v) / 1e6 }
	for _, n := range fig.Calibration {
		for i := range n.Bins {
			for _, v := range []*float64{&n.Bins[i].Mean, &n.Bins[i].Share, &n.Bins[i].Interval.Low, &n.Bins[i].Interval.High} {
				round(v)
			}
		}
	}
	for _, p := range fig.Panels {
		for _, s := range p.Series {
			for i := range s.Points {
				pt := &s.Points[i]
				round(&pt.X)
				round(&pt.Y)
				round(&pt.Base)
				round(&pt.Width)
				if pt.Interval != nil {
					round(&pt.Interval.Low)
					round(&pt.Interval.High)
				}
			}
		}
	}
}

// Golden pictures, whole: of lines, of bars, and of panels with strips.
func TestGoldenSVG(t *testing.T) {
	for _, name := range []string{"sweep", "papers", "calibration"} {
		golden(t, name+".svg", written(t, figures(t)[name], SVG, Size{}))
	}
}

// A difference is over the seeds that both tables have, pair by pair.
func TestEmbeddingsPairsSeeds(t *testing.T) {
	var runs []results.Run
	for _, r := range []struct {
		table string
		seed  uint64
		f1    float64
	}{{"fasttext", 1, 0.1}, {"fasttext", 2, 0.5}, {"fasttext", 3, 0.3}, {"glove", 3, 0.19}, {"glove", 2, 0.41}} {
		runs = append(runs, made(t, "LR on "+r.table, "k", r.seed, r.f1, map[string]any{"embeddings": r.table}))
	}
	fig, err := Embeddings(runs, Options{}, "fasttext")
	must(t, fig, err)
	points := fig.Panels[1].Series[1].Points
	low := -10 - math.Tan(math.Pi/2*0.95) // t of one degree of freedom, times a standard error of one point
	if len(points) != 1 || math.Abs(points[0].X+10) > 1e-9 || points[0].Interval == nil || math.Abs(points[0].Interval.Low-low) > 1e-9 {
		t.Errorf("the difference is %+v, want −10 points, from %v on", points, low)
	}
}

// Equal replicates are one run: a bar without an interval over seeds, and a note.
func TestEqualReplicatesInPictures(t *testing.T) {
	var runs []results.Run
	for _, table := range []string{"fasttext", "glove"} {
		for seed := range uint64(3) {
			r := made(t, "NB on "+table, "k", 1, 0.4+float64(len(table))/100, map[string]any{"embeddings": table, "dropout": 0.1})
			r.Seed, r.Trial = seed, fmt.Sprint(table, seed)
			runs = append(runs, r)
		}
	}
	comparison, err := Comparison(runs, Options{})
	must(t, comparison, err)
	sweep, err := Sweep(runs, Options{}, SweepOptions{X: "dropout", Series: []string{"embeddings"}})
	must(t, sweep, err)
	embeddings, err := Embeddings(runs, Options{}, "fasttext")
	must(t, embeddings, err)
	for name, fig := range map[string]Figure{"comparison": comparison, "sweep": sweep, "embeddings": embeddings} {
		notes := strings.Join(fig.Notes, "\n")
		if !strings.Contains(notes, "Equal runs under several seeds count as one: of 2 settings.") || strings.Contains(notes, "over 3 seeds") {
			t.Errorf("%s: notes\n%s", name, notes)
		}
	}
	for _, p := range embeddings.Panels[1].Series[1].Points {
		if p.Interval != nil {
			t.Errorf("a difference of equal replicates has the interval %+v", *p.Interval)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; go test -update writes it anew. Got\n%s", path, got)
	}
}

func written(t *testing.T, fig Figure, format Format, size Size) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Write(&b, fig, format, size); err != nil {
		t.Fatal(err)
	}
	if *show != "" {
		name := strings.ReplaceAll(t.Name(), "/", "_") + fmt.Sprintf("-%d.%s", b.Len(), format)
		if err := os.WriteFile(filepath.Join(*show, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// hostile are pictures that are hard to draw.
func hostile(t *testing.T) map[string]Figure {
	t.Helper()
	out := figures(t)
	add := func(name string, fig Figure, err error) { out[name] = must(t, fig, err) }
	long := strings.Repeat("a very long name of a model, ", 8) + "<&\"\x00\x1b>"
	var many, words, spread []results.Run
	for i := range 30 {
		many = append(many, made(t, fmt.Sprintf("Model number %d", i), "kind", 1, 0.01*float64(i), nil))
		words = append(words, made(t, "m", "kind", 1, 0.01*float64(i), map[string]any{"variant": fmt.Sprintf("a word of some length %d", i%12), "n": i / 12}))
		spread = append(spread, made(t, "m", "kind", 1, 0.02*float64(i), map[string]any{"rate": math.Pow(10, -float64(i)/4)}))
	}
	fig, err := Comparison(many, Options{Metrics: []string{"f1", "micro_f1"}})
	add("many", fig, err)
	fig, err = Comparison(many[:1], Options{})
	add("one", fig, err)
	fig, err = Comparison([]results.Run{made(t, long, "kind", 1, 0.3, nil), made(t, "B", "kind", 1, 0, nil)}, Options{Name: long, Notes: []string{long}})
	add("long", fig, err)
	fig, err = Sweep(words, Options{}, SweepOptions{X: "variant", Series: []string{"n"}})
	add("many words", fig, err)
	fig, err = Sweep(spread, Options{}, SweepOptions{X: "rate", Log: true})
	add("log", fig, err)
	fig, err = Sweep(spread, Options{}, SweepOptions{X: "rate"})
	add("crowded", fig, err)
	fig, err = Sweep(many[:3], Options{}, SweepOptions{X: "model"})
	add("models", fig, err)
	r := made(t, "SHA-RNN", "sha_rnn", 1, 0.4, nil)
	fig, err = Curves([]Curve{{r, epochs(1, 0.5, true)}}, Options{})
	add("one epoch", fig, err)
	fig, err = Curves([]Curve{{r, epochs(7, 0.5, false)}}, Options{})
	add("no validation", fig, err)
	broken := epochs(4, 0.5, true)
	nan := math.NaN()
	broken[1].Loss, broken[2].ValidationF1 = math.Inf(1), &nan
	fig, err = Curves([]Curve{{r, broken}}, Options{})
	add("not finite", fig, err)
	var curves []Curve
	for i := range mostCurves {
		r := made(t, "a network of a longer name", "sha_rnn", 1, 0.4, map[string]any{"dropout": 0.01 * float64(i)})
		curves = append(curves, Curve{r, epochs(12, 0.1+0.03*float64(i), true)})
	}
	fig, err = Curves(curves, Options{})
	add("many curves", fig, err)
	return out
}

// Every picture is whole in both formats: as large as asked, not blank, well
// formed, the same bytes again.
func TestWrite(t *testing.T) {
	for name, fig := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			height := Length(0)
			if name == "curves" {
				height = 10 * Inch / 3
			}
			size := Size{Width: 5 * Inch, Height: height, DPI: 60}
			data := written(t, fig, PNG, size)
			img, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if b := img.Bounds(); b.Dx() != 300 || height != 0 && b.Dy() != 200 {
				t.Errorf("the picture has %d by %d dots, want 300 by 200", b.Dx(), b.Dy())
			}
			colours := map[color.Color]int{}
			edge := 0
			for y := range img.Bounds().Dy() {
				for x := range img.Bounds().Dx() {
					c := img.At(x, y)
					colours[c]++
					if r, g, b, _ := c.RGBA(); (x < 2 || y < 2 || x >= 298 || y >= img.Bounds().Dy()-2) && r+g+b < 3*0xffff {
						edge++
					}
				}
			}
			if len(colours) < 10 {
				t.Errorf("the picture has %d colours", len(colours))
			}
			if edge > 0 {
				t.Errorf("%d dots at the edge are drawn on: something is cut off", edge)
			}
			svg := written(t, fig, SVG, size)
			wellFormed(t, svg)
			if !bytes.Equal(data, written(t, fig, PNG, size)) || !bytes.Equal(svg, written(t, fig, SVG, size)) {
				t.Error("the same figure gives other bytes")
			}
		})
	}
}

func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("the SVG is not XML: %v", err)
		}
	}
}

// Errors say what to do, in one line, and are the user's.
func TestErrors(t *testing.T) {
	a, b := made(t, "A", "kind", 1, 0.3, map[string]any{"n": 1, "word": "x"}), made(t, "B", "kind", 1, 0.3, map[string]any{"n": -2, "word": "y"})
	running := a
	running.State = results.Running
	other, another := b, b
	other.Data.Hash, another.Data.Split = "other", "10 % test"
	var many []Curve
	for i := range mostCurves + 1 {
		many = append(many, Curve{made(t, "A", "kind", 1, 0.3, map[string]any{"n": i}), epochs(2, 0.3, true)})
	}
	for name, c := range map[string]struct {
		draw func() (Figure, error)
		want string
	}{
		"no runs":      {func() (Figure, error) { return Comparison(nil, Options{}) }, "there are no runs to draw"},
		"metric":       {func() (Figure, error) { return Comparison([]results.Run{a}, Options{Metrics: []string{"f2"}}) }, `did you mean "f1"?`},
		"curve metric": {func() (Figure, error) { return Curves([]Curve{{Run: a}}, Options{Metrics: []string{"recall"}}) }, "has no curve: want some of f1, accuracy, loss, master_f1"},
		"model":        {func() (Figure, error) { return Comparison([]results.Run{a, b}, Options{Models: []string{"C"}}) }, "there are A, B"},
		"condition":    {func() (Figure, error) { return Comparison([]results.Run{a}, Options{Where: []string{"n"}}) }, "want KEY=VALUE"},
		"key":          {func() (Figure, error) { return Comparison([]results.Run{a}, Options{Where: []string{"wort=x"}}) }, `did you mean "word"?`},
		"none meets":   {func() (Figure, error) { return Comparison([]results.Run{a}, Options{Where: []string{"n=7"}}) }, `where "n=7": no run meets it; n is 1`},
		"rule": {func() (Figure, error) {
			return Comparison([]results.Run{a}, Options{Rules: []metrics.Rule{rule(t, "top:3")}})
		}, "they have fixed:0.5, tuned"},
		"unfinished":    {func() (Figure, error) { return Comparison([]results.Run{running}, Options{}) }, "none of 1 run is done"},
		"other data":    {func() (Figure, error) { return Comparison([]results.Run{a, other}, Options{}) }, "the runs read different corpora"},
		"other split":   {func() (Figure, error) { return Comparison([]results.Run{a, another}, Options{}) }, "the runs drew different samples or splits"},
		"no epochs":     {func() (Figure, error) { return Curves([]Curve{{Run: a}}, Options{}) }, "none of 1 run has a learning curve"},
		"many settings": {func() (Figure, error) { return Curves(many, Options{}) }, "choose some with --model or --where"},
		"no x":          {func() (Figure, error) { return Sweep([]results.Run{a, b}, Options{}, SweepOptions{}) }, "the runs differ in n, word"},
		"unknown x":     {func() (Figure, error) { return Sweep([]results.Run{a, b}, Options{}, SweepOptions{X: "wod"}) }, `did you mean "word"?`},
		"log of words": {func() (Figure, error) {
			return Sweep([]results.Run{a, b}, Options{}, SweepOptions{X: "word", Log: true})
		}, "are words: leave out --log"},
		"log of negative": {func() (Figure, error) {
			return Sweep([]results.Run{a, b}, Options{}, SweepOptions{X: "n", Log: true})
		}, "has the value -2"},
		"around": {func() (Figure, error) {
			return Sweep([]results.Run{a, b}, Options{}, SweepOptions{X: "n", Around: "C"})
		}, "no finished run of a model"},
		"no pairs": {func() (Figure, error) { return Embeddings([]results.Run{a, b}, Options{}, "") }, "no two finished models differ"},
		"reference": {func() (Figure, error) {
			return Embeddings(swept(t), Options{}, "word2vec")
		}, "there are fasttext, glove"},
		"extension": {func() (Figure, error) { _, err := FormatOf("a.pdf"); return Figure{}, err }, "want .png or .svg"},
		"length":    {func() (Figure, error) { _, err := ParseLength("16"); return Figure{}, err }, "such as 16cm"},
		"small": {func() (Figure, error) {
			return Figure{}, write(io.Discard, figures(t)["comparison"], SVG, Size{Width: 3 * Centimetre}, newLetters())
		}, "does not fit"},
		"huge": {func() (Figure, error) {
			return Figure{}, write(io.Discard, figures(t)["sweep"], PNG, Size{Width: 150 * Centimetre, Height: 150 * Centimetre, DPI: 2400}, newLetters())
		}, "million dots"},
	} {
		_, err := c.draw()
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || !fault.IsUsage(err) {
			t.Errorf("%s: error %v, want one line of usage with %q", name, err, c.want)
		}
	}
}

// A picture is chosen by the conditions that a table is.
func TestWhereOfPictures(t *testing.T) {
	for _, c := range []struct {
		where []string
		dots  int // runs
	}{
		{[]string{"dropout=0.10"}, 6},
		{[]string{"dropout>=0.1", "dropout<=0.1"}, 6},
		{[]string{"dropout>0", "dropout!=0.1"}, 6},
		{[]string{"model=SHA-RNN", "seed<=2", "embeddings=glove"}, 6},
		{[]string{"kind=sha_rnn", "f1>=54%"}, 5},
	} {
		fig, err := Sweep(swept(t), Options{Where: c.where}, SweepOptions{X: "dropout", Series: []string{"embeddings"}})
		must(t, fig, err)
		dots := 0
		for _, s := range fig.Panels[0].Series {
			for _, p := range s.Points {
				if s.Mark == Faint {
					dots++
				} else if p.Interval == nil { // a run alone
					dots++
				}
			}
		}
		if dots != c.dots {
			t.Errorf("%v: %d runs are drawn, want %d", c.where, dots, c.dots)
		}
	}
	fig, err := Comparison(swept(t)[:1], Options{Metrics: []string{"subset_accuracy"}})
	if label := must(t, fig, err).Panels[0].X.Label; label != "Subset accuracy, %" {
		t.Errorf("axis %q", label)
	}
}
