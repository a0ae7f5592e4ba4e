package coreapi

import (
	"fmt"
	"io"
	"strings"

	"assay/corpus/harvest"
)

// Summary tells what a catalog holds of the topics, and what this harvest did.
type Summary struct {
	API     string         `json:"api"`
	Overlap string         `json:"overlap"`
	Topics  []TopicSummary `json:"topics"`
	// Documents are the different ones of all topics; Shared are those of them that
	// were found for several.
	Documents int           `json:"documents"`
	Shared    int           `json:"shared"`
	Added     int           `json:"added"` // by this harvest
	Stats     harvest.Stats `json:"-"`
}

// TopicSummary tells of one topic; what is not a document is counted by why.
type TopicSummary struct {
	Topic     string `json:"topic"`
	Slug      string `json:"slug"`   // in an export
	Wanted    int    `json:"wanted"` // documents
	Counted   int    `json:"counted"`
	Promised  int    `json:"promised"`  // results by CORE's count
	Exhausted bool   `json:"exhausted"` // all of them are read
	Read      int    `json:"read"`      // results
	Shared    int    `json:"shared"`    // documents that another topic has as well
	Earlier   int    `json:"earlier"`   // given to an earlier topic
	NoText    int    `json:"no_text"`
	Withheld  int    `json:"withheld"`
	Emptied   int    `json:"emptied"`
	Malformed int    `json:"malformed"`
	Oversized int    `json:"oversized"`
	Cut       int    `json:"cut"` // documents whose text was cut
}

func (h *harvester) summary() *Summary {
	sum := &Summary{API: h.opt.API, Overlap: h.opt.Overlap, Documents: len(h.owners), Added: len(h.owners) - h.before, Stats: h.client.Stats()}
	shared := make([]int, len(h.states))
	for _, owners := range h.owners {
		if len(owners) > 1 {
			sum.Shared++
			for _, o := range owners {
				shared[o]++
			}
		}
	}
	for i, s := range h.states {
		sum.Topics = append(sum.Topics, TopicSummary{
			Topic: s.topic, Slug: s.slug, Wanted: h.opt.Count, Counted: h.counts(i), Promised: s.total, Exhausted: s.exhausted,
			Read: s.position(), Shared: shared[i], Earlier: s.tally[earlier], NoText: s.tally[noText], Withheld: s.tally[kept],
			Emptied: s.tally[emptied], Malformed: s.tally[malformed], Oversized: s.tally[oversized], Cut: s.tally[usedCut],
		})
	}
	return sum
}

// WriteText writes a line for each topic and what its documents and the others are.
func (s *Summary) WriteText(w io.Writer) error {
	for _, t := range s.Topics {
		if _, err := fmt.Fprintln(w, t.line(s.Overlap)); err != nil {
			return err
		}
	}
	shared := ""
	if s.Shared > 0 {
		shared = fmt.Sprintf(", %d of them found for several topics", s.Shared)
	}
	_, err := fmt.Fprintf(w, "in all: %d documents%s; %d added now\n", s.Documents, shared, s.Added)
	return err
}

func (t *TopicSummary) line(overlap string) string {
	var more []string
	add := func(n int, text string) {
		if n > 0 {
			more = append(more, fmt.Sprintf("%d %s", n, text))
		}
	}
	if overlap == OverlapDrop {
		add(t.Shared, "found for another topic as well and left out of both")
	} else {
		add(t.Shared, "found for another topic as well")
	}
	add(t.Earlier, "given to an earlier topic")
	add(t.NoText, "without full text")
	add(t.Withheld, "withheld")
	add(t.Emptied, "empty after cleaning")
	add(t.Malformed, "malformed")
	add(t.Oversized, "too large to be read")
	add(t.Cut, "cut to the longest text")
	line := fmt.Sprintf("%s: %d of %d documents, from %d results read of %d", t.Slug, t.Counted, t.Wanted, t.Read, t.Promised)
	if len(more) > 0 {
		line += ": " + strings.Join(more, ", ")
	}
	if t.Exhausted && t.Counted < t.Wanted {
		line += " (CORE has no more)"
	}
	return line
}
