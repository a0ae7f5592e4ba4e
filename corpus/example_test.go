package corpus_test

import (
	"fmt"

	"assay/corpus"
)

func Example() {
	t, err := corpus.LookupTaxonomy("arxiv-2019")
	if err != nil {
		fmt.Println(err)
		return
	}
	paper := &corpus.Paper{
		ID: "1802.07540", Title: "On the p-adic zeta function", Abstract: "We prove it.",
		Categories: []string{"math.NT", "alg-geom", "econ.TH"},
	}
	labels, unknown := t.Labels(paper)
	for _, l := range labels {
		c := t.Categories[l]
		fmt.Println(c.ID, c.Name, "in", t.Groups[c.Group].Name)
	}
	fmt.Println("no label:", unknown)
	fmt.Println(corpus.Split{Validation: 0.05, Test: 0.05, Key: "assay"}.Of(paper.ID))
	// Output:
	// math.NT Number Theory in Mathematics
	// math.AG Algebraic Geometry in Mathematics
	// no label: [econ.TH]
	// train
}
