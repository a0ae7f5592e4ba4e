// Package corpus says what a paper is: its metadata, the categories that are its
// labels, the side of a split that it is on, and whether it stands under several ids.
// How papers are stored, imported and exported is for the packages below this one.
//
//	t, err := corpus.LookupTaxonomy("arxiv-2019")
//	labels, _ := t.Labels(paper)
//	side := corpus.Split{Validation: 0.05, Test: 0.05}.Of(paper.ID)
package corpus

import "time"

// Paper is the metadata of one paper.
type Paper struct {
	ID         string    // arXiv identifier, without version: 1802.07540, math/0611803
	Title      string    // as submitted, LaTeX included
	Abstract   string    // as submitted, LaTeX included
	Categories []string  // primary first, ids as the source gives them
	Authors    []string  // display names in the paper's order
	Created    time.Time // day of the first version, UTC; zero where unknown
	Updated    time.Time // day of the last change, UTC; zero where unknown
}
