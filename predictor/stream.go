package predictor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay/internal/fault"
	"assay/internal/packed"
	"assay/results/metrics"
)

// longestLine bounds a line, so that a file without line breaks is an error and not the
// end of memory.
const longestLine = 16 << 20 // bytes

// ReadPapers yields the papers of JSON lines, as {"id": …, "title": …, "abstract": …},
// packed or not. Other fields are passed over and empty lines, too; a title or an
// abstract that is absent or null is empty. name stands before the number of the line
// in errors: a line that is no such paper is a usage error, which ends the papers.
func ReadPapers(r io.Reader, name string) iter.Seq2[Paper, error] {
	return func(yield func(Paper, error) bool) {
		in := bufio.NewReader(r)
		head, _ := in.Peek(8) // more may be long in coming
		text, stop, err := packed.Unpack(packed.Sniff(head), in)
		if err != nil {
			yield(Paper{}, fault.Usagef("%s: %w", name, err))
			return
		}
		defer stop()
		lines := bufio.NewScanner(text)
		lines.Buffer(nil, longestLine)
		n := 0
		for lines.Scan() {
			n++
			line := lines.Bytes()
			if len(strings.TrimSpace(string(line))) == 0 {
				continue
			}
			p, flaw := parse(line)
			if flaw != "" {
				yield(Paper{}, fault.Usagef("%s:%d: %s", name, n, flaw))
				return
			}
			if !yield(p, nil) {
				return
			}
		}
		switch err := lines.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield(Paper{}, fault.Usagef("%s:%d: the line is longer than %d MiB; want one JSON object a line", name, n+1, longestLine>>20))
		case errors.As(err, &packed.Error{}):
			yield(Paper{}, fault.Usagef("%s:%d: %w", name, n+1, err))
		case err != nil:
			yield(Paper{}, fmt.Errorf("%s:%d: %w", name, n+1, err))
		}
	}
}

// parse reads one line; flaw says what is wrong with it.
func parse(line []byte) (p Paper, flaw string) {
	const want = `; want {"id": …, "title": …, "abstract": …}`
	var fields struct {
		ID       string  `json:"id"`
		Title    *string `json:"title"`
		Abstract *string `json:"abstract"`
	}
	err := json.Unmarshal(line, &fields)
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic):
		if where := strings.TrimPrefix(string(semantic.JSONPointer), "/"); where != "" {
			return p, fmt.Sprintf("%q is no text", where)
		}
		return p, "the line is no JSON object" + want
	case errors.Is(err, jsontext.ErrDuplicateName):
		return p, "the line has a field twice"
	case errors.As(err, &syntactic):
		return p, fmt.Sprintf("no JSON at byte %d of the line", syntactic.ByteOffset+1) + want
	case err != nil:
		return p, err.Error()
	case fields.Title == nil && fields.Abstract == nil:
		return p, "neither title nor abstract" + want
	}
	p.ID = fields.ID
	if fields.Title != nil {
		p.Title = *fields.Title
	}
	if fields.Abstract != nil {
		p.Abstract = *fields.Abstract
	}
	return p, ""
}

// batchSize is how many papers are predicted together at most: enough for networks,
// which sort them by length, and a few megabytes.
const batchSize = 1024

// Stream yields the predictions for papers, in their order, batch by batch, as
// [Predictor.Predict] makes them. Papers are read ahead on a goroutine of their own;
// those that are there are predicted together, 1024 at most, so that one that comes
// alone is answered at once. The first error, or the context's, is yielded last. A
// reader that waits for input when the stream ends is left to wait.
func (p *Predictor) Stream(ctx context.Context, papers iter.Seq2[Paper, error], decision metrics.Decision, top int) iter.Seq2[[]Prediction, error] {
	return func(yield func([]Prediction, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		read := readAhead(ctx, papers)
		for more := true; more; {
			var batch []Paper
			var failed error
			batch, more, failed = read.batch(ctx)
			if len(batch) > 0 {
				predictions, err := p.Predict(ctx, batch, decision, top)
				if !yield(predictions, err) || err != nil {
					return
				}
			}
			if failed != nil {
				yield(nil, failed)
				return
			}
		}
	}
}

// ahead is papers that were read and not yet predicted.
type ahead struct {
	papers chan Paper
	err    error // of reading, once papers is closed
}

func readAhead(ctx context.Context, papers iter.Seq2[Paper, error]) *ahead {
	a := &ahead{papers: make(chan Paper, batchSize)}
	go func() {
		defer close(a.papers)
		for paper, err := range papers {
			if err != nil {
				a.err = err
				return
			}
			select {
			case a.papers <- paper:
			case <-ctx.Done():
				return
			}
		}
	}()
	return a
}

// batch waits for a paper and takes those that are there beside it. It reports whether
// there may be more.
func (a *ahead) batch(ctx context.Context) (batch []Paper, more bool, err error) {
	select {
	case paper, ok := <-a.papers:
		if !ok {
			return nil, false, a.err
		}
		batch = append(batch, paper)
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	for len(batch) < batchSize {
		select {
		case paper, ok := <-a.papers:
			if !ok {
				return batch, false, a.err
			}
			batch = append(batch, paper)
		default:
			return batch, true, nil
		}
	}
	return batch, true, nil
}
