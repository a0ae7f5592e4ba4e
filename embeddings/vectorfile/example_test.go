package vectorfile_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"assay/embeddings/vectorfile"
)

// A file is told by its content, and written again in another format.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// glove: 2 words of 3 dimensions, 1 double
	// word2vec: 2 words of 3 dimensions, 0 double
}

func example(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "vectors-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	glove, binary := filepath.Join(dir, "vectors.txt"), filepath.Join(dir, "vectors.bin")
	if err := os.WriteFile(glove, []byte("star 0.5 1 -1\nlemma 0 2 0.25\nstar 9 9 9\n"), 0o644); err != nil {
		return err
	}
	vectors, report, err := vectorfile.Open(ctx, glove)
	if err != nil {
		return err
	}
	defer vectors.Close()
	show(report)
	if err := vectorfile.Write(ctx, binary, vectorfile.Word2vec, vectors); err != nil {
		return err
	}
	again, report, err := vectorfile.Open(ctx, binary)
	if err != nil {
		return err
	}
	show(report)
	return again.Close()
}

func show(r vectorfile.Report) {
	fmt.Printf("%s: %d words of %d dimensions, %d double\n", r.Format, r.Words, r.Dim, r.Duplicates.Lines)
}
