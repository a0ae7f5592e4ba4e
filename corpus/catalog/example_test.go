package catalog_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"assay/corpus"
	"assay/corpus/catalog"
)

// A page of a harvest is written together with how far the harvest has come, and searched.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 2 added, the next page is 2
	// 1802.07540 Graph [neural] networks
}

func example(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "catalog-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := catalog.Open(ctx, filepath.Join(dir, "arxiv.db"), catalog.Options{Create: true})
	if err != nil {
		return err
	}
	defer c.Close()
	written, err := c.Write(ctx, catalog.Batch{
		Papers: []*corpus.Paper{
			{ID: "1802.07540", Title: "Graph neural networks", Abstract: "We learn.", Categories: []string{"cs.LG"}},
			{ID: "1802.07541", Title: "On bees", Abstract: "We count.", Categories: []string{"q-bio.PE"}},
		},
		Marks: []catalog.Mark{{Source: "some service", Key: "page", State: "2"}},
	})
	if err != nil {
		return err
	}
	page, err := c.Mark(ctx, "some service", "page")
	if err != nil {
		return err
	}
	fmt.Printf("%d added, the next page is %s\n", written.Added, page)
	hits, err := c.Search(ctx, "neural", 10)
	if err != nil {
		return err
	}
	for _, h := range hits {
		fmt.Println(h.Paper.ID, h.Snippet)
	}
	return nil
}
