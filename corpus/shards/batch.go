package shards

import (
	"math"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/parquet-go/parquet-go"

	"assay/corpus"
	"assay/internal/fault"
)

const (
	noDay     = math.MinInt32 // a day that is not known
	maxRecord = 64 << 20      // bytes of text in one paper
)

// batch is the papers of one row group, by column.
type batch struct {
	ids, titles, abstracts []string
	categories, authors    lists
	created, updated       []int32 // days since 1970-01-01, or noDay
	bytes                  int     // of text

	shard *shardWriter
	group *parquet.ConcurrentRowGroupWriter // of shard; where encode puts the pages
	last  bool                              // the shard ends with this batch
	done  chan struct{}                     // closed when encoded
	err   error                             // of encode; read after done
}

// lists is a column of lists: list i is values[ends[i-1]:ends[i]].
type lists struct {
	values []string
	ends   []int
}

func (l *lists) add(values []string) {
	l.values = append(l.values, values...)
	l.ends = append(l.ends, len(l.values))
}

func (l *lists) at(i int) []string {
	if i == 0 {
		return l.values[:l.ends[0]]
	}
	return l.values[l.ends[i-1]:l.ends[i]]
}

func (b *batch) rows() int  { return len(b.ids) }
func (b *batch) full() bool { return b.rows() >= groupRows || b.bytes >= groupBytes }

// add copies p, apart from the bytes of its strings.
func (b *batch) add(p *corpus.Paper) error {
	size, err := storable(p)
	if err != nil {
		return err
	}
	created, err := dayOf(p.ID, "created", p.Created)
	if err != nil {
		return err
	}
	updated, err := dayOf(p.ID, "updated", p.Updated)
	if err != nil {
		return err
	}
	b.ids = append(b.ids, p.ID)
	b.titles = append(b.titles, p.Title)
	b.abstracts = append(b.abstracts, p.Abstract)
	b.categories.add(p.Categories)
	b.authors.add(p.Authors)
	b.created = append(b.created, created)
	b.updated = append(b.updated, updated)
	b.bytes += size
	return nil
}

// storable returns the bytes of text in p, or why it cannot be stored.
func storable(p *corpus.Paper) (size int, err error) {
	if p.ID == "" {
		return 0, fault.Usagef("corpus: add: a paper has no id (its title: %.60q)", p.Title)
	}
	valid := true
	text := func(values ...string) {
		for _, s := range values {
			size += len(s)
			valid = valid && utf8.ValidString(s)
		}
	}
	text(p.ID, p.Title, p.Abstract)
	text(p.Categories...)
	text(p.Authors...)
	switch {
	case !valid:
		return 0, fault.Usagef("corpus: add: paper %q: its text is not UTF-8; convert the source first", p.ID)
	case size > maxRecord:
		return 0, fault.Usagef("corpus: add: paper %q: %d bytes of text, and at most %d are taken", p.ID, size, maxRecord)
	}
	return size, nil
}

// dayOf returns the days from 1970-01-01 to t's day in UTC.
func dayOf(id, field string, t time.Time) (int32, error) {
	if t.IsZero() {
		return noDay, nil
	}
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return 0, fault.Usagef("corpus: add: paper %q: %s in the year %d; a date lies in the years 1 to 9999", id, field, y)
	}
	const day = 24 * 60 * 60
	s := t.Unix()
	return int32((s - (s%day+day)%day) / day), nil
}

// dayTime is the inverse of dayOf.
func dayTime(day int32) time.Time {
	if day == noDay {
		return time.Time{}
	}
	return time.Unix(int64(day)*24*60*60, 0).UTC()
}

// encode writes the batch into its row group as compressed pages.
func (b *batch) encode() error {
	var e pageEncoder
	columns := b.group.ColumnWriters()
	for lo := 0; lo < b.rows(); lo += stripeRows {
		hi := min(lo+stripeRows, b.rows())
		for leaf, column := range columns {
			e.column, e.leaf = column, leaf
			var err error
			switch leaf {
			case leafID:
				err = e.strings(b.ids[lo:hi])
			case leafTitle:
				err = e.strings(b.titles[lo:hi])
			case leafAbstract:
				err = e.strings(b.abstracts[lo:hi])
			case leafCategories:
				err = e.lists(&b.categories, lo, hi)
			case leafAuthors:
				err = e.lists(&b.authors, lo, hi)
			case leafCreated:
				err = e.days(b.created[lo:hi])
			case leafUpdated:
				err = e.days(b.updated[lo:hi])
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// pageEncoder cuts one column's values of one stripe into pages.
type pageEncoder struct {
	column *parquet.ColumnWriter
	leaf   int
	values []parquet.Value
	bytes  int // of values
}

// flush ends the page.
func (e *pageEncoder) flush() error {
	if len(e.values) == 0 {
		return nil
	}
	_, err := e.column.WriteRowValues(e.values)
	if err == nil {
		err = e.column.Flush()
	}
	clear(e.values)
	e.values, e.bytes = e.values[:0], 0
	return err
}

func (e *pageEncoder) strings(values []string) error {
	for _, s := range values {
		e.values = append(e.values, stringValue(s))
		if e.bytes += len(s); e.bytes >= pageBytes {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	return e.flush()
}

// lists writes lists lo to hi with their levels: the first element of a list
// repeats at level 0, the others at 1; an empty list is a null at level 0.
func (e *pageEncoder) lists(l *lists, lo, hi int) error {
	for i := lo; i < hi; i++ {
		list := l.at(i)
		if len(list) == 0 {
			e.values = append(e.values, parquet.NullValue().Level(0, 0, e.leaf))
		}
		for j, s := range list {
			e.values = append(e.values, stringValue(s).Level(min(j, 1), 1, e.leaf))
			e.bytes += len(s)
		}
		if e.bytes >= pageBytes {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	return e.flush()
}

func (e *pageEncoder) days(days []int32) error {
	for _, d := range days {
		if d == noDay {
			e.values = append(e.values, parquet.NullValue().Level(0, 0, e.leaf))
		} else {
			e.values = append(e.values, parquet.Int32Value(d).Level(0, 1, e.leaf))
		}
	}
	return e.flush()
}

// stringValue avoids the copy that a conversion to []byte would make; the
// encoder only reads the bytes.
func stringValue(s string) parquet.Value {
	return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s)))
}
