package embeddings

// Coverage counts how the words of a text were found: its tokens, and its
// distinct words once each, by [Match].
type Coverage struct {
	Tokens, Words [Exact + 1]int64
}

// Covered returns the share of the tokens and of the distinct words that have a
// vector, between 0 and 1; both are 0 for a text without tokens.
func (c *Coverage) Covered() (tokens, words float64) {
	share := func(counts *[Exact + 1]int64) float64 {
		found := counts[Subwords] + counts[LowerCase] + counts[Exact]
		return float64(found) / float64(max(found+counts[Missing], 1))
	}
	return share(&c.Tokens), share(&c.Words)
}
