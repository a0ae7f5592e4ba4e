package features

import (
	"context"
	"fmt"
	"iter"
	"runtime"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/corpus/text"
	"assay/internal/progress"
)

// Fields says which fields of a paper its tokens are made of.
type Fields string

// The fields that there are. Both stand between their markers, as text.Document
// has them; one alone stands without, as it would be in every paper.
const (
	TitleAndAbstract Fields = "title+abstract"
	Abstract         Fields = "abstract"
	Title            Fields = "title"
)

// AppendText appends the fields' text to dst, cleaned and ready to be tokenised.
func (f Fields) AppendText(dst []byte, p *corpus.Paper) []byte {
	switch f {
	case Abstract:
		return append(dst, text.Clean(p.Abstract)...)
	case Title:
		return append(dst, text.Clean(p.Title)...)
	}
	return text.AppendDocument(dst, p.Title, p.Abstract)
}

// Pass is one reading of papers of a corpus: each is read, cleaned and tokenised
// once. The tokens do not depend on the number of workers.
type Pass struct {
	Corpus  *shards.Corpus
	Rows    []int64 // of the corpus, ascending
	Fields  Fields  // "": TitleAndAbstract
	Workers int     // goroutines; 0: one for each processor
	Name    string  // of its progress bar; "": none
}

// Each calls fn with every paper, on all workers at once, as [shards.Corpus.Scan]
// does: pos is the paper's place in Rows. tokens tokenises the paper when it is
// first called; the slice is reused for the worker's next paper, the strings may be
// kept.
func (p Pass) Each(ctx context.Context, fn func(worker, pos int, paper *corpus.Paper, tokens func() []string) error) error {
	return p.each(ctx, p.readers(), fn)
}

func (p Pass) each(ctx context.Context, readers []*reader, fn func(worker, pos int, paper *corpus.Paper, tokens func() []string) error) error {
	var bar progress.Bar = (*progress.Silent)(nil)
	if p.Name != "" {
		bar = progress.Start(ctx, p.Name, int64(len(p.Rows)), "papers")
		defer bar.Done()
	}
	return p.Corpus.Scan(ctx, p.Rows, shards.ReadOptions{Workers: len(readers)}, func(worker, pos int, paper *corpus.Paper) error {
		const step = 256 // papers
		r := readers[worker]
		r.paper, r.read = paper, false
		if r.done++; r.done%step == 0 {
			bar.Add(step)
		}
		return fn(worker, pos, paper, r.ask)
	})
}

func (p Pass) workers() int {
	if p.Workers > 0 {
		return p.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// readers returns one for each worker.
func (p Pass) readers() []*reader {
	out := make([]*reader, p.workers())
	rules := text.NewTokenizer()
	for i := range out {
		out[i] = newReader(rules, p.Fields)
	}
	return out
}

// reader makes tokens of the paper at hand, when they are asked for.
type reader struct {
	fields    Fields
	tokenizer *text.Worker
	document  []byte
	tokens    []string

	paper *corpus.Paper
	read  bool // tokens are those of paper
	ask   func() []string
	done  int64
}

func newReader(rules *text.Tokenizer, fields Fields) *reader {
	r := &reader{fields: fields, tokenizer: rules.Worker()}
	r.ask = func() []string {
		if !r.read {
			r.tokens, r.read = r.append(r.tokens[:0], r.paper), true
		}
		return r.tokens
	}
	return r
}

// append appends the tokens of a paper to dst.
func (r *reader) append(dst []string, p *corpus.Paper) []string {
	r.document = r.fields.AppendText(r.document[:0], p)
	return r.tokenizer.AppendTokens(dst, r.document)
}

// Tokenized is a paper with its tokens.
type Tokenized struct {
	Paper  corpus.Paper
	Tokens []string // reused once the loop goes on; the strings may be kept
}

// runRows is how many papers, for each worker, InOrder has in memory as one run.
const runRows = 1024

// InOrder yields the papers in the order of Rows. The workers read one run of papers
// while the loop goes over the run before: 2048 papers a worker are held at most. The
// first error is yielded last.
func (p Pass) InOrder(ctx context.Context) iter.Seq2[Tokenized, error] {
	return func(yield func(Tokenized, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		readers := p.readers()
		size := min(runRows*len(readers), len(p.Rows))
		full, free := make(chan []Tokenized), make(chan []Tokenized, 2)
		free <- make([]Tokenized, size)
		free <- make([]Tokenized, size)
		var failed error // to be read once full is closed
		go func() {
			defer close(full)
			for rest := p.Rows; len(rest) > 0 && failed == nil; rest = rest[min(size, len(rest)):] {
				run := <-free
				run = run[:min(size, len(rest))]
				if failed = p.fill(ctx, readers, rest, run); failed == nil {
					full <- run
				}
			}
		}()
		defer func() { // lets the goroutine end, and waits for it
			cancel()
			for run := range full {
				free <- run
			}
		}()
		for run := range full {
			for i := range run {
				if err := ctx.Err(); err != nil {
					yield(Tokenized{}, fmt.Errorf("features: read papers: %w", err))
					return
				}
				if !yield(run[i], nil) {
					return
				}
			}
			free <- run
		}
		if failed != nil {
			yield(Tokenized{}, failed)
		}
	}
}

// fill reads the first rows into run.
func (p Pass) fill(ctx context.Context, readers []*reader, rows []int64, run []Tokenized) error {
	p.Rows, p.Name = rows[:len(run)], ""
	return p.each(ctx, readers, func(_, pos int, paper *corpus.Paper, tokens func() []string) error {
		run[pos].Paper = *paper
		run[pos].Tokens = append(run[pos].Tokens[:0], tokens()...)
		return nil
	})
}

// Sentences yields the tokens of each paper as [Pass.InOrder] does, without the
// paper: what word vectors are trained on.
func (p Pass) Sentences(ctx context.Context) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for t, err := range p.InOrder(ctx) {
			if !yield(t.Tokens, err) || err != nil {
				return
			}
		}
	}
}
