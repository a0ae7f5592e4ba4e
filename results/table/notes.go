package table

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"assay/internal/numerals"
	"assay/results"
	"assay/results/metrics"
	"assay/results/stats"
)

// allNotes explains what the table shows and names what it does not.
func (c *comparison) allNotes() []string {
	var notes []string
	if why := c.incomparable(); why != "" {
		notes = append(notes, "NOT COMPARABLE: "+why+"; no best is marked.")
	}
	if slices.ContainsFunc(c.groups, func(g *group) bool { return len(g.done()) > 0 }) {
		notes = append(notes, c.scoreNote())
		notes = append(notes, c.testNotes()...)
		notes = append(notes, c.ruleNote())
	}
	notes = append(notes, c.publishedNotes()...)
	notes = append(notes, twinNotes(c.done())...)
	notes = append(notes, c.vectorNotes()...)
	for _, g := range c.groups {
		for _, e := range g.entries {
			if e.status != Measured {
				notes = append(notes, fmt.Sprintf("%s, seed %d, %s: %s.", g.label, e.run.Seed, e.status, strings.TrimSuffix(oneLine(e.message), ".")))
			}
		}
	}
	for _, g := range c.groups {
		for _, r := range g.done() {
			for _, w := range r.Warnings {
				notes = append(notes, fmt.Sprintf("%s, seed %d: %s.", g.label, r.Seed, strings.TrimSuffix(oneLine(w), ".")))
			}
		}
	}
	return append(notes, c.notes...)
}

// twinNotes says how many papers of finished runs stand under several ids: what one
// of them teaches, a test on another would reward.
func twinNotes(runs []results.Run) []string {
	papers := span(runs, func(d results.Data) int { return d.Twins.Papers })
	if len(runs) == 0 || papers == "0" {
		return nil
	}
	texts := span(runs, func(d results.Data) int { return d.Twins.Texts })
	return []string{fmt.Sprintf("%s of the drawn papers share title and abstract with another (different texts: %s); those of one text are on one side of the split.", papers, texts)}
}

func (c *comparison) scoreNote() string {
	var most int
	var seeds, papers bool
	for _, g := range c.groups {
		for _, row := range g.rows {
			most = max(most, len(row.Seeds))
			for j, n := range row.values {
				showSeeds, showPapers := c.shows(n)
				seeds, papers = seeds || showSeeds && c.metrics[j].score, papers || showPapers
			}
		}
	}
	text := "Scores in percent, on the test papers."
	if most > 1 {
		text += " n: runs that differ in their seed alone."
	}
	if seeds {
		text += " ±: 95 % t-interval of their mean."
	}
	if papers {
		text += " [ ]: 95 % bootstrap interval over papers, of the trained models as they are."
	}
	if most == 1 {
		text += fmt.Sprintf(" One seed: no spread over seeds, which needs %d.", stats.FewestReplicates)
	}
	var meanings []string
	for _, m := range c.metrics {
		if m.note != "" {
			meanings = append(meanings, m.note)
		}
	}
	if len(meanings) > 0 {
		text += " " + strings.Join(meanings, ". ") + "."
	}
	return text
}

// testNotes names the tests behind the marks, what they assume, and where there
// was too little for them.
func (c *comparison) testNotes() []string {
	notes := c.equalNotes()
	t := c.tests
	var tests, untested, exact []string
	if t.seeds[1] > 0 {
		tests = append(tests, fmt.Sprintf("%s (n = %s; normal differences), Holm-corrected for the comparisons", seedsTest, countRange(t.seeds)))
	}
	if t.papers[1] > 0 {
		text := fmt.Sprintf("%s (n = %s; independent papers), corrected for all pairs of rows", papersTest, countRange(t.papers))
		if t.widened {
			text += ", with the spread over seeds"
		}
		tests = append(tests, text)
	}
	for j, m := range c.metrics {
		if t.over != nil && t.over[j] && m.ofExact() {
			exact = append(exact, m.Title)
		}
		if t.untested != nil && t.untested[j] > 0 {
			untested = append(untested, fmt.Sprintf("%s in %s", m.Title, count(t.untested[j], "row", "rows")))
		}
	}
	if len(exact) > 0 {
		tests = append(tests, fmt.Sprintf("for %s %s, corrected likewise", strings.Join(exact, ", "), exactTest))
	}
	if len(tests) > 0 {
		text := "Tests against the best of a column at 0.05: " + strings.Join(tests, "; ") + "."
		if t.seeds[1] > 0 {
			text += " ~ where any of a row's tests does not reject."
		}
		notes = append(notes, text)
	}
	if t.fewSeeds {
		notes = append(notes, fmt.Sprintf("With %d seeds the test over papers decides alone; from %d on both do.", seedsBesidePapers-1, seedsBesidePapers))
	}
	if len(untested) > 0 {
		notes = append(notes, "Not tested against the best, for want of common papers, and left with ~: "+strings.Join(untested, ", ")+".")
	}
	if t.few > 0 {
		notes = append(notes, fmt.Sprintf("%s over papers cannot be significant: fewer than %d papers differ.",
			count(t.few, "comparison", "comparisons"), stats.FewestPairs(1-level)))
	}
	return notes
}

// noteEqual remembers a group's seeds that gave equal runs, under whichever rule.
func (c *comparison) noteEqual(g *group) {
	for _, row := range g.rows {
		for _, seeds := range row.Equal() {
			if text := fmt.Sprintf("%s (%s)", g.label, listSeeds(seeds)); !slices.Contains(c.equal, text) {
				c.equal = append(c.equal, text)
			}
		}
	}
}

// equalNotes says which replicates were none.
func (c *comparison) equalNotes() []string {
	const shown = 4
	if len(c.equal) == 0 {
		return nil
	}
	names := c.equal
	if len(names) > shown {
		names = append(slices.Clone(names[:shown]), fmt.Sprintf("%s more", numerals.Thousands(len(c.equal)-shown)))
	}
	return []string{"Equal replicates count as one run, which has neither an interval nor a test over seeds: " + strings.Join(names, ", ") +
		". With split.per_seed = true each seed holds out other papers."}
}

// countRange writes the smallest and the largest of a count.
func countRange(span [2]int) string {
	if span[0] == span[1] {
		return numerals.Thousands(span[0])
	}
	return numerals.Thousands(span[0]) + "–" + numerals.Thousands(span[1])
}

func (c *comparison) ruleNote() string {
	var rules []metrics.Rule
	var parts []string
	for _, g := range c.groups {
		for _, row := range g.rows {
			if !slices.Contains(rules, row.rule) {
				rules = append(rules, row.rule)
				parts = append(parts, fmt.Sprintf("%s: %s", row.rule, row.rule.Describe()))
			}
		}
	}
	return "Rules: " + strings.Join(parts, "; ") + "."
}

func (c *comparison) publishedNotes() []string {
	var notes []string
	for _, p := range c.opt.Published {
		if p.Source != "" {
			notes = append(notes, fmt.Sprintf("Published, %s: %s.", p.Model, strings.TrimSuffix(oneLine(p.Source), ".")))
		}
	}
	if slices.ContainsFunc(c.places(), func(p place) bool { return p.difference }) {
		text := "Δ: ours less the published score, in points."
		if slices.ContainsFunc(c.places(), func(p place) bool { return p.difference && c.metrics[p.metric].Unit == "nats" }) {
			text = "Δ: ours less the published value, in points, of the loss in nats."
		}
		notes = append([]string{text}, notes...)
	}
	return notes
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// vectorNotes names tables of word vectors of which rows with equal settings and
// seed saw different ones: trained anew without a fixed order, most often.
func (c *comparison) vectorNotes() []string {
	content := map[string]string{} // by all that should decide it
	var differing []string
	for _, r := range c.done() {
		if r.Vectors == nil {
			continue
		}
		settings := map[string]any{}
		for key, v := range r.Params {
			if strings.HasPrefix(key, "embeddings.") {
				settings[key] = v
			}
		}
		text, err := json.Marshal(settings)
		if err != nil {
			continue
		}
		key := fmt.Sprintf("%s\x00%d\x00%s", r.Vectors.Name, r.Seed, text)
		if was, seen := content[key]; !seen {
			content[key] = r.Vectors.SHA256
		} else if was != r.Vectors.SHA256 && !slices.Contains(differing, r.Vectors.Name) {
			differing = append(differing, r.Vectors.Name)
		}
	}
	slices.Sort(differing)
	var notes []string
	for _, name := range differing {
		notes = append(notes, fmt.Sprintf("NOT THE SAME VECTORS: runs of one seed saw different trainings of %s; deterministic = true, or keeping results/cache, prevents it.", name))
	}
	return notes
}
