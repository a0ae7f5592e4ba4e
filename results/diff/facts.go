package diff

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay/internal/format"
	"assay/results"
)

// unset is the value of a key that a run does not have.
const unset = "unset"

const configFile = "config.toml"

// facts are values by key, in the order of their keys' first mention.
type facts struct {
	keys   []string
	values map[string]string
}

func (f *facts) add(key, value string) {
	if f.values == nil {
		f.values = map[string]string{}
	}
	if _, seen := f.values[key]; !seen {
		f.keys = append(f.keys, key)
	}
	f.values[key] = value
}

// changes lists the keys in which two runs differ, in the order of a, then of b.
func changes(a, b facts) []Change {
	out := []Change{}
	value := func(f facts, key string) string {
		if v, ok := f.values[key]; ok && v != "" {
			return v
		}
		return unset
	}
	for _, key := range slices.Concat(a.keys, b.keys) {
		c := Change{Key: key, A: value(a, key), B: value(b, key)}
		if c.A != c.B && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// configChanges compares the resolved configurations, by the keys that settings
// finds in a trial's config.toml.
func configChanges(store *results.Store, a, b results.Run, settings func(text string) (map[string]any, error)) ([]Change, error) {
	x, err := configOf(store, a, settings)
	if err != nil {
		return nil, err
	}
	y, err := configOf(store, b, settings)
	if err != nil {
		return nil, err
	}
	out := changes(x, y)
	slices.SortFunc(out, func(a, b Change) int { return cmp.Or(cmp.Compare(rank(a.Key), rank(b.Key)), cmp.Compare(a.Key, b.Key)) })
	return out, nil
}

// rank puts the model first, and its name before all.
func rank(key string) int {
	switch {
	case key == "model.name":
		return 0
	case strings.HasPrefix(key, "model."):
		return 1
	case key == "seed":
		return 2
	case strings.HasPrefix(key, "features."), strings.HasPrefix(key, "embeddings."):
		return 3
	}
	return 4
}

// configOf reads a run's config.toml or, where it ended before it wrote one, its
// record.
func configOf(store *results.Store, r results.Run, settings func(text string) (map[string]any, error)) (facts, error) {
	path := filepath.Join(store.Path(r.Experiment, r.Trial), configFile)
	data, err := os.ReadFile(path)
	record, recorded := r.File(configFile)
	if errors.Is(err, fs.ErrNotExist) && !recorded {
		return recordedConfig(r), nil
	}
	if err != nil {
		return facts{}, fmt.Errorf("read configuration: %w", err)
	}
	if sum := sha256.Sum256(data); recorded && hex.EncodeToString(sum[:]) != record.SHA256 {
		return facts{}, fmt.Errorf("read %s: was changed or damaged: its SHA-256 is not the one that the run wrote", path)
	}
	values, err := settings(string(data))
	if err != nil {
		return facts{}, fmt.Errorf("read %s: %w", path, err)
	}
	return listed(values), nil
}

func recordedConfig(r results.Run) facts {
	values := map[string]any{"model.name": r.Model.Name, "model.kind": r.Model.Kind, "model.backend": r.Model.Backend, "seed": r.Seed}
	for key, v := range r.Params {
		if !strings.Contains(key, ".") {
			key = "model." + key
		}
		values[key] = v
	}
	return listed(values)
}

// listed returns the values in the order of their keys.
func listed(values map[string]any) (out facts) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		out.add(key, text(values[key]))
	}
	return out
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

func dataChanges(a, b results.Run) []Change {
	of := func(r results.Run) (f facts) {
		d := r.Data
		f.add("corpus", short(d.Hash))
		f.add("path", d.Path)
		f.add("papers", d.Name)
		f.add("sample", format.Thousands(d.Sample))
		f.add("taxonomy", d.Taxonomy)
		f.add("split", d.Split)
		f.add("categories", format.Thousands(d.Labels))
		f.add("master categories", format.Thousands(d.Masters))
		f.add("training papers", format.Thousands(d.Train))
		f.add("validation papers", format.Thousands(d.Validation))
		f.add("test papers", format.Thousands(d.Test))
		f.add("papers left out", format.Thousands(d.Outside))
		f.add("papers of equal text", format.Thousands(d.Twins.Papers))
		if v := r.Vectors; v != nil {
			f.add("vectors", v.Name)
			f.add("vectors' file", v.Path)
			f.add("vectors' content", short(v.SHA256))
			f.add("vectors' words", format.Thousands(v.Words))
			f.add("vectors' coverage", v.Coverage())
		}
		if w := r.Words; w != nil {
			f.add("vocabulary", short(w.SHA256))
			f.add("vocabulary's words", format.Thousands(w.Known))
			f.add("vocabulary's coverage", w.Coverage())
		}
		return f
	}
	return changes(of(a), of(b))
}

func codeChanges(a, b results.Run) []Change {
	of := func(r results.Run) (f facts) {
		f.add("code", r.Code)
		for _, part := range slices.Sorted(maps.Keys(r.Parts)) {
			if a.Parts[part] > 0 && b.Parts[part] > 0 { // other models have other parts
				f.add("version of "+part, fmt.Sprint(r.Parts[part]))
			}
		}
		f.add("version", r.Provenance.Version)
		f.add("revision", r.Provenance.Revision)
		f.add("uncommitted changes", fmt.Sprint(r.Provenance.Dirty))
		f.add("Go", r.Provenance.Go)
		return f
	}
	return changes(of(a), of(b))
}

func machineChanges(a, b results.Run) []Change {
	of := func(r results.Run) (f facts) {
		p := r.Provenance
		f.add("host", p.Host)
		f.add("system", p.OS+"/"+p.Arch)
		f.add("cores", format.Thousands(p.CPUs))
		f.add("job", p.Job)
		f.add("command", strings.Join(p.Command, " "))
		f.add("continued", format.Thousands(r.Resumed))
		for _, s := range r.Stages {
			f.add(s.Name+" time", seconds(s.Seconds))
		}
		if !r.Started.IsZero() && !r.Finished.IsZero() {
			f.add("total time", seconds(r.Finished.Sub(r.Started).Seconds()))
		}
		if r.PeakMemory > 0 {
			f.add("peak memory", format.Size(r.PeakMemory))
		}
		return f
	}
	return changes(of(a), of(b))
}

func seconds(s float64) string { return format.Took(time.Duration(s * float64(time.Second))) }

func short(hash string) string {
	if len(hash) > 12 {
		return hash[:12]
	}
	return hash
}
