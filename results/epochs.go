package results

import (
	"encoding/json"
	"fmt"
)

// Epoch is a record of metrics.jsonl on an epoch of training: its "kind" is
// "epoch". The figures over validation papers are nil where there are none.
type Epoch struct {
	Epoch    int     `json:"epoch"` // from 1
	Step     int64   `json:"step"`
	Loss     float64 `json:"loss"` // moving averages over the training batches
	F1       float64 `json:"f1"`
	MasterF1 float64 `json:"master_f1"`

	// Means over the epoch's papers as they were learnt from; nil of networks that
	// do not keep them. Accuracy is the share of papers whose labels are exactly
	// right.
	TrainingLoss     *float64 `json:"training_loss,omitempty"`
	TrainingAccuracy *float64 `json:"training_accuracy,omitempty"`

	ValidationLoss     *float64 `json:"validation_loss,omitempty"`
	ValidationF1       *float64 `json:"validation_f1,omitempty"`
	ValidationMasterF1 *float64 `json:"validation_master_f1,omitempty"`
	ValidationAccuracy *float64 `json:"validation_accuracy,omitempty"`

	// Best says that it was the best so far: the last of those is the epoch whose
	// parameters a finished run kept.
	Best bool `json:"best"`

	Seconds float64 `json:"seconds"`
}

// Epochs returns a run's learning curve, in the order of its epochs; none where
// the run was not trained in epochs.
func (s *Store) Epochs(experiment, trial string) ([]Epoch, error) {
	records, err := s.Metrics(experiment, trial)
	if err != nil {
		return nil, err
	}
	var out []Epoch
	for i, record := range records {
		var kind struct{ Kind string }
		var e Epoch
		err := json.Unmarshal(record, &kind)
		if err == nil && kind.Kind == "epoch" {
			if err = json.Unmarshal(record, &e); err == nil {
				out = append(out, e)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("results: read metrics of %s/%s: record %d: %w", experiment, trial, i+1, err)
		}
	}
	return out, nil
}
