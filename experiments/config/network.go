package config

import "assay/corpus"

// Network is implemented by the options of networks.
type Network interface {
	// Loop returns what the training of all networks has.
	Loop() Loop
	// Stopping returns a copy that ends after that epoch, 0: after the last.
	Stopping(epoch int) Network
}

// Loop is how long a network trains, in which portions, what it watches, and
// where.
type Loop struct {
	Epochs, StopEpoch, BatchSize int
	EarlyStopping, Device        string
}

// SHARNN holds the options of kind "sha_rnn". Defaults are those of package
// networks, which documents the options.
type SHARNN struct {
	Layers          int     `toml:"layers" default:"1" range:"[1,64]"`
	Hidden          int     `toml:"hidden" default:"256" range:"[1,16384]"`
	Boom            int     `toml:"boom" default:"512" range:"[1,1048576]"`
	Dropout         float64 `toml:"dropout" default:"0" range:"[0,1)"`
	MaskPadding     bool    `toml:"mask_padding" default:"true"`
	MasterLossRatio float64 `toml:"master_loss_ratio" default:"0.1" range:"[0,1]"`
	MasterLossDecay float64 `toml:"master_loss_decay" default:"0" range:"[0,)"`
	ClassWeights    bool    `toml:"class_weights" default:"true"`
	Epochs          int     `toml:"epochs" default:"5" range:"[1,100000]"`
	StopEpoch       int     `toml:"stop_epoch" default:"0" range:"[0,100000]" late:"0"` // ends earlier, on the schedule of all epochs; 0: off
	BatchSize       int     `toml:"batch_size" default:"32" range:"[1,65536]"`
	LearningRate    float64 `toml:"learning_rate" default:"0.0003" range:"(0,10]"`
	Schedule        string  `toml:"schedule" default:"constant" oneof:"constant cosine linear"`
	Warmup          float64 `toml:"warmup" default:"0" range:"[0,1)"`
	ClipNorm        float64 `toml:"clip_norm" default:"0" range:"[0,)"` // 0: off
	EarlyStopping   string  `toml:"early_stopping" default:"off" oneof:"off f1 loss"`
	Patience        int     `toml:"patience" default:"3" range:"[1,100000]"`
	// Device is where it trains: "auto" takes the fastest there is.
	Device string `toml:"device" default:"auto" oneof:"auto cpu cuda" identity:"device"`
}

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
	Device string `toml:"device" default:"auto" oneof:"auto cpu cuda" identity:"device"`
}

// OwnDimensions is the width of vectors that the network learns by itself, unless
// the configuration gives another.
const OwnDimensions = 100

// resolve fills in the width of vectors of its own; embeddings names given ones.
func (o *LSTM) resolve(embeddings string) {
	if o.Dimensions == 0 && embeddings == "" {
		o.Dimensions = OwnDimensions
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

// validateNetwork checks what the keys of any network do not know of each other.
func (b *binder) validateNetwork(cfg *Config, n Network, path string) {
	s := n.Loop()
	if s.Device == "cuda" {
		b.fault(path+".device", `device: this build trains on the CPU; set "auto" or "cpu"`)
	}
	if s.EarlyStopping != "off" && cfg.Split.Validation == 0 && !b.faulty["split.validation"] && !b.faulty[path+".early_stopping"] {
		b.fault(path+".early_stopping", "early_stopping: %q is watched on validation papers, but split.validation is 0", s.EarlyStopping)
	}
}

// Loop returns what the training of all networks has.
func (o *SHARNN) Loop() Loop {
	return Loop{o.Epochs, o.StopEpoch, o.BatchSize, o.EarlyStopping, o.Device}
}

// Stopping returns a copy that ends after that epoch, 0: after the last.
func (o *SHARNN) Stopping(epoch int) Network {
	c := *o
	c.StopEpoch = epoch
	return &c
}

// Loop returns what the training of all networks has.
func (o *LSTM) Loop() Loop {
	return Loop{o.Epochs, o.StopEpoch, o.BatchSize, o.EarlyStopping, o.Device}
}

// Stopping returns a copy that ends after that epoch, 0: after the last.
func (o *LSTM) Stopping(epoch int) Network {
	c := *o
	c.StopEpoch = epoch
	return &c
}
