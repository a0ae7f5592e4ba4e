package coreapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"assay/corpus/catalog"
	"assay/internal/fault"
)

// verdict is what became of one result.
type verdict string

// The verdicts, and their names in the marks.
const (
	used      verdict = "used"      // its document counts, or would but for the overlap
	usedCut   verdict = "cut"       // the same, its full text cut to the bound
	noText    verdict = "no text"   // CORE has no full text of it
	kept      verdict = "withheld"  // CORE does not give this caller its full text
	emptied   verdict = "emptied"   // nothing of its full text was left by the cleaning
	malformed verdict = "malformed" // no object, or one without id
	oversized verdict = "oversized" // its answer alone is larger than any is read
	earlier   verdict = "earlier"   // OverlapFirst: an earlier topic has it
)

func (v verdict) isUsed() bool { return v == used || v == usedCut }

// state is how far a topic's list is read: a beginning of it, as a set of ids.
type state struct {
	topic, slug string
	query       string
	verdicts    map[string]verdict // of each result read, by id
	tally       map[verdict]int
	chunks      int  // marks written
	total       int  // results by CORE's last count; 0 where unknown
	exhausted   bool // the list is read to its end, by this harvest
}

func newState(topic, query string) *state {
	return &state{topic: topic, slug: catalog.SlugOf(topic), query: query, verdicts: map[string]verdict{}, tally: map[verdict]int{}}
}

// position is the place in the list up to which all is read for sure.
func (s *state) position() int { return len(s.verdicts) }

func (s *state) add(id string, v verdict) {
	s.verdicts[id] = v
	s.tally[v]++
}

// topicMark is the state of the mark topic/SLUG.
type topicMark struct {
	Topic  string `json:"topic"`
	Chunks int    `json:"chunks"`
	Total  int    `json:"total"`
}

// chunkMark is the state of the mark topic/SLUG/000017: the results that came
// into the catalog in one transaction, ids by verdict.
type chunkMark map[verdict][]string

// marks returns what is to be written with the documents of a chunk; empty chunks only
// change the topic's mark.
func (s *state) marks(chunk chunkMark) []catalog.Mark {
	var out []catalog.Mark
	if len(chunk) > 0 {
		out = append(out, newMark(fmt.Sprintf("topic/%s/%06d", s.slug, s.chunks), chunk))
		s.chunks++
	}
	return append(out, newMark("topic/"+s.slug, topicMark{s.topic, s.chunks, s.total}))
}

func newMark(key string, state any) catalog.Mark {
	data, _ := json.Marshal(state) // strings, numbers and maps of them
	return catalog.Mark{Source: Source, Key: key, State: string(data)}
}

// load restores the state from the catalog's marks.
func (s *state) load(marks map[string]string) error {
	text, ok := marks["topic/"+s.slug]
	if !ok {
		return nil
	}
	var m topicMark
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return fmt.Errorf("coreapi: the mark of topic %s: %w", s.slug, err)
	}
	if m.Topic != s.topic {
		return fault.Usagef("coreapi: topic %q: the catalog has %q, which is %s as well; name it so, or choose another --db", s.topic, m.Topic, s.slug)
	}
	s.chunks, s.total = m.Chunks, m.Total
	for i := range s.chunks {
		var chunk chunkMark
		key := fmt.Sprintf("topic/%s/%06d", s.slug, i)
		if err := json.Unmarshal([]byte(marks[key]), &chunk); err != nil {
			return fmt.Errorf("coreapi: the mark %s: %w", key, err)
		}
		for v, ids := range chunk {
			for _, id := range ids {
				s.add(id, v)
			}
		}
	}
	return nil
}

// settings are what a catalog's documents were asked for and cleaned with; they
// may not change in between, or documents would depend on when they came.
type settings struct {
	API      string   `json:"api"`
	Query    string   `json:"query"`
	Overlap  string   `json:"overlap"`
	Cleaning Cleaning `json:"cleaning"`
	// Of OverlapFirst, where an earlier topic's further documents could be a later one's already.
	Topics []string `json:"topics,omitempty"`
	Count  int      `json:"count,omitempty"`
}

const settingsKey = "settings"

func (o *Options) settings() settings {
	s := settings{API: o.API, Query: o.Query, Overlap: o.Overlap, Cleaning: o.Cleaning}
	if o.Overlap == OverlapFirst {
		s.Topics, s.Count = o.Topics, o.Count
	}
	return s
}

// checkSettings refuses a catalog that was filled with other settings.
func (o *Options) checkSettings(text string) error {
	if text == "" {
		return nil
	}
	var was settings
	if err := json.Unmarshal([]byte(text), &was); err != nil {
		return fmt.Errorf("coreapi: the mark of the settings: %w", err)
	}
	now := o.settings()
	var other []string
	for _, d := range []struct {
		same bool
		text string
	}{
		{was.API == now.API, "--api " + was.API},
		{was.Query == now.Query, "the query " + was.Query},
		{was.Overlap == now.Overlap, "--overlap " + was.Overlap},
		{was.Cleaning == now.Cleaning, was.Cleaning.flags()},
		{was.Overlap != now.Overlap || slices.Equal(was.Topics, now.Topics), "the topics " + strings.Join(was.Topics, ", ")},
		{was.Overlap != now.Overlap || was.Count == now.Count, fmt.Sprintf("--count %d", was.Count)},
	} {
		if !d.same {
			other = append(other, d.text)
		}
	}
	if len(other) == 0 {
		return nil
	}
	return fault.Usagef("coreapi: the catalog was filled with %s; use the same, or another --db", strings.Join(other, ", "))
}

func (c Cleaning) flags() string {
	text := fmt.Sprintf("--clean %s --longest %d", c.Mode, c.Longest)
	if c.Dehyphenate {
		text += " --dehyphenate"
	}
	return text
}
