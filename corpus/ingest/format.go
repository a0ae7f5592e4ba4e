package ingest

import (
	"strings"
	"time"
	"unicode"

	"assay/corpus"
	"assay/internal/fault"
	"assay/internal/suggest"
)

// format is one shape of raw metadata.
type format interface {
	// member reports whether zip members with such an extension hold records.
	member(extension string) bool
	// begin reads what comes before the first record and returns what parses
	// the records of this stream. Its errors are final.
	begin(l *lineReader) (recordParser, error)
	// next appends the next record, its line breaks included, to dst and sets
	// l.began. A *flaw says that the appended bytes are no record; io.EOF that
	// there is none.
	next(l *lineReader, dst []byte) ([]byte, error)
}

// recordParser turns one record into a paper; its errors are flaws. It is safe
// for concurrent use.
type recordParser interface {
	parse(record []byte) (*corpus.Paper, *flaw)
}

// Formats lists the formats that [Import] reads.
func Formats() []string { return []string{"kaggle", "archive", "parquet"} }

func lookupFormat(name string, columns map[string]string) (format, error) {
	if len(columns) > 0 && name != "parquet" {
		return nil, fault.Usagef("corpus: import: the format %s has its columns by their names; only those of parquet can be chosen", name)
	}
	switch name {
	case "kaggle":
		return kaggleFormat{}, nil
	case "archive":
		return archiveFormat{}, nil
	case "parquet":
		return parquetFormat{columns: columns}, checkColumns(columns)
	}
	return nil, fault.Usagef("corpus: import: unknown format %q%s (known: %s)",
		name, suggest.Hint(name, Formats()), strings.Join(Formats(), ", "))
}

// flaw says why a record is malformed.
type flaw struct {
	reason string // one of the flaw constants: what the summary counts by
	detail string // what and where in the record, or ""
}

const (
	flawJSON       = "invalid JSON"
	flawUTF8       = "invalid UTF-8"
	flawValue      = "wrong type of value"
	flawQuoting    = "bad quoting"
	flawFields     = "wrong number of fields"
	flawID         = "missing or invalid id"
	flawTitle      = "missing title"
	flawAbstract   = "missing abstract"
	flawCategories = "missing categories"
	flawDate       = "invalid date"
)

func (f *flaw) Error() string {
	if f.detail == "" {
		return f.reason
	}
	return f.reason + ": " + f.detail
}

// finish checks what every format demands of a paper, beside its id's form.
func finish(p *corpus.Paper) (*corpus.Paper, *flaw) {
	p.ID = strings.TrimSpace(p.ID)
	switch {
	case p.ID == "":
		return nil, &flaw{flawID, ""}
	case strings.ContainsFunc(p.ID, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return nil, &flaw{flawID, quote(p.ID)}
	case strings.TrimSpace(p.Title) == "":
		return nil, &flaw{flawTitle, "paper " + quote(p.ID)}
	case strings.TrimSpace(p.Abstract) == "":
		return nil, &flaw{flawAbstract, "paper " + quote(p.ID)}
	case len(p.Categories) == 0:
		return nil, &flaw{flawCategories, "paper " + quote(p.ID)}
	}
	return p, nil
}

// parseDay reads YYYY-MM-DD; an empty text is an unknown day.
func parseDay(field, text string) (time.Time, *flaw) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1900 {
		return time.Time{}, &flaw{flawDate, field + " " + quote(text) + " is no day of the form YYYY-MM-DD"}
	}
	return t, nil
}

// quote shows a piece of input in an error: on one line and not too long.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, `"`+s+`"`)
}
