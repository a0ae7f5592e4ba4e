package shards

import (
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"assay/internal/guard"

	"github.com/parquet-go/parquet-go"
)

// columnReader reads one column of one row group, a page at a time. Rows are
// numbered within the row group.
type columnReader struct {
	shard *shard
	name  string
	first int64 // global row number of row 0
	rows  int64
	chunk parquet.ColumnChunk
	pages parquet.Pages
	index parquet.OffsetIndex
	dict  []string // of the column chunk, once a page needs it

	page   parquet.Page // rows lo to hi-1; nil before the first load
	lo, hi int64
	starts []int32 // of an optional or repeated page: value at which each row starts; then their number
}

func newColumnReader(s *shard, group, leaf int) (*columnReader, error) {
	g := s.file.RowGroups()[group]
	c := &columnReader{
		shard: s,
		name:  leafPaths()[leaf][0],
		first: s.first + s.starts[group],
		rows:  g.NumRows(),
		chunk: g.ColumnChunks()[s.leaves[leaf]],
	}
	err := guard.Parquet(func() (err error) {
		c.index, err = c.chunk.OffsetIndex()
		c.pages = c.chunk.Pages()
		return err
	})
	if err == nil && (c.index == nil || c.index.NumPages() == 0) {
		err = errors.New("there is no page index")
	}
	if err != nil {
		c.close()
		return nil, c.failed(0, c.rows, err)
	}
	return c, nil
}

// failed says which rows of which column could not be read.
func (c *columnReader) failed(lo, hi int64, err error) error {
	return c.shard.damaged("rows %d to %d, column %s: %w", c.first+lo, c.first+hi-1, c.name, err)
}

func (c *columnReader) close() {
	c.release()
	if c.pages != nil {
		_ = c.pages.Close() // reads no more: nothing can fail that matters
	}
}

func (c *columnReader) release() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
}

// each calls fn for every run rows[i:j] that lies in one page, which is loaded.
// rows ascend.
func (c *columnReader) each(rows []int64, fn func(i, j int) error) error {
	for i := 0; i < len(rows); {
		if c.page == nil || rows[i] < c.lo || rows[i] >= c.hi {
			if err := c.load(rows[i]); err != nil {
				return err
			}
		}
		j := i + 1
		for j < len(rows) && rows[j] < c.hi {
			j++
		}
		lo, hi := c.lo, c.hi
		if err := guard.Parquet(func() error { return fn(i, j) }); err != nil {
			return c.failed(lo, hi, err)
		}
		i = j
	}
	return nil
}

// load reads the page that holds row.
func (c *columnReader) load(row int64) error {
	c.release()
	n := c.index.NumPages()
	i := sort.Search(n, func(i int) bool { return c.index.FirstRowIndex(i) > row }) - 1
	if i < 0 || row >= c.rows {
		return c.failed(row, row+1, errors.New("the page index has no page for it"))
	}
	c.lo, c.hi = c.index.FirstRowIndex(i), c.rows
	if i+1 < n {
		c.hi = c.index.FirstRowIndex(i + 1)
	}
	if err := guard.Parquet(c.read); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		c.release()
		return c.failed(c.lo, c.hi, err)
	}
	return nil
}

func (c *columnReader) read() error {
	if err := c.pages.SeekToRow(c.lo); err != nil {
		return err
	}
	var err error
	if c.page, err = c.pages.ReadPage(); err != nil {
		return err
	}
	if c.page.NumRows() != c.hi-c.lo {
		return fmt.Errorf("a page has %d rows, and the page index says %d", c.page.NumRows(), c.hi-c.lo)
	}
	if dict := c.page.Dictionary(); dict != nil && c.dict == nil {
		c.dict = make([]string, dict.Len())
		for i := range c.dict {
			c.dict[i] = string(dict.Index(int32(i)).ByteArray())
		}
	}
	return c.locate()
}

// locate finds at which value each row of an optional or repeated page starts.
func (c *columnReader) locate() error {
	c.starts = c.starts[:0]
	def := c.page.DefinitionLevels()
	if len(def) == 0 {
		return nil
	}
	rep := c.page.RepetitionLevels()
	var values int32
	for i, d := range def {
		if len(rep) == 0 || rep[i] == 0 {
			c.starts = append(c.starts, values)
		}
		values += int32(d) // 1 for a value, 0 for none
	}
	if c.starts = append(c.starts, values); int64(len(c.starts)) != c.hi-c.lo+1 {
		return fmt.Errorf("a page's levels are of %d rows, and the page index says %d", len(c.starts)-1, c.hi-c.lo)
	}
	return nil
}

// strings calls set(i, s) with the string of each rows[i].
func (c *columnReader) strings(rows []int64, set func(i int, s string)) error {
	return c.each(rows, func(lo, hi int) error {
		data := c.page.Data()
		bytes, offsets := data.ByteArray()
		// One allocation for the strings wanted; the page's memory is reused.
		total := 0
		for _, row := range rows[lo:hi] {
			total += int(offsets[row-c.lo+1] - offsets[row-c.lo])
		}
		var arena strings.Builder
		arena.Grow(total)
		for _, row := range rows[lo:hi] {
			arena.Write(bytes[offsets[row-c.lo]:offsets[row-c.lo+1]])
		}
		text := arena.String()
		for i := lo; i < hi; i++ {
			n := offsets[rows[i]-c.lo+1] - offsets[rows[i]-c.lo]
			set(i, text[:n])
			text = text[n:]
		}
		return nil
	})
}

// lists calls set(i, list) with the list of each rows[i], nil where empty.
func (c *columnReader) lists(rows []int64, set func(i int, list []string)) error {
	return c.each(rows, func(lo, hi int) error {
		values := c.elements(rows[lo:hi])
		for i := lo; i < hi; i++ {
			n := c.starts[rows[i]-c.lo+1] - c.starts[rows[i]-c.lo]
			if n == 0 {
				set(i, nil)
				continue
			}
			set(i, values[:n:n])
			values = values[n:]
		}
		return nil
	})
}

// elements returns the values of the lists of rows, one list after the other:
// strings of the dictionary, or copied from the page in one piece.
func (c *columnReader) elements(rows []int64) []string {
	total := 0
	for _, row := range rows {
		total += int(c.starts[row-c.lo+1] - c.starts[row-c.lo])
	}
	values := make([]string, 0, total)
	data := c.page.Data()
	if c.page.Dictionary() != nil {
		indexes := data.Int32()
		for _, row := range rows {
			for _, x := range indexes[c.starts[row-c.lo]:c.starts[row-c.lo+1]] {
				values = append(values, c.dict[x])
			}
		}
		return values
	}
	bytes, offsets := data.ByteArray()
	var arena strings.Builder
	for _, row := range rows {
		arena.Write(bytes[offsets[c.starts[row-c.lo]]:offsets[c.starts[row-c.lo+1]]])
	}
	text := arena.String()
	for _, row := range rows {
		for v := c.starts[row-c.lo]; v < c.starts[row-c.lo+1]; v++ {
			n := offsets[v+1] - offsets[v]
			values = append(values, text[:n])
			text = text[n:]
		}
	}
	return values
}

// days calls set(i, day) with the day of each rows[i], noDay where null.
func (c *columnReader) days(rows []int64, set func(i int, day int32)) error {
	return c.each(rows, func(lo, hi int) error {
		data := c.page.Data()
		values := data.Int32()
		for i := lo; i < hi; i++ {
			v := c.starts[rows[i]-c.lo]
			if c.starts[rows[i]-c.lo+1] == v {
				set(i, noDay)
			} else {
				set(i, values[v])
			}
		}
		return nil
	})
}
