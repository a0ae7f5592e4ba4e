package check

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay/internal/atomicfile"
	"assay/internal/suggest"
	"assay/results/metrics"
)

const format = "assay baseline 1"

// ErrNoBaseline is in ReadFile's error where there is no file.
var ErrNoBaseline = errors.New("there is no baseline")

// Baseline is what an experiment's runs are compared with. Its file is JSON in
// which a person may edit the tolerances; the measured part has a checksum. It
// holds nothing of the machine that wrote it.
type Baseline struct {
	Tolerances []Tolerance
	Measured   Measured
}

// Measured is what the runs gave.
type Measured struct {
	Experiment string   `json:"experiment"`
	Data       Data     `json:"data"`
	Seeds      []uint64 `json:"seeds"`
	Metrics    []string `json:"metrics"`
	Models     []Model  `json:"models"`
}

// Data says which papers the runs saw.
type Data struct {
	Hash     string `json:"hash"` // of the corpus
	Taxonomy string `json:"taxonomy"`
	Sample   int    `json:"sample"` // papers drawn; 0 is all
	Split    string `json:"split"`  // in words
}

// Model is what the baseline knows of a model.
type Model struct {
	Name     string            `json:"name"`
	Settings []string          `json:"settings"` // hash of the configuration, by seed
	Config   map[string]string `json:"config"`   // to name what differs where the hash does
	Results  []RuleValues      `json:"results"`
}

// RuleValues are a model's metrics under one decision rule.
type RuleValues struct {
	Rule   string         `json:"rule"`
	Values []MetricValues `json:"values"` // in the order of Measured.Metrics
}

// MetricValues are the replicates of one metric.
type MetricValues struct {
	Metric string    `json:"metric"`
	Mean   float64   `json:"mean"`
	Seeds  []float64 `json:"seeds"` // in the order of Measured.Seeds
}

type baselineFile struct {
	Format     string         `json:"format"`
	Tolerances []Tolerance    `json:"tolerances"`
	Measured   jsontext.Value `json:"measured"`
	CRC32C     string         `json:"crc32c"` // of measured without white space
}

var strict = json.JoinOptions(json.RejectUnknownMembers(true))

// ReadFile reads and validates a baseline. Its error is an ErrNotComparable that
// says what is wrong; where there is no file, it is ErrNoBaseline, too.
func ReadFile(path string) (*Baseline, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, because{ErrNotComparable, fmt.Errorf("%w: %s does not exist; --update writes it", ErrNoBaseline, path)}
	}
	if err != nil {
		return nil, because{ErrNotComparable, fmt.Errorf("read baseline: %w", err)}
	}
	b, err := Decode(data)
	if err != nil {
		return nil, because{ErrNotComparable, fmt.Errorf("baseline %s: %w", path, err)}
	}
	return b, nil
}

// Decode reads what Encode wrote, and refuses everything else.
func Decode(data []byte) (*Baseline, error) {
	var f baselineFile
	if err := json.Unmarshal(data, &f, strict); err != nil {
		return nil, fmt.Errorf("is no baseline: %w", err)
	}
	if f.Format != format {
		return nil, fmt.Errorf("its format is %q, this program reads %q", f.Format, format)
	}
	if err := f.Measured.Compact(); err != nil {
		return nil, fmt.Errorf("is no baseline: %w", err)
	}
	if checksum(f.Measured) != f.CRC32C {
		return nil, errors.New("what was measured has been changed by hand or damaged: its checksum does not match; only the tolerances may be edited")
	}
	b := &Baseline{Tolerances: f.Tolerances}
	if err := json.Unmarshal(f.Measured, &b.Measured, strict); err != nil {
		return nil, fmt.Errorf("is no baseline: %w", err)
	}
	return b, b.check()
}

func checksum(data []byte) string {
	return fmt.Sprintf("%08x", crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}

// Encode returns the file's bytes: the same for equal baselines.
func (b *Baseline) Encode() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("check: encode baseline: %w", err)
	}
	measured, err := json.Marshal(b.Measured, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("check: encode baseline: %w", err)
	}
	whole, err := json.Marshal(baselineFile{format, b.Tolerances, measured, checksum(measured)})
	if err != nil {
		return nil, fmt.Errorf("check: encode baseline: %w", err)
	}
	text, err := layout(whole, "")
	if err != nil {
		return nil, fmt.Errorf("check: encode baseline: %w", err)
	}
	return append(text, '\n'), nil
}

// WriteFile writes the baseline, whole or not at all.
func (b *Baseline) WriteFile(path string) error {
	data, err := b.Encode()
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, data)
}

// layout breaks JSON into lines, a value that fits on one stays there: a metric
// is a line, and so is its difference in a version control system.
func layout(value jsontext.Value, indent string) ([]byte, error) {
	const width = 120
	kind := value.Kind()
	if len(value)+len(indent) <= width || kind != '{' && kind != '[' {
		return value, nil
	}
	dec := jsontext.NewDecoder(strings.NewReader(string(value)))
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	out, inner := []byte{byte(kind)}, indent+"  "
	for first := true; dec.PeekKind() != '}' && dec.PeekKind() != ']'; first = false {
		if !first {
			out = append(out, ',')
		}
		out = append(out, '\n')
		out = append(out, inner...)
		if kind == '{' {
			name, err := dec.ReadValue()
			if err != nil {
				return nil, err
			}
			out = append(append(out, name...), ": "...)
		}
		member, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		text, err := layout(member.Clone(), inner)
		if err != nil {
			return nil, err
		}
		out = append(out, text...)
	}
	return append(append(append(out, '\n'), indent...), byte(kind)+2), nil // '}' and ']'
}

// check returns what is wrong with a baseline: nothing in it is taken on trust.
func (b *Baseline) check() error {
	m := &b.Measured
	switch {
	case m.Experiment == "" || m.Data.Hash == "" || m.Data.Taxonomy == "":
		return errors.New("it does not say which experiment or data it is of")
	case len(m.Models) == 0 || len(m.Seeds) == 0 || len(m.Metrics) == 0:
		return errors.New("it is empty: it holds no model, no seed or no metric")
	case repeated(m.Seeds) || repeated(m.Metrics):
		return errors.New("it names a seed or a metric twice")
	}
	var names []string
	for _, model := range m.Models {
		names = append(names, model.Name)
		if err := m.checkModel(model); err != nil {
			return fmt.Errorf("model %q: %w", model.Name, err)
		}
	}
	if repeated(names) {
		return errors.New("it names a model twice")
	}
	return b.checkTolerances(names)
}

func (m *Measured) checkModel(model Model) error {
	if model.Name == "" || len(model.Settings) != len(m.Seeds) || slices.Contains(model.Settings, "") {
		return fmt.Errorf("%d settings for %d seeds", len(model.Settings), len(m.Seeds))
	}
	if len(model.Results) == 0 {
		return errors.New("no decision rule")
	}
	var rules []string
	for _, r := range model.Results {
		rules = append(rules, r.Rule)
		if _, err := metrics.ParseRule(r.Rule); err != nil {
			return err
		}
		if err := m.checkValues(r); err != nil {
			return fmt.Errorf("%s: %w", r.Rule, err)
		}
	}
	if repeated(rules) {
		return errors.New("it has a decision rule twice")
	}
	return nil
}

// checkValues wants every metric, in order, but for optional ones.
func (m *Measured) checkValues(r RuleValues) error {
	values := r.Values
	for _, key := range m.Metrics {
		known, ok := lookup(key)
		if !ok {
			return fmt.Errorf("metric %q is unknown%s", key, suggest.Hint(key, Metrics()))
		}
		if len(values) == 0 || values[0].Metric != key {
			if known.optional {
				continue
			}
			return fmt.Errorf("there is no %s", key)
		}
		v := values[0]
		values = values[1:]
		switch {
		case len(v.Seeds) != len(m.Seeds):
			return fmt.Errorf("%d values of %s for %d seeds", len(v.Seeds), v.Metric, len(m.Seeds))
		case slices.ContainsFunc(v.Seeds, func(x float64) bool { return !known.valid(x) }):
			return fmt.Errorf("%s is %v, which no run gives", v.Metric, v.Seeds)
		case !finite(mean(v.Seeds)) || v.Mean != mean(v.Seeds):
			return fmt.Errorf("%s is %v, the mean of its values is %v", v.Metric, v.Mean, mean(v.Seeds))
		}
	}
	switch {
	case len(r.Values) == 0:
		return errors.New("it holds no metric of this model")
	case len(values) > 0:
		return fmt.Errorf("%q is not among its metrics, or not in their order", values[0].Metric)
	}
	return nil
}

func (b *Baseline) checkTolerances(models []string) error {
	rules := map[string]bool{"": true}
	for _, m := range b.Measured.Models {
		for _, r := range m.Results {
			rules[r.Rule] = true
		}
	}
	type place struct{ metric, model, rule string }
	var places []place
	for _, t := range b.Tolerances {
		if err := t.check(); err != nil {
			return err
		}
		places = append(places, place{t.Metric, t.Model, t.Rule})
		switch {
		case !slices.Contains(b.Measured.Metrics, t.Metric):
			return fmt.Errorf("tolerance of %s: this metric was not measured; --update --metrics adds it", t.Metric)
		case t.Model != "" && !slices.Contains(models, t.Model):
			return fmt.Errorf("tolerance of %s: there is no model %q", t.Metric, t.Model)
		case !rules[t.Rule]:
			return fmt.Errorf("tolerance of %s: there is no rule %q", t.Metric, t.Rule)
		}
	}
	if repeated(places) {
		return errors.New("two tolerances are of the same metric, model and rule")
	}
	for _, metric := range b.Measured.Metrics {
		if !slices.Contains(places, place{metric, "", ""}) {
			return fmt.Errorf("there is no tolerance of %s for every model and rule; --update --metrics drops a metric", metric)
		}
	}
	if err := b.checkShares(b.Measured.Metrics); err != nil {
		return fmt.Errorf("%w; edit it in the file", err)
	}
	return nil
}

func repeated[T comparable](values []T) bool {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			return true
		}
	}
	return false
}
