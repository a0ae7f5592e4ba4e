package vectorfile

import (
	"bytes"
	"slices"
	"strconv"

	"assay/embeddings/fasttext"
	"assay/internal/fault"
	"assay/internal/packed"
)

// layout is how the vectors of a file lie, all but those of fastText's models.
type layout struct {
	format Format
	words  int // that a header promises; 0 without one
	dim    int
	header int // bytes of the header and its line end; 0 without one
}

const (
	mostDims    = 60_000 // that a header may announce
	sampleLines = 100    // that are asked for the dimension
)

// tell returns the layout of a file that begins with head; whole says that head
// is all of it. A file that holds no vectors is a usage error.
//
// The header of word2vec's text and of its binary is the same. What follows is
// text if most of the first lines are a word with its numbers. Else it is binary
// if it holds bytes that text lacks, or if as many entries as the header
// announces fill the file to its end: the floats of a very small file may look
// like letters. A line end says nothing, since any float may hold its byte.
func tell(head []byte, whole bool) (layout, error) {
	line, rest, ended := bytes.Cut(head, []byte("\n"))
	if !ended && !whole {
		return layout{}, fault.Usagef("its first line is longer than %d MiB: it is no file of vectors", headBytes>>20)
	}
	words, dim, header := parseHeader(line)
	if !header {
		lines := sample(head, whole, 1)
		dim, err := vote(lines)
		if what := foreign(head); err != nil && what != "" {
			err = fault.Usagef("it holds %s; give GloVe or word2vec text, word2vec binary or a fastText model", what)
		}
		return layout{format: GloVe, dim: dim}, err
	}
	switch {
	case len(rest) == 0 && words == 0:
		return layout{}, fault.Usagef("it holds no words: its header announces 0 and nothing follows")
	case len(rest) == 0:
		return layout{}, fault.Usagef("its header announces %d words and nothing follows; it is truncated, fetch it again", words)
	case dim > mostDims:
		return layout{}, fault.Usagef("its header announces %d dimensions; at most %d are read", dim, mostDims)
	}
	l := layout{Vec, words, dim, len(line) + 1}
	lines := sample(rest, whole, 2)
	if areVectors(lines, dim) {
		return l, nil
	}
	if !looksLikeText(rest) || whole && entriesFill(rest, words, dim) {
		l.format = Word2vec
		return l, nil
	}
	if len(lines) == 0 { // the first vector is longer than head
		return l, nil
	}
	most, err := vote(lines)
	if err == nil && most != dim {
		err = fault.Usagef("its header announces %d dimensions, and most of its first %d lines have %d: the header is of another file, or the file is damaged", dim, len(lines), most)
	}
	return l, err
}

// parseHeader reads "words dimensions".
func parseHeader(line []byte) (words, dim int, ok bool) {
	fields := bytes.FieldsFunc(line, func(r rune) bool { return r < 0x80 && blank(byte(r)) })
	if len(fields) != 2 {
		return 0, 0, false
	}
	words, err := strconv.Atoi(string(fields[0]))
	if err != nil || words < 0 {
		return 0, 0, false
	}
	dim, err = strconv.Atoi(string(fields[1]))
	return words, dim, err == nil && dim > 0
}

// sampled is one of the first lines of a file.
type sampled struct {
	number int64 // 1-based
	text   []byte
}

// sample returns the first lines that are not blank, as far as head holds them to
// their end; the first line of head has the given number.
func sample(head []byte, whole bool, number int64) []sampled {
	var lines []sampled
	for ; len(head) > 0 && len(lines) < sampleLines; number++ {
		line, rest, ended := bytes.Cut(head, []byte("\n"))
		if !ended && !whole {
			break
		}
		if head = rest; len(bytes.TrimLeft(line, blanks)) > 0 {
			lines = append(lines, sampled{number, line})
		}
	}
	return lines
}

// areVectors reports whether most of the lines are a word and dim numbers.
func areVectors(lines []sampled, dim int) bool {
	good := 0
	p := newLineParser(dim, true)
	for _, l := range lines {
		if kind := p.parse(l.text); kind == lineGood || kind == lineNotFinite {
			good++
		}
	}
	return 2*good > len(lines)
}

// looksLikeText reports whether data holds no byte that text lacks.
func looksLikeText(data []byte) bool {
	return !slices.ContainsFunc(data, func(b byte) bool { return b < ' ' && b != '\n' && !blank(b) })
}

// entriesFill reports whether data is exactly so many entries of word2vec's
// binary.
func entriesFill(data []byte, words, dim int) bool {
	for range words {
		data = bytes.TrimLeft(data, "\n")
		next := bytes.IndexByte(data, ' ') + 1 + 4*dim
		if next == 4*dim || next > len(data) {
			return false
		}
		data = data[next:]
	}
	return len(bytes.TrimLeft(data, "\n")) == 0
}

// vote returns the dimension on which more than half of the lines agree. That
// one line alone says nothing: it may be a comment, a header, or cut short.
func vote(lines []sampled) (dim int, err error) {
	type party struct {
		dim, lines int
		first      int64
	}
	var parties []party
	for _, l := range lines {
		n := countNumbers(l.text)
		i := slices.IndexFunc(parties, func(p party) bool { return p.dim == n })
		if i < 0 {
			i, parties = len(parties), append(parties, party{n, 0, l.number})
		}
		parties[i].lines++
	}
	slices.SortStableFunc(parties, func(a, b party) int { return b.lines - a.lines })
	switch most := parties[0]; {
	case 2*most.lines <= len(lines):
		second := parties[1]
		return 0, fault.Usagef("its first %d lines agree on no dimension: %d have %d numbers (from line %d on), %d have %d (from line %d on); remove the lines that are no vectors, or fetch it again",
			len(lines), most.lines, most.dim, most.first, second.lines, second.dim, second.first)
	case most.dim == 0:
		return 0, fault.Usagef("it holds text, and line %d is no word with its numbers; give GloVe or word2vec text, word2vec binary or a fastText model", most.first)
	default:
		return most.dim, nil
	}
}

// countNumbers returns how many numbers a line ends in, its first field not
// counted.
func countNumbers(line []byte) int {
	n := 0
	for {
		before, field := cutLast(line)
		if _, ok := parseFloat(field); !ok || len(bytes.TrimLeft(before, blanks)) == 0 {
			return n
		}
		n++
		line = before
	}
}

// foreign names what a file holds that begins with head and is no text, else "".
func foreign(head []byte) string {
	if fasttext.IsModel(head) {
		return "a fastText model"
	}
	if len(head) > 2 && head[0] == 0x80 && 2 <= head[1] && head[1] <= 5 {
		return "a Python pickle, as gensim's save makes them (save_word2vec_format makes files for others)"
	}
	return packed.NotText(head[:min(len(head), packed.SniffBytes)])
}
