package features

import (
	"context"
	"iter"

	"assay/corpus"
	"assay/corpus/shards"
	"assay/corpus/text"
)

// Fields says which fields of a paper its tokens are made of.
type Fields string

// The fields that there are. Both stand between their markers, as text.Document
// has them; one alone stands without, as it would be in every paper.
const (
	TitleAndAbstract Fields = "title+abstract"
	Abstract         Fields = "abstract"
	Title            Fields = "title"
)

// AppendText appends the fields' text to dst, ready to be tokenised.
func (f Fields) AppendText(dst []byte, p *corpus.Paper) []byte {
	switch f {
	case Abstract:
		return append(dst, text.Clean(p.Abstract)...)
	case Title:
		return append(dst, text.Clean(p.Title)...)
	}
	return text.AppendDocument(dst, p.Title, p.Abstract)
}

// Tokens reads, cleans and tokenises the papers at the given rows of a corpus,
// on so many workers (0: one for each processor), and yields them in the order
// of rows. The papers may be kept, as may the tokens' strings; the slice of
// tokens is reused. The first error is yielded last.
func Tokens(ctx context.Context, c *shards.Corpus, rows []int64, workers int) iter.Seq2[text.Tokenized[corpus.Paper], error] {
	return TitleAndAbstract.tokens(ctx, c, rows, workers)
}

func (f Fields) tokens(ctx context.Context, c *shards.Corpus, rows []int64, workers int) iter.Seq2[text.Tokenized[corpus.Paper], error] {
	papers := func(yield func(corpus.Paper, error) bool) {
		for p, err := range c.Papers(ctx, rows) {
			if err != nil {
				yield(corpus.Paper{}, err)
				return
			}
			if !yield(*p, nil) { // a copy: the tokenizer reads ahead
				return
			}
		}
	}
	document := func(dst []byte, p corpus.Paper) []byte { return f.AppendText(dst, &p) }
	return text.Stream(ctx, text.NewTokenizer(), papers, document, workers)
}

// Sentences yields the tokens of each paper as [Tokens] does, without the paper.
func Sentences(ctx context.Context, c *shards.Corpus, rows []int64, workers int) iter.Seq2[[]string, error] {
	return TitleAndAbstract.Sentences(ctx, c, rows, workers)
}

// Sentences yields the tokens of the fields of each paper, as [Sentences] does of
// all.
func (f Fields) Sentences(ctx context.Context, c *shards.Corpus, rows []int64, workers int) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for p, err := range f.tokens(ctx, c, rows, workers) {
			if !yield(p.Tokens, err) || err != nil {
				return
			}
		}
	}
}
