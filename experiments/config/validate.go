package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"assay/baselines/forest"
	"assay/corpus"
	"assay/internal/suggest"
	"assay/networks"
	"assay/results/metrics"
)

// longestName bounds the names of models and features, in bytes: they stand in
// tables and in the names of folders.
const longestName = 80

// printable reports whether s can name a model or features.
func printable(s string) bool {
	if strings.TrimSpace(s) == "" || len(s) > longestName {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// folderName is what an experiment's name may be: it names a folder.
var folderName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$`)

// validate checks what a single key cannot know.
func (b *binder) validate(cfg *Config) {
	if !folderName.MatchString(cfg.Name) {
		b.fault("name", "name: %q cannot name a folder: use 1 to 80 letters, digits, '.', '_' and '-', beginning with a letter or digit", cfg.Name)
	}
	if len(cfg.Seeds) == 0 {
		b.fault("seeds", "seeds: at least one is needed")
	}
	for i, s := range cfg.Seeds {
		if slices.Contains(cfg.Seeds[:i], s) {
			b.fault("seeds", "seeds: %d stands twice; equal seeds are no replicates", s)
		}
	}
	if strings.TrimSpace(cfg.Corpus.Path) == "" {
		b.fault("corpus.path", "path: is empty; name a folder of shards, or \"synthetic\"")
	}
	if strings.TrimSpace(cfg.Results.Path) == "" {
		b.fault("results.path", "path: is empty; name a folder for results, or leave the key out")
	}
	if _, err := corpus.LookupTaxonomy(cfg.Corpus.Taxonomy); err != nil {
		b.fault("corpus.taxonomy", "taxonomy: %v", err)
	}
	sound := !b.faulty["split.validation"] && !b.faulty["split.test"]
	if sum := cfg.Split.Validation + cfg.Split.Test; sound && sum >= 1 {
		b.fault("split", "split: validation and test take %g of the papers and leave none for training", sum)
	}
	b.validateRules(cfg)
	b.validateModels(cfg)
	b.validatePublished(cfg)
}

// validatePublished refuses numbers of no model, and several of one: the table
// shows one row beside a model.
func (b *binder) validatePublished(cfg *Config) {
	first := map[string]string{}
	for i, p := range cfg.Published {
		path := "published#" + itoa(i)
		at := path + ".model"
		if !printable(p.Model) {
			b.fault(at, "model: %q: use 1 to %d printable characters", p.Model, longestName)
			continue
		}
		if other, again := first[p.Model]; again {
			b.fault(at, "model: a second [[published]] is of %q, the first stands in line %d: leave one out, or give it a name of its own",
				p.Model, b.lines.of(other))
			continue
		}
		first[p.Model] = path
	}
}

func (b *binder) validateRules(cfg *Config) {
	if len(cfg.Decision.Rules) == 0 {
		b.fault("decision.rules", "rules: at least one is needed, such as \"fixed:0.5\"")
	}
	var rules []metrics.Rule
	for _, text := range cfg.Decision.Rules {
		rule, err := metrics.ParseRule(text)
		if err != nil {
			b.fault("decision.rules", "rules: %v", err)
			continue
		}
		if slices.Contains(rules, rule) {
			b.fault("decision.rules", "rules: %q stands twice", text)
		}
		rules = append(rules, rule)
		b.validateReach(text, cfg.Corpus.Taxonomy)
		if rule.NeedsValidation() && cfg.Split.Validation == 0 && !b.faulty["split.validation"] {
			b.fault("split.validation", "rule %q is chosen on validation papers, but split.validation is 0", text)
		}
	}
}

// validateReach refuses a threshold that no probability passes or each does, and
// more labels than the taxonomy has.
func (b *binder) validateReach(rule, taxonomy string) {
	if text, ok := strings.CutPrefix(rule, "fixed:"); ok {
		if x, err := strconv.ParseFloat(text, 64); err == nil && (x < 0 || x >= 1) {
			b.fault("decision.rules", "rules: %q can never hold or always does: scores are probabilities, want 0 <= X < 1", rule)
		}
	}
	if text, ok := strings.CutPrefix(rule, "top:"); ok {
		k, err := strconv.Atoi(text)
		if t, unknown := corpus.LookupTaxonomy(taxonomy); err == nil && unknown == nil && k > len(t.Categories) {
			b.fault("decision.rules", "rules: %q asks for more labels than the %d of %s", rule, len(t.Categories), taxonomy)
		}
	}
}

func (b *binder) validateModels(cfg *Config) {
	if len(cfg.Models) == 0 {
		b.fault("model", "no [[model]]: an experiment compares at least one")
	}
	var names []string
	for i := range cfg.Models {
		m := &cfg.Models[i]
		path := m.at
		if slices.Contains(names, m.Name) && m.Name != "" {
			b.fault(path+".name", "name: a second model is named %q; each row of the table needs its own name", m.Name)
		}
		if !printable(m.Name) {
			b.fault(path+".name", "name: %q: use 1 to %d printable characters", m.Name, longestName)
		}
		names = append(names, m.Name)
	}
	for _, m := range cfg.Variants() {
		path := m.at
		if m.Options == nil {
			continue
		}
		b.validateInputs(cfg, m, path)
		tried := "sqrt"
		if n, ok := m.Options.(networks.Options); ok {
			b.validateNetwork(cfg, n, path)
		}
		switch options := m.Options.(type) {
		case *networks.LSTM:
			b.validateLSTM(cfg, m, options, path)
		case *RandomForest:
			tried = options.MaxFeatures
		case *GolearnRandomForest:
			tried = options.MaxFeatures
		}
		if _, err := forest.MaxFeatures(tried).Of(1); err != nil {
			b.fault(path+".max_features", "max_features: %v", err)
		}
	}
}

// validateInputs checks that the features and the word vectors that a model
// names exist, and that the model can learn from them.
func (b *binder) validateInputs(cfg *Config, m *Model, path string) {
	if b.faulty["features."+m.Features] || b.faulty["features."+m.Features+".kind"] || b.unread[path+".features"] {
		return // what they are is not known
	}
	at := slices.IndexFunc(cfg.Features, func(f Features) bool { return f.Name == m.Features })
	if at < 0 {
		var declared []string
		for _, f := range cfg.Features {
			declared = append(declared, f.Name)
		}
		b.fault(path+".features", "features: no [features.%s]%s; declared: %s",
			m.Features, suggest.Hint(m.Features, declared), strings.Join(declared, ", "))
		return
	}
	f := &cfg.Features[at]
	if ok, want := m.takes(f.Kind); !ok {
		b.fault(path+".features", "features: this model learns from %s, not from %s", want, f.Kind)
		return
	}
	var tables []string
	for _, e := range cfg.Embeddings {
		tables = append(tables, e.Name)
	}
	known := strings.Join(tables, ", ")
	if known == "" {
		known = "none; add [embeddings.fasttext] with train = true"
	}
	switch {
	case b.unread[path+".embeddings"] || b.faulty["embeddings."+m.Embeddings]:
	case !f.FromVectors() && m.Embeddings != "":
		b.fault(path+".embeddings", "embeddings: features %q are %s, which need no word vectors; %s", f.Name, f.Kind, m.adviceOnVectors())
	case f.FromVectors() && m.Embeddings == "":
		b.fault(path, "embeddings: features %q need word vectors; name them (declared: %s)", f.Name, known)
	case f.FromVectors() && !slices.Contains(tables, m.Embeddings):
		b.fault(path+".embeddings", "embeddings: no [embeddings.%s]%s; declared: %s", m.Embeddings, suggest.Hint(m.Embeddings, tables), known)
	}
}

// adviceOnVectors says how a model that names word vectors comes to read them.
func (m *Model) adviceOnVectors() string {
	if _, ok := m.Options.(*networks.LSTM); ok {
		return "leave features out, or set \"sequences\""
	}
	return "set features = \"vectors\""
}
