package config

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"assay/baselines/bayes"
	"assay/baselines/forest"
	"assay/baselines/golearn"
	"assay/baselines/logistic"
	"assay/corpus"
	"assay/corpus/shards"
	"assay/corpus/text"
	"assay/embeddings/fasttext"
	"assay/embeddings/vectorfile"
	"assay/features"
	"assay/networks"
	"assay/networks/graph"
	"assay/networks/training"
	"assay/results/metrics"
	"assay/results/stats"
)

// Parts are the versions of the parts of this program that a result comes from, by
// name. A part's version, a constant in its package, goes up when its bits change:
// then the trials that use it, and no others, are new ones. The golden results of
// package experiments fail where a version was forgotten.
type Parts map[string]int

// String lists the parts by name: "corpus 1, counts 1, metrics 1".
func (p Parts) String() string {
	var list []string
	for _, name := range slices.Sorted(p.Names()) {
		list = append(list, fmt.Sprintf("%s %d", name, p[name]))
	}
	return strings.Join(list, ", ")
}

// Names yields the parts, in no order.
func (p Parts) Names() iter.Seq[string] { return maps.Keys(p) }

// Parts returns what the experiment's trials come from, on the devices that this
// build has.
func (c *Config) Parts() Parts { return c.parts(compute{}) }

func (c *Config) parts(on compute) Parts {
	p := Parts{
		"corpus": corpus.Version, "shards": shards.Version, "text": text.Version,
		"metrics": metrics.Version, "stats": stats.Version,
	}
	for _, m := range c.Variants() {
		for i := range c.Features {
			if f := &c.Features[i]; f.Name == m.Features {
				maps.Copy(p, f.parts())
			}
		}
		if e := c.EmbeddingsOf(m); e != nil {
			p["vectorfile"] = vectorfile.Version
			if e.Train {
				p["fasttext"] = fasttext.Version
			}
		}
		maps.Copy(p, m.parts(on))
	}
	return p
}

func (f *Features) parts() Parts {
	switch f.Kind {
	case "tfidf":
		return Parts{"counts": features.CountsVersion, "tfidf": features.TFIDFVersion}
	case "vectors":
		return Parts{"vectors": features.VectorsVersion}
	case "sequences":
		return Parts{"sequences": features.SequencesVersion}
	case "words":
		return Parts{"words": features.WordsVersion}
	}
	return Parts{"counts": features.CountsVersion}
}

// engines are the versions of what networks compute on, by device.
var engines = map[string]int{"cpu": graph.Version}

func (m *Model) parts(on compute) Parts {
	if n, ok := m.Options.(networks.Options); ok {
		device := on.or(n.On()).Device
		return Parts{m.Kind: n.Version(), "training": training.Version, device + " engine": engines[device]}
	}
	switch {
	case m.Backend == "golearn":
		return Parts{"golearn": golearn.Version}
	case m.Kind == "logistic_regression":
		return Parts{m.Kind: logistic.Version}
	case m.Kind == "random_forest":
		return Parts{m.Kind: forest.Version}
	}
	return Parts{m.Kind: bayes.Version}
}
