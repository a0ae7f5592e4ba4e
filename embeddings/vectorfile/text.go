package vectorfile

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"sync"

	"assay/embeddings"
	"assay/internal/fault"
	"assay/internal/progress"
)

const (
	chunkBytes = 1 << 20
	mostLine   = 16 << 20 // bytes of a line
)

// chunk is a run of whole lines and what they hold.
type chunk struct {
	text   []byte // with room for the next
	size   int    // bytes of text that are whole lines
	lines  int64
	words  []string
	values []float32 // (len(words), dim)
	flaws  []flaw
	done   chan struct{}
}

// flaw is a line of a chunk that is left out.
type flaw struct {
	line int64 // from the start of the chunk
	kind lineKind
	word string
}

// readText reads the lines of a file, the header first if it has one. Lines are
// parsed on all cores, a chunk each, and taken over in their order.
func readText(ctx context.Context, r io.Reader, l layout, guess int64) (*embeddings.Table, Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	p := &textReader{r: r, dim: l.dim, header: l.format == Vec, work: make(chan *chunk), order: make(chan *chunk, workers), free: make(chan *chunk, workers+2)}
	for range workers + 2 {
		p.free <- &chunk{done: make(chan struct{}, 1)}
	}
	var running sync.WaitGroup
	running.Go(func() { p.cut(ctx) })
	for range workers {
		running.Go(p.parse)
	}
	bar := progress.Start(ctx, "read vectors", guess, "bytes")
	b := newBuilder(l, guess)
	line := int64(1)
	for c := range p.order {
		<-c.done
		b.take(c, line)
		line += c.lines
		bar.Add(int64(c.size))
		p.free <- c
	}
	bar.Done()
	cancel()
	running.Wait()
	if p.err != nil {
		return nil, b.report, p.err
	}
	// The header is a line, too.
	if lines := int(line) - 1 - b.blank - 1; p.header && lines < l.words {
		return nil, b.report, fault.Usagef("its header announces %d words and %d lines follow; it is truncated, fetch it again", l.words, lines)
	}
	rule := embeddings.Mean
	if p.header {
		rule = embeddings.UnitMean
	}
	return b.table(rule)
}

// textReader passes chunks from cut to the workers by work, to the consumer by
// order, and back by free.
type textReader struct {
	r      io.Reader
	dim    int
	header bool // the first line is one
	err    error

	work, order, free chan *chunk
}

// cut reads chunks of whole lines until the end.
func (p *textReader) cut(ctx context.Context) {
	defer close(p.order)
	defer close(p.work)
	var rest []byte
	for end := false; !end; {
		var c *chunk
		select {
		case c = <-p.free:
		case <-ctx.Done():
		}
		// A free chunk may have been picked although the reading was stopped.
		if p.err = ctx.Err(); p.err != nil {
			return
		}
		c.text = append(c.text[:0], rest...)
		for {
			from := len(c.text)
			want := max(chunkBytes, 2*from)
			if cap(c.text) < want {
				c.text = append(make([]byte, 0, want+chunkBytes), c.text...)
			}
			n, err := io.ReadFull(p.r, c.text[from:want])
			c.text = c.text[:from+n]
			end = err == io.EOF || err == io.ErrUnexpectedEOF
			if err != nil && !end {
				p.err = explain(err)
				return
			}
			c.size = bytes.LastIndexByte(c.text, '\n') + 1
			if end {
				c.size = len(c.text)
			}
			if c.size > 0 || end {
				break
			}
			if len(c.text) > mostLine {
				p.err = fault.Usagef("a line is longer than %d MiB: it is no file of vectors", mostLine>>20)
				return
			}
		}
		rest = append(rest[:0], c.text[c.size:]...)
		p.order <- c
		p.work <- c
	}
}

func (p *textReader) parse() {
	first := newLineParser(p.dim, p.header)
	for c := range p.work {
		c.parse(first)
		c.done <- struct{}{}
	}
}

// parse takes the chunk's lines apart. Its words share one string.
func (c *chunk) parse(p *lineParser) {
	c.lines, c.words, c.values, c.flaws = 0, c.words[:0], c.values[:0], c.flaws[:0]
	var arena []byte
	var ends []int
	for text := c.text[:c.size]; len(text) > 0; {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		text = rest
		c.lines++
		switch kind := p.parse(line); kind {
		case lineGood:
			arena = append(arena, p.word...)
			ends = append(ends, len(arena))
			c.values = append(c.values, p.values...)
		default:
			c.flaws = append(c.flaws, flaw{c.lines, kind, string(p.word[:min(len(p.word), 100)])})
		}
	}
	all, start := string(arena), 0
	for _, end := range ends {
		c.words = append(c.words, all[start:end])
		start = end
	}
}

// builder collects words with their vectors.
type builder struct {
	dim    int
	guess  int64 // bytes in all, 0 unknown
	bytes  int64 // taken so far
	index  map[string]struct{}
	words  []string
	data   []float32
	blank  int
	report Report
}

func newBuilder(l layout, guess int64) *builder {
	return &builder{
		dim: l.dim, guess: guess, index: map[string]struct{}{},
		report: Report{Format: l.format, Dim: l.dim, Announced: l.words},
	}
}

// reserve makes room for the vectors of a whole file, as far as the bytes taken
// so far let its number of words be told: growing by copies would need twice the
// memory.
func (b *builder) reserve(words int) {
	if cap(b.words) > 0 || b.guess <= 0 || b.bytes == 0 {
		return
	}
	most := int(float64(words)*float64(b.guess)/float64(b.bytes)*1.01) + 1000
	b.words = make([]string, 0, most)
	b.data = make([]float32, 0, most*b.dim)
	b.index = make(map[string]struct{}, most)
}

// take takes over the lines of a chunk, the first of which has this number.
func (b *builder) take(c *chunk, line int64) {
	b.bytes += int64(c.size)
	b.reserve(len(c.words))
	next, flaws := int64(0), c.flaws
	for i, word := range c.words {
		for next++; len(flaws) > 0 && flaws[0].line == next; next++ {
			b.flaw(flaws[0], line)
			flaws = flaws[1:]
		}
		b.add(word, c.values[i*b.dim:(i+1)*b.dim], line+next-1)
	}
	for _, f := range flaws {
		b.flaw(f, line)
	}
}

func (b *builder) flaw(f flaw, line int64) {
	at := line + f.line - 1
	switch {
	case f.kind == lineBlank:
		b.blank++
	case b.report.Format == Vec && at == 1: // the header
	case f.kind == lineNotFinite:
		b.report.NotFinite.add(at, f.word)
	default:
		b.report.WrongColumns.add(at, f.word)
	}
}

// add adds a word with its vector, which it copies.
func (b *builder) add(word string, vector []float32, line int64) {
	if b.report.Format == Vec && line == 1 {
		return // the header of vectors of one dimension is a line like others
	}
	if _, twice := b.index[word]; twice {
		b.report.Duplicates.add(line, word)
		return
	}
	b.index[word] = struct{}{}
	b.words = append(b.words, word)
	b.data = append(b.data, vector...)
}

// table returns what was collected, unless too much was left out: then the file,
// or what was understood of it, is wrong.
func (b *builder) table(rule embeddings.DocumentRule) (*embeddings.Table, Report, error) {
	b.report.Words = len(b.words)
	if err := b.report.enough(); err != nil {
		return nil, b.report, err
	}
	b.index = nil // the table makes its own
	t, err := embeddings.NewTable(b.dim, b.words, b.data, rule)
	return t, b.report, err
}
