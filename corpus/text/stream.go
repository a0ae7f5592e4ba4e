package text

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"
)

// batchSize is the number of papers that go to a worker at a time.
const batchSize = 64

// Tokenized is a paper with its tokens.
type Tokenized[P any] struct {
	Paper  P
	Tokens []string // reused for a later paper; the strings may be kept
}

// Stream tokenises papers on several workers, or on one for each processor
// where workers is 0 or less, and yields them in their own order: the same
// tokens at any number of workers. The function document appends a paper's
// text to dst, as [AppendDocument] does; it runs on the workers.
//
// Stream ends with the first error of papers, or with the context's when that
// is cancelled; either is yielded last, beside a zero value. It holds
// (2·workers + 2)·64 papers at most, and returns once its goroutines have
// ended. Papers is read on a goroutine of its own: where the reading itself
// may wait for long, it must watch the context.
func Stream[P any](ctx context.Context, rules *Tokenizer, papers iter.Seq2[P, error],
	document func(dst []byte, paper P) []byte, workers int) iter.Seq2[Tokenized[P], error] {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return func(yield func(Tokenized[P], error) bool) {
		inner, cancel := context.WithCancel(ctx)
		s := stream[P]{
			work:  make(chan *batch[P]),
			order: make(chan *batch[P], 2*workers),
			free:  make(chan *batch[P], 2*workers+2),
		}
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		running.Go(func() { s.read(inner, papers) })
		for range workers {
			running.Go(func() { s.tokenise(rules.Worker(), document) })
		}
		for b := range s.order {
			if !b.yield(ctx, yield) {
				return
			}
			s.free <- b
		}
		if err := ctx.Err(); err != nil {
			yield(Tokenized[P]{}, fmt.Errorf("text: tokenise: %w", err))
		}
	}
}

// stream passes batches around: from read to the workers by work and, in the
// papers' order, to the consumer by order, and back by free.
type stream[P any] struct {
	work, order, free chan *batch[P]
}

// batch is a run of papers; the tokens of papers[i] end at ends[i].
type batch[P any] struct {
	papers []P
	tokens []string
	ends   []int
	err    error         // follows the papers
	done   chan struct{} // receives once the tokens are there
}

// read cuts papers into batches until they, or the context, end.
func (s *stream[P]) read(ctx context.Context, papers iter.Seq2[P, error]) {
	defer close(s.order)
	defer close(s.work)
	b := s.empty()
	send := func() bool {
		select {
		case s.order <- b:
		case <-ctx.Done():
			return false
		}
		// A batch in order must reach a worker, or its consumer would wait
		// for ever; a worker is never stuck.
		s.work <- b
		b = s.empty()
		return true
	}
	for paper, err := range papers {
		if err != nil {
			b.err = err
			break
		}
		b.papers = append(b.papers, paper)
		if len(b.papers) == batchSize && !send() {
			return
		}
		if ctx.Err() != nil {
			return
		}
	}
	if len(b.papers) > 0 || b.err != nil {
		send()
	}
}

func (s *stream[P]) empty() *batch[P] {
	select {
	case b := <-s.free:
		clear(b.papers)
		b.papers, b.tokens, b.ends = b.papers[:0], b.tokens[:0], b.ends[:0]
		return b
	default:
		return &batch[P]{done: make(chan struct{}, 1)}
	}
}

func (s *stream[P]) tokenise(w *Worker, document func(dst []byte, paper P) []byte) {
	for b := range s.work {
		for _, paper := range b.papers {
			w.document = document(w.document[:0], paper)
			b.tokens = w.AppendTokens(b.tokens, w.document)
			b.ends = append(b.ends, len(b.tokens))
		}
		b.done <- struct{}{}
	}
}

// yield hands the batch's papers on and reports whether to go on after it.
func (b *batch[P]) yield(ctx context.Context, yield func(Tokenized[P], error) bool) bool {
	<-b.done
	start := 0
	for i, paper := range b.papers {
		if err := ctx.Err(); err != nil {
			yield(Tokenized[P]{}, fmt.Errorf("text: tokenise: %w", err))
			return false
		}
		end := b.ends[i]
		if !yield(Tokenized[P]{paper, b.tokens[start:end:end]}, nil) {
			return false
		}
		start = end
	}
	if b.err != nil {
		yield(Tokenized[P]{}, b.err)
		return false
	}
	return true
}
