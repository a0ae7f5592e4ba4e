package table

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"assay/internal/numerals"
	"assay/results"
)

// entry is one trial: what came of it.
type entry struct {
	run     results.Run // where it has none, the expected one
	status  Status
	message string // why there is no result
}

// collect sorts runs, expected trials and problems into groups.
func (c *comparison) collect(runs []results.Run) {
	runs = c.latest(runs)
	entries := c.entries(runs)
	byKey := map[string]*group{}
	for _, e := range entries {
		key := groupKey(e.run)
		g := byKey[key]
		if g == nil {
			g = &group{name: e.run.Model.Name, params: e.run.Params}
			byKey[key] = g
			c.groups = append(c.groups, g)
		}
		g.entries = append(g.entries, e)
	}
	for _, g := range c.groups {
		slices.SortStableFunc(g.entries, func(a, b entry) int { return cmp.Compare(a.run.Seed, b.run.Seed) })
	}
	nameGroups(c.groups)
}

// entries pairs what was expected with what there is.
func (c *comparison) entries(runs []results.Run) []entry {
	var entries []entry
	if c.opt.Expected == nil {
		for _, r := range runs {
			entries = append(entries, entryOf(r))
		}
		for _, p := range c.opt.Problems {
			c.notes = append(c.notes, "Not read: "+p.String()+".")
		}
		return entries
	}
	byTrial := map[string]results.Run{}
	for _, r := range runs {
		byTrial[r.Trial] = r
	}
	damaged := map[string]results.Problem{}
	for _, p := range c.opt.Problems {
		damaged[p.Trial] = p
	}
	for _, want := range c.opt.Expected {
		if r, ok := byTrial[want.Trial]; ok {
			delete(byTrial, want.Trial)
			entries = append(entries, entryOf(r))
		} else if p, ok := damaged[want.Trial]; ok {
			delete(damaged, want.Trial)
			entries = append(entries, entry{run: want, status: Damaged, message: p.String()})
		} else {
			entries = append(entries, entry{run: want, status: Missing, message: "not run yet"})
		}
	}
	if n := len(byTrial); n > 0 {
		c.notes = append(c.notes, fmt.Sprintf("%s of other configurations, data or code not shown.", count(n, "run", "runs")))
	}
	if n := len(damaged); n > 0 {
		c.notes = append(c.notes, fmt.Sprintf("%s of other configurations, data or code could not be read.", count(n, "folder", "folders")))
	}
	return entries
}

func entryOf(r results.Run) entry {
	switch r.State {
	case results.Done:
		if len(r.Results) == 0 {
			return entry{run: r, status: Damaged, message: "is done but holds no result"}
		}
		return entry{run: r, status: Measured}
	case results.Failed:
		return entry{run: r, status: Failed, message: r.Error}
	case results.Running:
		return entry{run: r, status: Running, message: "on " + r.Provenance.Host}
	}
	message := r.Error
	if message == "" {
		message = "was stopped early"
	}
	return entry{run: r, status: Interrupted, message: message}
}

// latest puts the runs in order and, unless the expected trials say which one
// counts, keeps one of several runs of the same setting and seed, such as those
// of an older program: a done one before others, then the last begun.
func (c *comparison) latest(runs []results.Run) []results.Run {
	runs = slices.Clone(runs)
	key := map[string]string{}
	for _, r := range runs {
		key[r.Trial] = groupKey(r)
	}
	slices.SortStableFunc(runs, func(a, b results.Run) int {
		return cmp.Or(
			cmp.Compare(a.Model.Name, b.Model.Name), cmp.Compare(key[a.Trial], key[b.Trial]), cmp.Compare(a.Seed, b.Seed),
			-cmp.Compare(rank(a), rank(b)), -a.Started.Compare(b.Started), cmp.Compare(a.Trial, b.Trial),
		)
	})
	if c.opt.Expected != nil {
		return runs
	}
	kept := slices.CompactFunc(slices.Clone(runs), func(a, b results.Run) bool {
		return key[a.Trial] == key[b.Trial] && a.Seed == b.Seed
	})
	if n := len(runs) - len(kept); n > 0 {
		c.notes = append(c.notes, fmt.Sprintf("%s with the same model, parameters and seed as a later one not shown.", count(n, "run", "runs")))
	}
	return kept
}

func rank(r results.Run) int {
	if r.State == results.Done {
		return 1
	}
	return 0
}

// groupKey is equal for replicates: all but the seed.
func groupKey(r results.Run) string {
	params, err := json.Marshal(r.Params)
	if err != nil {
		params = fmt.Append(nil, r.Params)
	}
	return strings.Join([]string{r.Model.Name, r.Model.Kind, r.Model.Backend, string(params)}, "\x00")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return numerals.Thousands(n) + " " + many
}
