package experiments

import (
	"math"
	"os"
	"strconv"
	"strings"

	"assay/corpus"
	"assay/experiments/config"
	"assay/internal/fault"
	"assay/networks"
)

// What papers and their words take, measured on 12,000 and 100,000 abstracts of
// arXiv: a paper has some 150 tokens, 90 of them different; n papers have some
// 60·n^0.7 different tokens, and 36·n^0.7 different words in them.
const (
	paperTokens = 150
	paperTerms  = 90
	// process is what any run takes: the program, shards mapped, predictions.
	process = 120 << 20
)

func tokens(papers float64) float64 { return 60 * math.Pow(papers, 0.7) }
func words(papers float64) float64  { return 36 * math.Pow(papers, 0.7) }

// Memory estimates the peak of a trial in bytes, papers and features included: a
// pool runs as many at once as fit. It is rough, and rather too high.
func (s *Session) Memory(t Trial) int64 {
	n := float64(s.Papers())
	taxonomy, err := corpus.LookupTaxonomy(t.Config.Corpus.Taxonomy)
	if err != nil {
		return process
	}
	labels := float64(len(taxonomy.Categories))
	held := (t.Config.Split.Validation + t.Config.Split.Test) * n
	bytes := process + n*400 + 2*8*labels*held // ids and labels; scores
	f := t.Config.FeaturesOf(t.Model)
	var columns, distinct float64
	switch {
	case f.Kind == "words":
		distinct = min(words(n), float64(f.Words.MaxWords))
		columns = float64(dimensions(t.Config, t.Model))
		bytes += 4*min(paperTokens, float64(f.Words.MaxTokens))*n + 150*words(n) // numbers; every word while it is counted
	case f.FromVectors():
		distinct = tokens(n)
		columns = float64(dimensions(t.Config, t.Model))
		bytes += 4*columns*distinct + s.tableMemory(t)
		if f.Kind == "vectors" {
			bytes += 2 * 4 * columns * n
		} else {
			bytes += 4 * paperTokens * n
		}
	default:
		grams := float64(f.Ngrams[1] - f.Ngrams[0] + 1)
		columns = words(n) * grams * grams / math.Sqrt(float64(f.MinDocuments))
		if f.MaxFeatures > 0 {
			columns = min(columns, float64(f.MaxFeatures))
		}
		// Index and value of each term, while parts are selected and weighted; and
		// every term before the rare ones go.
		bytes += 3*8*paperTerms*grams*n + 40*words(n)*grams*grams*grams
	}
	if o, ok := t.Model.Options.(networks.Options); ok {
		const longest = 400 // tokens
		return int64(bytes + networks.Memory(o, networks.Inputs{Words: int(distinct), Dim: int(columns), Labels: int(labels)}, longest))
	}
	return int64(bytes + modelMemory(t.Model, n, columns, labels))
}

// dimensions is the width of the model's vectors; the article's where their file
// has not been read.
func dimensions(c *config.Config, m *config.Model) int {
	if n := leastDimensions(c, m); n > 1 {
		return n
	}
	return 100
}

// tableMemory is what training or reading word vectors takes.
func (s *Session) tableMemory(t Trial) float64 {
	e := t.Config.EmbeddingsOf(t.Model)
	if e == nil || !e.Train {
		return 400_000 * 100 * 4 // GloVe
	}
	words := tokens(float64(s.Papers()))
	return 2 * 4 * float64(e.Dimensions) * min(8*words, float64(e.Buckets)+words) // with the n-grams that occur
}

// modelMemory is what a model but a network takes beside its features.
func modelMemory(m *config.Model, papers, columns, labels float64) float64 {
	switch o := m.Options.(type) {
	case *config.RandomForest:
		return 4 * float64(o.Trees) * papers
	case *config.GolearnNaiveBayes:
		return o.MaxGiB * (1 << 30)
	case *config.GolearnLogisticRegression:
		return o.MaxGiB * (1 << 30)
	case *config.GolearnRandomForest:
		return o.MaxGiB * (1 << 30)
	}
	return 8 * columns * labels // weights or counts
}

// checkMemory refuses a network that cannot be trained in memory; 0 is unknown.
func checkMemory(o networks.Options, in networks.Inputs, memory int64) error {
	if need := networks.LeastMemory(o, in); memory > 0 && need > memory {
		return fault.Usagef("training a network of %s in batches of %d takes at least %.1f GiB of memory, and this machine has %.1f: make them smaller",
			o.Size(), o.Loop().BatchSize, gib(need), gib(memory))
	}
	return nil
}

func gib(bytes int64) float64 { return float64(bytes) / (1 << 30) }

// MachineMemory is how much memory this process may use, in bytes; 0 where the
// system does not say.
func MachineMemory() int64 {
	var least int64
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		line, _, _ := strings.Cut(string(info), "\n") // MemTotal: 16384000 kB
		if fields := strings.Fields(line); len(fields) == 3 {
			kib, _ := strconv.ParseInt(fields[1], 10, 64)
			least = kib << 10
		}
	}
	if limit, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if bytes, err := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64); err == nil && (least == 0 || bytes < least) {
			least = bytes // otherwise "max"
		}
	}
	return least
}
