package ingest_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"assay/corpus"
	"assay/corpus/ingest"
)

// titles keeps what an import gives to it.
type titles []string

func (t *titles) Add(p *corpus.Paper) error { *t = append(*t, p.ID+" "+p.Title); return nil }
func (t *titles) Reset() error              { *t = nil; return nil }

// Of the two records of one paper, whose id is spelt in two ways, the last is kept.
func Example() {
	dump := `{"id":"arXiv:1802.07540v1","title":"On bees","abstract":"We count.","categories":"q-bio.PE"}
{"id":"1802.07541","title":"On ants","abstract":"We count.","categories":"q-bio.PE"}
{"id":"1802.07540","title":"On honey bees","abstract":"We count.","categories":"q-bio.PE"}
`
	var kept titles
	summary, err := ingest.Import(context.Background(), ingest.Options{
		Format: "kaggle", Inputs: []string{"-"}, Stdin: strings.NewReader(dump), TempDir: os.TempDir(),
	}, &kept)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d read, %d kept, %d duplicate\n%q\n", summary.Read, summary.Kept, summary.Duplicates, kept)
	// Output:
	// 3 read, 2 kept, 1 duplicate
	// ["1802.07541 On ants" "1802.07540 On honey bees"]
}
