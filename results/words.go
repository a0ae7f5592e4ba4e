package results

import "fmt"

// Words says which words a network that learns vectors of its own knows, and how
// much of its papers' text they are.
type Words struct {
	Known  int    `json:"known"`  // words of the vocabulary
	SHA256 string `json:"sha256"` // of the vocabulary, hexadecimal

	Tokens        int64 `json:"tokens"`         // words of all papers of the run
	KnownTokens   int64 `json:"known_tokens"`   // that the vocabulary has
	Distinct      int64 `json:"distinct"`       // different words
	KnownDistinct int64 `json:"known_distinct"` // that the vocabulary has

	// Of papers longer than MaxTokens, only so many of their first words count
	// above; CutTokens is what was left out of CutPapers papers.
	MaxTokens int   `json:"max_tokens"`
	CutPapers int   `json:"cut_papers,omitempty"`
	CutTokens int64 `json:"cut_tokens,omitempty"`
}

// Cut says in words what was left out of long papers, "" where nothing was.
func (w *Words) Cut() string {
	if w.CutPapers == 0 {
		return ""
	}
	return fmt.Sprintf("%d papers cut to %d words, %d words left out", w.CutPapers, w.MaxTokens, w.CutTokens)
}

// Coverage says in words how much of the text the vocabulary has.
func (w *Words) Coverage() string {
	share := func(n, of int64) float64 { return 100 * float64(n) / float64(max(of, 1)) }
	return fmt.Sprintf("%.1f %% of the words, %.1f %% of the %d distinct ones",
		share(w.KnownTokens, w.Tokens), share(w.KnownDistinct, w.Distinct), w.Distinct)
}

// Warnings lists what a reader of the results must know of the words.
func (w *Words) Warnings() []string {
	var out []string
	if float64(w.KnownTokens) < lowCoverage*float64(w.Tokens) {
		out = append(out, fmt.Sprintf("the vocabulary of %d words covers %s", w.Known, w.Coverage()))
	}
	if float64(w.CutTokens) > highCut*float64(w.Tokens+w.CutTokens) {
		out = append(out, w.Cut())
	}
	return out
}
