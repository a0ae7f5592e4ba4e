package config

import (
	"assay/corpus"
	"assay/networks"
)

// resolveLSTM fills in the width of vectors of its own; embeddings names given ones.
func resolveLSTM(o *networks.LSTM, embeddings string) {
	if o.Dimensions == 0 && embeddings == "" {
		o.Dimensions = networks.OwnDimensions
	}
}

// validateLSTM checks what the keys of an LSTM do not know of each other.
func (b *binder) validateLSTM(cfg *Config, m *Model, o *networks.LSTM, path string) {
	if m.Embeddings == "" && o.FreezeEmbedding {
		b.fault(path+".freeze_embedding", "freeze_embedding: there are no vectors to leave as they are; name some with embeddings, or leave the key out")
	}
	if m.Embeddings != "" && o.Dimensions != 0 {
		b.fault(path+".dimensions", "dimensions: the vectors of embeddings = %q have their own; leave the key out", m.Embeddings)
	}
	t, err := corpus.LookupTaxonomy(cfg.Corpus.Taxonomy)
	if err == nil && o.Output == "softmax" && !t.Exclusive {
		b.fault(path+".output", `output: "softmax" gives a paper one label, but papers of %s have several; set "sigmoid", or a taxonomy of topics`, t.Name)
	}
	if o.Keep != "last" && cfg.Split.Validation == 0 && !b.faulty["split.validation"] && !b.faulty[path+".keep"] {
		b.fault(path+".keep", `keep: %q is measured on validation papers, but split.validation is 0; set "last"`, o.Keep)
	}
}

// validateNetwork checks what the keys of any network do not know of each other.
func (b *binder) validateNetwork(cfg *Config, n networks.Options, path string) {
	s := n.Loop()
	if n.On() == "cuda" {
		b.fault(path+".device", `device: this build trains on the CPU; set "auto" or "cpu"`)
	}
	if s.EarlyStopping != "off" && cfg.Split.Validation == 0 && !b.faulty["split.validation"] && !b.faulty[path+".early_stopping"] {
		b.fault(path+".early_stopping", "early_stopping: %q is watched on validation papers, but split.validation is 0", s.EarlyStopping)
	}
}
