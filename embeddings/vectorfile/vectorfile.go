// Package vectorfile reads and writes files of word vectors: the text of GloVe,
// word2vec and fastText's .vec, word2vec's binary, and fastText's .bin models.
//
//	vectors, report, err := vectorfile.Open(ctx, "data/glove.6B.100d.txt")
package vectorfile

import "strings"

// Format names a file format.
type Format string

// The formats. Text files may be packed as gz, zip, xz or zst.
const (
	GloVe    Format = "glove"    // text: a word and its numbers a line, no header
	Vec      Format = "vec"      // the same after a header with words and dimension: fastText's .vec, word2vec's text
	Word2vec Format = "word2vec" // binary, after the same header
	FastText Format = "fasttext" // fastText's .bin model, with n-grams
)

// Report says what was read and what was left out, with the first lines.
type Report struct {
	Format    Format
	Words     int
	Dim       int
	Announced int // words that a header promised; 0 without a header
	// What was left out: lines with another number of columns or a value that is
	// no number, words that came before (the first stays), values that are not
	// finite.
	WrongColumns, Duplicates, NotFinite Dropped
}

// add counts a line.
func (d *Dropped) add(line int64, word string) {
	if d.Lines++; d.Lines == 1 {
		d.First, d.Word = line, brief(word)
	}
}

// brief shortens a word for a message.
func brief(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Dropped counts lines that were left out and keeps the first.
type Dropped struct {
	Lines int
	First int64  // 1-based line (text) or word (binary) number; 0 if none
	Word  string // of the first, shortened
}
