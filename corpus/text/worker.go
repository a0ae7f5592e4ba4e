package text

import (
	"hash/maphash"
	"slices"
	"strings"
)

// A Worker tokenises by the rules of its [Tokenizer]. It remembers the tokens
// of the chunks that it has met, in under 24 MiB whatever it reads, so that
// text made of those costs neither a rule nor an allocation; beside that it
// keeps scratch memory in proportion to the longest document. What it
// remembers changes no result. A Worker is for one goroutine at a time.
type Worker struct {
	rules    *Tokenizer
	cache    cache
	document []byte // of AppendPaper
	matcher  matcher

	// Scratch memory: of appendRun, of parse, and of both.
	raw              []string
	bounds           []int
	pieces, suffixes []string
	open             []node
}

// Worker returns a worker with an empty memory.
func (t *Tokenizer) Worker() *Worker {
	return &Worker{rules: t, cache: newCache(t.seed)}
}

// AppendPaper appends the tokens of [Document](title, abstract) to dst.
func (w *Worker) AppendPaper(dst []string, title, abstract string) []string {
	w.document = AppendDocument(w.document[:0], title, abstract)
	return w.AppendTokens(dst, w.document)
}

// AppendTokens appends the tokens of a document to dst: its characters in
// order, less the white space, cut where spaCy cuts. The tokens that spaCy
// makes of white space (of every run but a single space between chunks) are
// left out. White space is what Python's str.isspace calls so.
//
// The strings share no memory with document and may be kept; most of the
// time, equal tokens share theirs.
func (w *Worker) AppendTokens(dst []string, document []byte) []string {
	var before *parts // of the chunk before, where a phrase may go on from it
	var beforeAt, beforeLen int
	end := 0
	for {
		at := skipSpace(document, end)
		if at == len(document) {
			return dst
		}
		adjacent := at == end+1 && document[end] == ' '
		end = chunkEnd(document, at)
		chunk, p := w.lookup(document, at, end)
		if p == nil {
			dst = append(dst, chunk)
			before = nil
			continue
		}
		if before != nil && adjacent && w.rules.phrases.goesOn(before.open, p.head) {
			dst, end = w.appendRun(dst[:beforeLen], document, beforeAt)
			before = nil
			continue
		}
		before, beforeAt, beforeLen = nil, at, len(dst)
		if len(p.open) > 0 {
			before = p
		}
		dst = append(dst, p.tokens...)
	}
}

// appendRun appends the tokens of the chunks from document[at:] on for as long
// as a phrase may reach from one into the next, and returns where they end.
// Phrases that hold white space are never exceptions, but spaCy lets them keep
// others from being found.
func (w *Worker) appendRun(dst []string, document []byte, at int) ([]string, int) {
	phrases := &w.rules.phrases
	raw, bounds := w.raw[:0], w.bounds[:0]
	end := at
	for {
		end = chunkEnd(document, at)
		if chunk, p := w.lookup(document, at, end); p == nil {
			raw = append(raw, chunk)
		} else {
			raw = append(raw, p.raw...)
		}
		at = skipSpace(document, end)
		if at == len(document) || at != end+1 || document[end] != ' ' {
			break
		}
		_, next := w.lookup(document, at, chunkEnd(document, at))
		w.open = phrases.appendOpen(w.open[:0], raw)
		if next == nil || !phrases.goesOn(w.open, next.head) {
			break
		}
		bounds = append(bounds, len(raw))
	}
	dst = appendReplaced(dst, raw, w.matcher.find(phrases, raw), bounds)
	w.raw, w.bounds = raw, bounds
	return dst, end
}

// lookup returns the chunk document[at:end], as a copy, and its parts if it
// needs any.
func (w *Worker) lookup(document []byte, at, end int) (string, *parts) {
	chunk := document[at:end]
	if len(chunk) > maxChunk {
		return w.parse(string(chunk))
	}
	first, hash := firstWord(document, at, end), maphash.Bytes(w.cache.seed, chunk)
	e, ok := w.cache.get(chunk, first, hash)
	if !ok {
		e.first = first
		e.chunk, e.parts = w.parse(string(chunk))
		w.cache.put(e, hash)
	}
	return e.chunk, e.parts
}

// parse splits a chunk by the rules.
func (w *Worker) parse(chunk string) (string, *parts) {
	phrases := &w.rules.phrases
	w.pieces, w.suffixes = w.rules.split(w.pieces[:0], w.suffixes, chunk, true)
	w.open = phrases.appendOpen(w.open[:0], w.pieces)
	head := phrases.symbols[w.pieces[0]]
	if len(w.pieces) == 1 && head == 0 && len(w.open) == 0 {
		return chunk, nil
	}
	raw := make([]string, len(w.pieces))
	for i, token := range w.pieces {
		raw[i] = w.own(token, chunk)
	}
	p := &parts{tokens: raw, raw: raw, head: head, open: slices.Clone(w.open)}
	if matches := w.matcher.find(phrases, raw); len(matches) > 0 {
		p.tokens = appendReplaced(nil, raw, matches, nil)
	}
	return chunk, p
}

// own returns a token that does not keep a long chunk in memory, and where it
// can the copy that other chunks use.
func (w *Worker) own(token, chunk string) string {
	if e, ok := w.cache.peek(token); ok {
		return e.chunk
	}
	if len(chunk) > maxChunk {
		return strings.Clone(token)
	}
	return token
}
