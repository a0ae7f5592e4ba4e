package experiments

import (
	"cmp"
	"fmt"

	"assay/classifier"
	"assay/corpus"
	"assay/networks"
)

// LSTM holds the options of kind "lstm". Defaults are those of package networks,
// which documents the options: the article's.
type LSTM struct {
	Hidden           int     `toml:"hidden" default:"100" range:"[1,16384]"`
	Dropout          float64 `toml:"dropout" default:"0.25" range:"[0,1)"`           // of what each gate reads of a word
	RecurrentDropout float64 `toml:"recurrent_dropout" default:"0.25" range:"[0,1)"` // of what it reads of the state
	SpatialDropout   float64 `toml:"spatial_dropout" default:"0" range:"[0,1)"`      // of whole dimensions of a paper's words
	// Output is the answer's shape: a probability for each label by itself, or
	// probabilities that add up to 1, for taxonomies of topics.
	Output string `toml:"output" default:"sigmoid" oneof:"sigmoid softmax"`
	// Dimensions are those of the vectors that it learns itself; 0: 100, or those of
	// the vectors that embeddings names.
	Dimensions      int     `toml:"dimensions" default:"0" range:"[0,4096]"`
	FreezeEmbedding bool    `toml:"freeze_embedding" default:"false"` // leaves given vectors as they are
	Epochs          int     `toml:"epochs" default:"20" range:"[1,100000]"`
	StopEpoch       int     `toml:"stop_epoch" default:"0" range:"[0,100000]"` // ends earlier, on the schedule of all epochs; 0: off
	BatchSize       int     `toml:"batch_size" default:"64" range:"[1,65536]"`
	LearningRate    float64 `toml:"learning_rate" default:"0.001" range:"(0,10]"`
	Schedule        string  `toml:"schedule" default:"constant" oneof:"constant cosine linear"`
	Warmup          float64 `toml:"warmup" default:"0" range:"[0,1)"`
	ClipNorm        float64 `toml:"clip_norm" default:"0" range:"[0,)"` // 0: off
	EarlyStopping   string  `toml:"early_stopping" default:"off" oneof:"off f1 loss accuracy"`
	Patience        int     `toml:"patience" default:"3" range:"[1,100000]"`
	// Keep says of which epoch the parameters are kept: that of the best validation
	// figure, or the last.
	Keep string `toml:"keep" default:"last" oneof:"f1 loss accuracy last"`
	// Device is where it trains: "auto" takes the fastest there is.
	Device string `toml:"device" default:"auto" oneof:"auto cpu cuda"`
}

// ownDimensions is the width of vectors that the network learns by itself, unless
// the configuration gives another.
const ownDimensions = 100

// resolve fills in the width of vectors of its own; embeddings names given ones.
func (o *LSTM) resolve(embeddings string) {
	if o.Dimensions == 0 && embeddings == "" {
		o.Dimensions = ownDimensions
	}
}

// validateLSTM checks what the keys of an LSTM do not know of each other.
func (b *binder) validateLSTM(cfg *Config, m *Model, o *LSTM, path string) {
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

// options returns the options of package networks.
func (o *LSTM) options(seed uint64, workers int) networks.LSTMOptions {
	return networks.LSTMOptions{
		Hidden: o.Hidden, Dropout: o.Dropout, RecurrentDropout: o.RecurrentDropout, SpatialDropout: o.SpatialDropout,
		Output: o.Output, Dimensions: cmp.Or(o.Dimensions, ownDimensions), FreezeEmbedding: o.FreezeEmbedding,
		Epochs: o.Epochs, StopEpoch: o.StopEpoch, BatchSize: o.BatchSize, LearningRate: o.LearningRate,
		Schedule: o.Schedule, Warmup: o.Warmup, ClipNorm: o.ClipNorm,
		EarlyStopping: o.EarlyStopping, Patience: o.Patience, Keep: o.Keep, Seed: seed, Workers: workers,
	}
}

func (o *LSTM) schedule() schedule {
	return schedule{o.Epochs, o.StopEpoch, o.BatchSize, o.EarlyStopping, o.Device}
}

func (o *LSTM) stopping(epoch int) neural {
	c := *o
	c.StopEpoch = epoch
	return &c
}

func (o *LSTM) onCPU() any {
	c := *o
	c.Device = "cpu"
	return &c
}

// parameters counts those of the words' vectors, too, unless they are frozen.
func (o *LSTM) parameters(in inputs) int64 {
	return networks.LSTMParameters(o.options(0, 0), in.words, in.dim, in.labels)
}

// paper is a word's vector, the gates, both states and the answers.
func (o *LSTM) paper(in inputs) int64 { return int64(in.dim) + 6*int64(o.Hidden) + int64(in.labels) }

func (o *LSTM) token(in inputs) int64 { return 2*int64(in.dim) + 12*int64(o.Hidden) }

func (o *LSTM) size() string { return fmt.Sprintf("hidden = %d", o.Hidden) }

func (o *LSTM) classifier(seed uint64, workers int, taxonomy *corpus.Taxonomy, hooks networks.Hooks) (classifier.Classifier, error) {
	return networks.NewLSTM(o.options(seed, workers), taxonomy.GroupOf(), len(taxonomy.Groups), taxonomy.Exclusive, hooks)
}
