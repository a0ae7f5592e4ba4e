package plot

import (
	"fmt"
	"slices"
	"strings"
)

// hidden says which settings differ and are neither on the axis nor in the
// legend: those between which a point is a mean, and those that change along
// with what is drawn.
func (d *sweepDrawing) hidden() []string {
	var inside []string
	for _, l := range d.series {
		for _, c := range l.cells {
			inside = append(inside, differing(c.groups)...)
			inside = append(inside, differingModels(c.groups)...)
		}
	}
	inside = slices.DeleteFunc(distinct(inside), d.explained)
	along := slices.DeleteFunc(append(differing(d.groups), differingModels(d.groups)...), func(k string) bool {
		return d.explained(k) || slices.Contains(inside, k)
	})
	var out []string
	if len(inside) > 0 {
		out = append(out, "Not told apart: "+d.values(inside)+". Points are means over these settings, without intervals or a line.")
	}
	if len(along) > 0 {
		out = append(out, "Changes along with what is drawn: "+d.values(along)+".")
	}
	return out
}

// differingModels names what tells models apart beside their settings.
func differingModels(groups []*group) []string {
	var out []string
	for _, g := range groups[1:] {
		if g.Model.Kind != groups[0].Model.Kind || g.Model.Backend != groups[0].Model.Backend {
			out = append(out, modelKey)
		}
	}
	return out
}

// values lists settings with the values that they have.
func (d *sweepDrawing) values(keys []string) string {
	var parts []string
	for _, k := range keys {
		var values []string
		for _, g := range d.groups {
			values = append(values, g.value(k))
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", k, strings.Join(unique(values), ", ")))
	}
	return strings.Join(parts, "; ")
}

func (d *sweepDrawing) notes() []string {
	out := []string{"Decision: " + ruleWords(d.rule) + "."}
	if d.seen.most > 0 {
		out = append(out, d.seen.notes("Symbols")...)
	}
	if d.seen.most > 0 || d.mixed {
		out = append(out, "Small dots: single runs.")
	}
	if d.single {
		begin := "One run a point, so that nothing is known of the spread over seeds."
		if d.seen.most > 0 || d.mixed {
			begin = "Symbols without an error bar or dots: one run."
		}
		out = append(out, begin)
	}
	return out
}
