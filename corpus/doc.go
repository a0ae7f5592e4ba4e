// Package corpus says what a paper is: its metadata, the categories that are its
// labels, the side of a split that it is on, and whether it stands under several ids.
// Its sub-packages store papers, import, harvest and export them.
//
//	t, err := corpus.LookupTaxonomy("arxiv-2019")
//	labels, _ := t.Labels(paper)
//	side := corpus.Split{Validation: 0.05, Test: 0.05}.Of(paper.ID)
//
// # Labels
//
// Papers keep their categories as the source gave them, and a taxonomy is applied when
// labels are asked for, so that one corpus serves every taxonomy. A paper without a category
// of the experiment's taxonomy, such as one of eess alone under arxiv-2019, can be
// neither learned from nor judged: it is left out, and the run's log counts such papers.
//
// # Splits
//
// The side of a paper is a hash of its id, so that a paper never changes sides when the
// corpus grows. Papers of equal title and abstract, white space aside, would be learned from
// on one side and tested on the other. They are kept together, on the side of the oldest
// id among the papers drawn, so that a later one does not move an earlier one. arXiv has
// few (151 in 500,000), mirrors and merged collections have many; the notes of a table
// say how many there were.
package corpus
