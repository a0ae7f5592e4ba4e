// Package unusable keeps account of what a service sends and a harvest cannot take as it
// is: records that are no papers, records that had to be mended, and parts of lists that
// cannot be read. Why is kept in the catalog for each of them, so that one that is
// read twice counts once, and one that is right now no more.
package unusable

import (
	"cmp"
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

// NotXML is why a record was mended.
const NotXML = "what XML forbids"

// Keys begin the keys of the marks; the record's identifier or the part's name follows.
const (
	Key           = "unusable "   // records that are no papers
	MendedKey     = "mended "     // records with what XML forbids
	UnreadableKey = "unreadable " // parts of lists that are missing
)

// kept is how many identifiers of a reason a summary names.
const kept = 5

// Group counts the records that are no paper for one reason.
type Group struct {
	Reason      string   `json:"reason"`
	Records     int      `json:"records"`
	Identifiers []string `json:"identifiers"` // the first few, bytewise
}

// List is what a catalog knows of one source's records or parts. The zero value is
// empty, with the key Key.
type List struct {
	Key     string
	reasons map[string]string
}

func (l *List) key() string { return cmp.Or(l.Key, Key) }

// Take takes up a mark of the catalog and reports whether it is one of the list's.
func (l *List) Take(mark catalog.Mark) bool {
	identifier, ok := strings.CutPrefix(mark.Key, l.key())
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
	return catalog.Mark{Source: source, Key: l.key() + identifier, State: reason}, true
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

// Part is one entry of a list.
type Part struct {
	Name string `json:"part"`
	Why  string `json:"why"`
}

// Parts returns all entries, bytewise.
func (l *List) Parts() []Part {
	var all []Part
	for name, why := range l.reasons {
		all = append(all, Part{name, why})
	}
	slices.SortFunc(all, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// First names the first records of a group.
func (g Group) First() string {
	more := ""
	if g.Records > len(g.Identifiers) {
		more = ", …"
	}
	return strings.Join(g.Identifiers, ", ") + more
}

// WriteText writes a line for each reason.
func WriteText(w io.Writer, groups []Group) error {
	for _, g := range groups {
		if _, err := fmt.Fprintf(w, "%s: %d records in all harvests are no papers: %s\n", g.Reason, g.Records, g.First()); err != nil {
			return err
		}
	}
	return nil
}
