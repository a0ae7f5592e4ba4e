package embeddings

// Coverage counts how the words of a text were found: its tokens, and its
// distinct words once each, by [Match].
type Coverage struct {
	Tokens, Words [Exact + 1]int64
}

// Totals returns how many tokens and distinct words were counted.
func (c *Coverage) Totals() (tokens, words int64) {
	for match := range c.Tokens {
		tokens += c.Tokens[match]
		words += c.Words[match]
	}
	return tokens, words
}
