package plot

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/format"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
)

// group is one setting: runs that differ in their seed alone.
type group struct {
	*compare.Group
	label string        // the model and, where several share its name, what differs
	runs  []results.Run // ascending by seed
}

// choose returns the runs that the options ask for. What they are compared in must be
// comparable.
func choose(runs []results.Run, opt Options) ([]results.Run, error) {
	if len(runs) == 0 {
		return nil, fault.Usagef("plot: there are no runs to draw; `assay run` makes them")
	}
	var names []string
	for _, r := range runs {
		names = append(names, r.Model.Name)
	}
	names = unique(names)
	for _, m := range opt.Models {
		if !slices.Contains(names, m) {
			return nil, fault.Usagef("plot: no run of a model %q%s; there are %s", m, suggest.Hint(m, names), strings.Join(names, ", "))
		}
	}
	filter, err := compare.ParseFilter(opt.Where, "")
	if err == nil {
		runs, err = filter.Keep(runs)
	}
	if err != nil {
		return nil, fmt.Errorf("plot: %w", err)
	}
	if len(opt.Models) > 0 {
		runs = slices.DeleteFunc(runs, func(r results.Run) bool { return !slices.Contains(opt.Models, r.Model.Name) })
	}
	if len(runs) == 0 {
		return nil, fault.Usagef("plot: no run of %s meets %s", strings.Join(opt.Models, ", "), strings.Join(opt.Where, " and "))
	}
	if why := compare.Incomparable(runs); why != "" {
		return nil, fault.Usagef("plot: %s: they cannot be compared in one picture", why)
	}
	return runs, nil
}

// selection is what a picture of finished runs is drawn of.
type selection struct {
	opt     Options
	metrics []metric
	rules   []metrics.Rule
	runs    []results.Run
	groups  []*group

	others int // runs without a result
	again  int // runs that a later one of the same setting and seed stands for
}

// selectDone returns the finished runs that the options ask for, in groups.
func selectDone(runs []results.Run, opt Options) (*selection, error) {
	s := &selection{opt: opt}
	var err error
	if s.metrics, err = chooseMetrics(opt.Metrics); err != nil {
		return nil, err
	}
	if runs, err = choose(runs, opt); err != nil {
		return nil, err
	}
	if s.runs, s.others = done(runs); len(s.runs) == 0 {
		return nil, fault.Usagef("plot: none of %s is done; `assay run` finishes them", format.Count(s.others, "run"))
	}
	if s.rules, err = chooseRules(s.runs, opt); err != nil {
		return nil, err
	}
	s.groups, s.again = groupsOf(s.runs)
	return s, nil
}

// rule is the one decision rule of a picture that shows one.
func (s *selection) rule() (metrics.Rule, error) {
	if len(s.opt.Rules) > 1 {
		return metrics.Rule{}, fault.Usagef("plot: this picture shows one decision rule, not %d", len(s.opt.Rules))
	}
	return compare.UsualRule(s.rules), nil
}

// notes are those of every picture: what is not shown, more of that, and what a reader
// must know.
func (s *selection) notes(more ...string) []string {
	return slices.Concat(leftOut(s.others, s.again), equalReplicates(s.groups), more, warnings(s.groups), s.opt.Notes)
}

// groupsOf joins replicates, in the order of their first run, and counts the runs that a
// later one of the same setting and seed stands for.
func groupsOf(runs []results.Run) (groups []*group, again int) {
	joined, again := compare.Groups(runs)
	for _, j := range joined {
		g := &group{Group: j}
		for _, t := range j.Trials {
			g.runs = append(g.runs, t.Run)
		}
		groups = append(groups, g)
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
	return []string{fmt.Sprintf("Equal runs under several seeds count as one: of %s.", format.Count(n, "setting"))}
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
		same[g.Model.Name] = append(same[g.Model.Name], g)
	}
	for _, g := range groups {
		g.label = g.Model.Name
		var parts []string
		for _, key := range differing(same[g.Model.Name]) {
			parts = append(parts, g.describe(key))
		}
		if slices.ContainsFunc(same[g.Model.Name], func(o *group) bool { return o.Model != g.Model }) {
			parts = append(parts, strings.TrimSpace(g.Model.Kind+" "+g.Model.Backend))
		}
		if len(parts) == 0 {
			continue
		}
		if g.label = strings.Join(parts, ", "); len(same) > 1 {
			g.label = fmt.Sprintf("%s (%s)", g.Model.Name, g.label)
		}
	}
}

// describe is a key and its value as a reader wants them.
func (g *group) describe(key string) string {
	value := g.Setting(key).String()
	if key == "embeddings" || key == modelKey {
		return value
	}
	return words(key) + " " + value
}

// words turns a key into words: master_loss_ratio, master loss ratio.
func words(key string) string {
	return strings.NewReplacer("_", " ", ".", ": ").Replace(key)
}

// differing returns the keys of the settings in which groups differ, their models aside.
func differing(groups []*group) []string {
	of := make([]*compare.Group, len(groups))
	for i, g := range groups {
		of[i] = g.Group
	}
	var keys []string
	for _, d := range compare.Differences(of, "model", "kind", "backend") {
		keys = append(keys, d.Key)
	}
	return keys
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
		all = append(all[:mostWarnings], format.Count(n, "further warning")+": `assay table` lists them.")
	}
	return all
}

// chooseRules returns the rules that the options name, or all.
func chooseRules(runs []results.Run, opt Options) ([]metrics.Rule, error) {
	rules := compare.Rules(runs)
	for _, r := range opt.Rules {
		if !slices.Contains(rules, r) {
			var names []string
			for _, known := range rules {
				names = append(names, known.String())
			}
			return nil, fault.Usagef("plot: no run has a result by the rule %s; they have %s", r, strings.Join(names, ", "))
		}
	}
	if len(opt.Rules) > 0 {
		return opt.Rules, nil
	}
	return rules, nil
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
		t += format.Thousands(s) + " papers"
	}
	return t
}
