package runners

import (
	"context"
	"slices"
	"testing"

	"assay/internal/progress"
)

// record is a sink that keeps the notes of the bar of trials.
type record struct{ notes []string }

func (r *record) Start(string, int64, string) progress.Bar { return r }
func (r *record) Add(int64)                                {}
func (r *record) Note(text string)                         { r.notes = append(r.notes, text) }
func (r *record) Done()                                    {}

func TestBoardTellsOfAllTrials(t *testing.T) {
	r := &record{}
	ctx := progress.With(context.Background(), r)
	b := newBoard(ctx, 2, true)
	first, leaveFirst := b.enter(ctx, 4, "A, seed 1")
	bar := progress.Start(first, "train", 200, "papers")
	bar.Note("loss 0.5")
	_, leaveSecond := b.enter(ctx, 5, "B, seed 1")
	bar.Add(1)
	bar.Add(99)
	leaveSecond()
	inner := progress.Start(first, "validate", 0, "papers")
	inner.Done()
	bar.Done()
	leaveFirst()
	if want := []string{
		"4 A, seed 1", "4 A, seed 1: train 0 %", "4 A, seed 1: train 0 %, loss 0.5", "4: train 0 % | 5", "4: train 50 % | 5",
		"4 A, seed 1: train 50 %, loss 0.5", "4 A, seed 1: validate", "4 A, seed 1: train 50 %, loss 0.5", "4 A, seed 1", "",
	}; !slices.Equal(r.notes, want) {
		t.Errorf("notes\n%q, want\n%q", r.notes, want)
	}
}
