package mistakes

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/results"
	"assay/results/metrics"
)

var update = flag.Bool("update", false, "write the golden files anew")

// decided is a decision by a rule that needs no validation papers.
func decided(t *testing.T, rule string) metrics.Decision {
	t.Helper()
	r, err := metrics.ParseRule(rule)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Fit(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func find(t *testing.T, p results.Predictions, opt Options) *Report {
	t.Helper()
	r, err := Find(p, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// predictions gives each paper "id: truth; scores".
func predictions(labels []string, papers ...string) results.Predictions {
	p := results.Predictions{Labels: labels, Truth: multilabel.New(len(labels)), Scores: &multilabel.Scores{Cols: len(labels)}}
	for _, text := range papers {
		id, rest, _ := strings.Cut(text, ": ")
		truth, scores, _ := strings.Cut(rest, "; ")
		var row []int32
		for _, l := range strings.Fields(truth) {
			row = append(row, int32(slices.Index(labels, l)))
		}
		p.IDs = append(p.IDs, id)
		p.Truth.Append(row)
		for _, s := range strings.Fields(scores) {
			var v float64
			if _, err := fmt.Sscan(s, &v); err != nil {
				panic(err)
			}
			p.Scores.Data = append(p.Scores.Data, v)
		}
	}
	return p
}

// topics are six papers of two topics: three wrong, with two of them as sure.
func topics() results.Predictions {
	return predictions([]string{"cs.LG", "cs.CV"},
		"a: cs.LG; 0.9 0.1", "e: cs.LG; 0.2 0.8", "c: cs.CV; 0.8 0.2", "b: cs.CV; 0.3 0.7", "d: cs.CV; 0.55 0.45", "f: cs.CV; 0.004 0.996")
}

// several are papers of several labels, judged at 0.5.
func several() results.Predictions {
	return predictions([]string{"x", "y", "z"},
		"right: x y; 0.9 0.8 0.1",
		"missed: x y; 0.9 0.25 0",       // y was missed, with 75 %
		"extra: x; 0.9 0.1 0.6",         // z is extra, with 60 %
		"both: y; 0.95 0.4 0.2",         // worst: x, with 95 %
		"nothing: z; 0.1 0.2 0.3",       // worst: z, with 70 %
		"all: x y z; 0.51 0.52 0.53",    // right
		"swapped: z; 0.5000001 0.7 0.1", // worst: z missed, with 90 %
	)
}

func ids(papers []Paper) string {
	var out []string
	for _, p := range papers {
		out = append(out, fmt.Sprintf("%s %.4g", p.ID, *p.Confidence))
	}
	return strings.Join(out, ", ")
}

func TestOneLabel(t *testing.T) {
	r := find(t, topics(), Options{Decision: decided(t, "top:1"), Exclusive: true, Top: 2})
	if got := ids(r.MostSure) + "; " + ids(r.LeastSure); got != "c 0.8, e 0.8; d 0.55" {
		t.Errorf("errors are %s", got)
	}
	s := r.Summary
	if !r.OneLabel || s.Papers != 6 || s.Wrong != 3 || s.Both != 3 || fmt.Sprint(s.Matrix) != "[[1 1] [2 2]]" {
		t.Errorf("summary %+v", s)
	}
	if near(*s.Right.Mean, (0.9+0.7+0.996)/3) || near(*s.Extra.Mean, (0.8+0.8+0.55)/3) || near(*s.Missed.Mean, (0.2+0.2+0.45)/3) {
		t.Errorf("means %v, %v, %v", *s.Right.Mean, *s.Extra.Mean, *s.Missed.Mean)
	}
	if got := fmt.Sprint(s.Confusions); got != "[{cs.CV cs.LG 2} {cs.LG cs.CV 1}]" {
		t.Errorf("confusions %s", got)
	}
	if p := r.MostSure[0]; fmt.Sprint(p.True, p.Predicted, p.Missed, p.Extra, p.Right) != "[cs.CV] [cs.LG] [{cs.CV 0.2}] [{cs.LG 0.8}] []" {
		t.Errorf("paper %+v", p)
	}
	// A rule that leaves a paper without a label turns to the view of several.
	p := topics()
	p.Scores.Data[0] = 0.4
	if r := find(t, p, Options{Decision: decided(t, "fixed:0.5"), Exclusive: true}); r.OneLabel || r.Summary.MissedOnly != 1 {
		t.Errorf("a paper without a label: %+v", r)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) > 1e-12 }

func TestSeveralLabels(t *testing.T) {
	r := find(t, several(), Options{Decision: decided(t, "fixed:0.5"), Top: 3})
	if got := ids(r.MostSure) + "; " + ids(r.LeastSure); got != "both 0.95, swapped 0.9, missed 0.75; extra 0.6, nothing 0.7" {
		t.Errorf("errors are %s", got)
	}
	s := r.Summary
	if r.OneLabel || s.Papers != 7 || s.Wrong != 5 || s.MissedOnly != 2 || s.ExtraOnly != 1 || s.Both != 2 || s.Matrix != nil {
		t.Errorf("summary %+v", s)
	}
	if s.Right.Labels != 7 || s.Missed.Labels != 4 || s.Extra.Labels != 4 {
		t.Errorf("labels: %d right, %d missed, %d extra", s.Right.Labels, s.Missed.Labels, s.Extra.Labels)
	}
	if got := fmt.Sprint(s.Confusions); got != "[{y x 1} {z x 1} {z y 1}]" {
		t.Errorf("confusions %s", got)
	}
	if got := fmt.Sprint(s.ByLabel); got != "[{y 4 2 1} {z 3 2 1} {x 4 0 2}]" {
		t.Errorf("labels %s", got)
	}
	if p := r.MostSure[1]; fmt.Sprint(p.Missed, p.Extra, p.Right) != "[{z 0.1}] [{y 0.7} {x 0.5000001}] []" {
		t.Errorf("paper %+v", p)
	}
}

func TestOneOfTheLabels(t *testing.T) {
	r := find(t, several(), Options{Decision: decided(t, "fixed:0.5"), Top: All, Label: "y"})
	if got := ids(r.MostSure); got != "missed 0.75, swapped 0.7, both 0.6" || r.LeastSure != nil {
		t.Errorf("errors about y are %s", got)
	}
	if s := r.Summary; s.Papers != 5 || s.Wrong != 3 || s.Right.Labels != 2 || s.Missed.Labels != 2 || s.Extra.Labels != 1 || s.ByLabel != nil {
		t.Errorf("summary %+v", s)
	}
	r = find(t, topics(), Options{Decision: decided(t, "top:1"), Exclusive: true, Top: All, Label: "cs.LG"})
	if got := ids(r.MostSure); got != "c 0.8, e 0.8, d 0.55" || r.Summary.Papers != 4 || r.Summary.Right.Labels != 1 {
		t.Errorf("errors about cs.LG are %s; %+v", got, r.Summary)
	}
}

func TestOnePaper(t *testing.T) {
	opt := Options{Decision: decided(t, "fixed:0.5"), Paper: "right", Top: 5}
	if r := find(t, several(), opt); r.MostSure != nil || r.Paper == nil || r.Paper.Wrong || r.Paper.Confidence != nil || len(r.Paper.Right) != 2 || len(r.Shown()) != 1 {
		t.Errorf("a right paper: %+v", r)
	}
	opt.Paper = "both"
	if p := find(t, several(), opt).Paper; !p.Wrong || *p.Confidence != 0.95 {
		t.Errorf("a wrong paper: %+v", p)
	}
}

func TestWrongUse(t *testing.T) {
	bad := topics()
	bad.Scores.Data[3] = 1.5
	d := decided(t, "top:1")
	for _, c := range []struct {
		p    results.Predictions
		opt  Options
		want string
	}{
		{topics(), Options{Decision: d, Label: "cs.CW"}, `mistakes: the run has no label "cs.CW"; did you mean "cs.CV"?`},
		{topics(), Options{Decision: d, Paper: "g"}, `mistakes: paper "g" is none of the run's 6 test papers`},
		{bad, Options{Decision: d}, "mistakes: label cs.CV of paper e has the score 1.5, which is no probability: how sure the run was cannot be said"},
	} {
		if _, err := Find(c.p, c.opt); err == nil || err.Error() != c.want || !fault.IsUsage(err) {
			t.Errorf("error is %v\n     want %s", err, c.want)
		}
	}
	if _, err := ParseFormat("cvs"); err == nil || err.Error() != `mistakes: format "cvs" is unknown; did you mean "csv"?: want one of text, markdown, json, csv` || !fault.IsUsage(err) {
		t.Errorf("format: %v", err)
	}
}

// Whatever the predictions: what is counted adds up, agrees with the metrics, and
// the lists are in order and hold no right paper.
func TestProperties(t *testing.T) {
	const seed = 4
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range 300 {
		n, c := 1+rng.IntN(40), 2+rng.IntN(6)
		exclusive := i%2 == 0
		p := results.Predictions{Truth: multilabel.New(c), Scores: &multilabel.Scores{Cols: c}}
		for k := range c {
			p.Labels = append(p.Labels, string(rune('a'+k)))
		}
		for k := range n {
			p.IDs = append(p.IDs, fmt.Sprintf("%02d", (k*7)%41))
			row := []int32{int32(rng.IntN(c))}
			if !exclusive && rng.IntN(2) == 0 {
				row = append(row, int32(rng.IntN(c)))
			}
			p.Truth.Append(row)
			for range c {
				p.Scores.Data = append(p.Scores.Data, math.Round(20*rng.Float64())/20)
			}
		}
		rule := []string{"top:1", "fixed:0.5", "top:2"}[rng.IntN(3)]
		checkReport(t, fmt.Sprintf("seed %d, %d", seed, i), p, Options{Decision: decided(t, rule), Exclusive: exclusive, Top: rng.IntN(6)})
	}
}

func checkReport(t *testing.T, name string, p results.Predictions, opt Options) {
	t.Helper()
	r := find(t, p, opt)
	predicted, err := opt.Decision.Apply(p.Scores)
	if err != nil {
		t.Fatal(err)
	}
	report, err := metrics.Evaluate(predicted, p.Truth, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Summary
	if s.Papers != len(p.IDs) || s.Wrong != s.Papers-int(math.Round(report.SubsetAccuracy*float64(s.Papers))) || s.Wrong != s.MissedOnly+s.ExtraOnly+s.Both {
		t.Errorf("%s: %+v of accuracy %v", name, s, report.SubsetAccuracy)
	}
	if s.Right.Labels+s.Missed.Labels != len(p.Truth.Indices) || s.Right.Labels+s.Extra.Labels != len(predicted.Indices) {
		t.Errorf("%s: labels do not add up: %+v", name, s)
	}
	var bins Bin
	for _, b := range s.Bins {
		bins.Right, bins.Extra, bins.Missed = bins.Right+b.Right, bins.Extra+b.Extra, bins.Missed+b.Missed
	}
	if bins.Right != s.Right.Labels || bins.Extra != s.Extra.Labels || bins.Missed != s.Missed.Labels {
		t.Errorf("%s: bins do not add up: %+v", name, s)
	}
	in := 0
	for i, row := range s.Matrix {
		for k, n := range row {
			if in += n; i == k {
				in -= n
			}
		}
	}
	if s.Matrix != nil && in != s.Wrong {
		t.Errorf("%s: matrix %v with %d wrong", name, s.Matrix, s.Wrong)
	}
	all := slices.Concat(r.MostSure, r.LeastSure)
	if want := min(s.Wrong, 2*opt.Top); len(all) != want {
		t.Errorf("%s: %d papers, want %d", name, len(all), want)
	}
	slices.Reverse(all[len(r.MostSure):])
	seen := map[string]bool{}
	for i, x := range all {
		if !x.Wrong || seen[x.ID] || i > 0 && *x.Confidence > *all[i-1].Confidence {
			t.Errorf("%s: paper %d: %+v", name, i, x)
		}
		seen[x.ID] = true
	}
}

func named(r *Report) *Report {
	r.Run, r.Model, r.Seed, r.Data = "two-topics/lstm-s1-0123456789ab", "LSTM", 1, "6 papers of made_up, taxonomy topics:cs.LG,cs.CV, 10 % validation, 10 % test"
	return r
}

// speaking gives the shown papers titles and words, as a corpus would.
func speaking(r *Report) *Report {
	named(r)
	r.Words = &WordsFrom{Fields: "title+abstract", Terms: "words", First: 250, Train: 3306}
	for i, p := range r.Shown() {
		p.Title = []string{"Learning_to *see*", "A title that is so long that a terminal cannot show it in a line of its own and has to break it somewhere", "$k$-means | <b>"}[i%3]
		for _, l := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(p.Predicted, p.True)))) {
			s := Speaks{Label: l}
			for k := range 11 * (1 - i%2) {
				s.Words = append(s.Words, Word{Word: fmt.Sprintf("word_%d", k), Uses: 1 + k%3, Papers: int64(1000 * k), Elsewhere: 7, LogOdds: 1.5 / float64(k+1), Z: 20 / float64(k+1)})
				s.Uses += 1 + k%3
			}
			p.Speaks = append(p.Speaks, s)
		}
	}
	return r
}

func TestGolden(t *testing.T) {
	one := Options{Decision: decided(t, "top:1"), Exclusive: true, Top: 2}
	many := Options{Decision: decided(t, "fixed:0.5"), Top: 3}
	label, paper := many, one
	label.Label, paper.Paper = "y", "e"
	right, all := many, many
	right.Paper, all.Top = "right", All
	noWords := named(find(t, several(), many))
	noWords.Notes = []string{"No titles and words: the corpus is gone."}
	for name, r := range map[string]*Report{
		"one": speaking(find(t, topics(), one)), "many": speaking(find(t, several(), many)), "label": speaking(find(t, several(), label)),
		"paper": speaking(find(t, topics(), paper)), "right": speaking(find(t, several(), right)), "nowords": noWords, "all": speaking(find(t, eleven(), all)),
		"nothing": named(find(t, predictions([]string{"x", "y"}, "a: x; 1 0"), one)),
	} {
		for _, f := range Formats() {
			if few := name == "all" || name == "label" || name == "right" || name == "nowords"; few && Format(f) != Text && Format(f) != Markdown {
				continue
			}
			golden(t, name, r, Format(f))
		}
	}
}

// eleven are as many errors, so that a list has numbers of two digits.
func eleven() results.Predictions {
	var papers []string
	for i := range 11 {
		papers = append(papers, fmt.Sprintf("p%02d: x; 0 0.%d", i, 99-i))
	}
	return predictions([]string{"x", "y"}, papers...)
}

// No line is wider than a terminal, and none begins with what belongs to the last.
func TestLines(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if n := utf8.RuneCountInString(line); n > 80 {
				t.Errorf("%s:%d is %d columns wide", f, i+1, n)
			}
			if text := strings.TrimSpace(line); strings.HasPrefix(text, "%") || strings.HasPrefix(text, more) {
				t.Errorf("%s:%d begins with %q", f, i+1, text)
			}
		}
	}
	for n := range lineWidth { // wherever the line ends
		w := &page{b: &strings.Builder{}}
		w.wrap(strings.Repeat("a", n)+" 12.5 %, b×1 "+more, "", "")
		if text := w.b.String(); strings.Contains(text, "\n%") || strings.Contains(text, "\n"+more) {
			t.Errorf("after %d letters:\n%s", n, text)
		}
	}
}

func TestThreshold(t *testing.T) {
	for v, want := range map[float64]string{0.5: "0.5", 1: "1", 0.99999: "1 − 1e-05", 1 - 3.5e-12: "1 − 3.5e-12", 0.99994: "0.9999", 0: "0"} {
		if got := threshold(v); got != want {
			t.Errorf("threshold %v is shown as %s, want %s", v, got, want)
		}
	}
}

func golden(t *testing.T, name string, r *Report, f Format) {
	t.Helper()
	var got, again bytes.Buffer
	if err := Write(&got, r, f); err != nil {
		t.Fatal(err)
	}
	if err := Write(&again, r, f); err != nil || !bytes.Equal(got.Bytes(), again.Bytes()) {
		t.Errorf("%s as %s: written twice, it differs (%v)", name, f, err)
	}
	switch f {
	case JSON:
		var back Report
		if err := json.Unmarshal(got.Bytes(), &back); err != nil || back.Summary.Papers != r.Summary.Papers {
			t.Errorf("%s: JSON reads back as %+v, %v", name, back, err)
		}
	case CSV:
		if _, err := csv.NewReader(bytes.NewReader(got.Bytes())).ReadAll(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join("testdata", name+map[Format]string{Text: ".txt", Markdown: ".md", JSON: ".json", CSV: ".csv"}[f])
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs (go test ./results/mistakes -update writes it anew):\n%s", path, got.Bytes())
	}
}

// Titles and words that a spreadsheet would run, or Markdown take for its own, are
// words.
func TestTitlesAreWords(t *testing.T) {
	r := named(find(t, topics(), Options{Decision: decided(t, "top:1"), Exclusive: true, Paper: "e"}))
	r.Paper.Title = "- &lt; and 朴"
	r.Paper.Speaks = []Speaks{{Label: "cs.LG", Uses: 1, Words: []Word{{Word: "@x"}}}}
	for f, want := range map[Format]string{CSV: "\ne,cs.LG,'@x,0", Markdown: "\n\\- &amp;lt; and 朴\n"} {
		var b strings.Builder
		if err := Write(&b, r, f); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
