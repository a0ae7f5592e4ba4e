package ingest

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"assay/corpus"
	"assay/corpus/arxivid"
	wording "assay/internal/format" // format is a type here
)

// Summary accounts for every record of an import.
type Summary struct {
	Format  string          `json:"format"`
	Sources []SourceSummary `json:"sources"`
	// SkippedMembers are the members of zips that hold no records.
	SkippedMembers []string `json:"skipped_members,omitempty"`

	// Read is the number of records, and the sum of the five numbers below.
	Read            int64 `json:"read"`
	Kept            int64 `json:"kept"`
	Duplicates      int64 `json:"duplicates"`        // a later record has the same id
	NoKnownCategory int64 `json:"no_known_category"` // none of the categories is arXiv's
	Malformed       int64 `json:"malformed"`

	RepairedIDs       []RepairedIDs     `json:"repaired_ids,omitempty"`       // of records that are not malformed, most first
	SameText          corpus.SameText   `json:"same_text,omitzero"`           // of kept papers
	MalformedBy       []MalformedReason `json:"malformed_by,omitempty"`       // most first
	UnknownCategories []UnknownCategory `json:"unknown_categories,omitempty"` // of kept papers, most first
	FirstCreated      string            `json:"first_created,omitempty"`      // of kept papers, YYYY-MM-DD
	LastCreated       string            `json:"last_created,omitempty"`

	unknown map[string]int // position in UnknownCategories
}

// SourceSummary is one text that was read: a file, standard input or a member
// of a zip.
type SourceSummary struct {
	Name    string `json:"name"`
	Packing string `json:"packing"` // plain, gzip, xz, zstd, zip, or "xz in zip"
	Records int64  `json:"records"`
}

// MalformedReason counts the records that are malformed for one reason.
type MalformedReason struct {
	Reason  string   `json:"reason"`
	Records int64    `json:"records"`
	Places  []string `json:"places"` // file:line of the first few
}

// UnknownCategory counts the kept papers that carry an id unknown to arXiv.
type UnknownCategory struct {
	ID     string `json:"id"`
	Papers int64  `json:"papers"`
}

// RepairedIDs counts the records whose id was brought to its canonical form in one
// way. A record can count under several.
type RepairedIDs struct {
	Repair   arxivid.Repair `json:"repair"`
	Records  int64          `json:"records"`
	Examples []string       `json:"examples"` // of the first few: "704.005 → 0704.0050"
}

// How many places of a reason and examples of a repair a summary names.
const (
	placesKept   = 5
	examplesKept = 2
)

// Check returns an error if the numbers do not add up.
func (s *Summary) Check() error {
	if sum := s.Kept + s.Duplicates + s.NoKnownCategory + s.Malformed; sum != s.Read {
		return fmt.Errorf("corpus: import: the account is wrong: %d records read, %d accounted for", s.Read, sum)
	}
	var records, malformed int64
	for _, src := range s.Sources {
		records += src.Records
	}
	for _, m := range s.MalformedBy {
		malformed += m.Records
	}
	if records != s.Read || malformed != s.Malformed {
		return fmt.Errorf("corpus: import: the account is wrong: %d records read, %d by source; %d malformed, %d by reason",
			s.Read, records, s.Malformed, malformed)
	}
	return nil
}

// WriteText writes the summary for people.
func (s *Summary) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(what string, n int64, note string) {
		fmt.Fprintf(t, "%s\t%d\t%s\n", what, n, note)
	}
	created := ""
	if s.FirstCreated != "" {
		created = "created " + s.FirstCreated + " to " + s.LastCreated
	}
	files := fmt.Sprintf("from %d sources", len(s.Sources))
	if len(s.Sources) == 1 {
		files = "from " + s.Sources[0].Name
	}
	line("records read", s.Read, files)
	line("papers kept", s.Kept, created)
	if s.SameText.Papers > 0 {
		line("  of equal title and abstract", s.SameText.Papers, wording.Count(s.SameText.Texts, "different text")+", each under several ids")
	}
	line("left out: a later record has the id", s.Duplicates, "")
	line("left out: no known category", s.NoKnownCategory, "")
	line("left out: malformed", s.Malformed, "")
	for _, m := range s.MalformedBy {
		line("  "+m.Reason, m.Records, strings.Join(m.Places, ", ")+ifMore(m.Records, len(m.Places)))
	}
	for _, r := range s.RepairedIDs {
		line("id: "+string(r.Repair), r.Records, strings.Join(r.Examples, ", ")+ifMore(r.Records, len(r.Examples)))
	}
	if len(s.UnknownCategories) > 0 {
		line("unknown category ids", int64(len(s.UnknownCategories)), "on kept papers: "+s.unknownText())
	}
	if len(s.SkippedMembers) > 0 {
		line("zip members without records", int64(len(s.SkippedMembers)), strings.Join(s.SkippedMembers, ", "))
	}
	return t.Flush()
}

// ifMore says that a list names only the first of all.
func ifMore(all int64, named int) string {
	if all > int64(named) {
		return ", …"
	}
	return ""
}

func (s *Summary) unknownText() string {
	const most = 10
	var parts []string
	for _, u := range s.UnknownCategories[:min(most, len(s.UnknownCategories))] {
		parts = append(parts, fmt.Sprintf("%s %d", quote(u.ID), u.Papers))
	}
	if len(s.UnknownCategories) > most {
		parts = append(parts, "…")
	}
	return strings.Join(parts, ", ")
}

// source returns the entry of a stream.
func (s *Summary) source(st *streamState) *SourceSummary {
	for len(s.Sources) <= st.index {
		s.Sources = append(s.Sources, SourceSummary{})
	}
	src := &s.Sources[st.index]
	src.Name, src.Packing = st.name, st.kind
	return src
}

func (s *Summary) addMalformed(reason, place string) {
	s.Malformed++
	i := slices.IndexFunc(s.MalformedBy, func(m MalformedReason) bool { return m.Reason == reason })
	if i < 0 {
		i = len(s.MalformedBy)
		s.MalformedBy = append(s.MalformedBy, MalformedReason{Reason: reason})
	}
	m := &s.MalformedBy[i]
	m.Records++
	if len(m.Places) < placesKept {
		m.Places = append(m.Places, place)
	}
}

func (s *Summary) addRepairs(asWritten string, p *corpus.Paper, repairs []arxivid.Repair) {
	for _, repair := range repairs {
		i := slices.IndexFunc(s.RepairedIDs, func(r RepairedIDs) bool { return r.Repair == repair })
		if i < 0 {
			i = len(s.RepairedIDs)
			s.RepairedIDs = append(s.RepairedIDs, RepairedIDs{Repair: repair})
		}
		r := &s.RepairedIDs[i]
		r.Records++
		if len(r.Examples) < examplesKept {
			r.Examples = append(r.Examples, strings.Trim(quote(asWritten), `"`)+" → "+p.ID)
		}
	}
}

func (s *Summary) addUnknown(id string) {
	i, ok := s.unknown[id]
	if !ok {
		if s.unknown == nil {
			s.unknown = make(map[string]int)
		}
		i = len(s.UnknownCategories)
		s.unknown[id] = i
		s.UnknownCategories = append(s.UnknownCategories, UnknownCategory{ID: id})
	}
	s.UnknownCategories[i].Papers++
}

// resetKept forgets what was counted of kept papers.
func (s *Summary) resetKept() {
	s.Kept, s.UnknownCategories, s.unknown, s.SameText = 0, nil, nil, corpus.SameText{}
	s.FirstCreated, s.LastCreated = "", ""
}

// sort puts the lists in the order of their documentation.
func (s *Summary) sort() {
	slices.SortStableFunc(s.MalformedBy, func(a, b MalformedReason) int {
		return cmp.Or(cmp.Compare(b.Records, a.Records), strings.Compare(a.Reason, b.Reason))
	})
	slices.SortStableFunc(s.RepairedIDs, func(a, b RepairedIDs) int {
		return cmp.Or(cmp.Compare(b.Records, a.Records), cmp.Compare(a.Repair, b.Repair))
	})
	slices.SortStableFunc(s.UnknownCategories, func(a, b UnknownCategory) int {
		return cmp.Or(cmp.Compare(b.Papers, a.Papers), strings.Compare(a.ID, b.ID))
	})
}
