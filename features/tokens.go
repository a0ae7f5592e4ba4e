package features

import (
	"context"
	"iter"

	"assay/corpus"
	"assay/corpus/text"
)

// Tokens reads, cleans and tokenises the papers at the given rows of a corpus,
// on so many workers (0: one for each processor), and yields them in the order
// of rows. The papers may be kept, as may the tokens' strings; the slice of
// tokens is reused. The first error is yielded last.
func Tokens(ctx context.Context, c *corpus.Corpus, rows []int64, workers int) iter.Seq2[text.Tokenized[corpus.Paper], error] {
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
	document := func(dst []byte, p corpus.Paper) []byte { return text.AppendDocument(dst, p.Title, p.Abstract) }
	return text.Stream(ctx, text.NewTokenizer(), papers, document, workers)
}

// Sentences yields the tokens of each paper as [Tokens] does, without the paper.
func Sentences(ctx context.Context, c *corpus.Corpus, rows []int64, workers int) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for p, err := range Tokens(ctx, c, rows, workers) {
			if !yield(p.Tokens, err) || err != nil {
				return
			}
		}
	}
}
