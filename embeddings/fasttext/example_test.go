package fasttext_test

import (
	"bytes"
	"context"
	"fmt"

	"assay/embeddings"
	"assay/embeddings/fasttext"
)

// Vectors are trained on sentences; character n-grams give vectors to words that
// were in none of them.
func Example() {
	sentences := func(yield func([]string, error) bool) {
		for range 100 {
			if !yield([]string{"bright", "star", "near", "galaxy"}, nil) || !yield([]string{"short", "proof", "of", "theorem"}, nil) {
				return
			}
		}
	}
	opt := fasttext.DefaultOptions()
	opt.Dim, opt.Buckets, opt.Epochs = 8, 1000, 5
	opt.Seed, opt.Deterministic = 1, true
	model, report, err := fasttext.Train(context.Background(), sentences, opt)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Sentences, "sentences,", report.Words, "words with the end of a sentence")

	dst := make([]float32, model.Dim())
	match, err := model.Lookup(dst, "galaxies")
	fmt.Println(match == embeddings.Subwords, err)

	var file bytes.Buffer // the official program's .bin
	err = model.Write(&file)
	fmt.Println(fasttext.IsModel(file.Bytes()), err)
	// Output:
	// 200 sentences, 9 words with the end of a sentence
	// true <nil>
	// true <nil>
}
