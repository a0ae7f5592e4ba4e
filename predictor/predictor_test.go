package predictor

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"assay/baselines/bayes"
	"assay/classifier"
	"assay/corpus"
	"assay/features"
	"assay/internal/fault"
	"assay/internal/multilabel"
	"assay/results/metrics"
)

// folder returns the model folder of naive Bayes that has learnt three titles of each
// of two topics.
func folder(t *testing.T) fstest.MapFS {
	t.Helper()
	ctx := context.Background()
	spec := features.Spec{Kind: features.KindCounts, Fields: features.Title, Count: features.CountOptions{Words: true}}
	titles := [][]string{{"deep", "network"}, {"deep", "learning"}, {"learning", "network"}, {"far", "galaxy"}, {"star", "galaxy"}, {"far", "star"}}
	collector := features.NewCollector([]features.Spec{spec}, len(titles))
	add := collector.Worker()
	truth := multilabel.New(2)
	for i, tokens := range titles {
		add(i, tokens, true)
		truth.Append([]int32{int32(i / 3)})
	}
	if err := collector.Finish(ctx, features.Places{corpus.Train: {0, 1, 2, 3, 4, 5}}); err != nil {
		t.Fatal(err)
	}
	set, err := collector.Set(spec, 1)
	if err != nil {
		t.Fatal(err)
	}
	model := bayes.NewMultinomial(bayes.Options{})
	if err := model.Fit(ctx, classifier.Dataset{X: set.Rows[corpus.Train], Y: truth}, classifier.Dataset{}); err != nil {
		t.Fatal(err)
	}
	taxonomy, err := corpus.LookupTaxonomy("topics:cs.LG,astro-ph.GA")
	if err != nil {
		t.Fatal(err)
	}
	rule, err := metrics.ParseRule("fixed:0.5")
	if err != nil {
		t.Fatal(err)
	}
	half, err := rule.Fit(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	p := New(Run{Experiment: "e", Trial: "t", Model: "NB"}, taxonomy, []metrics.Decision{half}, set.Encoder, model)
	err = p.Save(func(name string, save func(io.Writer) error) error {
		var b bytes.Buffer
		err := save(&b)
		out[name] = &fstest.MapFile{Data: b.Bytes()}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPredict(t *testing.T) {
	p, err := Load(folder(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	decision, err := p.Decision("")
	if err != nil || decision.Rule.String() != "fixed:0.5" {
		t.Fatal(decision, err)
	}
	papers := []Paper{{ID: "1", Title: "Deep $\\mathbb{R}^d$ learning"}, {ID: "2", Title: "A galaxy far away", Abstract: "deep deep deep"}, {ID: "3"}}
	got, err := p.Predict(context.Background(), papers, decision, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"cs.LG Machine Learning", "astro-ph.GA Astrophysics of Galaxies", ""} {
		have := ""
		for _, c := range got[i].Categories {
			have += c.ID + " " + c.Name
			if !c.Predicted || c.Probability <= 0.5 || c.Master != "" {
				t.Errorf("paper %d: %+v", i, c)
			}
		}
		if have != want || got[i].Paper != papers[i] {
			t.Errorf("paper %+v: %q, want %q", got[i].Paper, have, want)
		}
	}
	all, err := p.Predict(context.Background(), papers, decision, 5)
	if err != nil || len(all[0].Categories) != 2 || !all[0].Categories[0].Predicted || all[0].Categories[1].Predicted {
		t.Errorf("the best 5: %+v, %v", all, err)
	}
	if none, err := p.Predict(context.Background(), nil, decision, 0); err != nil || len(none) != 0 {
		t.Errorf("of no paper: %v, %v", none, err)
	}
}

func TestDecision(t *testing.T) {
	p, err := Load(folder(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	for rule, want := range map[string]string{
		"fixed:0.5": "", "fixed:0.2": "", "top:1": "",
		"tuned": `the run chose no threshold by rule "tuned"; it has ["fixed:0.5"]`, "best": `parse decision rule "best"`,
	} {
		d, err := p.Decision(rule)
		if want == "" && (err != nil || d.Rule.String() != rule) || want != "" && (!fault.IsUsage(err) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %+v, %v", rule, d, err)
		}
	}
	tuned, err := metrics.ParseRule("tuned")
	if err != nil {
		t.Fatal(err)
	}
	p.Decisions = append(p.Decisions, metrics.Decision{Rule: tuned, Threshold: 0.3})
	if d, err := p.Decision(""); err != nil || d.Threshold != 0.3 {
		t.Errorf("without a rule: %+v, %v; want the tuned one", d, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	whole := folder(t)
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"earlier program": {func(m fstest.MapFS) { delete(m, File) }, "saved by an earlier program"},
		"no model":        {func(m fstest.MapFS) { delete(m, ModelFile) }, ModelFile},
		"no encoder":      {func(m fstest.MapFS) { delete(m, features.EncoderFile) }, features.EncoderFile},
		"half a model":    {func(m fstest.MapFS) { m[ModelFile] = &fstest.MapFile{Data: m[ModelFile].Data[:60]} }, ModelFile},
		"other file":      {func(m fstest.MapFS) { m[ModelFile] = m[features.VocabularyFile] }, `a file of kind "features.vocabulary"`},
		"no JSON":         {func(m fstest.MapFS) { m[File] = &fstest.MapFile{Data: []byte("{")} }, File},
		"later program":   {func(m fstest.MapFS) { m[File] = &fstest.MapFile{Data: []byte(`{"version":7}`)} }, "version 7"},
	} {
		m := fstest.MapFS{}
		for n, f := range whole {
			m[n] = f
		}
		c.change(m)
		if _, err := Load(m, 1); !fault.IsUsage(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	p, err := Load(whole, 1)
	if err != nil {
		t.Fatal(err)
	}
	p.Categories = p.Categories[:1]
	if _, err := p.Scores(context.Background(), make([]Paper, 3)); !fault.IsUsage(err) || !strings.Contains(err.Error(), "for 2 categories") {
		t.Errorf("another number of categories: %v", err)
	}
}

func papersOf(text, name string) (papers []Paper, err error) {
	for p, err := range ReadPapers(strings.NewReader(text), name) {
		if err != nil {
			return papers, err
		}
		papers = append(papers, p)
	}
	return papers, nil
}

func TestReadPapers(t *testing.T) {
	text := "{\"id\":\"a\",\"title\":\"T\",\"abstract\":\"A\",\"authors\":[1]}\r\n\n{\"abstract\":null,\"title\":\"\"}\n{\"abstract\":\"only\"}"
	want := []Paper{{"a", "T", "A"}, {}, {Abstract: "only"}}
	if got, err := papersOf(text, "x"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, text)
	w.Close()
	if got, err := papersOf(packed.String(), "x.gz"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("packed: %+v, %v", got, err)
	}
	if got, err := papersOf("", "x"); err != nil || got != nil {
		t.Errorf("of nothing: %+v, %v", got, err)
	}
	good := `{"title":"T"}` + "\n"
	for line, want := range map[string]string{
		"[1]": "f:2: the line is no JSON object; want {", "7": "f:2: the line is no JSON object", "title": "f:2: no JSON at byte",
		`{"title":"T"`: "f:2: no JSON at byte", `{"title":3}`: `f:2: "title" is no text`, `{"id":704.005,"title":"T"}`: `f:2: "id" is no text`,
		`{"Title":"T"}`: "f:2: neither title nor abstract; want {", `{"title":"T","title":"U"}`: "f:2: the line has a field twice",
		"{\"title\":\"\xff\"}": "f:2: no JSON", `{"title":"T"} {}`: "f:2: no JSON at byte 15", strings.Repeat("x", longestLine+9): "f:2: the line is longer than 16 MiB",
	} {
		got, err := papersOf(good+line+"\n"+good, "f")
		if len(got) != 1 || !fault.IsUsage(err) || !strings.HasPrefix(err.Error(), want) || len(err.Error()) > 200 {
			t.Errorf("%.30q: %d papers, then %.200v; want %q", line, len(got), err, want)
		}
	}
	if _, err := papersOf(packed.String()[:packed.Len()-9], "x.gz"); !fault.IsUsage(err) || !strings.HasPrefix(err.Error(), "x.gz:") {
		t.Errorf("packed and cut: %v", err)
	}
}

// Papers are answered in their order, in bounded batches, one that comes alone at once.
func TestStream(t *testing.T) {
	p, err := Load(folder(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	decision, err := p.Decision("top:1")
	if err != nil {
		t.Fatal(err)
	}
	const n = 3*batchSize + 5
	answered := make(chan struct{})
	source := func(yield func(Paper, error) bool) {
		for i := range n {
			if i == 1 {
				select { // the first paper is answered before there is a second
				case <-answered:
				case <-time.After(10 * time.Second):
					t.Error("a paper that came alone is not answered")
				}
			}
			if !yield(Paper{ID: fmt.Sprint(i), Title: "deep"}, nil) {
				return
			}
		}
		yield(Paper{}, errors.New("line 9 is cut off"))
	}
	got, last := 0, error(nil)
	for batch, err := range p.Stream(context.Background(), source, decision, 0) {
		if last != nil {
			t.Fatal("it goes on after the error")
		}
		last = err
		if len(batch) > batchSize {
			t.Errorf("a batch of %d", len(batch))
		}
		for _, one := range batch {
			if one.Paper.ID != fmt.Sprint(got) || len(one.Categories) != 1 || one.Categories[0].ID != "cs.LG" {
				t.Fatalf("prediction %d is %+v", got, one)
			}
			if got++; got == 1 {
				close(answered)
			}
		}
	}
	if got != n || last == nil || last.Error() != "line 9 is cut off" {
		t.Errorf("%d predictions of %d, then %v", got, n, last)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var endless iter.Seq2[Paper, error] = func(yield func(Paper, error) bool) {
		for yield(Paper{Title: "deep"}, nil) {
		}
	}
	for _, err := range p.Stream(ctx, endless, decision, 0) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("cancelled: %v", last)
	}
	for range p.Stream(context.Background(), endless, decision, 0) {
		break
	}
}
