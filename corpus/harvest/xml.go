package harvest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// XMLLimits bound what a document from elsewhere may hold. The zero value of a
// field is its default.
type XMLLimits struct {
	Depth      int // elements within each other; 0: 64
	Elements   int // in all; 0: 4 million
	Attributes int // of one element; 0: 64
	Text       int // bytes of one element's own text, or of one attribute; 0: 4 MiB
}

func (l *XMLLimits) complete() {
	byDefault(&l.Depth, 64)
	byDefault(&l.Elements, 4_000_000)
	byDefault(&l.Attributes, 64)
	byDefault(&l.Text, 4<<20)
}

// DecodeXML reads one whole document in UTF-8 into the struct that into points to, as
// xml.Unmarshal does. It refuses document types, and with them entities of their
// own (of which none is ever resolved), other encodings, what exceeds the limits, and
// anything but comments after the document's end.
func DecodeXML(body []byte, into any, limits XMLLimits) error {
	limits.complete()
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(body)) == 0 {
		return errors.New("harvest: XML: the document is empty")
	}
	tokens := newXMLGuard(body, limits)
	d := xml.NewTokenDecoder(tokens)
	if err := d.Decode(into); err != nil {
		if err == io.EOF {
			err = errors.New("no element")
		}
		return fmt.Errorf("harvest: XML: %w", err)
	}
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("harvest: XML: %w", err)
		}
		switch t := t.(type) {
		case xml.Comment, xml.ProcInst:
			continue
		case xml.CharData:
			if len(bytes.TrimSpace(t)) == 0 {
				continue
			}
		}
		return fmt.Errorf("harvest: XML: line %d: something follows the document's end", tokens.line())
	}
}

// xmlGuard gives the tokens of a document as long as they keep to the limits.
type xmlGuard struct {
	d        *xml.Decoder
	limits   XMLLimits
	elements int
	text     []int // bytes of text in each open element
}

func newXMLGuard(body []byte, limits XMLLimits) *xmlGuard {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(label string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("the encoding %.40q; want UTF-8", label)
	}
	return &xmlGuard{d: d, limits: limits}
}

// Token implements xml.TokenReader. Tokens are raw: the decoder that takes them
// resolves name spaces and matches ends with beginnings.
func (g *xmlGuard) Token() (xml.Token, error) {
	t, err := g.d.RawToken()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case xml.Directive:
		hint := ""
		if strings.Contains(strings.ToLower(string(t[:min(len(t), 40)])), "html") {
			hint = "; this is a web page, not the answer of an API"
		}
		return nil, g.refuse("a document type is not accepted%s", hint)
	case xml.StartElement:
		err = g.open(t)
	case xml.EndElement:
		if n := len(g.text); n > 0 {
			g.text = g.text[:n-1]
		}
	case xml.CharData:
		if n := len(g.text); n > 0 {
			if g.text[n-1] += len(t); g.text[n-1] > g.limits.Text {
				err = g.refuse("an element with more than %d bytes of text", g.limits.Text)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (g *xmlGuard) open(t xml.StartElement) error {
	g.elements++
	g.text = append(g.text, 0)
	switch {
	case g.elements > g.limits.Elements:
		return g.refuse("more than %d elements", g.limits.Elements)
	case len(g.text) > g.limits.Depth:
		return g.refuse("more than %d elements within each other", g.limits.Depth)
	case len(t.Attr) > g.limits.Attributes:
		return g.refuse("an element with more than %d attributes", g.limits.Attributes)
	}
	for _, a := range t.Attr {
		if len(a.Value) > g.limits.Text {
			return g.refuse("an attribute of more than %d bytes", g.limits.Text)
		}
	}
	return nil
}

func (g *xmlGuard) refuse(format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{g.line()}, args...)...)
}

func (g *xmlGuard) line() int {
	line, _ := g.d.InputPos()
	return line
}
