package shards_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"assay/corpus"
	"assay/corpus/shards"
)

// Three papers are written as a corpus, of which one is drawn.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 3 papers in 2 shards
	// 2001.00001 On bees
}

func example(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "shards-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	dir = filepath.Join(dir, "insects")
	papers := func(yield func(*corpus.Paper, error) bool) {
		for i, title := range []string{"On bees", "On ants", "On wasps"} {
			p := &corpus.Paper{ID: fmt.Sprintf("2001.%05d", i+1), Title: title, Abstract: "We count.", Categories: []string{"q-bio.PE"}}
			if !yield(p, nil) {
				return
			}
		}
	}
	m, err := shards.Write(ctx, dir, papers, shards.WriterOptions{ShardRows: 2, Source: "garden"})
	if err != nil {
		return err
	}
	fmt.Printf("%d papers in %d shards\n", m.Rows, len(m.Shards))

	c, err := shards.Open(dir)
	if err != nil {
		return err
	}
	defer c.Close()
	rows, err := c.Sample(1, 42)
	if err != nil {
		return err
	}
	for p, err := range c.Papers(ctx, rows) {
		if err != nil {
			return err
		}
		fmt.Println(p.ID, p.Title)
	}
	return nil
}
