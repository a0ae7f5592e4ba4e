package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"assay/corpus"
	"assay/internal/fault"
)

// archiveFormat is the table of arxiv_archive (R. Stuart Geiger,
// doi:10.5281/zenodo.1463242): tab-separated, fields quoted where they hold
// quotes, tabs or line breaks, a quote inside doubled (RFC 4180 with tabs). The
// header names the columns; those not needed are passed over.
type archiveFormat struct{}

// archiveColumns are the positions of the columns that are read; those that a
// table may lack are -1 then.
type archiveColumns struct {
	count                                                               int
	id, title, abstract, categories, primary, authors, created, updated int
}

func (archiveFormat) member(extension string) bool { return extension == ".tsv" }

func (f archiveFormat) begin(l *lineReader) (recordParser, error) {
	header, err := f.next(l, nil)
	if bytes.HasPrefix(header, []byte("{")) {
		return nil, fault.Usagef("corpus: import: %s:1: this is JSON; use the format kaggle", l.name)
	}
	if bad := (*flaw)(nil); errors.As(err, &bad) {
		return nil, fault.Usagef("corpus: import: %s:1: header: %w", l.name, bad)
	}
	if err == io.EOF {
		return nil, fault.Usagef("corpus: import: %s holds no header", l.name)
	}
	if err != nil {
		return nil, l.fail(err)
	}
	fields, bad := splitFields(nil, trimLineEnd(header))
	if bad != nil {
		return nil, fault.Usagef("corpus: import: %s:1: header: %w", l.name, bad)
	}
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = string(field)
	}
	return findColumns(l.name, names)
}

func findColumns(file string, names []string) (*archiveColumns, error) {
	c := &archiveColumns{count: len(names)}
	for _, want := range []struct {
		name     string
		at       *int
		required bool
	}{
		{"arxiv_id", &c.id, true},
		{"title", &c.title, true},
		{"abstract", &c.abstract, true},
		{"categories", &c.categories, true},
		{"primary_cat", &c.primary, false},
		{"author_text", &c.authors, false},
		{"created", &c.created, false},
		{"updated", &c.updated, false},
	} {
		*want.at = slices.Index(names, want.name)
		if *want.at < 0 && want.required {
			return nil, fault.Usagef("corpus: import: %s:1: the header has no column %q; this is no table of arxiv_archive", file, want.name)
		}
		if *want.at >= 0 && slices.Contains(names[*want.at+1:], want.name) {
			return nil, fault.Usagef("corpus: import: %s:1: the header has the column %q twice", file, want.name)
		}
	}
	return c, nil
}

func (archiveFormat) next(l *lineReader, dst []byte) ([]byte, error) {
	start := len(dst)
	for {
		dst, err := l.appendLine(dst[:start])
		l.began = l.line
		if err != nil {
			return dst, err
		}
		if len(trimLineEnd(dst[start:])) == 0 {
			continue
		}
		if bytes.IndexByte(dst[start:], '"') < 0 {
			return dst, nil
		}
		return appendQuoted(l, dst, start)
	}
}

// appendQuoted completes a record whose first line has quotes. If the quoting
// is wrong, it returns a flaw and only the first line, so that one stray quote
// does not swallow the records after it.
func appendQuoted(l *lineReader, dst []byte, start int) ([]byte, error) {
	first, line, extra := len(dst), start, int64(0)
	state := atFieldStart
	for {
		var ok bool
		state, ok = scanQuotes(state, dst[line:])
		if ok && state != inQuotes {
			return dst, nil
		}
		what := "a quoted field must end with a quote before a tab or the line's end, and an unquoted one holds none"
		if ok && len(dst)-start <= l.limit {
			line = len(dst)
			var err error
			if dst, err = l.appendLine(dst); err == nil {
				extra++
				continue
			} else if err != io.EOF && err != errTooLong {
				return dst, err
			}
			what = "a quoted field does not end"
			if err == errTooLong {
				return dst, err
			}
		}
		l.giveBack(dst[first:], extra)
		return dst[:first], &flaw{flawQuoting, what}
	}
}

// quoteState is where scanQuotes stands between two bytes.
type quoteState int

const (
	atFieldStart quoteState = iota
	inField
	inQuotes
	afterQuote // inside a quoted field: the quote ends it or is the first of two
)

// scanQuotes follows the quoting of one line and reports whether it is right.
func scanQuotes(s quoteState, line []byte) (quoteState, bool) {
	for i := 0; i < len(line); i++ {
		if s == inQuotes {
			n := bytes.IndexByte(line[i:], '"')
			if n < 0 {
				return s, true
			}
			i += n
			s = afterQuote
			continue
		}
		switch c := line[i]; {
		case c == '\t' || c == '\n':
			s = atFieldStart
		case c == '"' && s == atFieldStart, c == '"' && s == afterQuote:
			s = inQuotes
		case c == '"':
			return s, false
		case s == afterQuote && !(c == '\r' && len(trimLineEnd(line)) == i):
			return s, false
		default:
			s = inField
		}
	}
	return s, true
}

// splitFields appends the fields of a record without its line end, unquoted.
func splitFields(dst [][]byte, record []byte) ([][]byte, *flaw) {
	for {
		if len(record) == 0 || record[0] != '"' {
			field, rest, more := bytes.Cut(record, []byte("\t"))
			if bytes.IndexByte(field, '"') >= 0 {
				return nil, &flaw{flawQuoting, fmt.Sprintf("field %d holds a quote but is not quoted", len(dst)+1)}
			}
			dst = append(dst, field)
			if !more {
				return dst, nil
			}
			record = rest
			continue
		}
		end, doubled := 1, false
		for {
			n := bytes.IndexByte(record[end:], '"')
			if n < 0 {
				return nil, &flaw{flawQuoting, fmt.Sprintf("field %d does not end", len(dst)+1)}
			}
			end += n
			if end+1 == len(record) || record[end+1] != '"' {
				break
			}
			end, doubled = end+2, true
		}
		field := record[1:end]
		if doubled {
			field = bytes.ReplaceAll(field, []byte(`""`), []byte(`"`))
		}
		dst = append(dst, field)
		if end+1 == len(record) {
			return dst, nil
		}
		if record[end+1] != '\t' {
			return nil, &flaw{flawQuoting, fmt.Sprintf("field %d goes on after its end", len(dst))}
		}
		record = record[end+2:]
	}
}

func (c *archiveColumns) parse(record []byte) (*corpus.Paper, *flaw) {
	switch {
	case !utf8.Valid(record):
		return nil, &flaw{flawUTF8, ""}
	case bytes.IndexByte(record, 0) >= 0:
		return nil, &flaw{flawValue, "a NUL byte"}
	}
	var store [32][]byte
	fields, bad := splitFields(store[:0], trimLineEnd(record))
	if bad != nil {
		return nil, bad
	}
	if len(fields) != c.count {
		return nil, &flaw{flawFields, fmt.Sprintf("%d, the header has %d", len(fields), c.count)}
	}
	at := func(column int) string {
		if column < 0 {
			return ""
		}
		return string(fields[column])
	}
	p := &corpus.Paper{
		ID:         at(c.id),
		Title:      at(c.title),
		Abstract:   at(c.abstract),
		Categories: primaryFirst(appendCategories(nil, at(c.categories)), at(c.primary)),
		Authors:    corpus.SplitAuthors(at(c.authors)),
	}
	if p.Created, bad = parseDay("created", at(c.created)); bad != nil {
		return nil, bad
	}
	if p.Updated, bad = parseDay("updated", at(c.updated)); bad != nil {
		return nil, bad
	}
	// The archive leaves updated empty where there is only one version.
	if p.Updated.IsZero() && c.updated >= 0 {
		p.Updated = p.Created
	}
	return finish(p)
}
