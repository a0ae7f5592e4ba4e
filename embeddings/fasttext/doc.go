// Package fasttext trains word vectors with character n-grams by negative
// sampling, and reads and writes the model files of the official program.
//
//	model, report, err := fasttext.Train(ctx, sentences, fasttext.DefaultOptions())
//	err = atomicfile.Write("vectors.bin", model.Write)
//
// Sources: Bojanowski, Grave, Joulin, Mikolov, "Enriching Word Vectors with
// Subword Information", TACL 5 (2017); Mikolov et al., "Distributed
// Representations of Words and Phrases and their Compositionality", NIPS 2013;
// file format and details of sampling after fastText 0.9.2.
//
// # FastText, step for step, but not row for row
//
// The official program adds each prediction's gradient g to all n rows of a word and
// its n-grams. Their mean, the hidden vector, moves by g·Σm²/n with m the times a row
// stands among them; so it is enough to move the hidden vector after each prediction,
// and the rows once a word, by the sum. The numbers are the same up to rounding, with
// a sixth of the traffic to memory, where the time goes. The next word's rows are
// asked for while the present one is trained; only buckets in use are held, in the
// order of their words' frequency, in huge pages.
//
// # Deterministic training of vectors runs on one core
//
// Lock-free updates depend on timing, and order is what makes bits equal. Reading and
// tokenising stay parallel. A run's record says which it was (`vectors.exact`).
package fasttext
