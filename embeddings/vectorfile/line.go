package vectorfile

import "bytes"

// lineKind is what a line turned out to be.
type lineKind uint8

const (
	lineGood lineKind = iota
	lineBlank
	lineColumns   // a wrong number of columns, or a value that is no number
	lineNotFinite // a value that is NaN or infinite
)

// lineParser takes lines of text apart.
type lineParser struct {
	dim    int
	header bool      // words hold no spaces
	word   []byte    // of the last line, aliasing it
	values []float32 // of the last line, (dim)
}

func newLineParser(dim int, header bool) *lineParser {
	return &lineParser{dim: dim, header: header, values: make([]float32, dim)}
}

// blanks separate the fields of a line, those of a header too. Other white space,
// such as the no-break space, is part of a word: GloVe has words of nothing else.
const blanks = " \t\r"

func blank(b byte) bool { return b == ' ' || b == '\t' || b == '\r' }

// cutLast returns the last field of a line and what stands before it.
func cutLast(line []byte) (before, field []byte) {
	end := len(line)
	for end > 0 && blank(line[end-1]) {
		end--
	}
	start := end
	for start > 0 && !blank(line[start-1]) {
		start--
	}
	return line[:start], line[start:end]
}

// parse reads a line without its end: from the back, one number after another.
func (p *lineParser) parse(line []byte) lineKind {
	if p.word = bytes.Trim(line, blanks); len(p.word) == 0 {
		return lineBlank
	}
	kind := lineGood
	for i := p.dim - 1; i >= 0; i-- {
		before, field := cutLast(line)
		v, ok := parseFloat(field)
		if !ok || len(before) == 0 {
			p.firstField()
			return lineColumns
		}
		if !finite(v) {
			kind = lineNotFinite
		}
		p.values[i] = v
		line = before
	}
	if p.word = bytes.Trim(line, blanks); len(p.word) == 0 {
		return lineColumns
	}
	if before, field := cutLast(p.word); len(before) > 0 {
		_, number := parseFloat(field)
		if p.header || number {
			p.firstField()
			return lineColumns
		}
	}
	return kind
}

// firstField leaves of the word what stands before the first space.
func (p *lineParser) firstField() {
	if at := bytes.IndexAny(p.word, blanks); at >= 0 {
		p.word = p.word[:at]
	}
}
