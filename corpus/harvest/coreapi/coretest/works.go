package coretest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Work is one that the server has.
type Work struct {
	ID        int
	Topics    []string // whose searches find it
	Title     string
	Abstract  string
	FullText  string // "" is null
	Withheld  bool   // the full text is said to be for others
	Language  string // "" is null
	DOI       string
	ArxivID   string
	Year      int
	Authors   []string
	NoID      bool // malformed
	AsStrings bool // numbers come as strings
}

// Works makes n works about the topics. One in ten is about two of them, one in
// twelve has no full text, some are in French, and one in thirty has numbers as strings.
// The same arguments make the same works.
func Works(n int, seed uint64, topics ...string) []Work {
	r := rand.New(rand.NewPCG(seed, 0))
	works := make([]Work, n)
	for i := range works {
		topic := topics[i%len(topics)]
		w := Work{
			ID: 1000 + 7*i, Topics: []string{topic}, Language: "English", Year: 1990 + r.IntN(30), AsStrings: r.IntN(30) == 0,
			Title: fmt.Sprintf("On %s, part %d: naïve\u00a0methods", topic, i), Authors: []string{fmt.Sprintf("Müller, A. %d", i), "Doe, J."},
			FullText: prose(r, topic, 10+r.IntN(40)),
		}
		if r.IntN(3) > 0 {
			w.Abstract = prose(r, topic, 20)
		}
		if len(topics) > 1 && r.IntN(10) == 0 {
			w.Topics = append(w.Topics, topics[(i+1)%len(topics)])
		}
		if r.IntN(2) == 0 {
			w.DOI, w.ArxivID = fmt.Sprintf("10.5555/%d", w.ID), fmt.Sprintf("2001.%05d", i)
		}
		switch r.IntN(60) {
		case 0, 1, 2, 3, 4:
			w.FullText = ""
		case 5:
			w.FullText = " \n\t "
		case 6:
			w.FullText = "日本語のみ"
		case 7:
			w.Withheld = true
		case 8:
			w.Language = "French"
		}
		works[i] = w
	}
	return works
}

func prose(r *rand.Rand, topic string, words int) string {
	some := []string{"the", "of", "network", "image", "café", "α-stable", "method", "learn-\ning", "\u00a0data", "result,", "we", "“show”", "that", "gradient", "\x0c\npage"}
	var b strings.Builder
	b.WriteString("About " + topic)
	for i := range words {
		b.WriteByte(" \n"[min(1, i%9/8)])
		b.WriteString(some[r.IntN(len(some))])
	}
	return b.String()
}

const withheld = "Not available for public API users"

// v3 has the documented fields that a reader may meet.
func (w *Work) v3() json.RawMessage {
	names := make([]any, len(w.Authors))
	for i, a := range w.Authors {
		names[i] = map[string]any{"name": a}
	}
	fields := map[string]any{
		"acceptedDate": nil, "arxivId": orNull(w.ArxivID), "authors": names, "citationCount": nil, "contributors": []any{""},
		"abstract": orNull(w.Abstract), "documentType": "research", "doi": orNull(w.DOI), "downloadUrl": "https://core.ac.uk/download/1.pdf",
		"fullText": w.text(), "title": w.Title, "publishedDate": fmt.Sprintf("%d-03-05T00:00:00", w.Year),
		"yearPublished": w.number(w.Year), "references": []any{}, "language": nil, "journals": []any{map[string]any{"title": nil}},
	}
	if w.Language != "" {
		fields["language"] = map[string]any{"code": strings.ToLower(w.Language[:2]), "name": w.Language}
	}
	return w.encode(fields)
}

func (w *Work) v2() json.RawMessage {
	fields := map[string]any{
		"authors": w.Authors, "contributors": []any{}, "datePublished": strconv.Itoa(w.Year) + "-03-05", "description": orNull(w.Abstract),
		"fullText": w.text(), "identifiers": []any{}, "title": w.Title, "topics": w.Topics, "year": w.number(w.Year), "doi": orNull(w.DOI),
		"language": nil, "similarities": []any{},
	}
	if w.Language != "" {
		fields["language"] = map[string]any{"code": strings.ToLower(w.Language[:2]), "id": 9, "name": w.Language}
	}
	return w.encode(fields)
}

func (w *Work) text() any {
	if w.Withheld {
		return withheld
	}
	return orNull(w.FullText)
}

func (w *Work) number(n int) any {
	if w.AsStrings {
		return strconv.Itoa(n)
	}
	return n
}

func (w *Work) encode(fields map[string]any) json.RawMessage {
	if !w.NoID {
		fields["id"] = w.number(w.ID)
	}
	data, _ := json.Marshal(fields) // strings, numbers and maps of them
	return data
}
