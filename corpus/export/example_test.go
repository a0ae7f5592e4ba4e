package export_test

import (
	"fmt"
	"os"

	"assay/corpus"
	"assay/corpus/export"
)

func ExampleTSV() {
	t, err := corpus.LookupTaxonomy("topics:cs.LG,cs.CV")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = export.TSV(os.Stdout, func(yield func(*corpus.Paper, error) bool) {
		_ = yield(&corpus.Paper{Title: "On bees", Abstract: "We\ncount.", Categories: []string{"cs.CV"}}, nil) &&
			yield(&corpus.Paper{Title: "On ants", Abstract: "We learn.", Categories: []string{"cs.LG", "stat.ML"}}, nil)
	}, t)
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// title	abstract	cs.LG	cs.CV
	// On bees	We\ncount.	0	1
	// On ants	We learn.	1	0
}
