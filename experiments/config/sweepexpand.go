package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/networks"
)

// expand makes the models of a sweep: rung by rung, setting by setting.
func (b *binder) expand(path string, base map[string]any, tables map[string]any, m *Model) [][]Model {
	s := m.Sweep
	seen := map[string]bool{}
	isNew := func(text string) bool {
		before := seen[text]
		seen[text] = true
		return !before
	}
	var settings []point
	add := func(p point) {
		p = s.active(p, func(key string) any { v, _ := m.value(key); return v })
		// Other values may make the same model; to see that takes longer.
		if isNew(fmt.Sprint(p)) && isNew(b.identity(path, base, tables, p)) {
			settings = append(settings, p)
		}
	}
	if s.Method == "grid" {
		for _, p := range s.grid(s.Trials) {
			add(p)
		}
	} else {
		// A small space is exhausted before all tries are.
		for i := 0; len(settings) < s.Trials && i < 20*s.Trials+100; i++ {
			add(s.draw(m.Name, i))
		}
	}
	rungs := [][]point{settings}
	if s.Method == "asha" {
		rungs = s.rungs(settings, m)
		if least := power(s.Reduction, len(rungs)-1); len(settings) < least {
			b.fault(path+".sweep", "sweep: there are only %d settings, and it takes %d for one to come to the last of %d rungs: sweep more values, or raise min_resource", len(settings), least, len(rungs))
		}
	}
	var out [][]Model
	for _, rung := range rungs {
		var models []Model
		for _, p := range rung {
			models = append(models, b.variant(path, base, tables, p))
		}
		out = append(out, models)
	}
	return out
}

// rungs gives each setting the resource of each rung, ascending to the model's own.
func (s *Sweep) rungs(settings []point, m *Model) [][]point {
	whole, _ := m.value(s.Resource)
	resources := s.resources(whole.(int))
	var out [][]point
	for k, r := range resources {
		var rung []point
		for _, p := range settings {
			q := maps.Clone(p)
			if _, ok := m.Options.(networks.Options); !ok || s.Resource != "epochs" {
				q[s.Resource] = int64(r)
			} else if k+1 < len(resources) {
				q["stop_epoch"] = int64(r)
			}
			rung = append(rung, q)
		}
		out = append(out, rung)
	}
	return out
}

// variant binds the model with the values of a point.
func (b *binder) variant(path string, base, tables map[string]any, p point) Model {
	values := maps.Clone(base)
	changed := map[string]map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(p)) {
		rest, isTable := strings.CutPrefix(key, "embeddings.")
		if !isTable {
			values[key] = p[key]
			continue
		}
		name, inner, _ := cutLast(rest)
		if changed[name] == nil {
			table, _ := tables[name].(map[string]any)
			changed[name] = maps.Clone(table)
		}
		changed[name][inner] = p[key]
	}
	m := b.plain(path, values)
	if table := changed[m.Embeddings]; table != nil {
		m.own = b.embeddings(map[string]any{m.Embeddings: table})
	}
	return m
}

// identity is equal for points that make the same model.
func (b *binder) identity(path string, base, tables map[string]any, p point) string {
	m := b.variant(path, base, tables, p)
	one := Config{Models: []Model{m}, Embeddings: m.own}
	return one.Text()
}
