package check

import (
	"assay/results/compare"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFileRoundTripAndIsStable(t *testing.T) {
	b := baseline(t)
	path := filepath.Join(t.TempDir(), "b.json")
	if err := b.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	first, _ := os.ReadFile(path)
	for range 5 {
		again, err := ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data, err := again.Encode()
		if err != nil || string(data) != string(first) {
			t.Fatalf("the bytes changed: %v", err)
		}
	}
	if _, err := ReadFile(path + "x"); !errors.Is(err, ErrNoBaseline) || !errors.Is(err, ErrNotComparable) {
		t.Errorf("a missing file: %v", err)
	}
	golden(t, "baseline.json", first)
}

func TestDecodeRefuses(t *testing.T) {
	data, err := baseline(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, new string) string {
		if !strings.Contains(string(data), old) {
			t.Fatalf("the baseline has no %s", old)
		}
		return strings.Replace(string(data), old, new, 1)
	}
	for name, c := range map[string]struct{ text, says string }{
		"empty":             {"", "is no baseline"},
		"null":              {"null", "format"},
		"object":            {"{}", "format"},
		"truncated":         {string(data[:len(data)/2]), "is no baseline"},
		"two":               {string(data) + string(data), "is no baseline"},
		"version":           {replace("assay baseline 1", "assay baseline 2"), "format"},
		"unknown field":     {replace(`"format"`, `"extra": 1, "format"`), "extra"},
		"duplicate field":   {replace(`"format"`, `"format": "x", "format"`), "duplicate"},
		"value":             {replace(`"mean":0.415`, `"mean":0.416`), "checksum"},
		"NaN":               {replace(`"mean":0.415`, `"mean":NaN`), "is no baseline"},
		"huge":              {replace(`"mean":0.415`, `"mean":1e999`), "checksum"},
		"no such metric":    {replace(`{"metric":"f1","better"`, `{"metric":"f2","better"`), `"f2"`},
		"twice":             {replace(`{"metric":"master_f1","better"`, `{"metric":"f1","better"`), "two tolerances"},
		"direction":         {replace(`"better":"higher"`, `"better":"up"`), `"up"`},
		"wrong direction":   {replace(`"better":"higher"`, `"better":"lower"`), "of this metric the higher is"},
		"negative":          {replace(`"absolute":0.005`, `"absolute":-1`), "absolute"},
		"unknown in a tol.": {replace(`"absolute":0.005`, `"absolut":1,"absolute":0.005`), "absolut"},
		"all of a score":    {replace(`"absolute":0.005`, `"absolute":5`), "absolute is 5, want at most 0.5: scores are fractions of 1"},
		"most of a score":   {replace(`"absolute":0.005`, `"absolute":0.4`), "f1: that of Naive Bayes (fixed:0.5) could fall from 41.50 to 1.50 and pass"},
		"just over half":    {replace(`"absolute":0.005`, `"absolute":0.208`), "a score may lose at most half: allow 0.2 or less"},
		"relative to all":   {replace(`"relative":0`, `"relative":5`), "relative is 5, that is 500 % of the baseline, want at most 0.5"},
		"loss, relative":    {replace(`"relative":0.01`, `"relative":1.1`), "validation_loss: relative is 1.1"},
		"loss, absolute":    {replace(`"absolute":0,"relative":0.01`, `"absolute":0.11,"relative":0`), "could rise from 0.1 to 0.21 and pass; a loss may at most double"},
		"of one model":      {replace(`{"metric":"f1",`, `{"metric":"f1","model":"SHA-RNN-lite","rule":"tuned","better":"higher","absolute":0.3},{"metric":"f1",`), "that of SHA-RNN-lite (tuned) could fall"},
		"significance":      {replace(`"significance":0`, `"significance":1`), "significance"},
		"no such model":     {replace(`{"metric":"f1",`, `{"metric":"f1","model":"X","better":"higher","absolute":0.1},{"metric":"f1",`), `no model "X"`},
		"no such rule":      {replace(`{"metric":"f1",`, `{"metric":"f1","rule":"X","better":"higher","absolute":0.1},{"metric":"f1",`), `no rule "X"`},
		"general missing":   {replace(`{"metric":"f1",`, `{"metric":"f1","rule":"tuned",`), "no tolerance of f1"},
		"other metric":      {replace(`{"metric":"f1",`, `{"metric":"fit_seconds","better":"lower","absolute":1},{"metric":"f1",`), "was not measured"},
	} {
		if _, err := Decode([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// White space and tolerances may be edited.
func TestDecodeTakesEdits(t *testing.T) {
	data, err := baseline(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(data), `"absolute":0.005,"relative":0`, `"absolute":0.01,"relative":0.1`, 1)
	for name, text := range map[string]string{"white space": strings.ReplaceAll(string(data), "\n", " \r\n"), "tolerance": edited} {
		if b, err := Decode([]byte(text)); err != nil || name == "tolerance" && b.Tolerances[0].Relative != 0.1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, spoil := range map[string]func(b *Baseline){
		"no model":      func(b *Baseline) { b.Measured.Models = nil },
		"no seed":       func(b *Baseline) { b.Measured.Seeds = nil },
		"no metric":     func(b *Baseline) { b.Measured.Metrics = nil },
		"no rule":       func(b *Baseline) { b.Measured.Models[0].Results = nil },
		"no data":       func(b *Baseline) { b.Measured.Data.Hash = "" },
		"a model twice": func(b *Baseline) { b.Measured.Models[1] = b.Measured.Models[0] },
		"a rule twice":  func(b *Baseline) { b.Measured.Models[0].Results[1] = b.Measured.Models[0].Results[0] },
		"no setting":    func(b *Baseline) { b.Measured.Models[0].Settings[1] = "" },
		"a metric less": func(b *Baseline) { r := &b.Measured.Models[0].Results[0]; r.Values = r.Values[1:] },
		"a value less":  func(b *Baseline) { v := &b.Measured.Models[0].Results[0].Values[0]; v.Seeds = v.Seeds[1:] },
		"a value NaN":   func(b *Baseline) { b.Measured.Models[0].Results[0].Values[0].Seeds[0] = math.NaN() },
		"a mean is off": func(b *Baseline) { b.Measured.Models[0].Results[0].Values[0].Mean += 0.1 },
		"a score of 90": func(b *Baseline) {
			v := &b.Measured.Models[0].Results[0].Values[0]
			v.Seeds, v.Mean = []float64{90, 90}, 90
		},
		"a seed twice":   func(b *Baseline) { b.Measured.Seeds[1] = b.Measured.Seeds[0] },
		"a strange rule": func(b *Baseline) { b.Measured.Models[0].Results[0].Rule = "best" },
	} {
		b := baseline(t)
		spoil(b)
		if _, err := b.Encode(); err == nil {
			t.Errorf("%s: was encoded", name)
		}
	}
}

// What a baseline holds: every metric of the registry but those that say what another
// says, or that settings are chosen by.
func TestMetrics(t *testing.T) {
	want := []string{
		"f1", "master_f1", "micro_f1", "macro_f1", "precision", "recall", "subset_accuracy",
		"precision_at_1", "precision_at_3", "precision_at_5", "loss", "validation_loss", "fit_seconds", "peak_memory",
	}
	if got := Metrics(); !slices.Equal(got, want) {
		t.Errorf("a baseline holds %q, want %q", got, want)
	}
	left := map[string]bool{compare.Accuracy: true, "validation_f1": true, "validation_master_f1": true, "total_seconds": true}
	for _, m := range compare.Metrics() {
		if slices.Contains(want, m.Key) == left[m.Key] {
			t.Errorf("%s of the registry is neither checked nor left out on purpose", m.Key)
		}
	}
}
