package results

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"assay/results/metrics"
)

// finishedRun is a run as `assay run` records it: two rules, the parameters of
// a network, word vectors; some 6 kB of JSON.
func finishedRun(t testing.TB, seed int) Run {
	t.Helper()
	r := trial(fmt.Sprintf("sha-rnn-lite-s%d-%012x", seed, seed*7919))
	r.Seed = uint64(seed)
	r.Setting = "bc6894427b98599be33f33539ee08816c5e1ae07d27097fd4f558fb98486c56c"
	r.Code = "sha256:0603d2822d89de2aec082cbbedbdc316d6da05b2da5fb9e82303ca786c184ad4 go1.26.8 linux/amd64"
	r.Model = Model{Name: "SHA-RNN-lite", Kind: "sha_rnn", Backend: "native"}
	r.Params = map[string]any{}
	for i, key := range []string{
		"batch_size", "boom", "class_weights", "clip_norm", "device", "dropout", "early_stopping", "embeddings", "embeddings.buckets",
		"embeddings.deterministic", "embeddings.dimensions", "embeddings.epochs", "embeddings.learning_rate", "embeddings.max_n",
		"embeddings.min_count", "embeddings.min_n", "embeddings.model", "embeddings.negatives", "embeddings.papers", "epochs",
		"features", "features.kind", "features.max_tokens", "hidden", "layers", "learning_rate", "mask_padding", "master_loss_decay",
		"master_loss_ratio", "patience", "schedule", "warmup",
	} {
		r.Params[key] = []any{i, 0.1 * float64(i), true, "word <&>"}[i%4]
	}
	r.Data = Data{
		Hash: "4435ab621445b842a83a834d31966902e472c517d4c6eb42fd0bbb5a2e314fec", Path: "data/arxiv", Name: "100,000 arXiv papers",
		Taxonomy: "arxiv-2019", Split: `5 % validation, 5 % test, key "assay"`, Labels: 148, Masters: 6, Train: 90000, Validation: 5000, Test: 5000,
	}
	r.Provenance = NewProvenance()
	r.Started = time.Date(2020, 1, 2, 3, 4, 5, 678e6, time.UTC).Add(time.Duration(seed) * time.Second)
	r.Finished = r.Started.Add(time.Hour)
	for i, name := range []string{"prepare", "features", "fit", "score", "evaluate", "save"} {
		r.Stages = append(r.Stages, Stage{Name: name, Seconds: 1 / float64(i+3)})
	}
	r.PeakMemory = 1 << 30
	r.Vectors = &Vectors{Name: "fasttext", Path: "results/cache/embeddings/fasttext-0123456789abcdef.bin", SHA256: r.Data.Hash, Words: 12345, Dim: 100, Tokens: 1 << 24, CoveredTokens: 1 << 24}
	for i, text := range []string{"fixed:0.5", "tuned"} {
		rule, err := metrics.ParseRule(text)
		must(t, err)
		f1 := 1 / (float64(seed%1000) + 1.5 + float64(i))
		report := func(labels int) metrics.Report {
			return metrics.Report{
				Papers: 5000, Labels: labels, SampleF1: f1, SamplePrecision: f1 / 3, SampleRecall: f1 / 7, MicroF1: f1 / 9, MicroPrecision: f1 / 11,
				MicroRecall: f1 / 13, MacroF1: f1 / 17, MacroPrecision: f1 / 19, MacroRecall: f1 / 21, SubsetAccuracy: f1 / 23,
				PrecisionAt: []metrics.PrecisionAt{{K: 1, Value: f1 / 2}, {K: 3, Value: f1 / 3}, {K: 5, Value: f1 / 5}},
			}
		}
		r.Results = append(r.Results, RuleResult{
			Decision: metrics.Decision{Rule: rule, Threshold: 0.31}, All: report(148), Master: report(6),
			Intervals:  &Intervals{Level: 0.95, Resamples: 1000, F1: Interval{f1 / 2, f1}, MasterF1: Interval{f1 / 2, f1}},
			Validation: &ValidationScores{F1: f1, MasterF1: f1},
		})
	}
	for _, name := range []string{"config.toml", "model/model.assay", "model/vocabulary.assay", "predictions.parquet"} {
		r.Files = append(r.Files, File{Name: name, Bytes: 1234567, SHA256: r.Data.Hash})
	}
	r.State = Done
	return r
}

// storeOf returns a store of n finished runs, of which only run.json is there.
func storeOf(t testing.TB, n int) *Store {
	t.Helper()
	s := newStore(t)
	for i := range n {
		run := finishedRun(t, i)
		data, err := run.encode()
		must(t, err)
		dir := s.Path(run.Experiment, run.Trial)
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, runFile), data, 0o644))
	}
	return s
}

func BenchmarkList(b *testing.B) {
	const n = 10000
	s := storeOf(b, n)
	for b.Loop() {
		runs, problems, err := s.List(context.Background(), "exp")
		if err != nil || len(problems) != 0 || len(runs) != n {
			b.Fatal(len(runs), problems, err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "runs/s")
}
