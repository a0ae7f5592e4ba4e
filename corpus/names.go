package corpus

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"assay/corpus/arxivid"
	"assay/internal/format"
)

// TextDigest stands for a title and an abstract: the first 16 bytes of a SHA-256.
// That two of three million different ones share one has a probability of about 1e-26.
type TextDigest [16]byte

// DigestText returns the digest of a title and an abstract. Line breaks and runs of
// spaces differ from source to source and do not count.
func DigestText(title, abstract string) TextDigest {
	folded := make([]byte, 0, len(title)+len(abstract)+2)
	for _, part := range []string{title, abstract} {
		for word := range strings.FieldsSeq(part) {
			folded = append(append(folded, word...), ' ')
		}
		folded = append(folded, 0)
	}
	sum := sha256.Sum256(folded)
	return TextDigest(sum[:16])
}

// SameText counts papers that stand under several ids with equal title and
// abstract, white space aside: submitted twice, or imported under two names.
type SameText struct {
	Texts  int64 `json:"texts"`  // different ones
	Papers int64 `json:"papers"` // that have one of these, all ids counted
}

// String counts in words.
func (s SameText) String() string {
	if s.Papers == 0 {
		return "no paper stands under several ids"
	}
	return fmt.Sprintf("%s papers share title and abstract with another (%s)", format.Thousands(s.Papers), format.Count(s.Texts, "different text"))
}

// TextCounter counts the papers of equal text among those added, in some 40 bytes a
// paper. Its zero value is empty.
type TextCounter struct {
	SameText
	papers map[TextDigest]int32
}

// Add takes the text of the next paper.
func (c *TextCounter) Add(text TextDigest) {
	if c.papers == nil {
		c.papers = make(map[TextDigest]int32)
	}
	c.papers[text]++
	switch c.papers[text] {
	case 1:
	case 2:
		c.Texts++
		c.Papers += 2
	default:
		c.Papers++
	}
}

// NameCheck looks at how papers are named: whether one stands under several ids,
// and whether ids are spoilt. Its zero value has seen no paper.
type NameCheck struct {
	texts   TextCounter
	damaged DamagedIDs
}

// Add takes the next paper.
func (n *NameCheck) Add(p *Paper) {
	n.texts.Add(DigestText(p.Title, p.Abstract))
	if _, repairs, err := arxivid.Canonical(p.ID); err == nil && len(repairs) > 0 {
		n.damaged++
	}
}

// SameText counts the papers of equal text among those added.
func (n *NameCheck) SameText() SameText { return n.texts.SameText }

// Damaged counts the ids that are arXiv's, but not in its form.
func (n *NameCheck) Damaged() DamagedIDs { return n.damaged }

// DamagedIDs counts ids that are arXiv's, but not in its form.
type DamagedIDs int64

// String says what they mean and what to do.
func (n DamagedIDs) String() string {
	return format.Count(int64(n), "id") + " not in arXiv's form, so that papers may stand twice; import again from the source, or say --ids free if they are not arXiv's"
}
