package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Identify says what makes measurements of no use for a comparison: another
// experiment, other data, other seeds, other models or another configuration.
// It needs none of their results, so that it can be asked before anything is
// trained.
func Identify(b *Baseline, ms []Measurement) []Fault {
	if len(ms) == 0 {
		return []Fault{{Verdict: NotComparable, Message: "nothing was measured: the experiment has no trial"}}
	}
	seen := map[string]bool{}
	var faults []Fault
	add := func(model, message string) {
		f := Fault{Verdict: NotComparable, Model: model, Message: message}
		if key := f.String(); message != "" && !seen[key] {
			seen[key] = true
			faults = append(faults, f)
		}
	}
	for _, m := range ms {
		if e := m.Run.Experiment; e != b.Measured.Experiment {
			add("", fmt.Sprintf("another experiment: the baseline is of %q, this is %q", b.Measured.Experiment, e))
		}
		add("", otherData(b.Measured.Data, dataOf(m)))
	}
	if now := seedsOf(ms); !slices.Equal(slices.Sorted(slices.Values(b.Measured.Seeds)), slices.Sorted(slices.Values(now))) {
		add("", fmt.Sprintf("other seeds: the baseline has %v, this is %v", b.Measured.Seeds, now))
	}
	if len(faults) > 0 {
		return faults // which are in the settings, too
	}
	for _, model := range modelsOf(ms) {
		if b.model(model) == nil {
			add(model, "is not in the baseline; --update adds it")
		}
	}
	for i := range b.Measured.Models {
		model := &b.Measured.Models[i]
		add(model.Name, b.otherModel(model, ms))
	}
	return faults
}

// otherModel says in what a model's trials differ from the baseline's, "" where
// they are the same.
func (b *Baseline) otherModel(model *Model, ms []Measurement) string {
	trials := 0
	for _, m := range ms {
		if m.Model != model.Name {
			continue
		}
		trials++
		at := slices.Index(b.Measured.Seeds, m.Run.Seed)
		if m.Run.Setting != model.Settings[at] {
			return "another configuration: " + otherConfig(model.Config, m.Config)
		}
	}
	switch {
	case trials == 0:
		return "is in the baseline, but not in the experiment"
	case trials != len(b.Measured.Seeds):
		return fmt.Sprintf("%d trials for %d seeds", trials, len(b.Measured.Seeds))
	}
	return ""
}

// otherData compares what is known of the data before a run is done, and the
// rest where it is known.
func otherData(was, now Data) string {
	var parts []string
	differ := func(what string, a, b any, unknown bool) {
		if a != b && !unknown {
			parts = append(parts, fmt.Sprintf("%s %v, was %v", what, b, a))
		}
	}
	differ("corpus hash", was.Hash, now.Hash, false)
	differ("taxonomy", was.Taxonomy, now.Taxonomy, false)
	differ("sample", was.Sample, now.Sample, false)
	differ("split", was.Split, now.Split, now.Split == "")
	if len(parts) == 0 {
		return ""
	}
	return "other data: " + strings.Join(parts, "; ")
}

func otherConfig(was, now map[string]string) string {
	keys := map[string]bool{}
	for _, config := range []map[string]string{was, now} {
		for key := range config {
			keys[key] = true
		}
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		a, had := was[key]
		b, has := now[key]
		switch {
		case had && has && a != b:
			parts = append(parts, fmt.Sprintf("%s = %s, was %s", key, b, a))
		case had && !has:
			parts = append(parts, fmt.Sprintf("%s is gone, was %s", key, a))
		case !had:
			parts = append(parts, fmt.Sprintf("%s = %s is new", key, b))
		}
	}
	const most = 5
	switch {
	case len(parts) == 0:
		return "it differs in what the baseline does not list, such as the content of a file of vectors"
	case len(parts) > most:
		parts = append(parts[:most], fmt.Sprintf("and %d more", len(parts)-most))
	}
	return strings.Join(parts, "; ")
}

func dataOf(m Measurement) Data {
	d := m.Run.Data
	return Data{Hash: d.Hash, Taxonomy: d.Taxonomy, Sample: d.Sample, Split: d.Split}
}

// seedsOf and modelsOf list what measurements are of, in the order of their
// first ones.
func seedsOf(ms []Measurement) []uint64 {
	var out []uint64
	for _, m := range ms {
		if !slices.Contains(out, m.Run.Seed) {
			out = append(out, m.Run.Seed)
		}
	}
	return out
}

func modelsOf(ms []Measurement) []string {
	var out []string
	for _, m := range ms {
		if !slices.Contains(out, m.Model) {
			out = append(out, m.Model)
		}
	}
	return out
}

func (b *Baseline) model(name string) *Model {
	for i := range b.Measured.Models {
		if b.Measured.Models[i].Name == name {
			return &b.Measured.Models[i]
		}
	}
	return nil
}
