package runners

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"assay/internal/progress"
)

// board is the one progress display of all trials: a bar of trials, with what
// each of those that run is at beside it. A trial that runs alone draws bars of
// its own below it.
type board struct {
	bar     progress.Bar
	several bool

	mu    sync.Mutex
	tasks []*task // in the order they began
}

func newBoard(ctx context.Context, jobs int, several bool) *board {
	return &board{bar: progress.Start(ctx, "trials", int64(jobs), "trials"), several: several}
}

func (b *board) add()  { b.bar.Add(1) }
func (b *board) done() { b.bar.Done() }

// enter returns the context that the trial of a job is to work with, and what to
// call at its end.
func (b *board) enter(ctx context.Context, number int, name string) (context.Context, func()) {
	t := &task{board: b, number: number, name: fmt.Sprintf("%d %s", number, name)}
	b.mu.Lock()
	b.tasks = append(b.tasks, t)
	b.show()
	b.mu.Unlock()
	leave := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.tasks = slices.DeleteFunc(b.tasks, func(o *task) bool { return o == t })
		b.show()
	}
	if b.several {
		ctx = progress.With(ctx, t)
	}
	return ctx, leave
}

// show writes what the trials are at; the lock is held.
func (b *board) show() {
	var parts []string
	for _, t := range b.tasks {
		parts = append(parts, t.text(len(b.tasks) > 1))
	}
	b.bar.Note(strings.Join(parts, " | "))
}

// task is a trial that runs: a sink for its bars, of which the one begun last is
// told.
type task struct {
	board  *board
	number int
	name   string // with the number
	bars   []*stage
}

// text is the trial, what it does and how far that is; of several by number, and
// without remarks, so that they fit a line.
func (t *task) text(several bool) string {
	name := t.name
	if several {
		name = strconv.Itoa(t.number)
	}
	if len(t.bars) == 0 {
		return name
	}
	s := t.bars[len(t.bars)-1]
	text := name + ": " + s.name
	if s.total > 0 {
		text += fmt.Sprintf(" %d %%", 100*s.count/s.total)
	}
	if s.note != "" && !several {
		text += ", " + s.note
	}
	return text
}

// Start implements progress.Sink.
func (t *task) Start(name string, total int64, _ string) progress.Bar {
	s := &stage{task: t, name: name, total: total}
	s.change(func() { t.bars = append(t.bars, s) })
	return s
}

// stage is a bar of a trial.
type stage struct {
	task         *task
	name, note   string
	count, total int64
}

func (s *stage) change(how func()) {
	b := s.task.board
	b.mu.Lock()
	defer b.mu.Unlock()
	how()
	b.show()
}

// Add implements progress.Bar. A bar is shown anew for each percent.
func (s *stage) Add(n int64) {
	b := s.task.board
	b.mu.Lock()
	defer b.mu.Unlock()
	before := s.count
	s.count += n
	if s.total > 0 && 100*before/s.total != 100*s.count/s.total {
		b.show()
	}
}

// Note implements progress.Bar.
func (s *stage) Note(text string) { s.change(func() { s.note = text }) }

// Done implements progress.Bar.
func (s *stage) Done() {
	s.change(func() { s.task.bars = slices.DeleteFunc(s.task.bars, func(o *stage) bool { return o == s }) })
}
