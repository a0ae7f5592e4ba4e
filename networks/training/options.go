package training

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Loop says how long a network trains, at what rate, in which portions, and what
// it watches.
type Loop struct {
	Epochs int
	// StopEpoch ends training after this many of the Epochs, with the state that it
	// has there: another training that stops later goes on from its checkpoint. 0
	// trains all.
	StopEpoch int
	BatchSize int

	LearningRate float64
	Schedule     string  // "constant", or "cosine" or "linear" down to 0 over all steps
	Warmup       float64 // share of all steps over which the rate rises linearly
	ClipNorm     float64 // the gradient's norm is cut to this; 0 is off

	EarlyStopping string // "off", "f1", "loss" or "accuracy", of the validation papers
	Patience      int    // epochs without an improvement

	// Keep says whose epoch's parameters are kept, by the validation papers: of the
	// best "f1" ("" too; of equal ones the lowest loss), the lowest "loss", the best
	// "accuracy" (of equal ones the lowest loss), or of the "last" epoch. Of epochs
	// that are equal in all that the earliest is kept, without validation papers the
	// last.
	Keep string
}

// Options say how a network is trained.
type Options struct {
	Loop

	// Masked says that padding has no influence; otherwise it is a token like any
	// other, and a paper's scores depend on what it is batched with.
	Masked bool

	// EpochMeans adds to the records of epochs the mean loss and the accuracy of the
	// papers as they were learnt, and the accuracy of the validation papers.
	EpochMeans bool
	// Exclusive says that a paper has one label: accuracy then is the share of papers
	// whose highest logit is their label's (of equal ones the first), otherwise of
	// those with all labels right at a threshold of 0.5.
	Exclusive bool

	Seed uint64

	// Identity is what else decides the steps, such as the network's dropout: a
	// checkpoint of another identity is refused.
	Identity string

	// Groups (C) is the master category, in [0, Masters), of each category, for
	// the second F1.
	Groups  []int32
	Masters int

	// Record takes a StepRecord every RecordEvery steps and an EpochRecord after
	// each epoch; nil takes none.
	Record      func(record any) error
	RecordEvery int // 0: 50

	Checkpoint Checkpoint
}

// Checkpoint says where the state of a training is kept. The zero value keeps
// none.
type Checkpoint struct {
	Path   string
	Every  time.Duration // 0: two minutes
	Resume bool          // continue from Path where it exists
	// Resumed is called before the first record of a continued training: records
	// of steps after this one are written again.
	Resumed func(step int64) error
	// Allowed is asked before each writing of Path: its error says why this
	// process may write there no more, and ends the training. nil always allows.
	Allowed func() error
}

// last is how many epochs are trained.
func (o *Options) last() int {
	if o.StopEpoch > 0 {
		return min(o.StopEpoch, o.Epochs)
	}
	return o.Epochs
}

func (o *Options) check() error {
	switch {
	case o.Epochs < 1 || o.BatchSize < 1:
		return fmt.Errorf("training: %d epochs of batches of %d: both must be at least 1", o.Epochs, o.BatchSize)
	case o.StopEpoch < 0:
		return fmt.Errorf("training: a stop after epoch %d must not lie below 0", o.StopEpoch)
	case !(o.LearningRate > 0):
		return fmt.Errorf("training: a learning rate of %g must be above 0", o.LearningRate)
	case o.Schedule != "constant" && o.Schedule != "cosine" && o.Schedule != "linear":
		return fmt.Errorf(`training: schedule %q is none of "constant", "cosine" and "linear"`, o.Schedule)
	case !(o.Warmup >= 0 && o.Warmup < 1) || !(o.ClipNorm >= 0):
		return fmt.Errorf("training: a warm-up of %g must lie in [0, 1), a clipping norm of %g not below 0", o.Warmup, o.ClipNorm)
	case !slices.Contains([]string{"off", "f1", "loss", "accuracy"}, o.EarlyStopping):
		return fmt.Errorf(`training: early stopping on %q is none of "off", "f1", "loss" and "accuracy"`, o.EarlyStopping)
	case !slices.Contains([]string{"", "f1", "loss", "accuracy", "last"}, o.Keep):
		return fmt.Errorf(`training: the epoch to keep, %q, is none of "f1", "loss", "accuracy" and "last"`, o.Keep)
	case !o.EpochMeans && (o.EarlyStopping == "accuracy" || o.Keep == "accuracy"):
		return fmt.Errorf("training: accuracy is not measured without EpochMeans")
	case o.EarlyStopping != "off" && o.Patience < 1:
		return fmt.Errorf("training: a patience of %d epochs must be at least 1", o.Patience)
	}
	return nil
}

// checkData wants labels of len(Groups) categories for each paper.
func (o *Options) checkData(train, validation Data) error {
	if train.rows() == 0 {
		return fmt.Errorf("training: no papers to learn from")
	}
	if o.EarlyStopping != "off" && validation.rows() == 0 {
		return fmt.Errorf("training: early stopping on %s needs validation papers", o.EarlyStopping)
	}
	for _, d := range []Data{train, validation} {
		if n := d.rows(); n > 0 && (d.Y == nil || d.Y.Rows() != n || d.Y.Cols != len(o.Groups)) {
			return fmt.Errorf("training: %d papers need as many rows of labels, over %d categories", n, len(o.Groups))
		}
	}
	for c, group := range o.Groups {
		if group < 0 || int(group) >= o.Masters {
			return fmt.Errorf("training: category %d is of master category %d of %d", c, group, o.Masters)
		}
	}
	return nil
}

// rate is the learning rate of a step, counted from 0, of so many.
func (o *Options) rate(step, total int64) float64 {
	warm := int64(math.Round(o.Warmup * float64(total)))
	if step < warm {
		return o.LearningRate * float64(step+1) / float64(warm+1)
	}
	passed := float64(step-warm) / float64(max(total-warm, 1))
	switch o.Schedule {
	case "cosine":
		return o.LearningRate * (1 + math.Cos(math.Pi*passed)) / 2
	case "linear":
		return o.LearningRate * (1 - passed)
	}
	return o.LearningRate
}

// StepRecord is how training goes, as moving averages over batches: each is 0.99
// times what it was and 0.01 times the last batch's, from the first batch's on.
type StepRecord struct {
	Kind         string  `json:"kind"` // "step"
	Epoch        int     `json:"epoch"`
	Step         int64   `json:"step"` // taken so far
	Loss         float64 `json:"loss"`
	F1           float64 `json:"f1"`        // sample average at threshold 0.5
	MasterF1     float64 `json:"master_f1"` // of the master categories of the labels
	LearningRate float64 `json:"learning_rate"`
	GradientNorm float64 `json:"gradient_norm"` // of the last batch, before clipping
}

// EpochRecord is how an epoch ended. The validation loss has no class weights;
// what needs validation papers is nil without them.
type EpochRecord struct {
	Kind     string  `json:"kind"`  // "epoch"
	Epoch    int     `json:"epoch"` // from 1
	Step     int64   `json:"step"`
	Loss     float64 `json:"loss"`
	F1       float64 `json:"f1"`
	MasterF1 float64 `json:"master_f1"`

	ValidationLoss     *float64 `json:"validation_loss,omitempty"`
	ValidationF1       *float64 `json:"validation_f1,omitempty"`
	ValidationMasterF1 *float64 `json:"validation_master_f1,omitempty"`
	Best               bool     `json:"best"` // so far, by validation F1 or what else decides

	// With EpochMeans, over the epoch's papers as they were learnt, dropout and all,
	// and over the validation papers; see Options.Exclusive for the accuracy.
	TrainingLoss       *float64 `json:"training_loss,omitempty"`
	TrainingAccuracy   *float64 `json:"training_accuracy,omitempty"`
	ValidationAccuracy *float64 `json:"validation_accuracy,omitempty"`

	LearningRate    float64 `json:"learning_rate"`
	Seconds         float64 `json:"seconds"`           // since the beginning, in all attempts
	PapersPerSecond float64 `json:"papers_per_second"` // learnt from, validation's time included
}

// Report is how a training went.
type Report struct {
	Epochs    int // done
	BestEpoch int // whose parameters were kept, from 1
	Steps     int64
	Stopped   bool // early: before the last epoch
	Curve     []EpochRecord
	Seconds   float64 // in all attempts
}
