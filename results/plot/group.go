package plot

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/numerals"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/metrics"
)

// group is one setting: runs that differ in their seed alone.
type group struct {
	label  string // the model and, where several share its name, what differs
	model  results.Model
	params map[string]any
	runs   []results.Run // ascending by seed
}

// choose returns the runs that the options ask for.
func choose(runs []results.Run, opt Options) ([]results.Run, error) {
	if len(runs) == 0 {
		return nil, fault.Usagef("plot: there are no runs to draw; `assay run` makes them")
	}
	var names, keys []string
	for _, r := range runs {
		names = append(names, r.Model.Name)
		for k := range r.Params {
			keys = append(keys, k)
		}
	}
	names, keys = unique(names), distinct(keys)
	for _, m := range opt.Models {
		if !slices.Contains(names, m) {
			return nil, fault.Usagef("plot: no run of a model %q%s; there are %s", m, suggest.Hint(m, names), strings.Join(names, ", "))
		}
	}
	conditions := map[string]results.Value{}
	for _, w := range opt.Where {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			return nil, fault.Usagef("plot: condition %q: want KEY=VALUE, such as dropout=0.1", w)
		}
		if !slices.Contains(keys, key) {
			return nil, fault.Usagef("plot: condition %q: no run has the setting %q%s", w, key, suggest.Hint(key, keys))
		}
		conditions[key] = results.ParseValue(key, value)
		if value == results.Unset {
			conditions[key] = results.Value{}
		}
	}
	var out []results.Run
	for _, r := range runs {
		meets := len(opt.Models) == 0 || slices.Contains(opt.Models, r.Model.Name)
		for key, value := range conditions {
			meets = meets && results.CompareValues(results.ValueOf(r.Params, key), value) == 0
		}
		if meets {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return nil, fault.Usagef("plot: none of %s meets %s", numerals.Count(len(runs), "run"), strings.Join(opt.Where, " and "))
	}
	return out, comparable(out)
}

// comparable refuses runs that must not stand in one picture.
func comparable(runs []results.Run) error {
	first := runs[0].Data
	for _, r := range runs[1:] {
		d := r.Data
		if d.Hash != first.Hash || d.Sample != first.Sample || d.Split != first.Split || d.Taxonomy != first.Taxonomy {
			return fault.Usagef("plot: %s and %s saw different papers (%s; %s): they cannot be compared in one picture",
				runs[0].Trial, r.Trial, first.Name, d.Name)
		}
	}
	return nil
}

// groupsOf joins replicates, in the order of their first run. Of several runs
// of one setting and seed it keeps the last begun.
func groupsOf(runs []results.Run) (groups []*group, again int) {
	byKey := map[string]*group{}
	for _, r := range runs {
		params, _ := json.Marshal(r.Params) // what cannot be written is not told apart
		key := strings.Join([]string{r.Model.Name, r.Model.Kind, r.Model.Backend, string(params)}, "\x00")
		g := byKey[key]
		if g == nil {
			g = &group{model: r.Model, params: r.Params}
			byKey[key] = g
			groups = append(groups, g)
		}
		g.runs = append(g.runs, r)
	}
	for _, g := range groups {
		slices.SortStableFunc(g.runs, func(a, b results.Run) int {
			return cmp.Or(cmp.Compare(a.Seed, b.Seed), -a.Started.Compare(b.Started), cmp.Compare(a.Trial, b.Trial))
		})
		n := len(g.runs)
		g.runs = slices.CompactFunc(g.runs, func(a, b results.Run) bool { return a.Seed == b.Seed })
		again += n - len(g.runs)
	}
	label(groups)
	return groups, again
}

// equalReplicates says of how many settings several seeds gave one run.
func equalReplicates(groups []*group) []string {
	n := 0
	for _, g := range groups {
		if len(results.Join(g.runs).Equal()) > 0 {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Equal runs under several seeds count as one: of %s.", numerals.Count(n, "setting"))}
}

// done cuts groups down to finished runs with a result, and counts the others.
func done(runs []results.Run) (finished []results.Run, others int) {
	for _, r := range runs {
		if r.State == results.Done && len(r.Results) > 0 {
			finished = append(finished, r)
		}
	}
	return finished, len(runs) - len(finished)
}

// label names groups by their model and by what tells those of one model apart.
// The model is left out where all share it.
func label(groups []*group) {
	same := map[string][]*group{}
	for _, g := range groups {
		same[g.model.Name] = append(same[g.model.Name], g)
	}
	for _, g := range groups {
		g.label = g.model.Name
		var parts []string
		for _, key := range differing(same[g.model.Name]) {
			parts = append(parts, setting(g.params, key))
		}
		if slices.ContainsFunc(same[g.model.Name], func(o *group) bool { return o.model != g.model }) {
			parts = append(parts, strings.TrimSpace(g.model.Kind+" "+g.model.Backend))
		}
		if len(parts) == 0 {
			continue
		}
		if g.label = strings.Join(parts, ", "); len(same) > 1 {
			g.label = fmt.Sprintf("%s (%s)", g.model.Name, g.label)
		}
	}
}

// setting is a key and its value as a reader wants them.
func setting(params map[string]any, key string) string {
	value := results.ValueOf(params, key).String()
	if key == "embeddings" {
		return value
	}
	return words(key) + " " + value
}

// words turns a key into words: master_loss_ratio, master loss ratio.
func words(key string) string {
	return strings.NewReplacer("_", " ", ".", ": ").Replace(key)
}

// differing returns the keys in which groups differ, ascending. Keys of a table
// of word vectors or of features count only where its name is the same.
func differing(groups []*group) []string {
	var keys, out []string
	for _, g := range groups {
		for k := range g.params {
			keys = append(keys, k)
		}
	}
	for _, k := range distinct(keys) {
		table, _, inside := strings.Cut(k, ".")
		if differs(groups, k) && !(inside && differs(groups, table)) {
			out = append(out, k)
		}
	}
	return out
}

func differs(groups []*group, key string) bool {
	return slices.ContainsFunc(groups, func(g *group) bool { return results.ValueOf(g.params, key) != results.ValueOf(groups[0].params, key) })
}

// mostWarnings is how many warnings of runs a picture repeats.
const mostWarnings = 2

// warnings repeats what a reader of the runs must know, of the first seed of
// each setting.
func warnings(groups []*group) []string {
	var all []string
	for _, g := range groups {
		for _, w := range g.runs[0].Warnings {
			all = append(all, capital(strings.TrimSuffix(w, "."))+".")
		}
	}
	all = unique(all)
	if n := len(all) - mostWarnings; n > 0 {
		all = append(all[:mostWarnings], numerals.Count(n, "further warning")+": `assay table` lists them.")
	}
	return all
}

// rulesOf returns the rules of runs in the order of their first appearance.
func rulesOf(runs []results.Run) (rules []metrics.Rule, names []string) {
	for _, r := range runs {
		for _, res := range r.Results {
			if !slices.Contains(rules, res.Decision.Rule) {
				rules = append(rules, res.Decision.Rule)
				names = append(names, res.Decision.Rule.String())
			}
		}
	}
	return rules, names
}

// chooseRules returns the rules that the options name, or all.
func chooseRules(runs []results.Run, opt Options) ([]metrics.Rule, error) {
	rules, names := rulesOf(runs)
	for _, r := range opt.Rules {
		if !slices.Contains(rules, r) {
			return nil, fault.Usagef("plot: no run has a result by the rule %s; they have %s", r, strings.Join(names, ", "))
		}
	}
	if len(opt.Rules) > 0 {
		return opt.Rules, nil
	}
	return rules, nil
}

// chooseRule returns the one rule that is drawn.
func chooseRule(runs []results.Run, opt Options) (metrics.Rule, error) {
	rules, err := chooseRules(runs, opt)
	switch {
	case err != nil:
		return metrics.Rule{}, err
	case len(opt.Rules) > 1:
		return metrics.Rule{}, fault.Usagef("plot: this picture shows one decision rule, not %d", len(opt.Rules))
	}
	if i := slices.IndexFunc(rules, func(r metrics.Rule) bool { return r.String() == "tuned" }); i >= 0 {
		return rules[i], nil
	}
	return rules[0], nil
}

// unique drops repeated words and keeps the order.
func unique(words []string) []string {
	var out []string
	for _, w := range words {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// distinct sorts words and drops repeated ones.
func distinct(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// title begins with the experiment and says on what papers.
func title(opt Options, runs []results.Run) string {
	t := runs[0].Data.Name
	if opt.Name != "" {
		t = opt.Name + ": " + t
	}
	if s := runs[0].Data.Sample; s > 0 && runs[0].Data.Name == "" {
		t += numerals.Thousands(s) + " papers"
	}
	return t
}
