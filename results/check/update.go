package check

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/markup"
	"assay/internal/suggest"
	"assay/results"
)

// New makes a baseline of measurements. metrics are what it is to hold; none
// takes those of the old one or, where that is nil, all scores. The old one's
// tolerances are kept, and changed is what the caller asks to be different.
// A score that the usual half point would let lose most of its value gets a
// tolerance of its own.
// A run that failed, or a metric that is missing, NaN or infinite is an error
// of the kind that Report.Err returns: nothing may be compared with that.
func New(ms []Measurement, metrics []string, old *Baseline, changed []Tolerance) (*Baseline, error) {
	refuse := func(is error, why string) (*Baseline, error) {
		return nil, because{is, fmt.Errorf("no baseline can be made: %s", why)}
	}
	if len(ms) == 0 {
		return refuse(ErrNotComparable, "nothing was measured")
	}
	for _, m := range ms {
		switch {
		case m.Err != nil:
			return refuse(ErrFailed, fmt.Sprintf("%s, seed %d: %s", m.Model, m.Run.Seed, markup.Line(m.Err.Error())))
		case m.Run.State != results.Done:
			return refuse(ErrNotComparable, fmt.Sprintf("%s, seed %d, has not run to its end", m.Model, m.Run.Seed))
		case dataOf(m) != dataOf(ms[0]):
			return refuse(ErrNotComparable, "the runs are of different data")
		}
	}
	chosen, err := chooseMetrics(metrics, old, ms)
	if err != nil {
		return nil, err
	}
	b := &Baseline{Measured: Measured{
		Experiment: ms[0].Run.Experiment, Data: dataOf(ms[0]), Seeds: seedsOf(ms), Metrics: chosen,
	}}
	for _, name := range modelsOf(ms) {
		model, err := b.measure(name, ms)
		if err != nil {
			return refuse(ErrNotComparable, name+": "+err.Error())
		}
		b.Measured.Models = append(b.Measured.Models, model)
	}
	b.inherit(old)
	for _, t := range changed {
		if err := b.Override(t); err != nil {
			return nil, err
		}
	}
	if err := b.check(); err != nil {
		return refuse(ErrNotComparable, err.Error())
	}
	b.narrow()
	// The same runs must pass: a tolerance that cannot be judged is found here.
	if r := Compare(b, ms); r.Verdict != Pass {
		return nil, fmt.Errorf("no baseline can be made: %w", r.Err())
	}
	return b, nil
}

func chooseMetrics(wanted []string, old *Baseline, ms []Measurement) ([]string, error) {
	switch {
	case len(wanted) > 0:
		for _, key := range wanted {
			if _, ok := lookup(key); !ok {
				return nil, fault.Usagef("metric %q is unknown%s; some of %s", key, suggest.Hint(key, Metrics()), strings.Join(Metrics(), ", "))
			}
		}
		if repeated(wanted) {
			return nil, fault.Usagef("metrics %s: one is named twice", strings.Join(wanted, ","))
		}
		return wanted, nil
	case old != nil:
		return old.Measured.Metrics, nil
	}
	// Where there are fewer categories than k, no precision at k was measured.
	return slices.DeleteFunc(defaultMetrics(), func(key string) bool {
		m, _ := lookup(key)
		for _, one := range ms {
			for _, result := range one.Run.Results {
				if _, ok := m.Value(one.Run, result, one.Epochs); ok {
					return false
				}
			}
		}
		return true
	}), nil
}

// measure collects what the baseline holds of a model.
func (b *Baseline) measure(name string, ms []Measurement) (Model, error) {
	model := Model{Name: name}
	runs := runsOf(ms, name)
	for i, seed := range b.Measured.Seeds {
		one, ok := runs[seed]
		if !ok {
			return Model{}, fmt.Errorf("there is no run of seed %d", seed)
		}
		model.Settings = append(model.Settings, one.Run.Setting)
		if i > 0 {
			continue
		}
		for _, result := range one.Run.Results {
			model.Results = append(model.Results, RuleValues{Rule: result.Decision.Rule.String()})
		}
	}
	for _, m := range ms {
		if m.Model == name {
			model.Config = m.Config
			break
		}
	}
	for i := range model.Results {
		r := &model.Results[i]
		for _, key := range b.Measured.Metrics {
			values, err := valuesOf(key, r.Rule, runs, b.Measured.Seeds)
			if m, _ := lookup(key); m.optional && allMissing(m, runs) {
				continue
			}
			if err != nil {
				return Model{}, err
			}
			r.Values = append(r.Values, MetricValues{Metric: key, Mean: mean(values), Seeds: values})
		}
	}
	return model, nil
}

// allMissing reports whether none of a model's runs has the metric.
func allMissing(m metric, runs map[uint64]Measurement) bool {
	for _, one := range runs {
		for _, result := range one.Run.Results {
			if _, ok := m.Value(one.Run, result, one.Epochs); ok {
				return false
			}
		}
	}
	return true
}

// inherit takes over the tolerances of the old baseline that still have
// something to stand for, and gives every metric one.
func (b *Baseline) inherit(old *Baseline) {
	for _, key := range b.Measured.Metrics {
		m, _ := lookup(key)
		general := Tolerance{Metric: key, Better: m.better(), Absolute: m.absolute, Relative: m.relative}
		var special []Tolerance
		if old != nil {
			for _, t := range old.Tolerances {
				switch {
				case t.Metric != key:
				case t.Model == "" && t.Rule == "":
					general = t
				case b.knows(t.Model, t.Rule):
					special = append(special, t)
				}
			}
		}
		b.Tolerances = append(append(b.Tolerances, general), special...)
	}
}

// knows reports whether there is such a model and rule; "" is any.
func (b *Baseline) knows(model, rule string) bool {
	for i := range b.Measured.Models {
		m := &b.Measured.Models[i]
		if (model == "" || m.Name == model) && (rule == "" || m.has(rule)) {
			return true
		}
	}
	return false
}

// Change is one thing in which a baseline differs from the one before.
type Change struct {
	What string `json:"what"` // "f1 of SHA-RNN-lite (tuned)"
	Old  string `json:"old"`  // "" where there was none
	New  string `json:"new"`  // "" where there is none any more
}

// String is "WHAT: OLD → NEW".
func (c Change) String() string {
	word := func(s string) string {
		if s == "" {
			return "none"
		}
		return s
	}
	return fmt.Sprintf("%s: %s → %s", c.What, word(c.Old), word(c.New))
}

// Changes lists what differs between two baselines; of a first one, where old is
// nil, only how much it holds.
func Changes(old, fresh *Baseline) []Change {
	var out []Change
	if old == nil {
		m := &fresh.Measured
		return []Change{{What: "baseline", New: fmt.Sprintf("%d metrics of %d models, seeds %v", len(m.Metrics), len(m.Models), m.Seeds)}}
	}
	add := func(what, was, is string) {
		if was != is {
			out = append(out, Change{What: what, Old: was, New: is})
		}
	}
	a, b := &old.Measured, &fresh.Measured
	add("experiment", a.Experiment, b.Experiment)
	add("corpus hash", a.Data.Hash, b.Data.Hash)
	add("taxonomy", a.Data.Taxonomy, b.Data.Taxonomy)
	add("split", a.Data.Split, b.Data.Split)
	add("sample", fmt.Sprint(a.Data.Sample), fmt.Sprint(b.Data.Sample))
	add("seeds", fmt.Sprint(a.Seeds), fmt.Sprint(b.Seeds))
	for _, m := range a.Models {
		if fresh.model(m.Name) == nil {
			add("model "+m.Name, "there", "")
		}
	}
	for _, m := range b.Models {
		// Other seeds are other settings, and told above.
		if was := old.model(m.Name); was != nil && slices.Equal(a.Seeds, b.Seeds) && !slices.Equal(was.Settings, m.Settings) {
			out = append(out, Change{What: "configuration of " + m.Name, Old: "the baseline's", New: otherConfig(was.Config, m.Config)})
		}
		for _, r := range m.Results {
			for _, v := range r.Values {
				was, is := shownPair(v.Metric, old.mean(m.Name, r.Rule, v.Metric), v.Mean)
				add(Comparison{Model: m.Name, Rule: r.Rule, Metric: v.Metric}.Name(), was, is)
			}
		}
	}
	for _, t := range union(old.Tolerances, fresh.Tolerances) {
		add(t.place(), old.shownTolerance(t), fresh.shownTolerance(t))
	}
	return out
}

func (b *Baseline) mean(model, rule, metric string) *float64 {
	if m := b.model(model); m != nil {
		for _, r := range m.Results {
			for i, v := range r.Values {
				if r.Rule == rule && v.Metric == metric {
					return &r.Values[i].Mean
				}
			}
		}
	}
	return nil
}

// shownPair shows two means, with all digits where the usual ones hide that
// they differ.
func shownPair(key string, was *float64, is float64) (string, string) {
	m, _ := lookup(key)
	if was == nil {
		return "", m.show(is)
	}
	if a, b := m.show(*was), m.show(is); a != b || *was == is {
		return a, b
	}
	return fmt.Sprintf("%v", *was), fmt.Sprintf("%v", is)
}

func union(a, b []Tolerance) []Tolerance {
	out := slices.Clone(a)
	for _, t := range b {
		if !slices.ContainsFunc(a, func(o Tolerance) bool { return o.place() == t.place() }) {
			out = append(out, t)
		}
	}
	return out
}

func (t Tolerance) place() string {
	place := "tolerance of " + t.Metric
	if t.Model != "" {
		place += ", model " + t.Model
	}
	if t.Rule != "" {
		place += ", rule " + t.Rule
	}
	return place
}

// shownTolerance shows the baseline's tolerance of the same place, "" where it
// has none.
func (b *Baseline) shownTolerance(of Tolerance) string {
	for _, t := range b.Tolerances {
		if t.place() == of.place() {
			text := fmt.Sprintf("%s is better, absolute %g, relative %g", t.Better, t.Absolute, t.Relative)
			if t.Significance > 0 {
				text += fmt.Sprintf(", significance %g", t.Significance)
			}
			return text
		}
	}
	return ""
}
