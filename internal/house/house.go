// Package house states which package may import which; its test enforces it.
//
// The table below is the only one. The test compares it with the imports of the
// source and with the rooms that docs/ARCHITECTURE.md names: what it allows and
// nothing uses is a fault, too.
package house

// Rule says which packages of this module a package imports, internal/… aside,
// which everything may. Names are separated by spaces.
type Rule struct {
	Package string
	Code    string // what the program imports
	Tests   string // what its tests import beside that
}

// Rooms lists the packages in the order in which data flows: each may import only
// what stands before it.
var Rooms = []Rule{
	{"configs", "", ""},
	{"corpus/arxivid", "", ""},
	{"corpus", "corpus/arxivid", ""},
	{"corpus/text", "", ""},
	{"corpus/synthetic", "corpus", ""},
	{"corpus/shards", "corpus corpus/arxivid", ""},
	{"corpus/catalog", "corpus", "corpus/shards"},
	{"corpus/ingest", "corpus corpus/arxivid corpus/catalog corpus/shards", ""},
	{"corpus/export", "corpus corpus/catalog", ""},
	{"corpus/harvest/harvesttest", "", ""},
	{"corpus/harvest", "", "corpus/harvest/harvesttest"},
	{"corpus/harvest/ledger", "corpus/catalog corpus/harvest", ""},
	{"corpus/harvest/arxivapi/arxivtest", "corpus", ""},
	{"corpus/harvest/arxivapi", "corpus corpus/arxivid corpus/catalog corpus/harvest corpus/harvest/ledger", "corpus/harvest/arxivapi/arxivtest corpus/harvest/harvesttest corpus/synthetic"},
	{"corpus/harvest/oaipmh/oaitest", "corpus", ""},
	{"corpus/harvest/oaipmh", "corpus corpus/arxivid corpus/catalog corpus/harvest corpus/harvest/ledger", "corpus/harvest/harvesttest corpus/harvest/oaipmh/oaitest corpus/synthetic"},
	{"corpus/harvest/coreapi/coretest", "", ""},
	{"corpus/harvest/coreapi", "corpus/arxivid corpus/catalog corpus/harvest", "corpus/harvest/coreapi/coretest corpus/harvest/harvesttest"},
	{"embeddings", "", ""},
	{"embeddings/fasttext", "embeddings", ""},
	{"embeddings/excerpt", "embeddings embeddings/fasttext", ""},
	{"embeddings/vectorfile", "embeddings embeddings/fasttext", ""},
	{"features", "corpus corpus/shards corpus/text embeddings embeddings/excerpt", "corpus/synthetic"},
	{"features/keywords", "corpus corpus/shards corpus/text features", ""},
	{"classifier", "features", "baselines/bayes baselines/forest"},
	{"classifier/conformance", "classifier features", ""},
	{"baselines/bayes", "classifier features", "classifier/conformance"},
	{"baselines/logistic", "classifier features", "classifier/conformance"},
	{"baselines/forest", "classifier features", "classifier/conformance"},
	{"baselines/golearn", "baselines/forest classifier features", "baselines/bayes baselines/logistic classifier/conformance"},
	{"networks/layers", "", ""},
	{"networks/loss", "networks/layers", ""},
	{"networks/training", "features networks/layers", ""},
	{"networks/training/enginetest", "features networks/layers networks/training", "networks/loss"},
	{"networks/graph", "networks/layers networks/training", ""},
	{"networks", "classifier features networks/graph networks/layers networks/loss networks/training", "classifier/conformance networks/training/enginetest"},
	{"results/metrics", "", ""},
	{"predictor", "baselines/bayes baselines/forest baselines/golearn baselines/logistic classifier corpus features networks results/metrics", ""},
	{"results/stats", "", ""},
	{"results", "corpus/arxivid results/metrics", ""},
	{"results/compare", "results results/metrics results/stats", ""},
	{"results/table", "results results/compare results/metrics results/stats", ""},
	{"results/diff", "results results/compare", "experiments/config results/metrics"},
	{"results/check", "results results/compare results/metrics results/stats", ""},
	{"results/calibration", "", ""},
	{"results/plot", "results results/calibration results/compare results/metrics results/stats", ""},
	{"results/mistakes", "corpus/arxivid results results/metrics", ""},
	{"experiments/config", "baselines/bayes baselines/forest baselines/golearn baselines/logistic configs corpus corpus/shards corpus/text embeddings/fasttext embeddings/vectorfile features networks networks/graph networks/training results/metrics results/stats", "results"},
	{"experiments", "baselines/bayes baselines/forest baselines/golearn baselines/logistic classifier corpus corpus/arxivid corpus/shards corpus/synthetic embeddings embeddings/fasttext embeddings/vectorfile experiments/config features features/keywords networks networks/training predictor results results/compare results/metrics results/stats", "configs corpus/text results/mistakes"},
	{"runners/slurm/cluster", "", ""},
	{"runners/slurm", "", "runners/slurm/cluster"},
	{"runners", "experiments results runners/slurm", "experiments/config"},
	{"cmd/assay", "corpus corpus/export corpus/ingest corpus/shards corpus/catalog corpus/harvest corpus/harvest/arxivapi corpus/harvest/coreapi corpus/harvest/ledger corpus/harvest/oaipmh corpus/synthetic embeddings embeddings/fasttext embeddings/vectorfile experiments experiments/config features features/keywords predictor results results/calibration results/check results/compare results/diff results/mistakes results/metrics results/plot results/table runners runners/slurm", "corpus/harvest/arxivapi/arxivtest corpus/harvest/coreapi/coretest corpus/harvest/harvesttest corpus/harvest/oaipmh/oaitest runners/slurm/cluster"},
}
