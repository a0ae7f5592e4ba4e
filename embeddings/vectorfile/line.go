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

func blank(b byte) bool { return b == ' ' || b == '\t' || b == '\r' }

// parse reads a line without its end: from the back, one number after another.
func (p *lineParser) parse(line []byte) lineKind {
	end := len(line)
	for end > 0 && blank(line[end-1]) {
		end--
	}
	if p.word = bytes.TrimLeft(line[:end], " \t"); len(p.word) == 0 {
		return lineBlank
	}
	kind := lineGood
	for i := p.dim - 1; i >= 0; i-- {
		start := end
		for start > 0 && !blank(line[start-1]) {
			start--
		}
		v, ok := parseFloat(line[start:end])
		if !ok || start == 0 {
			p.firstField()
			return lineColumns
		}
		if !finite(v) {
			kind = lineNotFinite
		}
		p.values[i] = v
		for end = start; end > 0 && blank(line[end-1]); {
			end--
		}
	}
	p.word = bytes.TrimLeft(line[:end], " \t")
	if len(p.word) == 0 {
		return lineColumns
	}
	if at := bytes.LastIndexAny(p.word, " \t"); at >= 0 {
		_, number := parseFloat(p.word[at+1:])
		if p.header || number {
			p.firstField()
			return lineColumns
		}
	}
	return kind
}

// firstField leaves of the word what stands before the first space.
func (p *lineParser) firstField() {
	if at := bytes.IndexAny(p.word, " \t"); at >= 0 {
		p.word = p.word[:at]
	}
}
