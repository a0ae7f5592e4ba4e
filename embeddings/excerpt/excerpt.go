// Package excerpt keeps the part of a table of word vectors that a trained model
// needs, in one file beside the model: the vectors of the words of its papers, to the
// bit, and what gives other words theirs.
//
//	e, err := excerpt.Of(ctx, vectors, words, nil)
//	err = e.Save(file)
//	back, err := excerpt.Load(file)
//	match, err := back.Lookup(dst, "neutrino")
package excerpt

import (
	"context"
	"fmt"
	"io"
	"slices"

	"assay/embeddings"
	"assay/embeddings/fasttext"
	"assay/internal/frame"
)

// How much is held beside the words that are asked for. Both bounds keep the excerpt
// of a large published table below some 100 MB.
const (
	fewestWords  = 100_000 // filled up with the first words of the table, the most frequent
	mostSubwords = 500_000 // n-grams of FastText
)

// Excerpt is a part of a table of word vectors. A word that it lacks is looked up by
// its character n-grams where the table was FastText's, and in lower case where it
// was another. It implements [embeddings.Vectors].
type Excerpt struct {
	*embeddings.Table
	lower    bool               // words are looked up again in lower case
	subwords *fasttext.Subwords // nil: none
	whole    int                // words of the table
}

var _ embeddings.Vectors = (*Excerpt)(nil)

// Of returns the excerpt of v for these words, which must differ and have vectors.
// data holds those, (len(words), Dim), where they are known already; nil: they are
// looked up. The error is that of the file of v, or the context's.
func Of(ctx context.Context, v embeddings.Vectors, words []string, data []float32) (*Excerpt, error) {
	words, data = slices.Clip(words), slices.Clip(data) // appending copies
	vector := make([]float32, v.Dim())
	lookup := func(word string) error {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("excerpt: %w", err)
		}
		if _, err := v.Lookup(vector, word); err != nil {
			return fmt.Errorf("excerpt: %w", err)
		}
		data = append(data, vector...)
		return nil
	}
	if data == nil {
		data = make([]float32, 0, len(words)*v.Dim())
		for _, word := range words {
			if err := lookup(word); err != nil {
				return nil, err
			}
		}
	}
	if len(words) < fewestWords {
		known := make(map[string]bool, len(words))
		for _, word := range words {
			known[word] = true
		}
		for i := 0; i < v.Len() && len(words) < fewestWords; i++ {
			if word := v.Word(i); !known[word] {
				if err := lookup(word); err != nil {
					return nil, err
				}
				words = append(words, word)
			}
		}
	}
	e := &Excerpt{lower: true, whole: v.Len()}
	var err error
	if e.Table, err = embeddings.NewTable(v.Dim(), words, data, v.Documents()); err != nil {
		return nil, fmt.Errorf("excerpt: %w", err)
	}
	if m, ok := v.(*fasttext.Model); ok {
		e.lower = false
		if e.subwords, err = m.Subwords(ctx, mostSubwords); err != nil {
			return nil, fmt.Errorf("excerpt: %w", err)
		}
	}
	return e, nil
}

// Lookup implements [embeddings.Vectors].
func (e *Excerpt) Lookup(dst []float32, word string) (embeddings.Match, error) {
	if i, ok := e.Index(word); ok {
		copy(dst, e.Row(i))
		return embeddings.Exact, nil
	}
	switch {
	case e.lower:
		return e.Table.Lookup(dst, word)
	case e.subwords != nil && e.subwords.Lookup(dst, word):
		return embeddings.Subwords, nil
	}
	clear(dst)
	return embeddings.Missing, nil
}

// String says what the excerpt holds and what it has lost of the table.
func (e *Excerpt) String() string {
	if e.subwords != nil {
		return fmt.Sprintf("%d words of a table of %d, and %d character n-grams in 8 bits for others", e.Len(), e.whole, e.subwords.Len())
	}
	return fmt.Sprintf("%d words of a table of %d; others have no vector", e.Len(), e.whole)
}

const kind = "embeddings.excerpt"

// Save writes the excerpt as one frame (see package frame).
func (e *Excerpt) Save(w io.Writer) error {
	err := frame.Write(w, kind, 1, func(out *frame.Encoder) {
		out.Int(e.Dim())
		out.Bool(e.Documents() == embeddings.UnitMean)
		out.Bool(e.lower)
		out.Int(e.whole)
		out.Texts(e.Words())
		out.Float32s(e.Data())
		out.Bool(e.subwords != nil)
		if e.subwords != nil {
			e.subwords.Encode(out)
		}
	})
	if err != nil {
		return fmt.Errorf("excerpt: save: %w", err)
	}
	return nil
}

// Load reads what Save wrote. A damaged or truncated file is a usage error.
func Load(r io.Reader) (*Excerpt, error) {
	e := &Excerpt{}
	err := frame.Read(r, kind, 1, func(d *frame.Decoder) {
		dim, rule := d.Int(), embeddings.Mean
		if d.Bool() {
			rule = embeddings.UnitMean
		}
		e.lower, e.whole = d.Bool(), d.Int()
		words, data := d.Texts(), d.Float32s()
		table, err := embeddings.NewTable(dim, words, data, rule)
		if err != nil {
			d.Fail("%v", err)
			return
		}
		e.Table = table
		if d.Bool() {
			e.subwords = fasttext.DecodeSubwords(d)
			if e.subwords.Dim() != dim {
				d.Fail("its n-grams have another dimension than its words")
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("excerpt: load: %w", err)
	}
	return e, nil
}
