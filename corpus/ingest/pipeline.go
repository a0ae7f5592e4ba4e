package ingest

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"assay/corpus"
	"assay/corpus/arxivid"
)

const (
	batchBytes   = 256 << 10
	batchRecords = 1024
)

// recordBatch is a run of consecutive records of one stream, as they were read.
type recordBatch struct {
	stream  *streamState
	ordinal int64 // the number of the first record in the input
	text    []byte
	records []rawRecord
	err     error         // why nothing follows, on the last batch
	parsed  chan []result // one value, a result a record
}

// streamState is what all batches of one stream share.
type streamState struct {
	index  int // among all streams
	name   string
	kind   string
	parser recordParser
}

// rawRecord is text[start:end] of its batch.
type rawRecord struct {
	start, end int
	line       int64 // where it begins
	flaw       *flaw // found before parsing, or nil
}

// result is what became of one record: a flaw, or a paper.
type result struct {
	flaw      *flaw
	paper     *corpus.Paper
	asWritten string           // its id in the input
	repairs   []arxivid.Repair // what was done to it
	key       idKey
	text      corpus.TextDigest // of title and abstract
	known     bool              // at least one category is arXiv's
	unknown   []string          // distinct categories that are not
}

// pass reads all sources once and calls consume with each batch in the order
// of the input. One goroutine unpacks and cuts records, im.workers parse them,
// and one consumes, so that a slow stage holds up the others only
// when the few batches between them are used up. An error of reading comes
// after every batch before it, so that it is the same at any timing.
func (im *importer) pass(ctx context.Context, consume func(*recordBatch, []result) error) error {
	group, ctx := errgroup.WithContext(ctx)
	work := make(chan *recordBatch)
	order := make(chan *recordBatch, 2*im.workers)
	send := func(b *recordBatch) error {
		b.parsed = make(chan []result, 1)
		select {
		case order <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case work <- b:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	group.Go(func() error {
		defer close(order)
		defer close(work)
		c := &cutter{im: im, send: send}
		if err := im.sources.each(ctx, func(st *stream) error { return c.stream(ctx, st) }); err != nil {
			return send(&recordBatch{err: err})
		}
		return nil
	})
	for range im.workers {
		group.Go(func() error {
			for b := range work {
				b.parsed <- im.parse(b)
			}
			return nil
		})
	}
	group.Go(func() error {
		for b := range order {
			select {
			case results := <-b.parsed:
				if b.err != nil {
					return b.err
				}
				if err := consume(b, results); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return group.Wait()
}

func (im *importer) parse(b *recordBatch) []result {
	results := make([]result, len(b.records))
	for i, raw := range b.records {
		if raw.flaw != nil {
			results[i].flaw = raw.flaw
			continue
		}
		p, bad := b.stream.parser.parse(b.text[raw.start:raw.end])
		if bad != nil {
			results[i].flaw = bad
			continue
		}
		results[i] = im.complete(p)
	}
	return results
}

// cutter cuts streams into batches of records.
type cutter struct {
	im      *importer
	send    func(*recordBatch) error
	streams int
	ordinal int64
}

func (c *cutter) stream(ctx context.Context, st *stream) error {
	lines := &lineReader{name: st.name, r: st.Reader, limit: c.im.limit}
	parser, err := c.im.format.begin(lines)
	if err != nil {
		return err
	}
	state := &streamState{index: c.streams, name: st.name, kind: st.kind, parser: parser}
	c.streams++
	b := c.batch(state)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := len(b.text)
		b.text, err = c.im.format.next(lines, b.text)
		var bad *flaw
		if err != nil && !errors.As(err, &bad) {
			break
		}
		b.records = append(b.records, rawRecord{start, len(b.text), lines.began, bad})
		if len(b.text) >= batchBytes || len(b.records) >= batchRecords {
			if err := c.flush(b); err != nil {
				return err
			}
			b = c.batch(state)
		}
	}
	if err := c.flush(b); err != nil {
		return err
	}
	if err != io.EOF {
		return lines.fail(err)
	}
	return nil
}

func (c *cutter) batch(st *streamState) *recordBatch {
	return &recordBatch{stream: st, ordinal: c.ordinal, text: make([]byte, 0, batchBytes+batchBytes/8)}
}

func (c *cutter) flush(b *recordBatch) error {
	c.ordinal += int64(len(b.records))
	return c.send(b)
}
