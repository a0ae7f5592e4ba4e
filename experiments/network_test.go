package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay/experiments/config"
	"assay/features"
	"assay/networks"
	"assay/predictor"
	"assay/results"
)

const network = `name = "n"
[corpus]
path = "synthetic"
sample = 400
[split]
validation = 0.2
test = 0.2
[embeddings.fasttext]
train = true
dimensions = 8
buckets = 1000
epochs = 1
deterministic = true
[features.sequences]
max_tokens = 60
[[model]]
name = "N"
kind = "sha_rnn"
embeddings = "fasttext"
hidden = 8
boom = 16
epochs = 12
`

func TestNetworkDefaults(t *testing.T) {
	cfg := mustParse(t, minimal+"[embeddings.v]\ntrain = true\n[[model]]\nname = \"N\"\nkind = \"sha_rnn\"\nembeddings = \"v\"\n")
	m := &cfg.Models[1]
	if want := networks.DefaultSHARNN(); *m.Options.(*networks.SHARNN) != want {
		t.Errorf("options %+v, want %+v", m.Options, want)
	}
	if m.Features != "sequences" || cfg.Features[3].MaxTokens != 512 {
		t.Errorf("features %q, %+v", m.Features, cfg.Features)
	}
}

func TestNetworkFaults(t *testing.T) {
	line := func(text string) string { return network + text + "\n" }
	for text, want := range map[string]string{
		line(`backend = "golearn"`):                                    `t.toml:23: backend: golearn has no sha_rnn; leave the key out`,
		line(`features = "counts"`):                                    `t.toml:23: features: this model learns from sequences, not from counts`,
		line(`features = "vectors"`):                                   `t.toml:23: features: this model learns from sequences, not from vectors`,
		line(`dropout = 1`):                                            `t.toml:23: dropout: 1 is out of range [0,1)`,
		line(`batch_size = 0`):                                         `t.toml:23: batch_size: 0 is out of range [1,65536]`,
		line(`learning_rate = 0`):                                      `t.toml:23: learning_rate: 0 is out of range (0,10]`,
		line(`master_loss_ratio = 1.5`):                                `t.toml:23: master_loss_ratio: 1.5 is out of range [0,1]`,
		line(`master_loss_decay = -1`):                                 `t.toml:23: master_loss_decay: -1 is out of range: at least 0`,
		line(`mask_padding = "no"`):                                    `t.toml:23: mask_padding: want true or false, have "no"`,
		line(`schedule = "cosin"`):                                     `t.toml:23: schedule: unknown value "cosin"; did you mean "cosine"?; one of constant, cosine, linear`,
		line(`device = "cuda"`):                                        `t.toml:23: device: this build trains on the CPU; set "auto" or "cpu"`,
		line(`device = "gpu"`):                                         `t.toml:23: device: unknown value "gpu"; did you mean "cpu"?; one of auto, cpu, cuda`,
		line(`alpha = 1`):                                              `t.toml:23: unknown key "alpha" in [model]; known here: `,
		line("[features.s]\nkind = \"counts\"\nmax_tokens = 5"):        `t.toml:25: unknown key "max_tokens" in [features.s]; known here: `,
		line("[features.s]\nkind = \"sequences\"\nngrams = [1, 1]"):    `t.toml:25: unknown key "ngrams" in [features.s]; known here: kind, max_tokens`,
		line("[features.s]\nkind = \"sequences\"\nmax_tokens = 0"):     `t.toml:25: max_tokens: 0 is out of range [1,8192]`,
		line("[features.s]\nkind = \"sequences\"\nmax_tokens = 8193"):  `t.toml:25: max_tokens: 8193 is out of range [1,8192]`,
		strings.Replace(network, "embeddings = \"fasttext\"\n", "", 1): `t.toml:16: embeddings: features "sequences" need word vectors; name them (declared: fasttext)`,
		strings.Replace(network, "\"fasttext\"", "\"fastext\"", 1):     `t.toml:19: embeddings: no [embeddings.fastext]; did you mean "fasttext"?; declared: fasttext`,
		line("[[model]]\nname = \"LR\"\nkind = \"logistic_regression\"\nembeddings = \"fasttext\"\nfeatures = \"sequences\""):      `t.toml:27: features: this model learns from counts, tfidf or vectors, not from sequences`,
		line("[[model]]\nname = \"NB\"\nkind = \"naive_bayes\"\nfeatures = \"sequences\""):                                         `t.toml:26: features: this model learns from counts or tfidf, not from sequences`,
		strings.Replace(line("early_stopping = \"f1\"\n[decision]\nrules = [\"top:1\"]"), "validation = 0.2", "validation = 0", 1): `t.toml:23: early_stopping: "f1" is watched on validation papers, but split.validation is 0`,
	} {
		_, err := config.Parse(text, "t.toml", nil)
		if err == nil || err.Error() != want && !(strings.HasSuffix(want, ": ") && strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s\nerror %v\nwant  %s", strings.TrimPrefix(text, network), err, want)
		}
	}
}

// The size is the one that the article's network has.
func TestNetworkSize(t *testing.T) {
	o := mustParse(t, network, "model.N.hidden=256", "model.N.boom=512").Models[0].Options.(networks.Options)
	in := networks.Inputs{Dim: 100, Labels: 148}
	if n := networks.Parameters(o, in); n != 781_688 {
		t.Errorf("%d parameters, want 781,688", n)
	}
	largest := mustParse(t, network, "model.N.layers=64", "model.N.hidden=16384", "model.N.boom=1048576").Models[0].Options.(networks.Options)
	if n := networks.Parameters(largest, networks.Inputs{Dim: 1000, Labels: 148}); n < 2*3*16384*(64+63*2)*16384 {
		t.Errorf("%d parameters in the largest network", n)
	}
	if n := networks.Parameters(o, networks.Inputs{Labels: 148}); n != 0 {
		t.Errorf("%d parameters from no vectors", n)
	}
	least := networks.LeastMemory(o, in)
	if least < 5*4*781_688 || least > 32<<20 {
		t.Errorf("at least %d bytes", least)
	}
	for memory, refused := range map[int64]bool{0: false, least - 1: true, least: false} {
		if err := checkMemory(o, in, memory); (err != nil) != refused {
			t.Errorf("with %d bytes of memory: %v", memory, err)
		}
	}
	cfg := mustParse(t, network, "model.N.hidden=16384", "model.N.boom=1048576", "model.N.batch_size=65536")
	cfg.Results.Path = t.TempDir()
	if MachineMemory() == 0 {
		t.Skip("this system does not say how much memory it has")
	}
	if _, err := Open(context.Background(), cfg, Options{}); err == nil || !strings.Contains(err.Error(), `model "N": training a network of hidden = 16384 and boom = 1048576 in batches of 65536 takes at least`) {
		t.Errorf("a network larger than the machine: %v", err)
	}
}

// The device is a place, not a setting, while there is but one.
func TestDeviceIsNotIdentity(t *testing.T) {
	id := func(device string) string {
		return Trials(mustParse(t, network, "model.N.device="+device), "d")[0].ID
	}
	if id("auto") != id("cpu") {
		t.Error("auto and cpu are two trials")
	}
}

func TestNetworkTrial(t *testing.T) {
	s := vectorSession(t, t.TempDir(), network)
	run := mustRun(t, s, 0)
	v := run.Vectors
	if v == nil || v.MaxTokens != 60 || v.CutPapers < 100 || v.CutTokens < 1000 || v.Tokens > 60*400 || v.CoveredTokens == 0 {
		t.Errorf("vectors %+v", v)
	}
	if !strings.Contains(strings.Join(run.Warnings, "; "), "papers cut to 60 tokens") {
		t.Errorf("warnings %q do not say that papers were cut", run.Warnings)
	}
	if s.store.Resumable("n", run.Trial, CheckpointFile) {
		t.Error("the checkpoint of a finished run is still there")
	}
	epochs := epochsOf(t, s, run.Trial)
	for i, e := range epochs {
		if e.Epoch != i+1 || e.ValidationF1 == nil || i > 0 && e.Step <= epochs[i-1].Step {
			t.Errorf("epoch %d is %+v", i+1, e)
		}
	}
	if len(epochs) != 12 {
		t.Errorf("%d epochs, want 12", len(epochs))
	}
	data, set := learnt(t, s, s.Trials()[0])
	parts := set.Rows
	train, test := parts[0].(*features.Sequences), parts[2].(*features.Sequences)
	if train.Embedding != test.Embedding {
		t.Error("the parts have a matrix each")
	}
	loaded, err := newClassifier(s.Trials()[0].Model, data.taxonomy, networks.Run{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	loadFile(t, s, run, predictor.ModelFile, func(f *os.File) error { return loaded.Load(f) })
	scores, err := loaded.Scores(context.Background(), test)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Store().Predictions(run)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(p.Scores.Data, scores.Data) {
		t.Error("the saved model gives other scores")
	}
}

func epochsOf(t *testing.T, s *Session, trial string) []results.Epoch {
	t.Helper()
	epochs, err := s.Store().Epochs("n", trial)
	if err != nil {
		t.Fatal(err)
	}
	return epochs
}

// interrupt runs the first trial and cancels it when an epoch has ended.
func interrupt(t *testing.T, s *Session) results.Run {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	trial := s.Trials()[0].ID
	go func() {
		for ctx.Err() == nil {
			if epochs, err := s.Store().Epochs("n", trial); err == nil && len(epochs) > 0 {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if _, _, err := s.Run(ctx, s.Trials()[0], 0); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled training gives %v", err)
	}
	run, err := s.Store().Run("n", trial)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := run.Stage("fit"); !ok || run.State != results.Interrupted || !s.store.Resumable("n", trial, CheckpointFile) {
		t.Fatalf("interrupted, the run is %s after stages %v, with a checkpoint: %t", run.State, run.Stages, s.store.Resumable("n", trial, CheckpointFile))
	}
	return run
}

// withoutTimes is a run's metrics but for what a clock said.
func withoutTimes(t *testing.T, s *Session, trial string) (out []map[string]any) {
	t.Helper()
	records, err := s.Store().Metrics("n", trial)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		var m map[string]any
		if err := json.Unmarshal(r, &m); err != nil {
			t.Fatal(err)
		}
		for key := range m {
			if strings.Contains(key, "second") {
				delete(m, key)
			}
		}
		out = append(out, m)
	}
	return out
}

// A training that was stopped goes on to the same bits and the same metrics.
func TestInterruptedTrainingGoesOn(t *testing.T) {
	whole := vectorSession(t, t.TempDir(), network, "model.N.epochs=25")
	want := mustRun(t, whole, 0)
	predictions, _ := want.File("predictions.parquet")

	s := vectorSession(t, t.TempDir(), network, "model.N.epochs=25")
	first := interrupt(t, s)
	w, err := s.Store().Resume(context.Background(), s.record(s.Trials()[0]))
	if err != nil {
		t.Fatal(err)
	}
	// What a killed process has recorded beyond its checkpoint.
	for _, record := range []map[string]any{{"kind": "step", "step": 1 << 40}, {"kind": "epoch", "epoch": 99, "step": 1 << 40}} {
		if err := w.Append(record); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	run := mustRun(t, s, 0)
	if f, _ := run.File("predictions.parquet"); f.SHA256 != predictions.SHA256 {
		t.Error("the predictions are others than without the interruption")
	}
	if got, want := withoutTimes(t, s, run.Trial), withoutTimes(t, whole, want.Trial); !reflect.DeepEqual(got, want) {
		t.Errorf("metrics\n%v\nwant\n%v", got, want)
	}
	before, _ := first.Stage("fit")
	if after, _ := run.Stage("fit"); after <= before || run.Resumed != 2 || !run.Started.Equal(first.Started) {
		t.Errorf("fit took %v after %v; resumed %d times; started %v, before %v", after, before, run.Resumed, run.Started, first.Started)
	}
	if len(run.Stages) != 6 {
		t.Errorf("stages %v", run.Stages)
	}
}

// A session may ignore checkpoints.
func TestInterruptedTrainingBeginsAnew(t *testing.T) {
	s := vectorSession(t, t.TempDir(), network, "model.N.epochs=25")
	interrupt(t, s)
	s.resume = false
	run := mustRun(t, s, 0)
	if epochs := epochsOf(t, s, run.Trial); run.Resumed != 0 || len(epochs) != 25 || epochs[0].Epoch != 1 {
		t.Errorf("resumed %d times, epochs %+v", run.Resumed, epochs)
	}
}

// A checkpoint that cannot be read says how to do without it.
func TestDamagedCheckpoint(t *testing.T) {
	s := vectorSession(t, t.TempDir(), network, "model.N.epochs=25")
	run := interrupt(t, s)
	path := filepath.Join(s.Store().Path("n", run.Trial), "checkpoint", CheckpointFile)
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Run(context.Background(), s.Trials()[0], 0); err == nil || !strings.Contains(err.Error(), "--resume=false") {
		t.Errorf("error %v", err)
	}
	s.resume = false
	mustRun(t, s, 0)
}
