package coreapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/internal/fault"
	"assay/internal/progress"
)

// mostBody bounds an answer, unpacked: 100 results of 2 MiB. A larger one is asked for in parts.
const mostBody = 200 << 20

// Harvest fills the catalog with Options.Count full texts for each topic, or as many as
// CORE has, and goes on where it was stopped. Each page's documents and the
// mark that they are there are one transaction. The summary is never nil and tells what
// is there, also beside an error. The caller holds the catalog's lock.
func Harvest(ctx context.Context, c *catalog.Catalog, opt Options) (*Summary, error) {
	opt.Topics = append([]string(nil), opt.Topics...)
	if err := opt.prepare(); err != nil {
		return &Summary{}, err
	}
	h, err := newHarvester(ctx, c, &opt)
	if err != nil {
		return &Summary{}, h.key.Error(err)
	}
	defer h.bar.Done()
	err = h.key.Error(h.all(ctx))
	return h.summary(), err
}

// store is what Harvest needs of a catalog.
type store interface {
	Marks(ctx context.Context, source string) ([]catalog.Mark, error)
	Write(ctx context.Context, b catalog.Batch) (catalog.Written, error)
}

type harvester struct {
	opt     *Options
	key     *harvest.Redactor
	store   store
	client  *harvest.Client
	states  []*state
	walkers []*walker
	owners  map[string][]int // topics whose documents hold an id, in the order they came
	alone   []int            // per topic: documents that are in no other
	fresh   bool             // the catalog has no settings yet
	before  int              // documents before this harvest
	shown   int              // of what counts, on the bar
	bar     progress.Bar
}

func newHarvester(ctx context.Context, s store, opt *Options) (*harvester, error) {
	h := &harvester{opt: opt, key: harvest.NewRedactor(opt.Key), store: s, owners: map[string][]int{}, alone: make([]int, len(opt.Topics)), bar: (*progress.Silent)(nil)}
	list, err := s.Marks(ctx, Source)
	if err != nil {
		return h, err
	}
	marks := make(map[string]string, len(list))
	for _, m := range list {
		marks[m.Key] = m.State
	}
	h.fresh = marks[settingsKey] == ""
	if err := opt.checkSettings(marks[settingsKey]); err != nil {
		return h, err
	}
	a, err := h.newAsker()
	if err != nil {
		return h, err
	}
	h.client = a.client
	for i, topic := range opt.Topics {
		st := newState(topic, queryFor(opt.Query, topic))
		if err := st.load(marks); err != nil {
			return h, err
		}
		h.states = append(h.states, st)
		h.walkers = append(h.walkers, &walker{asker: a, s: st})
		for id, v := range st.verdicts {
			if v.isUsed() {
				h.own(i, id)
			}
		}
	}
	h.before, h.shown = len(h.owners), h.counted()
	h.bar = progress.Start(ctx, "CORE", int64(opt.Count*len(opt.Topics)-h.shown), "documents")
	return h, nil
}

// newAsker completes the client's options by the key and the guard.
func (h *harvester) newAsker() (*asker, error) {
	opt := h.opt.Client
	if opt.Name == "" {
		opt.Name = "CORE"
	}
	if opt.MaxBody == 0 {
		opt.MaxBody = mostBody
	}
	opt.Header = opt.Header.Clone()
	if opt.Header == nil {
		opt.Header = http.Header{}
	}
	if h.opt.API == APIv3 {
		opt.Header.Set("Authorization", "Bearer "+h.opt.Key)
	}
	opt.Secrets = append(append([]string(nil), opt.Secrets...), keyParameter)
	if opt.Transport == nil {
		opt.Transport = harvest.NewTransport()
	}
	if note := opt.Note; note != nil {
		opt.Note = func(text string) {
			text = h.key.Text(text)
			h.bar.Note(text)
			note(text)
		}
	}
	g := &guard{base: opt.Transport, longest: h.opt.LongestRest, key: h.key}
	opt.Transport = g
	client, err := harvest.New(opt)
	if err != nil {
		return nil, err
	}
	a := &asker{client: client, guard: g, meter: newMeter(), opt: h.opt, note: opt.Note, key: h.key}
	if a.note == nil {
		a.note = func(string) {}
	}
	return a, nil
}

// own notes that a topic's documents hold id.
func (h *harvester) own(topic int, id string) {
	owners := h.owners[id]
	switch len(owners) {
	case 0:
		h.alone[topic]++
	case 1:
		h.alone[owners[0]]--
	}
	h.owners[id] = append(owners, topic)
}

// counts is how many documents count for a topic.
func (h *harvester) counts(topic int) int {
	if h.opt.Overlap == OverlapDrop {
		return h.alone[topic]
	}
	return h.states[topic].tally[used] + h.states[topic].tally[usedCut]
}

// counted is how many of the documents that are wanted are there.
func (h *harvester) counted() (n int) {
	for i := range h.states {
		n += min(h.counts(i), h.opt.Count)
	}
	return n
}

// all reads each topic's list until it has enough. With OverlapDrop one list's
// documents may take from another's count, which is then read on.
func (h *harvester) all(ctx context.Context) error {
	for short := true; short; {
		short = false
		for i, s := range h.states {
			if h.counts(i) >= h.opt.Count || s.exhausted {
				continue
			}
			short = true
			if err := h.extend(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// extend reads a topic's list until enough of its documents count.
func (h *harvester) extend(ctx context.Context, topic int) error {
	s, w := h.states[topic], h.walkers[topic]
	for h.counts(topic) < h.opt.Count {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(w.pending) == 0 {
			works, err := w.next(ctx)
			if err != nil {
				return fmt.Errorf("coreapi: topic %q after %d results: %w", s.topic, s.position(), err)
			}
			if works == nil {
				s.exhausted = true // not kept: the next harvest may find more
				return h.write(ctx, catalog.Batch{Marks: s.marks(nil)})
			}
			w.pending = works
			h.bar.Note(s.slug)
		}
		if err := h.take(ctx, topic); err != nil {
			return err
		}
	}
	return nil
}

// take writes pending results until enough documents count or none is left.
func (h *harvester) take(ctx context.Context, topic int) error {
	s, w := h.states[topic], h.walkers[topic]
	chunk := chunkMark{}
	var batch catalog.Batch
	withheldNow := 0
	for len(w.pending) > 0 && h.counts(topic) < h.opt.Count {
		work := &w.pending[0]
		w.pending = w.pending[1:]
		if _, known := s.verdicts[work.ID]; known {
			continue
		}
		doc, v := h.document(topic, work)
		s.add(work.ID, v)
		chunk[v] = append(chunk[v], work.ID)
		if v == kept {
			withheldNow++
		}
		if v.isUsed() {
			h.own(topic, work.ID)
			batch.Documents = append(batch.Documents, doc)
		}
	}
	if len(chunk) == 0 {
		return nil
	}
	if withheldNow > 0 && len(chunk) == 1 && s.tally[used]+s.tally[usedCut] == 0 {
		return fault.Usage(errors.New("coreapi: CORE answers that full texts are not for this caller; is the key in the environment the one that CORE sent?"))
	}
	batch.Marks = s.marks(chunk)
	return h.write(ctx, batch)
}

// document turns a result into a document, and says what it is worth.
func (h *harvester) document(topic int, work *Work) (*catalog.Document, verdict) {
	switch {
	case work.tooLarge:
		return nil, oversized
	case work.Malformed:
		return nil, malformed
	case work.Withheld:
		return nil, kept
	case strings.TrimSpace(work.FullText) == "":
		return nil, noText
	}
	text, shortened := h.opt.Cleaning.Clean(work.FullText)
	if text == "" {
		return nil, emptied
	}
	if h.opt.Overlap == OverlapFirst {
		for _, owner := range h.owners[work.ID] {
			if owner < topic {
				return nil, earlier
			}
		}
	}
	doc := &catalog.Document{
		Source: Source, ID: work.ID, DOI: work.DOI, ArxivID: work.ArxivID, FullText: text,
		Language: work.Language, Published: work.Published, Authors: work.Authors,
		Topics: []string{h.states[topic].topic},
	}
	doc.Title, _ = h.opt.Cleaning.Clean(work.Title)
	doc.Abstract, _ = h.opt.Cleaning.Clean(work.Abstract)
	if shortened {
		return doc, usedCut
	}
	return doc, used
}

func (h *harvester) write(ctx context.Context, b catalog.Batch) error {
	if h.fresh {
		b.Marks = append(b.Marks, newMark(settingsKey, h.opt.settings()))
	}
	if _, err := h.store.Write(ctx, b); err != nil {
		return err
	}
	h.fresh = false
	if n := h.counted(); n > h.shown { // it may fall: documents that are found again count no more
		h.bar.Add(int64(n - h.shown))
		h.shown = n
	}
	return nil
}
