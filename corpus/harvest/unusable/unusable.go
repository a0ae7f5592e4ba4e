// Package unusable keeps account of records that a service sends and that are no
// papers: why each of them is not, in the catalog, so that one that is read twice
// counts once, and one that was mended no more.
package unusable

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"assay/corpus/catalog"
)

// Reasons why a record is no paper. They are the words of `assay corpus import`.
const (
	NoID         = "missing or invalid id"
	NoTitle      = "missing title"
	NoAbstract   = "missing abstract"
	NoCategories = "missing categories"
	BadDate      = "invalid date"
)

// Key begins the keys of the marks; the record's identifier follows.
const Key = "unusable "

// kept is how many identifiers of a reason a summary names.
const kept = 5

// Group counts the records that are no paper for one reason.
type Group struct {
	Reason      string   `json:"reason"`
	Records     int      `json:"records"`
	Identifiers []string `json:"identifiers"` // the first few, bytewise
}

// List is what a catalog knows of one source's records. The zero value is empty.
type List struct{ reasons map[string]string }

// Take takes up a mark of the catalog and reports whether it is one of the list's.
func (l *List) Take(mark catalog.Mark) bool {
	identifier, ok := strings.CutPrefix(mark.Key, Key)
	if ok {
		l.set(identifier, mark.State)
	}
	return ok
}

func (l *List) set(identifier, reason string) {
	if l.reasons == nil {
		l.reasons = map[string]string{}
	}
	if reason == "" {
		delete(l.reasons, identifier)
		return
	}
	l.reasons[identifier] = reason
}

// Judge notes that a record is unusable for a reason, or with "" that it is a paper, and
// returns the mark that keeps it where that is news.
func (l *List) Judge(source, identifier, reason string) (mark catalog.Mark, news bool) {
	if l.reasons[identifier] == reason {
		return mark, false
	}
	l.set(identifier, reason)
	return catalog.Mark{Source: source, Key: Key + identifier, State: reason}, true
}

// Groups counts the records by reason, most first.
func (l *List) Groups() []Group {
	by := map[string][]string{}
	for identifier, reason := range l.reasons {
		by[reason] = append(by[reason], identifier)
	}
	var all []Group
	for reason, identifiers := range by {
		slices.Sort(identifiers)
		all = append(all, Group{reason, len(identifiers), identifiers[:min(kept, len(identifiers))]})
	}
	slices.SortFunc(all, func(a, b Group) int {
		if a.Records != b.Records {
			return b.Records - a.Records
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	return all
}

// WriteText writes a line for each reason.
func WriteText(w io.Writer, groups []Group) error {
	for _, g := range groups {
		more := ""
		if g.Records > len(g.Identifiers) {
			more = ", …"
		}
		if _, err := fmt.Fprintf(w, "%s: %d records in all harvests are no papers: %s%s\n", g.Reason, g.Records, strings.Join(g.Identifiers, ", "), more); err != nil {
			return err
		}
	}
	return nil
}
