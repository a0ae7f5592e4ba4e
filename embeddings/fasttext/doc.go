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
// # Rows are updated once a word, not once a prediction
//
// The official program adds each prediction's gradient g to all n rows of a word and
// its n-grams. The hidden vector is their mean, so it moves by g·Σm²/n, where m is how
// often a row occurs among the n. It is therefore enough to move the hidden vector
// after each prediction, and the rows once a word by the sum of the gradients. The
// numbers are the same up to rounding, with a sixth of the memory traffic, which takes
// most of the time. For the same reason the next word's rows are prefetched, and only
// buckets in use are held, sorted by the frequency of their words, in huge pages.
//
// # Deterministic training of vectors runs on one core
//
// The result of parallel updates without locks depends on their order, and so on
// timing. Reading and tokenising stay parallel. A run's record says which way its
// vectors were trained (`vectors.exact`).
package fasttext
