package corpus

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"assay/internal/fault"
)

// topicsPrefix begins the name of a taxonomy of topics: topics:cs.LG,cs.CV.
const topicsPrefix = "topics:"

// mostTopics bounds what a name may list; longestTopic bounds each of them, in
// bytes.
const (
	mostTopics   = 1000
	longestTopic = 200
)

// newTopics returns the taxonomy of the topics that the name lists, each a label
// in the order given and a group of its own.
func newTopics(name string) (*Taxonomy, error) {
	ids := strings.Split(strings.TrimPrefix(name, topicsPrefix), ",")
	arxiv := newTaxonomy("arxiv")
	if err := checkTopics(ids, arxiv); err != nil {
		return nil, fault.Usagef("corpus: taxonomy %q: %w", shortened(name), err)
	}
	t := &Taxonomy{Name: name, Exclusive: true, index: make(map[string]resolution)}
	for i, id := range ids {
		id = present(id)
		c := Category{ID: id, Name: id, Group: i}
		if at, ok := arxiv.Index(id); ok {
			c.Name = arxiv.Categories[at].Name
		}
		t.Categories = append(t.Categories, c)
		t.Groups = append(t.Groups, Group{ID: c.ID, Name: c.Name})
	}
	for id := range arxiv.index {
		t.index[id] = resolution{-1, OutsideID}
	}
	for i, c := range t.Categories {
		t.index[c.ID] = resolution{int32(i), ListedID}
	}
	t.renameAll()
	for _, id := range splitTable {
		t.index[id] = resolution{-1, SplitID}
	}
	return t, nil
}

// checkTopics says what is wrong with the list, nil where nothing is.
func checkTopics(ids []string, arxiv *Taxonomy) error {
	if n := len(ids); n > mostTopics {
		return fmt.Errorf("%d topics are more than %d", n, mostTopics)
	}
	same := map[string]string{} // what each category was called
	for i, id := range ids {
		if err := checkTopic(id, arxiv); err != nil {
			return err
		}
		if slices.Contains(ids[:i], id) {
			return fmt.Errorf("topic %s stands twice; name it once", id)
		}
		if other, ok := same[canonical(id)]; ok {
			return fmt.Errorf("%s and %s are the same category: name one of them, which stands for both", other, id)
		}
		same[canonical(id)] = id
	}
	if len(ids) == 1 {
		return fmt.Errorf("%s is one topic; name two or more to tell apart, such as topics:cs.LG,cs.CV", ids[0])
	}
	return nil
}

// checkTopic refuses what cannot be a topic, and what arXiv spells otherwise.
func checkTopic(id string, arxiv *Taxonomy) error {
	switch {
	case id == "":
		return fmt.Errorf("a topic is empty; separate topics by one comma, as in topics:cs.LG,cs.CV")
	case strings.ContainsFunc(id, unicode.IsSpace):
		return fmt.Errorf("topic %q holds white space; write topics:cs.LG,cs.CV, without spaces", id)
	case len(id) > longestTopic || strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("topic %q: want 1 to %d bytes of printable characters", shortened(id), longestTopic)
	}
	_, outcome := arxiv.Resolve(id)
	if outcome == SplitID {
		var parts []string
		for _, c := range arxiv.Categories {
			if strings.HasPrefix(c.ID, id+".") {
				parts = append(parts, c.ID)
			}
		}
		return fmt.Errorf("arXiv divided %s into %s; name one of these", id, strings.Join(parts, ", "))
	}
	if outcome != UnknownID {
		return nil
	}
	for known := range arxiv.index {
		if strings.EqualFold(known, id) {
			return fmt.Errorf("topic %s: arXiv writes it %s", id, known)
		}
	}
	return nil
}

// present returns the id that a retired archive goes by today; others are as
// they were.
func present(id string) string {
	for _, a := range archaicTable {
		if a.id == id {
			return a.successor
		}
	}
	return id
}

// canonical is equal for ids of one category.
func canonical(id string) string {
	id = present(id)
	for _, a := range aliasTable {
		if a.alias == id {
			return a.canonical
		}
	}
	return id
}

// shortened makes a long text fit a message.
func shortened(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
