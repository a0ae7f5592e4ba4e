package features

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"sync"

	"assay/internal/frame"
)

// Vocabulary is the terms that are the columns of a count matrix, or the words
// that a network knows. It is immutable and safe for concurrent use.
type Vocabulary struct {
	terms              []string // ascending by code points
	ngramMin, ngramMax int
	binary, words      bool

	once  sync.Once
	index map[string]int32
}

// Len is the number of terms.
func (v *Vocabulary) Len() int { return len(v.terms) }

// Terms returns the terms in the order of their columns; the slice aliases the
// vocabulary and must not be changed.
func (v *Vocabulary) Terms() []string { return v.terms }

// Index returns the column of a term, which is in lower case, the tokens of an
// n-gram joined by spaces.
func (v *Vocabulary) Index(term string) (column int, ok bool) {
	return slices.BinarySearch(v.terms, term)
}

// Hash returns the SHA-256, in hexadecimal, of the terms and of how they are
// counted: two vocabularies of one hash give any paper the same row.
func (v *Vocabulary) Hash() string {
	h := sha256.New()
	fmt.Fprintf(h, "vocabulary n-grams %d-%d binary %t words %t terms %d\n", v.ngramMin, v.ngramMax, v.binary, v.words, len(v.terms))
	for _, t := range v.terms {
		fmt.Fprintf(h, "%d %s\n", len(t), t)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Transform counts the vocabulary's terms in the tokens of new papers, as the
// Counter did that made the vocabulary: one row a paper.
func (v *Vocabulary) Transform(papers ...[]string) *CSR {
	x := &CSR{Cols: len(v.terms), Indptr: make([]int64, 1, len(papers)+1)}
	for _, tokens := range papers {
		v.appendRow(x, tokens)
	}
	return x
}

// appendRow counts the terms of one more paper.
func (v *Vocabulary) appendRow(x *CSR, tokens []string) {
	v.once.Do(func() {
		v.index = make(map[string]int32, len(v.terms))
		for j, t := range v.terms {
			v.index[t] = int32(j)
		}
	})
	columns := v.columns(nil, tokens)
	slices.Sort(columns)
	for k, j := range columns {
		if k > 0 && columns[k-1] == j {
			if !v.binary {
				x.Values[len(x.Values)-1]++
			}
			continue
		}
		x.Indices = append(x.Indices, j)
		x.Values = append(x.Values, 1)
	}
	x.Indptr = append(x.Indptr, int64(len(x.Indices)))
}

// kept returns the words of a paper that can be terms, in their order.
func (v *Vocabulary) kept(tokens []string) []string {
	var kept []string
	for _, t := range tokens {
		switch t = lower(t); {
		case v.words:
			kept = slices.AppendSeq(kept, words(t))
		case !oneCharacter(t):
			kept = append(kept, t)
		}
	}
	return kept
}

// columns appends the column of each occurrence of a term.
func (v *Vocabulary) columns(dst []int32, tokens []string) []int32 {
	kept := v.kept(tokens)
	for i := range kept {
		gram := ""
		for n := 1; n <= v.ngramMax && i+n <= len(kept); n++ {
			if n > 1 {
				gram += " "
			}
			gram += kept[i+n-1]
			if n < v.ngramMin {
				continue
			}
			if j, ok := v.index[gram]; ok {
				dst = append(dst, j)
			}
		}
	}
	return dst
}

const vocabularyKind = "features.vocabulary"

// Save writes the vocabulary as one frame (see package frame).
func (v *Vocabulary) Save(w io.Writer) error {
	err := frame.Write(w, vocabularyKind, 1, func(e *frame.Encoder) {
		e.Int(v.ngramMin)
		e.Int(v.ngramMax)
		e.Bool(v.binary)
		e.Bool(v.words)
		e.Texts(v.terms)
	})
	if err != nil {
		return fmt.Errorf("features: save vocabulary: %w", err)
	}
	return nil
}

// LoadVocabulary reads what Save wrote. A damaged or truncated file is a usage
// error.
func LoadVocabulary(r io.Reader) (*Vocabulary, error) {
	v := &Vocabulary{}
	err := frame.Read(r, vocabularyKind, 1, func(d *frame.Decoder) {
		v.ngramMin, v.ngramMax, v.binary, v.words = d.Int(), d.Int(), d.Bool(), d.Bool()
		v.terms = d.Texts()
		if !ascending(v.terms) || v.ngramMin < 1 || v.ngramMax < v.ngramMin {
			d.Fail("its terms are not in order")
		}
	})
	if err != nil {
		return nil, fmt.Errorf("features: load vocabulary: %w", err)
	}
	return v, nil
}

func ascending(terms []string) bool {
	for i := 1; i < len(terms); i++ {
		if terms[i-1] >= terms[i] {
			return false
		}
	}
	return true
}
