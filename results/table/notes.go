package table

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"assay/internal/format"
	"assay/internal/markup"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
	"assay/results/stats"
)

// allNotes explains what the table shows and names what it does not.
func (c layout) allNotes() []string {
	var notes []string
	if why := c.Incomparable; why != "" {
		notes = append(notes, "NOT COMPARABLE: "+why+"; no best is marked.")
	}
	if slices.ContainsFunc(c.Groups, func(g *compare.Group) bool { return len(g.Done()) > 0 }) {
		notes = append(notes, c.scoreNote())
		notes = append(notes, c.testNotes()...)
		notes = append(notes, c.ruleNote())
	}
	notes = append(notes, c.publishedNotes()...)
	notes = append(notes, twinNotes(c.Done())...)
	notes = append(notes, c.vectorNotes()...)
	for _, g := range c.Groups {
		for _, t := range g.Trials {
			if t.Outcome != compare.Measured {
				notes = append(notes, fmt.Sprintf("%s, seed %d, %s: %s.", g.Label, t.Run.Seed, t.Outcome, strings.TrimSuffix(markup.Line(t.Message), ".")))
			}
		}
	}
	for _, g := range c.Groups {
		for _, r := range g.Done() {
			for _, w := range r.Warnings {
				notes = append(notes, fmt.Sprintf("%s, seed %d: %s.", g.Label, r.Seed, strings.TrimSuffix(markup.Line(w), ".")))
			}
		}
	}
	return append(notes, c.Notes...)
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

func (c layout) scoreNote() string {
	var most int
	var seeds, papers bool
	for _, g := range c.Groups {
		for _, row := range g.Rows {
			most = max(most, len(row.Seeds))
			for j, n := range row.Values {
				showSeeds, showPapers := c.intervals.of(n)
				seeds, papers = seeds || showSeeds && c.Metrics[j].Score, papers || showPapers
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
	for _, m := range c.Metrics {
		if m.Note != "" {
			meanings = append(meanings, m.Note)
		}
	}
	if len(meanings) > 0 {
		text += " " + strings.Join(meanings, ". ") + "."
	}
	return text
}

// testNotes names the tests behind the signs at cells, what they assume, and where there
// was too little for them.
func (c layout) testNotes() []string {
	notes := c.equalNotes()
	t := c.Tests
	var tests, untested, exact []string
	if t.Seeds.Most > 0 {
		tests = append(tests, fmt.Sprintf("%s (n = %s; normal differences), Holm-corrected for the comparisons", compare.OverSeeds, countRange(t.Seeds)))
	}
	if t.Papers.Most > 0 {
		text := fmt.Sprintf("%s (n = %s; independent papers), corrected for all pairs of rows", compare.OverPapers, countRange(t.Papers))
		if t.Widened {
			text += ", with the spread over seeds"
		}
		tests = append(tests, text)
	}
	for j, m := range c.Metrics {
		if t.Over[j] && m.OfExact() {
			exact = append(exact, m.Title)
		}
		if t.Untested[j] > 0 {
			untested = append(untested, fmt.Sprintf("%s in %s", m.Title, format.Count(t.Untested[j], "row")))
		}
	}
	if len(exact) > 0 {
		tests = append(tests, fmt.Sprintf("for %s %s, corrected likewise", strings.Join(exact, ", "), compare.OnExact))
	}
	if len(tests) > 0 {
		text := "Tests against the best of a column at 0.05: " + strings.Join(tests, "; ") + "."
		if t.Seeds.Most > 0 {
			text += " ~ where any of a row's tests does not reject."
		}
		notes = append(notes, text)
	}
	if t.FewSeeds {
		notes = append(notes, fmt.Sprintf("With %d seeds the test over papers decides alone; from %d on both do.", compare.SeedsBesidePapers-1, compare.SeedsBesidePapers))
	}
	if len(untested) > 0 {
		notes = append(notes, "Not tested against the best, for want of common papers, and left with ~: "+strings.Join(untested, ", ")+".")
	}
	if t.Few > 0 {
		notes = append(notes, fmt.Sprintf("%s over papers cannot be significant: fewer than %d papers differ.",
			format.Count(t.Few, "comparison"), stats.FewestPairs(1-compare.Level)))
	}
	return notes
}

// equalNotes says which replicates were none.
func (c layout) equalNotes() []string {
	const shown = 4
	if len(c.Equal) == 0 {
		return nil
	}
	var names []string
	for _, e := range c.Equal {
		names = append(names, fmt.Sprintf("%s (%s)", e.Label, listSeeds(e.Seeds)))
	}
	if n := len(names) - shown; n > 0 {
		names = append(names[:shown], format.Thousands(n)+" more")
	}
	return []string{"Equal replicates count as one run, which has neither an interval nor a test over seeds: " + strings.Join(names, ", ") +
		". With split.per_seed = true each seed holds out other papers."}
}

// countRange writes the smallest and the largest of a count.
func countRange(s compare.Span) string {
	if s.Least == s.Most {
		return format.Thousands(s.Least)
	}
	return format.Thousands(s.Least) + "–" + format.Thousands(s.Most)
}

func (c layout) ruleNote() string {
	var rules []metrics.Rule
	var parts []string
	for _, g := range c.Groups {
		for _, row := range g.Rows {
			if !slices.Contains(rules, row.Rule) {
				rules = append(rules, row.Rule)
				parts = append(parts, fmt.Sprintf("%s: %s", row.Rule, row.Rule.Describe()))
			}
		}
	}
	return "Rules: " + strings.Join(parts, "; ") + "."
}

func (c layout) publishedNotes() []string {
	var notes []string
	for _, p := range c.Options.Published {
		if p.Source != "" {
			notes = append(notes, fmt.Sprintf("Published, %s: %s.", p.Model, strings.TrimSuffix(markup.Line(p.Source), ".")))
		}
	}
	if slices.ContainsFunc(c.places(), func(p place) bool { return p.difference }) {
		text := "Δ: ours less the published score, in points."
		if slices.ContainsFunc(c.places(), func(p place) bool { return p.difference && c.Metrics[p.metric].Unit == compare.Nats }) {
			text = "Δ: ours less the published value, in points, of the loss in nats."
		}
		notes = append([]string{text}, notes...)
	}
	return notes
}

// vectorNotes names tables of word vectors of which rows with equal settings and
// seed saw different ones: trained anew without a fixed order, most often.
func (c layout) vectorNotes() []string {
	content := map[string]string{} // by all that should decide it
	var differing []string
	for _, r := range c.Done() {
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
