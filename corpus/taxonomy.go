package corpus

import (
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/suggest"
)

// Taxonomy is a list of categories, each in one group: what a paper's labels are
// and how they are numbered. It is immutable.
//
// Two taxonomies are arXiv's. "arxiv" is today's: 155 categories in 8 groups.
// "arxiv-2019" is that of the comparison this program reproduces: the 148
// categories outside eess and econ, in 6 groups, its master categories.
//
// Any number of others list topics to tell apart, "topics:cs.LG,cs.CV": 2 to 1000
// ids without commas or white space, each a label, in the order given, and a
// group of its own. Ids that arXiv defines are its categories; any other word is
// a topic of its own, such as deep-learning. A paper has a label only if it
// carries exactly one of the topics.
//
// Sources give ids of all ages; [Taxonomy.Resolve] states the rule by which an
// id becomes a label. Shards keep the ids as the source gives them, so that the
// rule applies whenever labels are asked for.
type Taxonomy struct {
	Name       string
	Categories []Category // ascending by ID, bytewise; topics in the order given
	Groups     []Group
	// Exclusive says that a paper has one label or none, as with topics.
	Exclusive bool

	index map[string]resolution
}

// Category is one label that a paper can carry.
type Category struct {
	ID    string // such as cs.LG
	Name  string // such as Machine Learning
	Group int    // index into Taxonomy.Groups
}

// Group is one master category.
type Group struct {
	ID   string // such as physics
	Name string // such as Physics
}

// Outcome says what became of a category id under a taxonomy.
type Outcome int

const (
	// UnknownID is an id that arXiv does not define.
	UnknownID Outcome = iota
	// ListedID is the id of a category of the taxonomy.
	ListedID
	// RenamedID is another id of a category of the taxonomy.
	RenamedID
	// SplitID is an archive that was divided into several categories, so that its
	// bare id names none of them.
	SplitID
	// OutsideID is a category of arXiv's that the taxonomy leaves out.
	OutsideID
)

func (o Outcome) String() string {
	names := [...]string{"unknown", "listed", "renamed", "split", "outside"}
	if o < 0 || int(o) >= len(names) {
		return "invalid"
	}
	return names[o]
}

type resolution struct {
	label   int32
	outcome Outcome
}

// TaxonomyNames lists what [LookupTaxonomy] knows, the last as an example of its
// kind.
func TaxonomyNames() []string { return []string{"arxiv", "arxiv-2019", "topics:cs.LG,cs.CV"} }

// LookupTaxonomy returns the taxonomy called name. The error for any other name
// gives the known ones, that for a list of topics says what is wrong with it; both
// are usage errors.
func LookupTaxonomy(name string) (*Taxonomy, error) {
	switch {
	case name == "arxiv":
		return newTaxonomy(name), nil
	case name == "arxiv-2019":
		return newTaxonomy(name, "eess", "econ"), nil
	case strings.HasPrefix(name, topicsPrefix):
		return newTopics(name)
	}
	return nil, fault.Usagef("corpus: unknown taxonomy %q%s (known: %s)",
		shortened(name), suggest.Hint(name, TaxonomyNames()), strings.Join(TaxonomyNames(), ", "))
}

// SplitArchives lists the archives that arXiv divided into several categories. Papers from
// before carry their bare ids, which no taxonomy has as labels.
func SplitArchives() []string { return slices.Clone(splitTable[:]) }

func newTaxonomy(name string, without ...string) *Taxonomy {
	t := &Taxonomy{Name: name, index: make(map[string]resolution)}
	groups := make(map[string]int)
	for _, g := range groupTable {
		if !slices.Contains(without, g.ID) {
			groups[g.ID] = len(t.Groups)
			t.Groups = append(t.Groups, g)
		}
	}
	for _, c := range categoryTable {
		g, ok := groups[c.group]
		if !ok {
			t.index[c.id] = resolution{-1, OutsideID}
			continue
		}
		t.index[c.id] = resolution{int32(len(t.Categories)), ListedID}
		t.Categories = append(t.Categories, Category{ID: c.id, Name: c.name, Group: g})
	}
	t.renameAll()
	for _, id := range splitTable {
		t.index[id] = resolution{-1, SplitID}
	}
	return t
}

// renameAll lets every further id that arXiv defines stand for its category.
func (t *Taxonomy) renameAll() {
	for _, a := range aliasTable {
		t.rename(a.alias, a.canonical)
		t.rename(a.canonical, a.alias)
	}
	for _, a := range archaicTable {
		t.rename(a.id, a.successor)
	}
}

// rename lets id stand for another id's category, unless it has its own.
func (t *Taxonomy) rename(id, to string) {
	if t.index[id].outcome == ListedID {
		return
	}
	if r := t.index[to]; r.outcome == ListedID {
		t.index[id] = resolution{r.label, RenamedID}
	} else {
		t.index[id] = resolution{-1, OutsideID}
	}
}

// Resolve returns the label of a category id, or -1, and why.
//
//   - The id of one of the taxonomy's categories is that label. Where arXiv
//     lists one category under two ids (cs.NA and math.NA) and the taxonomy has
//     both, each is a label of its own and neither implies the other.
//   - An archive that became one category (cmp-lg, alg-geom and 16 more) is the
//     label of its successor.
//   - Of two ids for one category, where the taxonomy has only one, the other
//     is the same label: eess.SY is cs.SY under "arxiv-2019".
//   - The bare ids astro-ph, cond-mat and q-bio are no label. arXiv divided
//     these archives into several categories without a default, so any choice
//     would invent a truth. A paper with no other id has no labels.
func (t *Taxonomy) Resolve(id string) (label int, outcome Outcome) {
	r, ok := t.index[id]
	if !ok {
		return -1, UnknownID
	}
	return int(r.label), r.outcome
}

// Index returns the label of the category whose own id is id.
func (t *Taxonomy) Index(id string) (int, bool) {
	r := t.index[id]
	return int(r.label), r.outcome == ListedID
}

// Labels returns the labels of p, distinct and in the order of its categories,
// and the ids that give no label, as [Taxonomy.Resolve] rules. Both can be
// empty; a paper without labels tells a classifier nothing. Under an exclusive
// taxonomy a paper of several topics has no label.
func (t *Taxonomy) Labels(p *Paper) (labels []int32, unknown []string) {
	for _, id := range p.Categories {
		r, ok := t.index[id]
		switch {
		case !ok || r.label < 0:
			if !slices.Contains(unknown, id) {
				unknown = append(unknown, id)
			}
		case !slices.Contains(labels, r.label):
			labels = append(labels, r.label)
		}
	}
	if t.Exclusive && len(labels) > 1 {
		labels = nil
	}
	return labels, unknown
}

// LeftOut says in words which papers have no label, to follow a number of papers.
func (t *Taxonomy) LeftOut() string {
	if t.Exclusive {
		return "of none or several of the topics"
	}
	return "outside taxonomy " + t.Name
}

// GroupOf returns the group of each category: (len(Categories)) indices into
// Groups.
func (t *Taxonomy) GroupOf() []int32 {
	groups := make([]int32, len(t.Categories))
	for i, c := range t.Categories {
		groups[i] = int32(c.Group)
	}
	return groups
}
