package ledger

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"assay/corpus/catalog"
	"assay/internal/format"
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
	unusableKey   = "unusable "   // records that are no papers
	mendedKey     = "mended "     // records with what XML forbids
	unreadableKey = "unreadable " // parts of lists that are missing
)

// kept is how many identifiers of a reason a summary names.
const kept = 5

// Group counts the records that have a flaw for one reason.
type Group struct {
	Reason      string   `json:"reason"`
	Records     int      `json:"records"`
	Identifiers []string `json:"identifiers"` // the first few, bytewise
}

// list is what a catalog knows of one source's records or parts of one kind.
type list struct {
	key     string
	reasons map[string]string // by identifier or name
}

// take takes up a mark of the catalog and reports whether it is one of the list's.
func (l *list) take(mark catalog.Mark) bool {
	identifier, ok := strings.CutPrefix(mark.Key, l.key)
	if ok {
		l.set(identifier, mark.State)
	}
	return ok
}

func (l *list) set(identifier, reason string) {
	if l.reasons == nil {
		l.reasons = map[string]string{}
	}
	if reason == "" {
		delete(l.reasons, identifier)
		return
	}
	l.reasons[identifier] = reason
}

// note adds to a batch the mark that a record or part has a flaw for a reason, or
// with "" that it has none, where that is news.
func (l *list) note(batch *catalog.Batch, source, identifier, reason string) {
	if l.reasons[identifier] == reason {
		return
	}
	l.set(identifier, reason)
	batch.Marks = append(batch.Marks, catalog.Mark{Source: source, Key: l.key + identifier, State: reason})
}

// groups counts the records by reason, most first.
func (l *list) groups() []Group {
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

// Part is a part of a source that cannot be read.
type Part struct {
	Name string `json:"part"`
	Why  string `json:"why"`
}

// parts returns all entries, bytewise.
func (l *list) parts() []Part {
	var all []Part
	for name, why := range l.reasons {
		all = append(all, Part{name, why})
	}
	slices.SortFunc(all, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// first names the first records of a group.
func (g Group) first() string {
	more := ""
	if g.Records > len(g.Identifiers) {
		more = ", …"
	}
	return strings.Join(g.Identifiers, ", ") + more
}

// Flaws are what harvests could not take as it came: over all harvests into a catalog, or
// over those of one source.
type Flaws struct {
	Unusable      []Group `json:"unusable,omitempty"`       // records that are no papers, most first
	MendedRecords []Group `json:"mended_records,omitempty"` // records that had to be mended and are kept
	Missing       []Part  `json:"missing,omitempty"`        // parts that cannot be read
}

// flaws are the lists that Flaws are counted from.
type flaws struct{ unusable, mended, unreadable list }

func newFlaws() flaws {
	return flaws{list{key: unusableKey}, list{key: mendedKey}, list{key: unreadableKey}}
}

func (f *flaws) take(mark catalog.Mark) bool {
	return f.unusable.take(mark) || f.mended.take(mark) || f.unreadable.take(mark)
}

func (f *flaws) count() Flaws {
	return Flaws{f.unusable.groups(), f.mended.groups(), f.unreadable.parts()}
}

// ReadFlaws reads those of all sources of a catalog.
func ReadFlaws(ctx context.Context, c *catalog.Catalog) (Flaws, error) {
	f := newFlaws()
	for _, key := range []string{unusableKey, mendedKey, unreadableKey} {
		marks, err := c.MarksBeginning(ctx, key)
		if err != nil {
			return Flaws{}, err
		}
		for _, m := range marks {
			f.take(m)
		}
	}
	return f.count(), nil
}

// WriteText writes a line a reason and a missing part, and before them, if there are any,
// how many places of the answers were mended.
func (f Flaws) WriteText(w io.Writer, places int) error {
	var b strings.Builder
	if places > 0 {
		fmt.Fprintf(&b, "%s with what XML forbids mended in the answers\n", format.Count(places, "place"))
	}
	for _, g := range f.MendedRecords {
		fmt.Fprintf(&b, "mended for %s and kept, in all harvests: %s: %s\n", g.Reason, format.Count(g.Records, "record"), g.first())
	}
	for _, g := range f.Unusable {
		fmt.Fprintf(&b, "%s: %d records in all harvests are no papers: %s\n", g.Reason, g.Records, g.first())
	}
	const named = 20
	for i, p := range f.Missing {
		if i == named {
			fmt.Fprintf(&b, "and %d more are missing\n", len(f.Missing)-named)
			break
		}
		fmt.Fprintf(&b, "missing: %s: %s\n", p.Name, p.Why)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
