package compare

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"assay/internal/format"
	"assay/results"
)

// Outcome says what came of a trial.
type Outcome string

// The outcomes.
const (
	Measured    Outcome = "measured"
	Failed      Outcome = "failed"
	Interrupted Outcome = "interrupted"
	Running     Outcome = "running"
	Missing     Outcome = "missing"
	Damaged     Outcome = "damaged"
)

// Trial is one run, or one that was expected, and what came of it.
type Trial struct {
	Run     results.Run // where it has none, the expected one
	Outcome Outcome
	Message string // why there is no result
}

// Group is one model with one set of parameters: trials that differ in their seed alone.
type Group struct {
	Model  results.Model
	Params map[string]any
	Label  string  // the model's name and, where several share it, what differs
	Trials []Trial // ascending by seed
	Rows   []*Row  // of each decision rule, once it is measured

	finished []results.Run // what Done returns
}

// Done returns the group's finished runs, ascending by seed.
func (g *Group) Done() []results.Run {
	if g.finished == nil {
		for _, t := range g.Trials {
			if t.Outcome == Measured {
				g.finished = append(g.finished, t.Run)
			}
		}
	}
	return g.finished
}

// Setting is the value of a key, which all trials of the group share.
func (g *Group) Setting(key string) results.Value { return settingOf(g.first(), "", key) }

func (g *Group) first() results.Run { return results.Run{Model: g.Model, Params: g.Params} }

// Groups joins replicates, in the order of their first run. Of several runs of one
// setting and seed it keeps one: a done one before others, then the last begun; repeated
// counts those it leaves out.
func Groups(runs []results.Run) (groups []*Group, repeated int) {
	kept, repeated := newest(runs)
	trials := make([]Trial, len(kept))
	for i, r := range kept {
		trials[i] = trialOf(r)
	}
	return group(trials), repeated
}

// project sorts runs, expected trials and problems into groups.
func (c *Comparison) project(runs []results.Run) {
	runs = inOrder(runs)
	if c.Options.Expected != nil {
		c.Groups = group(c.expected(runs))
		return
	}
	groups, repeated := Groups(runs)
	c.Groups = groups
	if repeated > 0 {
		c.Notes = append(c.Notes, format.Count(repeated, "run")+" with the same model, parameters and seed as a later one not shown.")
	}
	for _, p := range c.Options.Problems {
		c.Notes = append(c.Notes, "Not read: "+p.String()+".")
	}
}

// expected pairs what was expected with what there is.
func (c *Comparison) expected(runs []results.Run) []Trial {
	var trials []Trial
	own, damaged := byTrial(runs), map[string]results.Problem{}
	for _, p := range c.Options.Problems {
		damaged[p.Trial] = p
	}
	for _, want := range c.Options.Expected {
		if r, ok := own[want.Trial]; ok {
			delete(own, want.Trial)
			trials = append(trials, trialOf(r))
		} else if p, ok := damaged[want.Trial]; ok {
			delete(damaged, want.Trial)
			trials = append(trials, Trial{want, Damaged, p.String()})
		} else {
			trials = append(trials, Trial{want, Missing, "not run yet"})
		}
	}
	if n := len(own); n > 0 {
		c.Notes = append(c.Notes, format.Count(n, "run")+" of other configurations, data or code not shown.")
	}
	if n := len(damaged); n > 0 {
		c.Notes = append(c.Notes, format.Count(n, "folder")+" of other configurations, data or code could not be read.")
	}
	return trials
}

func group(trials []Trial) (groups []*Group) {
	byKey := map[string]*Group{}
	for _, t := range trials {
		key := groupKey(t.Run)
		g := byKey[key]
		if g == nil {
			g = &Group{Model: t.Run.Model, Params: t.Run.Params}
			byKey[key] = g
			groups = append(groups, g)
		}
		g.Trials = append(g.Trials, t)
	}
	for _, g := range groups {
		slices.SortStableFunc(g.Trials, func(a, b Trial) int { return cmp.Compare(a.Run.Seed, b.Run.Seed) })
	}
	label(groups)
	return groups
}

func trialOf(r results.Run) Trial {
	switch r.State {
	case results.Done:
		if len(r.Results) == 0 {
			return Trial{r, Damaged, "is done but holds no result"}
		}
		return Trial{r, Measured, ""}
	case results.Failed:
		return Trial{r, Failed, r.Error}
	case results.Running:
		return Trial{r, Running, "on " + r.Provenance.Host}
	}
	return Trial{r, Interrupted, cmp.Or(r.Error, "was stopped early")}
}

// inOrder sorts runs so that the order in which a store lists them does not show.
func inOrder(runs []results.Run) []results.Run {
	keys := groupKeys(runs)
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b results.Run) int {
		return cmp.Or(
			cmp.Compare(a.Model.Name, b.Model.Name), cmp.Compare(keys[a.Trial], keys[b.Trial]), cmp.Compare(a.Seed, b.Seed),
			later(a, b), cmp.Compare(a.Trial, b.Trial),
		)
	})
	return runs
}

// newest keeps one of several runs of one setting and seed, such as those of an older
// program.
func newest(runs []results.Run) (kept []results.Run, repeated int) {
	type replicate struct {
		key  string
		seed uint64
	}
	keys := groupKeys(runs)
	at := map[replicate]int{}
	for _, r := range runs {
		k := replicate{keys[r.Trial], r.Seed}
		i, seen := at[k]
		switch {
		case !seen:
			at[k] = len(kept)
			kept = append(kept, r)
		case cmp.Or(later(r, kept[i]), cmp.Compare(r.Trial, kept[i].Trial)) < 0:
			kept[i] = r
		}
	}
	return kept, len(runs) - len(kept)
}

// later puts done runs before others, and then what began later.
func later(a, b results.Run) int {
	done := func(r results.Run) int {
		if r.State == results.Done {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(done(a), done(b)), -a.Started.Compare(b.Started))
}

func groupKeys(runs []results.Run) map[string]string {
	keys := map[string]string{}
	for _, r := range runs {
		keys[r.Trial] = groupKey(r)
	}
	return keys
}

// groupKey is equal for replicates: all but the seed.
func groupKey(r results.Run) string {
	params, err := json.Marshal(r.Params)
	if err != nil {
		params = fmt.Append(nil, r.Params)
	}
	return strings.Join([]string{r.Model.Name, r.Model.Kind, r.Model.Backend, string(params)}, "\x00")
}
