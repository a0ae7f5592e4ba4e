// Package progress carries progress reports from long work to whoever shows
// them, through the context, so that no package that works depends on how a
// terminal draws. Without a sink every call is a no-op.
//
//	bar := progress.Start(ctx, "import", 0, "papers")
//	defer bar.Done()
//	bar.Add(1)
package progress

import "context"

// Sink shows progress. Its methods are safe for concurrent use.
type Sink interface {
	// Start opens a report named name. total is 0 where it is not known; unit
	// is the plural noun of what is counted.
	Start(name string, total int64, unit string) Bar
}

// Bar is one running report, safe for concurrent use.
type Bar interface {
	// Add counts n further units as done.
	Add(n int64)
	// Note shows a short remark beside the count, such as the loss.
	Note(text string)
	// Done closes the report; further calls do nothing.
	Done()
}

type key struct{}

// With returns a context whose work reports to s.
func With(ctx context.Context, s Sink) context.Context {
	return context.WithValue(ctx, key{}, s)
}

// Start opens a report on the context's sink.
func Start(ctx context.Context, name string, total int64, unit string) Bar {
	if s, ok := ctx.Value(key{}).(Sink); ok && s != nil {
		return s.Start(name, total, unit)
	}
	return (*Silent)(nil)
}

// Silent is a Bar that shows nothing.
type Silent struct{}

// Add implements Bar.
func (*Silent) Add(int64) {}

// Note implements Bar.
func (*Silent) Note(string) {}

// Done implements Bar.
func (*Silent) Done() {}
