// Package house states which package may import which; its test enforces it.
package house

// Allowed lists, for each package or folder of packages (ending in /…), the
// packages of this module that it may import beside internal/…, which
// everything may. Data flows from left to right, and so do imports: a package
// sees only what stands before it. docs/ARCHITECTURE.md draws the same.
var Allowed = []Rule{
	{"internal/…", nil},
	{"configs", nil},
	{"corpus/arxivid", nil},
	{"corpus", []string{"corpus/arxivid"}},
	{"corpus/text", nil},
	{"corpus/synthetic", []string{"corpus"}},
	{"corpus/catalog", []string{"corpus"}},
	{"corpus/harvest/harvesttest", nil},
	{"corpus/harvest", []string{"corpus/harvest/harvesttest"}},
	{"corpus/harvest/unusable", []string{"corpus/catalog"}},
	{"corpus/harvest/ledger", []string{"corpus/catalog", "corpus/harvest/unusable"}},
	{"corpus/harvest/arxivapi/arxivtest", []string{"corpus"}},
	{"corpus/harvest/arxivapi", []string{"corpus", "corpus/arxivid", "corpus/synthetic", "corpus/catalog", "corpus/harvest", "corpus/harvest/harvesttest", "corpus/harvest/unusable", "corpus/harvest/ledger", "corpus/harvest/arxivapi/arxivtest"}},
	{"corpus/harvest/oaipmh/oaitest", []string{"corpus", "corpus/harvest/harvesttest"}},
	{"corpus/harvest/oaipmh", []string{"corpus", "corpus/arxivid", "corpus/synthetic", "corpus/catalog", "corpus/harvest", "corpus/harvest/harvesttest", "corpus/harvest/unusable", "corpus/harvest/ledger", "corpus/harvest/oaipmh/oaitest"}},
	{"corpus/harvest/coreapi/coretest", nil},
	{"corpus/harvest/coreapi", []string{"corpus", "corpus/arxivid", "corpus/catalog", "corpus/harvest", "corpus/harvest/harvesttest", "corpus/harvest/coreapi/coretest"}},
	{"embeddings", nil},
	{"embeddings/fasttext", []string{"embeddings"}},
	{"embeddings/vectorfile", []string{"embeddings", "embeddings/fasttext"}},
	{"features", []string{"corpus", "corpus/text", "embeddings"}},
	{"baselines", []string{"features"}},
	{"baselines/conformance", []string{"baselines", "features"}},
	{"baselines/golearn", []string{"baselines", "features"}},
	{"networks/layers", nil},
	{"networks/loss", []string{"networks/layers"}},
	{"networks/training", []string{"features", "networks/layers"}},
	{"networks/graph", []string{"networks/layers", "networks/training"}},
	{"networks", []string{"baselines", "features", "networks/layers", "networks/loss", "networks/graph", "networks/training"}},
	{"results/metrics", nil},
	{"results/stats", nil},
	{"results", []string{"corpus/arxivid", "results/metrics", "results/stats"}},
	{"results/table", []string{"results", "results/metrics", "results/stats"}},
	{"results/diff", []string{"results", "results/metrics", "results/stats"}},
	{"results/check", []string{"results", "results/metrics", "results/stats"}},
	{"results/calibration", nil},
	{"results/plot", []string{"results", "results/metrics", "results/stats", "results/calibration"}},
	{"results/errata", []string{"results", "results/metrics"}},
	{"experiments", []string{
		"configs", "corpus", "corpus/arxivid", "corpus/text", "corpus/synthetic", "embeddings", "embeddings/fasttext", "embeddings/vectorfile",
		"features", "baselines", "baselines/golearn", "networks", "networks/training",
		"results", "results/metrics", "results/stats", "results/table", "results/errata",
	}},
	{"runners", []string{"experiments", "results"}},
	{"runners/slurm/cluster", nil},
	{"runners/slurm", []string{"runners/slurm/cluster"}},
	{"cmd/assay", []string{
		"configs", "corpus", "corpus/text", "corpus/synthetic",
		"corpus/catalog", "corpus/harvest", "corpus/harvest/harvesttest", "corpus/harvest/unusable", "corpus/harvest/arxivapi", "corpus/harvest/arxivapi/arxivtest", "corpus/harvest/oaipmh", "corpus/harvest/oaipmh/oaitest", "corpus/harvest/coreapi", "corpus/harvest/coreapi/coretest",
		"embeddings", "embeddings/fasttext", "embeddings/vectorfile",
		"features", "baselines", "experiments", "runners", "runners/slurm", "runners/slurm/cluster",
		"results", "results/metrics", "results/stats", "results/table", "results/diff", "results/check", "results/plot", "results/calibration", "results/errata",
	}},
}

// Rule says what one package may import.
type Rule struct {
	Package string
	Imports []string
}
