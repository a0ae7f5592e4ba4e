package ingest

import (
	"assay/internal/guard"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
	pqformat "github.com/parquet-go/parquet-go/format"
)

// tableRows reads the rows of a Parquet file as JSON objects, one a line, with
// the field names of the kaggle format. It holds one page of each column that
// is read, and the rows in between, whatever the size of the row groups.
type tableRows struct {
	file   *parquet.File
	fields []rowField
	leaves []*leafReader

	group     int   // the next row group
	rows      int64 // read before the current row group
	left      int64 // rows of the current row group that were not read yet
	line      []byte
	start     int   // line[start:] was not handed out yet
	err       error // what follows line
	current   *leafReader
	groupRows int64
}

// rowField is a field of a record and the column that it is read from.
type rowField struct {
	key   string
	value *valueNode
}

// lineBytes is about how much is read ahead of what is handed out.
const lineBytes = 64 << 10

func newTableRows(file *parquet.File, columns []chosenColumn) *tableRows {
	t := &tableRows{file: file}
	for _, c := range columns {
		var leaves []*leafReader
		node := newValueNode(c.column, c.field.name == "id", &leaves)
		t.fields = append(t.fields, rowField{c.field.key, node})
		t.leaves = append(t.leaves, leaves...)
	}
	return t
}

// checkCodecs refuses columns packed by LZ4: parquet-go v0.32.0 returns other
// bytes than were packed, and on damaged ones asks for memory without end.
func (t *tableRows) checkCodecs() error {
	for _, group := range t.file.Metadata().RowGroups {
		for _, leaf := range t.leaves {
			if codec := group.Columns[leaf.index].MetaData.Codec; codec == pqformat.Lz4Raw {
				return fmt.Errorf("the column %s is packed by LZ4, which this program does not read; write the file with zstd or snappy", quote(leaf.name))
			}
		}
	}
	return nil
}

// Read implements io.Reader. An error follows the rows before it.
func (t *tableRows) Read(p []byte) (int, error) {
	if t.start == len(t.line) {
		if t.err != nil {
			return 0, t.err
		}
		t.line, t.start = t.line[:0], 0
		t.err = guard.Parquet(t.fill)
		if t.err != nil && t.err != io.EOF {
			t.err = t.failed(t.err)
		}
		if len(t.line) == 0 {
			return 0, t.err
		}
	}
	n := copy(p, t.line[t.start:])
	t.start += n
	return n, nil
}

// fill reads rows until there are some, and returns io.EOF after the last one.
// A row that fails leaves no part in t.line.
func (t *tableRows) fill() error {
	for len(t.line) < lineBytes {
		for t.left == 0 {
			if err := t.nextGroup(); err != nil {
				return err
			}
		}
		whole := len(t.line)
		line, err := t.appendRow(t.line)
		if err != nil {
			t.line = line[:whole]
			return err
		}
		t.line = line
		t.left--
	}
	return nil
}

// nextGroup goes on to the next row group, if all columns of the last one have
// come to their end.
func (t *tableRows) nextGroup() error {
	for _, leaf := range t.leaves {
		if leaf.pages == nil {
			continue
		}
		t.current = leaf
		v, err := leaf.peek()
		if err != nil {
			return err
		}
		if v != nil {
			return errors.New("there are more values than rows")
		}
	}
	t.current = nil
	groups := t.file.RowGroups()
	t.rows += t.groupRows
	t.groupRows = 0
	if t.group == len(groups) {
		return io.EOF
	}
	group := groups[t.group]
	t.group++
	chunks := group.ColumnChunks()
	for _, leaf := range t.leaves {
		t.current = leaf
		leaf.open(chunks[leaf.index])
	}
	t.left, t.groupRows = group.NumRows(), group.NumRows()
	return nil
}

// appendRow appends the next row as one line.
func (t *tableRows) appendRow(line []byte) ([]byte, error) {
	for i, f := range t.fields {
		if i == 0 {
			line = append(line, '{')
		} else {
			line = append(line, ',')
		}
		line = strconv.AppendQuote(line, f.key)
		line = append(line, ':')
		t.current = f.value.first
		var err error
		if line, err = f.value.appendTo(line); err != nil {
			return line, err
		}
		v, err := f.value.first.peek()
		if err != nil {
			return line, err
		}
		if v != nil && v.RepetitionLevel() != 0 {
			return line, errors.New("the levels do not fit the schema")
		}
	}
	return append(line, '}', '\n'), nil
}

// failed says where reading failed.
func (t *tableRows) failed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the data ends too early")
	}
	place := fmt.Sprintf("row group %d (rows %d to %d)", t.group, t.rows+1, t.rows+t.groupRows)
	if t.current != nil {
		place += ", column " + quote(t.current.name)
	}
	return tableError{fmt.Errorf("%s: %w", place, err)}
}

// tableError is a Parquet file that cannot be read on.
type tableError struct{ error }

func (e tableError) Unwrap() error { return e.error }

// Close implements io.Closer.
func (t *tableRows) Close() error {
	for _, leaf := range t.leaves {
		leaf.close()
	}
	return nil
}

// valueNode turns one column's values, or those of the columns below it, into
// JSON: structs into objects, lists into arrays. The record's structure is in
// the levels of the values (https://research.google/pubs/pub36632, 4.2).
type valueNode struct {
	name       string
	optional   bool
	repeated   bool
	element    bool // a list's frame: its value is that of its only child
	definition int  // level of values that are not null here
	repetition int
	children   []*valueNode
	first      *leafReader   // of the leaves below
	leaves     []*leafReader // below, in order
	write      func([]byte, parquet.Value) []byte
}

func newValueNode(c *parquet.Column, numbersAsText bool, leaves *[]*leafReader) *valueNode {
	n := &valueNode{
		name:       c.Name(),
		optional:   c.Optional(),
		repeated:   c.Repeated(),
		definition: c.MaxDefinitionLevel(),
		repetition: c.MaxRepetitionLevel(),
	}
	from := len(*leaves)
	if c.Leaf() {
		*leaves = append(*leaves, &leafReader{index: c.Index(), name: c.Path()[0]})
		n.write = leafWriter(c, numbersAsText)
	} else {
		for _, child := range c.Columns() {
			node := newValueNode(child, numbersAsText, leaves)
			if listElement(c) == child {
				n.element = true
				node.element = unwrapped(c, child) != child
			}
			n.children = append(n.children, node)
		}
	}
	n.leaves = slices.Clone((*leaves)[from:])
	n.first = n.leaves[0]
	return n
}

// appendTo appends the next value.
func (n *valueNode) appendTo(dst []byte) ([]byte, error) {
	if !n.repeated {
		return n.appendOne(dst)
	}
	v, err := n.first.mustPeek()
	if err != nil {
		return dst, err
	}
	dst = append(dst, '[')
	if v.DefinitionLevel() < n.definition {
		return append(dst, ']'), n.skip()
	}
	for {
		if dst, err = n.appendOne(dst); err != nil {
			return dst, err
		}
		if v, err = n.first.peek(); err != nil {
			return dst, err
		}
		if v == nil || v.RepetitionLevel() < n.repetition {
			return append(dst, ']'), nil
		}
		dst = append(dst, ',')
	}
}

// appendOne appends a value that is not repeated here.
func (n *valueNode) appendOne(dst []byte) ([]byte, error) {
	v, err := n.first.mustPeek()
	if err != nil {
		return dst, err
	}
	if v.DefinitionLevel() < n.definition {
		return append(dst, "null"...), n.skip()
	}
	if n.write != nil {
		n.first.at++
		if v.IsNull() {
			return append(dst, "null"...), nil
		}
		return n.write(dst, *v), nil
	}
	if n.element {
		return n.children[0].appendTo(dst)
	}
	for i, child := range n.children {
		if i == 0 {
			dst = append(dst, '{')
		} else {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, []byte(child.name)), ':')
		if dst, err = child.appendTo(dst); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// skip passes over the one value that each leaf has for a null or an empty list.
func (n *valueNode) skip() error {
	for _, leaf := range n.leaves {
		if _, err := leaf.mustPeek(); err != nil {
			return err
		}
		leaf.at++
	}
	return nil
}

// leafReader reads the values of one leaf column, a row group after the other.
type leafReader struct {
	index  int
	name   string // of the top-level column
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buffer [128]parquet.Value
	at, n  int
}

func (l *leafReader) open(chunk parquet.ColumnChunk) {
	l.close()
	l.pages = chunk.Pages()
}

// peek returns the next value, or nil after the last one of the row group. It
// is valid until the next call.
func (l *leafReader) peek() (*parquet.Value, error) {
	for l.at == l.n {
		if l.values == nil {
			page, err := l.pages.ReadPage()
			if err == io.EOF {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			l.page, l.values = page, page.Values()
		}
		n, err := l.values.ReadValues(l.buffer[:])
		if err != nil && err != io.EOF {
			return nil, err
		}
		l.at, l.n = 0, n
		if n == 0 {
			parquet.Release(l.page)
			l.page, l.values = nil, nil
		}
	}
	return &l.buffer[l.at], nil
}

func (l *leafReader) mustPeek() (*parquet.Value, error) {
	v, err := l.peek()
	if v == nil && err == nil {
		err = io.ErrUnexpectedEOF
	}
	return v, err
}

func (l *leafReader) close() {
	if l.page != nil {
		parquet.Release(l.page)
	}
	if l.pages != nil {
		_ = l.pages.Close() // reads no more: nothing can fail that matters
	}
	l.pages, l.page, l.values, l.at, l.n = nil, nil, nil, 0, 0
}
