package table

import (
	"fmt"
	"slices"
	"strings"

	"assay/results"
)

// hiddenSetting is a key in which the runs of one cell differ though it is
// neither a key of the pivot nor the seed.
type hiddenSetting struct {
	key    string
	values string // all of them
}

// hidden finds in what the measured items of a cell differ. Where they are of
// several models, kinds, features or embeddings, naming these is enough for what
// only one of them has.
func (p *pivot) hidden(c *pivotCell) []hiddenSetting {
	var items []pivotItem
	for _, item := range c.items {
		if item.status == Measured {
			items = append(items, item)
		}
	}
	var out []hiddenSetting
	for _, key := range p.known {
		if key == "seed" || key == "rule" || slices.Contains(p.view.Rows, key) || slices.Contains(p.view.Cols, key) {
			continue
		}
		var values []setting
		for _, item := range items {
			values = append(values, settingOf(item.run, item.rule, key))
		}
		if len(distinct(values)) < 2 || follows(items, key, values, out) {
			continue
		}
		out = append(out, hiddenSetting{key: key, values: listSettings(values, ", ")})
	}
	return out
}

// follows reports whether a hidden setting that is already named says the value
// of the key: the model its kind and backend, the embeddings all that is said of
// them, and any of them whether there is a key at all.
func follows(items []pivotItem, key string, values []setting, named []hiddenSetting) bool {
	var set []setting
	for _, v := range values {
		if v.Set {
			set = append(set, v)
		}
	}
	for _, h := range named {
		var implied bool
		switch h.key {
		case "model":
			implied = key == "kind" || key == "backend" || len(distinct(set)) < 2
		case "kind", "backend":
			implied = len(distinct(set)) < 2
		case "features", "embeddings":
			implied = strings.HasPrefix(key, h.key+".")
		}
		if implied && isFunctionOf(items, h.key, values) {
			return true
		}
	}
	return false
}

// isFunctionOf reports whether items of equal value of the key have equal values.
func isFunctionOf(items []pivotItem, key string, values []setting) bool {
	of := map[setting]setting{}
	for i, item := range items {
		k := settingOf(item.run, item.rule, key)
		if v, seen := of[k]; seen && v != values[i] {
			return false
		}
		of[k] = values[i]
	}
	return true
}

// nameGroups tells groups that share a model's name apart by the settings in
// which they differ, without those that others of them imply.
func nameGroups(groups []*group) {
	byName := map[string][]*group{}
	for _, g := range groups {
		byName[g.name] = append(byName[g.name], g)
	}
	for _, same := range byName {
		var items []pivotItem
		var runs []results.Run
		for _, g := range same {
			g.label = g.name
			items = append(items, pivotItem{entry: g.entries[0]})
			runs = append(runs, g.entries[0].run)
		}
		var named []hiddenSetting
		parts := make([][]string, len(same))
		for _, key := range settingKeys(runs) {
			var values []setting
			for _, r := range runs {
				values = append(values, settingOf(r, "", key))
			}
			if key == "seed" || len(distinct(values)) < 2 || follows(items, key, values, named) {
				continue
			}
			named = append(named, hiddenSetting{key: key})
			for i, v := range values {
				parts[i] = append(parts[i], key+"="+v.String())
			}
		}
		for i, g := range same {
			if len(named) > 0 {
				g.label += " (" + strings.Join(parts[i], ", ") + ")"
			}
		}
	}
}

func (p *pivot) anyFlagged() bool {
	for _, c := range p.cells {
		if len(c.hidden) > 0 {
			return true
		}
	}
	return false
}

// mergedText names what the row's cells hide and, where they do not all hide the
// same, which.
func (p *pivot) mergedText(row *pivotAxis) string {
	var texts []string
	cols := map[string][]string{}
	measured := 0
	for _, col := range p.cols {
		c := p.cells[[2]*pivotAxis{row, col}]
		if c == nil || c.row == nil && c.numbers == nil {
			continue
		}
		measured++
		var keys []string
		for _, h := range c.hidden {
			keys = append(keys, h.key)
		}
		text := strings.Join(keys, ", ")
		if text == "" {
			continue
		}
		if cols[text] == nil {
			texts = append(texts, text)
		}
		cols[text] = append(cols[text], p.axisName(col, p.view.Cols))
	}
	for i, text := range texts {
		if len(cols[text]) < measured {
			texts[i] += " at " + strings.Join(cols[text], ", ")
		}
	}
	return strings.Join(texts, "; ")
}

// mergedNotes says what the flagged cells hide, those together that hide the
// same.
func (p *pivot) mergedNotes() []string {
	var texts []string
	cells := map[string][]string{}
	for _, row := range p.rows {
		for _, col := range p.cols {
			c := p.cells[[2]*pivotAxis{row, col}]
			if c == nil || len(c.hidden) == 0 {
				continue
			}
			var parts []string
			for _, h := range c.hidden {
				parts = append(parts, fmt.Sprintf("%s (%s)", h.key, h.values))
			}
			text := strings.Join(parts, ", ")
			if cells[text] == nil {
				texts = append(texts, text)
			}
			cells[text] = append(cells[text], p.cellName(row, col))
		}
	}
	const most = 4
	var notes []string
	for _, text := range texts {
		where := ""
		if len(texts) > 1 {
			names := cells[text]
			if len(names) > most+1 {
				names = append(slices.Clone(names[:most]), fmt.Sprintf("%d more cells", len(names)-most))
			}
			where = "; " + strings.Join(names, "; ")
		}
		notes = append(notes, merged+": the mean of runs that differ in "+text+", without interval and never the best"+where+".")
	}
	return notes
}
