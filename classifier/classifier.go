package classifier

import (
	"context"
	"errors"
	"io"

	"assay/features"
	"assay/internal/multilabel"
)

// Dataset is n papers: their features X (n, d) and labels Y (n, C).
type Dataset struct {
	X features.Matrix
	Y *multilabel.Matrix
}

// Classifier predicts which of C labels each paper carries. The suite in
// classifier/conformance states and tests what each method promises.
type Classifier interface {
	// Fit learns from train, forgetting any earlier fit. validation may be
	// empty; a classifier that stops early watches it, the others ignore it.
	// A cancelled context stops Fit within a second or so, with the context's
	// error, and leaves the classifier unfitted. The same data, options and
	// seed give the same bits whatever the number of workers.
	Fit(ctx context.Context, train, validation Dataset) error
	// Scores returns (n, C): how strongly each of n papers is believed to
	// carry each label. It fails with ErrNotFitted before Fit or Load, and
	// with a clear error on a matrix of another width or kind than Fit had.
	Scores(ctx context.Context, x features.Matrix) (*multilabel.Scores, error)
	// Probabilities reports whether scores are probabilities, in [0, 1], with
	// 0.5 as the natural threshold. Otherwise the type's documentation states
	// the scores' range and meaning.
	Probabilities() bool
	// Save writes the fitted model; Load, on a value of the same type, reads
	// it back, after which Scores returns the same bits. A damaged or
	// truncated file is an error that says so, never a panic.
	Save(w io.Writer) error
	Load(r io.Reader) error
}

// ErrNotFitted is returned by Scores and Save before a successful Fit or Load.
var ErrNotFitted = errors.New("classifier is not fitted: call Fit or Load first")
