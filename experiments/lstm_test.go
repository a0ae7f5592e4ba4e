package experiments

import (
	"reflect"
	"strings"
	"testing"

	"assay/experiments/config"
	"assay/networks"
)

// The synthetic papers know the two topics; a fifth of them or so is of one alone.
const twoTopics = `name = "n"
[corpus]
path = "synthetic"
taxonomy = "topics:cs.LG,cs.CV"
[split]
validation = 0.2
test = 0.2
[decision]
rules = ["top:1"]
[[model]]
name = "N"
kind = "lstm"
hidden = 8
dimensions = 6
epochs = 4
`

func TestLSTMDefaults(t *testing.T) {
	cfg := mustParse(t, minimal+"[[model]]\nname = \"N\"\nkind = \"lstm\"\n[embeddings.v]\ntrain = true\n[[model]]\nname = \"V\"\nkind = \"lstm\"\nembeddings = \"v\"\n")
	if own, given := cfg.Models[1].Features, cfg.Models[2].Features; own != "words" || given != "sequences" {
		t.Errorf("features %q, with vectors %q", own, given)
	}
	if own, given := cfg.Models[1].Options.(*networks.LSTM).Dimensions, cfg.Models[2].Options.(*networks.LSTM).Dimensions; own != networks.OwnDimensions || given != 0 {
		t.Errorf("%d dimensions, with vectors %d", own, given)
	}
}

func TestLSTMFaults(t *testing.T) {
	line := func(text string) string { return twoTopics + text + "\n" }
	for text, want := range map[string]string{
		line(`recurrent_dropout = 1`):                            `t.toml:16: recurrent_dropout: 1 is out of range [0,1)`,
		line(`output = "softmx"`):                                `t.toml:16: output: unknown value "softmx"; did you mean "softmax"?; one of sigmoid, softmax`,
		line(`keep = "best"`):                                    `t.toml:16: keep: unknown value "best"`,
		line(`freeze_embedding = true`):                          `t.toml:16: freeze_embedding: there are no vectors to leave as they are; name some with embeddings, or leave the key out`,
		line(`features = "counts"`):                              `t.toml:16: features: this model learns from words or sequences, not from counts`,
		line(`backend = "golearn"`):                              `t.toml:16: backend: golearn has no lstm; leave the key out`,
		line(`master_loss_ratio = 0.1`):                          `t.toml:16: unknown key "master_loss_ratio" in [model]; known here: `,
		line(`device = "cuda"`):                                  `t.toml:16: device: this build trains on the CPU; set "auto" or "cpu"`,
		line("[features.words]\nmax_words = 0"):                  `t.toml:17: max_words: 0 is out of range [1,`,
		line("embeddings = \"v\"\n[embeddings.v]\ntrain = true"): `t.toml:14: dimensions: the vectors of embeddings = "v" have their own; leave the key out`,
		strings.Replace(line(`output = "softmax"`), "topics:cs.LG,cs.CV", "arxiv-2019", 1):  `t.toml:16: output: "softmax" gives a paper one label, but papers of arxiv-2019 have several; set "sigmoid", or a taxonomy of topics`,
		strings.Replace(line(`keep = "accuracy"`), "validation = 0.2", "validation = 0", 1): `t.toml:16: keep: "accuracy" is measured on validation papers, but split.validation is 0; set "last"`,
		strings.Replace(twoTopics, "topics:cs.LG,cs.CV", "topics:cs.LG", 1):                 `t.toml:4: taxonomy: `,
		strings.Replace(twoTopics, "topics:cs.LG,cs.CV", "topics:math.MP,math-ph", 1):       `t.toml:4: taxonomy: `,
		strings.Replace(twoTopics, "path =", "text = \"titel\"\npath =", 1):                 `t.toml:3: text: unknown value "titel"; did you mean "title"?`,
	} {
		_, err := config.Parse(text, "t.toml", nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\nerror %v\nwant  %s", strings.TrimPrefix(text, twoTopics), err, want)
		}
	}
}

// TestTwoTopics trains an LSTM from the papers of one topic alone, and scores them
// again with what the run keeps.
func TestTwoTopics(t *testing.T) {
	s := vectorSession(t, t.TempDir(), twoTopics)
	run := mustRun(t, s, 0)
	w := run.Words
	if w == nil || w.Known < 100 || w.KnownTokens > w.Tokens || w.MaxTokens != 250 {
		t.Errorf("words %+v", w)
	}
	r := run.Results[0]
	if r.All.Loss == nil || *r.All.Loss <= 0 || r.All.Labels != 2 || r.All.SubsetAccuracy != r.All.SampleF1 {
		t.Errorf("results %+v", r.All)
	}
	epochs := epochsOf(t, s, run.Trial)
	for _, e := range epochs {
		if e.TrainingLoss == nil || e.TrainingAccuracy == nil || e.ValidationAccuracy == nil || *e.TrainingAccuracy > 1 {
			t.Errorf("epoch %+v", e)
		}
	}
	if len(epochs) != 4 {
		t.Errorf("%d epochs", len(epochs))
	}
	data, set := learnt(t, s, s.Trials()[0])
	for _, labels := range data.labels {
		for i := range labels.Rows() {
			if len(labels.Row(i)) != 1 {
				t.Fatalf("a paper of %d topics", len(labels.Row(i)))
			}
		}
	}
	if data.outside == 0 || data.outside+len(data.ids[0])+len(data.ids[1])+len(data.ids[2]) != data.drawn {
		t.Errorf("%d left out of %d, parts of %d, %d and %d", data.outside, data.drawn, len(data.ids[0]), len(data.ids[1]), len(data.ids[2]))
	}
	if set.Vocabulary().Len() != w.Known {
		t.Errorf("%d words in the set, %d in the record", set.Vocabulary().Len(), w.Known)
	}
}

// An LSTM learns many labels of a paper as well.
func TestLSTMOfManyLabels(t *testing.T) {
	s := vectorSession(t, t.TempDir(), twoTopics, "corpus.taxonomy=arxiv-2019", "corpus.sample=300", "model.N.epochs=1", "decision.rules=[\"tuned\"]")
	if r := mustRun(t, s, 0).Results[0]; r.All.Labels != 148 || r.All.SampleF1 <= 0 {
		t.Errorf("results %+v", r.All)
	}
}

// The text that tokens are made of decides the data, and so the scores.
func TestCorpusText(t *testing.T) {
	tokens := map[string]int64{}
	for _, text := range []string{"title+abstract", "abstract", "title"} {
		s := vectorSession(t, t.TempDir(), twoTopics, "corpus.text="+text, "model.N.epochs=1", "features.words.max_tokens=8192")
		tokens[text] = mustRun(t, s, 0).Words.Tokens
	}
	if a, b, c := tokens["title"], tokens["abstract"], tokens["title+abstract"]; !(0 < a && a < b && b < c) {
		t.Errorf("tokens %v", tokens)
	}
}

// An LSTM that was stopped goes on to the same bits.
func TestInterruptedLSTMGoesOn(t *testing.T) {
	const epochs = "model.N.epochs=30"
	whole := vectorSession(t, t.TempDir(), twoTopics, epochs)
	want := mustRun(t, whole, 0)
	s := vectorSession(t, t.TempDir(), twoTopics, epochs)
	interrupt(t, s)
	run := mustRun(t, s, 0)
	a, _ := want.File("predictions.parquet")
	b, _ := run.File("predictions.parquet")
	if a.SHA256 != b.SHA256 || run.Resumed != 1 {
		t.Errorf("resumed %d times; other predictions: %t", run.Resumed, a.SHA256 != b.SHA256)
	}
	if got, want := withoutTimes(t, s, run.Trial), withoutTimes(t, whole, want.Trial); !reflect.DeepEqual(got, want) {
		t.Errorf("metrics\n%v\nwant\n%v", got, want)
	}
}
