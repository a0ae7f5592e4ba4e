package harvest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// XMLLimits bound what a document from elsewhere may hold. The zero value of a
// field is its default.
type XMLLimits struct {
	Depth      int // elements within each other; 0: 64
	Elements   int // in all; 0: 4 million
	Attributes int // of one element; 0: 64
	Text       int // bytes of one element's own text, or of one attribute; 0: 4 MiB

	Part string // local name of the elements whose mended places are counted apart
}

func (l *XMLLimits) complete() {
	byDefault(&l.Depth, 64)
	byDefault(&l.Elements, 4_000_000)
	byDefault(&l.Attributes, 64)
	byDefault(&l.Text, 4<<20)
}

// Mended is what XML forbids and was mended in a document.
type Mended struct {
	Places int   // in all
	Parts  []int // places within each element named XMLLimits.Part
}

// In is the number of places mended in a part.
func (m Mended) In(part int) int {
	if part < 0 || part >= len(m.Parts) {
		return 0
	}
	return m.Parts[part]
}

// XMLError says that a document cannot be read. Root is its outermost element's local name,
// "" where none was reached: what begins as something else than an answer is a web page
// of a gateway, and passes.
type XMLError struct {
	Root string
	Err  error
}

// Error implements error.
func (e *XMLError) Error() string { return fmt.Sprintf("harvest: XML: %v", e.Err) }

// Unwrap returns the reason.
func (e *XMLError) Unwrap() error { return e.Err }

// DecodeXML reads one whole document in UTF-8 into the struct that into points to, as
// xml.Unmarshal does. Characters and references that XML forbids are mended and counted
// first. It refuses document types, and with them entities of their
// own (of which none is ever resolved), other encodings, what exceeds the limits, and
// anything but comments after the document's end. Each element named limits.Part gets an
// attribute harvest-part, its number in Mended.Parts. An error is an *XMLError.
func DecodeXML(body []byte, into any, limits XMLLimits) (Mended, error) {
	limits.complete()
	g := newXMLGuard(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), limits)
	err := errors.New("the document is empty")
	if len(bytes.TrimSpace(g.mender.rest)) > 0 {
		err = g.decode(into)
	}
	if err != nil {
		if syntax := new(xml.SyntaxError); errors.As(err, &syntax) {
			syntax.Line = g.line() // what takes tokens knows no lines
		}
		return Mended{}, &XMLError{g.root, err}
	}
	return g.mended, nil
}

func (g *xmlGuard) decode(into any) error {
	d := xml.NewTokenDecoder(g)
	if err := d.Decode(into); err != nil {
		if err == io.EOF {
			err = errors.New("no element")
		}
		return err
	}
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.Comment, xml.ProcInst:
			continue
		case xml.CharData:
			if len(bytes.TrimSpace(t)) == 0 {
				continue
			}
		}
		return g.refuse("something follows the document's end")
	}
}

// xmlGuard gives the tokens of a document as long as they keep to the limits.
type xmlGuard struct {
	d        *xml.Decoder
	mender   *mender
	mended   Mended
	limits   XMLLimits
	root     string
	elements int
	open     []element
}

// element is one that is not closed.
type element struct {
	text int // bytes of it
	part int // that it is, or is within; -1: none
}

func newXMLGuard(body []byte, limits XMLLimits) *xmlGuard {
	m := &mender{rest: body}
	d := xml.NewDecoder(m)
	d.CharsetReader = func(label string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("the encoding %.40q; want UTF-8", label)
	}
	return &xmlGuard{d: d, mender: m, limits: limits}
}

// Token implements xml.TokenReader. Tokens are raw: the decoder that takes them
// resolves name spaces and matches ends with beginnings.
func (g *xmlGuard) Token() (xml.Token, error) {
	t, err := g.d.RawToken()
	if err != nil {
		return nil, err
	}
	places := g.drain()
	switch e := t.(type) {
	case xml.Directive:
		hint := ""
		if strings.Contains(strings.ToLower(string(e[:min(len(e), 40)])), "html") {
			hint = "; this is a web page, not the answer of an API"
		}
		return nil, g.refuse("a document type is not accepted%s", hint)
	case xml.StartElement:
		t, err = g.start(e)
	case xml.CharData:
		if n := len(g.open); n > 0 {
			if g.open[n-1].text += len(e); g.open[n-1].text > g.limits.Text {
				err = g.refuse("an element with more than %d bytes of text", g.limits.Text)
			}
		}
	}
	if n := len(g.open); n > 0 {
		if part := g.open[n-1].part; part >= 0 {
			g.mended.Parts[part] += places
		}
		if _, ends := t.(xml.EndElement); ends {
			g.open = g.open[:n-1]
		}
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// drain counts the places mended up to the present token's end.
func (g *xmlGuard) drain() (n int) {
	at, done := g.d.InputOffset(), 0
	for _, p := range g.mender.places {
		if p.offset >= at {
			break
		}
		n += p.n
		done++
	}
	g.mender.places = g.mender.places[done:]
	g.mended.Places += n
	return n
}

// start opens an element and numbers it if it is a part.
func (g *xmlGuard) start(t xml.StartElement) (xml.Token, error) {
	g.elements++
	e := element{part: -1}
	if n := len(g.open); n > 0 {
		e.part = g.open[n-1].part
	} else if g.root == "" {
		g.root = t.Name.Local
	}
	part := t.Name.Local == g.limits.Part && e.part < 0
	if part {
		e.part = len(g.mended.Parts)
		g.mended.Parts = append(g.mended.Parts, 0)
	}
	g.open = append(g.open, e)
	err := g.check(t)
	if part {
		t.Attr = append(t.Attr, xml.Attr{Name: xml.Name{Local: "harvest-part"}, Value: strconv.Itoa(e.part)})
	}
	return t, err
}

func (g *xmlGuard) check(t xml.StartElement) error {
	switch {
	case g.elements > g.limits.Elements:
		return g.refuse("more than %d elements", g.limits.Elements)
	case len(g.open) > g.limits.Depth:
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

// Fold joins the words of a text by single spaces: services break lines anywhere.
func Fold(text string) string { return strings.Join(strings.Fields(text), " ") }
