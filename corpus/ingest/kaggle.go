package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay/corpus"
	"assay/internal/fault"
	"assay/internal/packed"
)

// kaggleFormat is the arXiv snapshot that Kaggle distributes: one JSON object a
// line. The fields id, title, abstract and categories are required, others may
// be null or absent, unknown ones are passed over. Names are matched exactly
// and may stand only once. Lists may be written as text, and versions stand in
// any order, as other distributions of the snapshot have them.
type kaggleFormat struct{}

// kagglePaper names what is read of a line. authors_parsed is preferred to
// authors, and the first version's time to created. created and
// primary_category only extracts of the snapshot have.
type kagglePaper struct {
	ID            idText        `json:"id"`
	Title         string        `json:"title"`
	Abstract      string        `json:"abstract"`
	Categories    categoryList  `json:"categories"`
	Primary       categoryList  `json:"primary_category"`
	Authors       authorNames   `json:"authors"`
	AuthorsParsed authorEntries `json:"authors_parsed"`
	Versions      versionList   `json:"versions"`
	Created       string        `json:"created"`
	Updated       string        `json:"update_date"`
}

// idText is an id; programs that take it for a number write it as one.
type idText string

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (id *idText) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '0' {
		return json.UnmarshalDecode(d, (*string)(id))
	}
	number, err := d.ReadValue()
	*id = idText(number)
	return err
}

func (kaggleFormat) member(extension string) bool {
	return extension == ".json" || extension == ".jsonl" || extension == ".ndjson"
}

func (f kaggleFormat) begin(l *lineReader) (recordParser, error) {
	head, err := l.r.Peek(packed.SniffBytes)
	if len(head) == 0 && err != nil {
		return f, nil // the first read will say it
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(line), []byte("[")):
		return nil, fault.Usagef("corpus: import: %s:1: this is a JSON array; the kaggle format has one object a line", l.name)
	case bytes.Contains(line, []byte("\tabstract\t")):
		return nil, fault.Usagef("corpus: import: %s:1: this is the header of a table; use the format archive", l.name)
	}
	return f, nil
}

func (kaggleFormat) next(l *lineReader, dst []byte) ([]byte, error) {
	start := len(dst)
	for {
		dst, err := l.appendLine(dst[:start])
		l.began = l.line
		if err != nil || len(bytes.TrimSpace(dst[start:])) > 0 {
			return dst, err
		}
	}
}

func (kaggleFormat) parse(record []byte) (*corpus.Paper, *flaw) {
	if !utf8.Valid(record) {
		return nil, &flaw{flawUTF8, ""}
	}
	var k kagglePaper
	if err := json.Unmarshal(record, &k); err != nil {
		return nil, jsonFlaw(err)
	}
	p := &corpus.Paper{
		ID:         string(k.ID),
		Title:      k.Title,
		Abstract:   k.Abstract,
		Categories: primaryFirst(k.Categories, strings.Join(k.Primary, " ")),
		Authors:    corpus.ParsedAuthors(k.AuthorsParsed),
	}
	if len(p.Authors) == 0 {
		p.Authors = k.Authors
	}
	var bad *flaw
	if p.Created, bad = k.Versions.created(); bad == nil && p.Created.IsZero() {
		p.Created, bad = dayOrTime("created", k.Created)
	}
	if bad == nil {
		p.Updated, bad = dayOrTime("update_date", k.Updated)
	}
	if bad != nil {
		return nil, bad
	}
	return finish(p)
}

// jsonFlaw words the decoder's errors, whose own text is not meant to be stable.
func jsonFlaw(err error) *flaw {
	var own *flaw
	if errors.As(err, &own) {
		return own
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) && semantic.JSONKind != 0 {
		where := strings.TrimPrefix(string(semantic.JSONPointer), "/")
		if where == "" {
			return &flaw{flawValue, fmt.Sprintf("the line is a %s, not an object", kindName(semantic.JSONKind))}
		}
		return &flaw{flawValue, fmt.Sprintf("%s is a %s", quote(where), kindName(semantic.JSONKind))}
	}
	var syntactic *jsontext.SyntacticError
	if !errors.As(err, &syntactic) {
		return &flaw{flawJSON, quote(err.Error())}
	}
	pointer := string(syntactic.JSONPointer)
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return &flaw{flawJSON, quote(pointer[strings.LastIndexByte(pointer, '/')+1:]) + " stands twice"}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &flaw{flawJSON, "the line ends inside the object"}
	}
	return &flaw{flawJSON, fmt.Sprintf("at byte %d of the line", syntactic.ByteOffset+1)}
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '"':
		return "text"
	case '0':
		return "number"
	case 't', 'f':
		return "truth value"
	case '[', ']':
		return "list"
	case '{', '}':
		return "object"
	}
	return "null"
}
