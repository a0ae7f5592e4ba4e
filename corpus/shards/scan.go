package shards

import (
	"context"
	"fmt"
	"iter"
	"math"
	"runtime"
	"sync"

	"assay/corpus"
	"assay/internal/fault"
)

// taskRows is the least number of rows that a worker takes at a time, if its
// shard has that many left.
const taskRows = 256

// ReadOptions says how Scan reads.
type ReadOptions struct {
	Workers int     // goroutines; 0 means one a processor
	Columns Columns // what to read; the other fields of a paper are zero
}

// Scan calls fn with the paper of every row of rows, which are global row
// numbers that ascend strictly. fn runs in Workers goroutines at once; worker,
// in [0, Workers), says in which, and pos is the paper's index in rows. Each
// worker gets its papers in ascending order. The paper p is reused after fn
// returns; its strings and slices are not, and may be kept, though a string
// that is kept can hold on to the wanted ones of its page, some 16 KiB: clone a
// few that are kept for long.
//
// Only the pages that hold the rows and columns wanted are read. The first
// error, by position, of fn or of reading ends the scan and is returned, as is
// a cancelled context's; an error of reading names the shard and the rows.
func (c *Corpus) Scan(ctx context.Context, rows []int64, opt ReadOptions, fn func(worker, pos int, p *corpus.Paper) error) error {
	if err := c.checkRows(rows); err != nil {
		return err
	}
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	s := &scan{corpus: c, rows: rows, failedAt: math.MaxInt}
	var running sync.WaitGroup
	for worker := range opt.Workers {
		running.Go(func() {
			r := &rowReader{corpus: c, columns: opt.Columns}
			defer r.close()
			for lo, hi := s.next(); lo < hi; lo, hi = s.next() {
				if at, err := scanTask(ctx, r, rows, lo, hi, worker, fn); err != nil {
					s.fail(at, err)
				}
			}
		})
	}
	running.Wait()
	return s.err
}

// scanTask reads rows[lo:hi] and calls fn; with an error comes its position.
func scanTask(ctx context.Context, r *rowReader, rows []int64, lo, hi, worker int, fn func(worker, pos int, p *corpus.Paper) error) (int, error) {
	if err := ctx.Err(); err != nil {
		return lo, fmt.Errorf("corpus: read %s: %w", r.corpus.dir, err)
	}
	papers, err := r.read(rows[lo:hi])
	if err != nil {
		return lo, err
	}
	for i := range papers {
		if err := fn(worker, lo+i, &papers[i]); err != nil {
			return lo + i, err
		}
	}
	return 0, nil
}

// Papers yields the papers of rows, which ascend strictly, in order, read by
// the calling goroutine. What holds for the papers of Scan holds for these: a
// paper is reused once the loop goes on. The last pair has the error, if there
// is one, and no paper.
func (c *Corpus) Papers(ctx context.Context, rows []int64) iter.Seq2[*corpus.Paper, error] {
	return func(yield func(*corpus.Paper, error) bool) {
		if err := c.checkRows(rows); err != nil {
			yield(nil, err)
			return
		}
		r := &rowReader{corpus: c}
		defer r.close()
		for lo, hi := 0, 0; lo < len(rows); lo = hi {
			if err := ctx.Err(); err != nil {
				yield(nil, fmt.Errorf("corpus: read %s: %w", c.dir, err))
				return
			}
			hi = c.cut(rows, lo)
			papers, err := r.read(rows[lo:hi])
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range papers {
				if !yield(&papers[i], nil) {
					return
				}
			}
		}
	}
}

func (c *Corpus) checkRows(rows []int64) error {
	last := int64(-1)
	for i, row := range rows {
		if row <= last || row >= c.manifest.Rows {
			return fault.Usagef("corpus: read %s: row %d at position %d: row numbers must ascend and lie below %d", c.dir, row, i, c.manifest.Rows)
		}
		last = row
	}
	return nil
}

// cut returns the end of the task that starts at rows[lo]: within one shard,
// and at the end of a stripe where that leaves enough rows.
func (c *Corpus) cut(rows []int64, lo int) int {
	s := c.shards[c.shardOf(rows[lo])]
	end := s.first + s.info.Rows
	hi := lo + 1
	for hi < len(rows) && rows[hi] < end {
		newStripe := (rows[hi]-s.first)/stripeRows != (rows[hi-1]-s.first)/stripeRows
		if newStripe && hi-lo >= taskRows {
			break
		}
		hi++
	}
	return hi
}

// scan hands out tasks in order and keeps the error of the earliest row. Tasks
// before a failed one are always finished, so that the error does not depend
// on the number of workers.
type scan struct {
	corpus *Corpus
	rows   []int64

	mu       sync.Mutex
	pos      int // next row to hand out
	err      error
	failedAt int
}

func (s *scan) next() (lo, hi int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.pos == len(s.rows) {
		return 0, 0
	}
	lo = s.pos
	s.pos = s.corpus.cut(s.rows, lo)
	return lo, s.pos
}

func (s *scan) fail(at int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at < s.failedAt {
		s.failedAt, s.err = at, err
	}
}

// rowReader assembles papers, keeping the columns of one row group open.
type rowReader struct {
	corpus  *Corpus
	columns Columns

	shard *shard
	group int
	open  [leafCount]*columnReader // nil where not wanted

	papers []corpus.Paper
	local  []int64 // rows within the row group
}

// read returns the papers of rows, which lie in one shard; they are valid
// until the next call.
func (r *rowReader) read(rows []int64) ([]corpus.Paper, error) {
	if cap(r.papers) < len(rows) {
		r.papers = make([]corpus.Paper, len(rows))
	}
	r.papers = r.papers[:len(rows)]
	clear(r.papers)
	s := r.corpus.shards[r.corpus.shardOf(rows[0])]
	if err := s.open(); err != nil {
		return nil, err
	}
	for i := 0; i < len(rows); {
		group := s.group(rows[i] - s.first)
		if err := r.enter(s, group); err != nil {
			return nil, err
		}
		r.local = r.local[:0]
		j := i
		for ; j < len(rows) && rows[j]-s.first < s.starts[group+1]; j++ {
			r.local = append(r.local, rows[j]-s.first-s.starts[group])
		}
		if err := r.fill(r.papers[i:j]); err != nil {
			return nil, err
		}
		i = j
	}
	return r.papers, nil
}

// enter opens the wanted columns of a row group, unless they are open.
func (r *rowReader) enter(s *shard, group int) error {
	if r.shard == s && r.group == group {
		return nil
	}
	r.close()
	r.shard, r.group = s, group
	for leaf := range r.open {
		if !r.columns.has(leaf) {
			continue
		}
		c, err := newColumnReader(s, group, leaf)
		if err != nil {
			return err
		}
		r.open[leaf] = c
	}
	return nil
}

// close leaves the row group and lets go of its memory.
func (r *rowReader) close() {
	for leaf, c := range r.open {
		if c != nil {
			c.close()
			r.open[leaf] = nil
		}
	}
	if r.shard != nil {
		r.shard.forget(r.group)
		r.shard = nil
	}
}

// fill reads the wanted columns of the rows r.local into papers.
func (r *rowReader) fill(papers []corpus.Paper) error {
	for leaf, c := range r.open {
		if c == nil {
			continue
		}
		var err error
		switch leaf {
		case leafID:
			err = c.strings(r.local, func(i int, s string) { papers[i].ID = s })
		case leafTitle:
			err = c.strings(r.local, func(i int, s string) { papers[i].Title = s })
		case leafAbstract:
			err = c.strings(r.local, func(i int, s string) { papers[i].Abstract = s })
		case leafCategories:
			err = c.lists(r.local, func(i int, list []string) { papers[i].Categories = list })
		case leafAuthors:
			err = c.lists(r.local, func(i int, list []string) { papers[i].Authors = list })
		case leafCreated:
			err = c.days(r.local, func(i int, day int32) { papers[i].Created = dayTime(day) })
		case leafUpdated:
			err = c.days(r.local, func(i int, day int32) { papers[i].Updated = dayTime(day) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}
