package experiments

import (
	"cmp"
	"fmt"

	"assay/classifier"
	"assay/corpus"
	"assay/experiments/config"
	"assay/networks"
)

// options returns the options of package networks.
func (o lstm) options(seed uint64, workers int) networks.LSTMOptions {
	return networks.LSTMOptions{
		Hidden: o.Hidden, Dropout: o.Dropout, RecurrentDropout: o.RecurrentDropout, SpatialDropout: o.SpatialDropout,
		Output: o.Output, Dimensions: cmp.Or(o.Dimensions, config.OwnDimensions), FreezeEmbedding: o.FreezeEmbedding,
		Epochs: o.Epochs, StopEpoch: o.StopEpoch, BatchSize: o.BatchSize, LearningRate: o.LearningRate,
		Schedule: o.Schedule, Warmup: o.Warmup, ClipNorm: o.ClipNorm,
		EarlyStopping: o.EarlyStopping, Patience: o.Patience, Keep: o.Keep, Seed: seed, Workers: workers,
	}
}

// parameters counts those of the words' vectors, too, unless they are frozen.
func (o lstm) parameters(in inputs) int64 {
	return networks.LSTMParameters(o.options(0, 0), in.words, in.dim, in.labels)
}

// paper is a word's vector, the gates, both states and the answers.
func (o lstm) paper(in inputs) int64 { return int64(in.dim) + 6*int64(o.Hidden) + int64(in.labels) }

func (o lstm) token(in inputs) int64 { return 2*int64(in.dim) + 12*int64(o.Hidden) }

func (o lstm) size() string { return fmt.Sprintf("hidden = %d", o.Hidden) }

func (o lstm) classifier(seed uint64, workers int, taxonomy *corpus.Taxonomy, hooks networks.Hooks) (classifier.Classifier, error) {
	return networks.NewLSTM(o.options(seed, workers), taxonomy.GroupOf(), len(taxonomy.Groups), taxonomy.Exclusive, hooks)
}
