// Package vectorfile reads and writes files of word vectors: the text of GloVe,
// word2vec and fastText's .vec, word2vec's binary, and fastText's .bin models.
//
//	vectors, report, err := vectorfile.Open(ctx, "data/glove.6B.100d.txt")
package vectorfile

import (
	"fmt"
	"strings"

	"assay/internal/fault"
)

// Format names a file format.
type Format string

// The formats. All but FastText may be packed as gz, zip, xz or zst.
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
	Labels                              Dropped // entries of a fastText model that are no words
}

// mostLeftOut is the share of lines that a file may hold beside its vectors, and
// fewLeftOut how many of them a small file may.
const (
	mostLeftOut = 0.01
	fewLeftOut  = 3
)

// enough refuses a file of which too many lines are no vectors. A word that came
// before is not lost, and does not count.
func (r *Report) enough() error {
	left := r.WrongColumns.Lines + r.NotFinite.Lines
	lines := r.Words + r.Duplicates.Lines + left
	if r.Words > 0 && (float64(left) <= mostLeftOut*float64(lines) || left <= fewLeftOut && 2*left < lines) {
		return nil
	}
	if lines == 0 {
		return fault.Usagef("it holds no words")
	}
	unit := "line"
	if r.Format == Word2vec {
		unit = "word"
	}
	var why []string
	for _, d := range []struct {
		Dropped
		what string
	}{{r.WrongColumns, fmt.Sprintf("are no word with %d numbers", r.Dim)}, {r.NotFinite, "hold a value that is not finite"}} {
		if d.Lines > 0 {
			why = append(why, fmt.Sprintf("%d %s (the first is %s %d, %q)", d.Lines, d.what, unit, d.First, d.Word))
		}
	}
	return fault.Usagef("%d of its %d %ss hold no vector of %d dimensions: %s; it is damaged or of another format", left, lines, unit, r.Dim, strings.Join(why, ", "))
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
	First int64  // 1-based line (text) or word (binary, a model's dictionary) number; 0 if none
	Word  string // of the first, shortened
}
