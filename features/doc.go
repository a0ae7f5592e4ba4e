// Package features turns the text of papers into the matrices that classifiers learn
// from: counts and TF-IDF weights of terms, means of word vectors, sequences of words.
//
// A [Pass] reads, cleans and tokenises papers of a corpus once, on several workers. A
// [Set] is their matrices, for each part of a split, with the [Encoder] that makes such
// rows of any other paper by the same code; a [Collector] makes sets of terms and words,
// [Embed] those of word vectors. [Kind] lists the ways from tokens to a matrix; a further
// one has a constant there, a case in the collector or in Embed, and one in the encoder.
//
//	collector := features.NewCollector(specs, len(rows))
//	add := collector.Worker()
//	err := pass.Each(ctx, func(_, row int, _ *corpus.Paper, tokens func() []string) error {
//		add(row, tokens(), parts[row] == corpus.Train)
//		return nil
//	})
//	err = collector.Finish(ctx, places)
//	set, err := collector.Set(specs[0], workers)
//	x, err := set.Encoder.Encode(ctx, newPapers, workers)
//
// Only training papers decide what an encoder is: which terms there are, how rare they
// are, how far values spread. No result depends on the number of workers.
//
// # Terms are the words inside the tokens
//
// Terms are the words inside the tokens (`terms = "words"`), since that is what
// CountVectorizer counts over tokens joined by spaces, as the article did. Whole
// tokens (`terms = "tokens"`) keep `\mathbb{R}^d` as one rare term and cost naive
// Bayes 2.6 points of F1 on real papers.
package features
