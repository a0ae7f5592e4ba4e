package experiments

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"assay/corpus"
	"assay/corpus/text"
	"assay/features/keywords"
	"assay/internal/fault"
	"assay/internal/markup"
	"assay/results"
	"assay/results/mistakes"
)

// finished runs the only trial of an experiment on papers of its own corpus folder.
func finished(t *testing.T, dir, source string, overrides ...string) (*Session, results.Run) {
	t.Helper()
	cfg := mustParse(t, source, overrides...)
	cfg.Results.Path = dir
	s, err := Open(context.Background(), cfg, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, mustRun(t, s, 0)
}

// looked is what a test asks of a run's errors.
type looked struct {
	Rule, Label, Paper, Corpus string
	Top, Workers               int
}

// mistakesOf joins errors and words as `assay runs errors` does.
func mistakesOf(t *testing.T, s *Session, run results.Run, opt looked) (*mistakes.Report, error) {
	taxonomy, err := corpus.LookupTaxonomy(run.Data.Taxonomy)
	if err != nil {
		t.Fatal(err)
	}
	r, err := mistakes.OfRun(s.Store(), run, opt.Rule, mistakes.Options{Exclusive: taxonomy.Exclusive, Label: opt.Label, Top: opt.Top, Paper: opt.Paper})
	if err != nil {
		return nil, err
	}
	var asked []*PaperWords
	for _, p := range r.Shown() {
		asked = append(asked, &PaperWords{ID: p.ID, Labels: r.LabelsOf(p)})
	}
	from, err := ReadWords(t.Context(), s.Store(), run, asked, WordsOptions{Results: s.Config.Results.Path, Corpus: opt.Corpus, Workers: opt.Workers})
	if missing := (ErrUnavailable{}); errors.As(err, &missing) {
		r.Notes = append(r.Notes, err.Error())
		return r, nil
	}
	r.Words = (*mistakes.WordsFrom)(&from)
	for i, p := range r.Shown() {
		p.Title = markup.Line(asked[i].Title)
		for k, words := range asked[i].Words {
			var all []mistakes.Word
			for _, e := range words {
				all = append(all, mistakes.Word(e))
			}
			p.Explain(asked[i].Labels[k], all)
		}
	}
	return r, err
}

func mustMistakes(t *testing.T, s *Session, run results.Run, opt looked) *mistakes.Report {
	t.Helper()
	r, err := mistakesOf(t, s, run, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const mistakesBayes = `name = "n"
[corpus]
path = "synthetic"
taxonomy = "topics:cs.LG,cs.CV"
text = "abstract"
[split]
validation = 0.2
test = 0.3
[decision]
rules = ["top:1"]
[[model]]
name = "NB"
kind = "naive_bayes"
`

// What a run of two topics got wrong, as a user sees it.
func TestMistakesGolden(t *testing.T) {
	s, run := finished(t, t.TempDir(), mistakesBayes)
	r := mustMistakes(t, s, run, looked{Top: 3, Workers: 1})
	if again := mustMistakes(t, s, run, looked{Top: 3, Workers: 3}); !reflect.DeepEqual(r, again) {
		t.Error("three workers find other words than one")
	}
	if !r.OneLabel || r.Words == nil || r.Words.Fields != "abstract" || r.Words.Train != run.Data.Train {
		t.Fatalf("report %+v", r)
	}
	paper := mustMistakes(t, s, run, looked{Paper: r.MostSure[1].ID})
	paper.Run, r.Run = "n/nb-s1", "n/nb-s1" // the trial's name holds the version of the program
	var got bytes.Buffer
	if err := errors.Join(mistakes.Write(&got, r, mistakes.Text), mistakes.Write(&got, paper, mistakes.Text)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "mistakes.txt")
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
		t.Errorf("%s differs (go test ./experiments -run Mistakes -update writes it anew):\n%s", path, got.Bytes())
	}
}

// The words that speak for a label are those that counting paper by paper gives, of
// the papers, the fields and the words that the model of the run saw, and of no
// paper that it was validated or tested on.
func TestMistakesWords(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		sets   []string
		opt    keywords.Options
	}{
		"words":     {twoTopics, []string{"model.N.epochs=1", "features.words.max_tokens=30"}, keywords.Options{Rule: keywords.Terms(true), FirstWords: 30}},
		"tokens":    {mistakesBayes, []string{"features.counts.terms=tokens", "corpus.text=title+abstract"}, keywords.Options{Rule: keywords.Terms(false)}},
		"labels":    {two, []string{"corpus.sample=400", "split.per_seed=true", "seeds=[7]"}, keywords.Options{Rule: keywords.Terms(true)}},
		"sequences": {strings.Replace(twoTopics, "dimensions = 6\n", "", 1) + "[embeddings.v]\ntrain = true\ndimensions = 4\nepochs = 1\nbuckets = 100\n", []string{"model.N.embeddings=v", "model.N.epochs=1", "features.sequences.max_tokens=20"}, keywords.Options{Rule: keywords.Terms(false), FirstTokens: 20}},
	} {
		t.Run(name, func(t *testing.T) {
			s, run := finished(t, t.TempDir(), c.source, c.sets...)
			r := mustMistakes(t, s, run, looked{Top: mistakes.All})
			if len(r.MostSure) == 0 || r.Words == nil || len(r.Notes) > 0 {
				t.Fatalf("no error with words: %+v", r)
			}
			checkSpeaks(t, s, run, r, c.opt)
		})
	}
}

// checkSpeaks counts the words of the report's papers anew.
func checkSpeaks(t *testing.T, s *Session, run results.Run, r *mistakes.Report, opt keywords.Options) {
	t.Helper()
	taxonomy, err := corpus.LookupTaxonomy(run.Data.Taxonomy)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.corpus.Sample(s.Config.Corpus.Sample, run.Seed)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer := text.NewTokenizer().Worker()
	var train [][]string
	var labels [][]int32
	tests := map[string][]keywords.Uses{}
	titles := map[string]string{}
	for p, err := range s.corpus.Papers(t.Context(), rows) {
		if err != nil {
			t.Fatal(err)
		}
		l, _ := taxonomy.Labels(p)
		words := keywords.WordsOf(tokenizer.AppendTokens(nil, s.Config.Fields().AppendText(nil, p)), opt)
		switch part := s.Config.SplitOf(run.Seed).Of(p.ID); {
		case part == corpus.Test:
			tests[p.ID], titles[p.ID] = words, p.Title
		case part == corpus.Train && len(l) > 0:
			var set []string
			for _, w := range words {
				set = append(set, w.Word)
			}
			train, labels = append(train, set), append(labels, l)
		}
	}
	if len(train) != r.Words.Train {
		t.Fatalf("%d training papers, the report says %d", len(train), r.Words.Train)
	}
	spoke := 0
	for _, p := range r.Shown() {
		if p.Title == "" || p.Title != markup.Line(titles[p.ID]) {
			t.Errorf("paper %s has the title %q", p.ID, p.Title)
		}
		if len(p.Speaks) < 2 {
			t.Errorf("paper %s has words for %d labels", p.ID, len(p.Speaks))
		}
		for _, got := range p.Speaks {
			spoke += len(got.Words)
			label, _ := taxonomy.Index(got.Label)
			if want := speaking(train, labels, int32(label), tests[p.ID]); !slices.Equal(want, texts(got)) {
				t.Errorf("paper %s, %s:\n got %v\nwant %v", p.ID, got.Label, texts(got), want)
			}
		}
	}
	if spoke == 0 {
		t.Error("no word speaks for any label")
	}
}

func texts(s mistakes.Speaks) (out []string) {
	uses := 0
	for _, w := range s.Words {
		uses += w.Uses
		out = append(out, fmt.Sprintf("%s×%d of %d, %d", w.Word, w.Uses, w.Papers, w.Elsewhere))
	}
	slices.Sort(out)
	return append(out, fmt.Sprint(s.Uses == uses))
}

func speaking(train [][]string, labels [][]int32, label int32, words []keywords.Uses) (out []string) {
	var c keywords.Contrast
	here, there := map[string]float64{}, map[string]float64{}
	for i, set := range train {
		counts, total := there, &c.Rest
		if slices.Contains(labels[i], label) {
			counts, total = here, &c.Class
		}
		for _, w := range set {
			counts[w]++
			*total++
		}
	}
	for _, w := range words {
		if _, z := c.LogOdds(here[w.Word], there[w.Word]); z >= 1.96 {
			out = append(out, fmt.Sprintf("%s×%d of %.0f, %.0f", w.Word, w.Uses, here[w.Word], there[w.Word]))
		}
	}
	slices.Sort(out)
	return append(out, "true")
}

// Without its corpus a run's errors are still shown, and a line says what is missing.
func TestMistakesWithoutCorpus(t *testing.T) {
	dir := t.TempDir()
	own, other := filepath.Join(dir, "own"), filepath.Join(dir, "other")
	if err := os.Rename(writeCorpus(t, 400, 0).Path(), own); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(writeCorpus(t, 300, 0).Path(), other); err != nil {
		t.Fatal(err)
	}
	s, run := finished(t, filepath.Join(dir, "results"), strings.Replace(mistakesBayes, "synthetic", own, 1), "corpus.taxonomy=topics:cs.LG,hep-th")
	if r := mustMistakes(t, s, run, looked{Top: 2}); r.Words == nil || len(r.Notes) > 0 {
		t.Fatalf("with the corpus: %+v", r)
	}
	moved := filepath.Join(dir, "moved")
	if err := os.Rename(own, moved); err != nil {
		t.Fatal(err)
	}
	gone := mustMistakes(t, s, run, looked{Top: 2})
	if len(gone.MostSure) == 0 || gone.Words != nil || gone.MostSure[0].Title != "" || len(gone.Notes) != 1 ||
		!strings.Contains(gone.Notes[0], "corpus: open "+own+": no such folder") || !strings.Contains(gone.Notes[0], "--corpus says where the corpus lies now") {
		t.Errorf("without the corpus: %+v", gone)
	}
	if r := mustMistakes(t, s, run, looked{Top: 2, Corpus: moved}); r.Words == nil || r.MostSure[0].Title == "" || len(r.Notes) > 0 {
		t.Errorf("with the corpus where it was moved: %+v", r)
	}
	if err := os.Rename(other, own); err != nil {
		t.Fatal(err)
	}
	if r := mustMistakes(t, s, run, looked{Top: 2}); len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "the corpus in "+own+" has the hash ") {
		t.Errorf("another corpus in its place: %v", r.Notes)
	}
	mistakesWrongUse(t, s, run, own)
	config := filepath.Join(s.Store().Path(run.Experiment, run.Trial), "config.toml")
	if err := os.WriteFile(config, []byte("name = \"n\"\nseeds = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := mustMistakes(t, s, run, looked{Top: 2}); len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "configuration is of another version") {
		t.Errorf("a configuration that cannot be read: %v", r.Notes)
	}
}

// A finished run whose predictions were removed says how to have them again.
func TestMistakesWithoutPredictions(t *testing.T) {
	s, run := finished(t, t.TempDir(), mistakesBayes)
	dir := s.Store().Path(run.Experiment, run.Trial)
	if err := os.Remove(filepath.Join(dir, "predictions.parquet")); err != nil {
		t.Fatal(err)
	}
	_, err := mistakesOf(t, s, run, looked{})
	if err == nil || !fault.IsUsage(err) || !strings.Contains(err.Error(), "has lost its predictions") || !strings.Contains(err.Error(), "remove the folder "+dir+" and `assay run` computes it again") {
		t.Errorf("without predictions: %v", err)
	}
}

func mistakesWrongUse(t *testing.T, s *Session, run results.Run, other string) {
	t.Helper()
	unfinished := run
	unfinished.State = results.Interrupted
	for _, c := range []struct {
		run  results.Run
		opt  looked
		want string
	}{
		{run, looked{Corpus: other}, "the corpus in " + other + " has the hash "},
		{run, looked{Corpus: other + "/none"}, "--corpus: corpus: open " + other + "/none: no such folder"},
		{run, looked{Rule: "tuned"}, "has no rule tuned; it has top:1"},
		{run, looked{Rule: "best"}, `metrics: parse decision rule "best"`},
		{run, looked{Label: "cs.CV"}, `mistakes: the run has no label "cs.CV"`},
		{run, looked{Paper: "1"}, `mistakes: paper "1" is none of the run's `},
		{unfinished, looked{}, "is interrupted and has no predictions to look at"},
	} {
		c.opt.Top = 2
		if _, err := mistakesOf(t, s, c.run, c.opt); err == nil || !strings.Contains(err.Error(), c.want) || !fault.IsUsage(err) {
			t.Errorf("%+v: %v, want %q", c.opt, err, c.want)
		}
	}
}
