package main

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"assay/internal/progress"
)

// terminalSink draws one bar at a time on a terminal's stderr: the one started
// last. Where stderr is no terminal it draws nothing. It is also the writer of
// all other text for stderr, which it keeps apart from the bar.
type terminalSink struct {
	stderr io.Writer
	out    io.Writer // nil: draw nothing

	mu   sync.Mutex
	open []*terminalBar
}

func newTerminalSink(stderr io.Writer) *terminalSink {
	s := &terminalSink{stderr: stderr}
	if f, ok := stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.out = stderr
	}
	return s
}

// Write clears the bar's line and writes p.
func (s *terminalSink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.open); n > 0 {
		_ = s.open[n-1].bar.Clear()
	}
	return s.stderr.Write(p)
}

type terminalBar struct {
	sink   *terminalSink
	bar    *progressbar.ProgressBar
	name   string
	beside int   // columns taken beside the text
	hidden int64 // units counted while another bar was on show
}

// Start implements progress.Sink.
func (s *terminalSink) Start(name string, total int64, unit string) progress.Bar {
	if s.out == nil {
		return (*progress.Silent)(nil)
	}
	beside := besideBar
	if total <= 0 {
		total, beside = -1, besideSpinner
	}
	b := &terminalBar{sink: s, name: name, beside: beside, bar: progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(s.out),
		progressbar.OptionSetDescription(name),
		progressbar.OptionSetItsString(unit),
		progressbar.OptionShowIts(),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(total > 0),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish(),
	)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.open); n > 0 {
		_ = s.open[n-1].bar.Clear()
	}
	s.open = append(s.open, b)
	return b
}

func (b *terminalBar) Add(n int64) {
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	b.hidden += n
	if b.top() {
		_ = b.bar.Add64(b.hidden)
		b.hidden = 0
	}
}

func (b *terminalBar) Note(text string) {
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	if b.top() {
		b.bar.Describe(cut(b.name+" "+text, b.sink.room(b.beside)))
	}
}

func (b *terminalBar) Done() {
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	for i, o := range b.sink.open {
		if o == b {
			_ = b.bar.Clear()
			b.sink.open = append(b.sink.open[:i], b.sink.open[i+1:]...)
			return
		}
	}
}

// What a bar takes in columns beside its text: with a total, and without, where it is
// a count, a rate and a time: " (4895/-, 112 papers/s) [38s] ".
const (
	besideBar     = 60
	besideSpinner = 40
)

// room is how many columns of the terminal a bar's text may take.
func (s *terminalSink) room(beside int) int {
	width := 80
	if f, ok := s.stderr.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			width = w
		}
	}
	return max(width-beside, 20)
}

// cut shortens a text to so many runes.
func cut(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most-1]) + "…"
}

// top reports whether b is the bar on show.
func (b *terminalBar) top() bool {
	n := len(b.sink.open)
	return n > 0 && b.sink.open[n-1] == b
}

// close clears whatever bar is left, such as after an error.
func (s *terminalSink) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.open {
		_ = b.bar.Clear()
	}
	s.open = nil
}
