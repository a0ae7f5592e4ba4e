//go:build !cgo

package golearn

import (
	"context"
	"errors"
)

// HaveLiblinear says that this binary can train with liblinear.
const HaveLiblinear = false

// liblinear stands in for the solver, so that all else builds without cgo.
type liblinear struct{}

func newLiblinear(*table) (*liblinear, error) {
	return nil, errors.New("built without cgo")
}

func (*liblinear) close() {}

func (*liblinear) train(context.Context, []float64, trainParameters) ([]float64, error) {
	return nil, errors.New("built without cgo")
}
