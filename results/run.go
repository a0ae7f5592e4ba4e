package results

import (
	"fmt"
	"math"
	"time"

	"assay/results/metrics"
)

// State is how far a run has come.
type State string

// The states of a run.
const (
	Running     State = "running"
	Done        State = "done"
	Failed      State = "failed"
	Interrupted State = "interrupted" // stopped early, by request or by its process's death
)

// Run is the content of run.json: what was run, on what, where, at what cost
// and with what result.
type Run struct {
	Experiment string         `json:"experiment"`
	Trial      string         `json:"trial"`
	Setting    string         `json:"setting,omitempty"` // hash of the configuration; equal for trials that differ in data or code alone
	Code       string         `json:"code,omitempty"`    // which program ran it
	Parts      map[string]int `json:"parts,omitempty"`   // versions of its parts that the result comes from; nil of programs that told trials apart by Code
	Model      Model          `json:"model"`
	Seed       uint64         `json:"seed"`
	Params     map[string]any `json:"params,omitempty"` // the model's resolved configuration, without the seed

	State State  `json:"state"`
	Error string `json:"error,omitempty"` // one line; of failed and some interrupted runs

	Data       Data       `json:"data"`
	Provenance Provenance `json:"provenance"`

	Started    time.Time `json:"started,omitzero"` // the first of the attempts that were continued
	Finished   time.Time `json:"finished,omitzero"`
	Workers    int       `json:"workers,omitempty"`           // cores that the last attempt used
	Resumed    int       `json:"resumed,omitempty"`           // how often an attempt was continued from its checkpoint
	Stages     []Stage   `json:"stages,omitempty"`            // in the order they ran; fit is the sum over attempts that were continued
	PeakMemory uint64    `json:"peak_memory_bytes,omitempty"` // the process's largest resident set while the run held its folder, of all attempts and with what ran beside it; 0 where unknown

	Vectors *Vectors `json:"vectors,omitempty"` // the word vectors that the model saw papers through
	Words   *Words   `json:"words,omitempty"`   // or the words that it learnt vectors of itself

	Warnings []string `json:"warnings,omitempty"` // what a reader of the results must know; tables repeat them

	Results []RuleResult `json:"results,omitempty"` // in the configuration's order of rules
	Files   []File       `json:"files,omitempty"`   // what the run wrote, ascending by name
}

// Model names what was trained.
type Model struct {
	Name    string `json:"name"`              // the configuration's, as tables show it
	Kind    string `json:"kind"`              // naive_bayes
	Backend string `json:"backend,omitempty"` // native, golearn
}

// Data says which papers a run saw: two runs are comparable where all but Path
// is equal.
type Data struct {
	Hash       string `json:"hash"`   // the corpus hash of its manifest
	Path       string `json:"path"`   // of the corpus, as the configuration gives it
	Name       string `json:"name"`   // what a table calls it: "100,000 arXiv papers"
	Sample     int    `json:"sample"` // papers drawn; 0 means all
	Taxonomy   string `json:"taxonomy"`
	Split      string `json:"split"` // in words: "5 % validation, 5 % test"
	Labels     int    `json:"labels"`
	Masters    int    `json:"master_labels"`
	Train      int    `json:"train"` // papers
	Validation int    `json:"validation"`
	Test       int    `json:"test"`
	Outside    int    `json:"outside,omitempty"` // papers left out: no category of the taxonomy, or several of topics
	Twins      Twins  `json:"twins,omitzero"`
}

// Twins counts the drawn papers that stand under several ids with equal title and
// abstract. Those of one text are on one side of the split.
type Twins struct {
	Texts  int `json:"texts"`  // different ones
	Papers int `json:"papers"` // that have one of these, all ids counted
	Moved  int `json:"moved"`  // to another side than their id alone would have put them
}

// Vectors says which word vectors a run used and how much of its papers' text
// has one.
type Vectors struct {
	Name   string `json:"name"`   // the configuration's
	Path   string `json:"path"`   // of their file
	SHA256 string `json:"sha256"` // of their file, hexadecimal
	Format string `json:"format"`
	Words  int    `json:"words"`
	Dim    int    `json:"dimensions"`
	// Exact says that another training would give the same bits; it is true of
	// a file that was given.
	Exact bool `json:"exact"`
	// Left out of the file: lines with a wrong number of columns, with a word
	// that stood before, with a value that is not finite.
	LeftOut int `json:"left_out,omitempty"`

	Tokens          int64 `json:"tokens"`           // of all papers of the run
	CoveredTokens   int64 `json:"covered_tokens"`   // that have a vector
	SubwordTokens   int64 `json:"subword_tokens"`   // of these, made from character n-grams
	Distinct        int64 `json:"distinct"`         // different tokens
	CoveredDistinct int64 `json:"covered_distinct"` // that have a vector

	// Of papers longer than MaxTokens, only so many of their first tokens count
	// above; CutTokens is what was left out of CutPapers papers.
	MaxTokens int   `json:"max_tokens,omitempty"`
	CutPapers int   `json:"cut_papers,omitempty"`
	CutTokens int64 `json:"cut_tokens,omitempty"`
}

// lowCoverage is the share of tokens with a vector below which a table says so.
const lowCoverage = 0.9

// highCut is the share of tokens left out of long papers above which a table
// says so.
const highCut = 0.01

// Cut says in words what was left out of long papers, "" where nothing was.
func (v *Vectors) Cut() string {
	if v.CutPapers == 0 {
		return ""
	}
	return fmt.Sprintf("%d papers cut to %d tokens, %d tokens left out", v.CutPapers, v.MaxTokens, v.CutTokens)
}

// Coverage says in words how much of the text has a vector.
func (v *Vectors) Coverage() string {
	share := func(n, of int64) float64 { return 100 * float64(n) / float64(max(of, 1)) }
	return fmt.Sprintf("%.1f %% of the tokens, %.1f %% of the %d distinct ones",
		share(v.CoveredTokens, v.Tokens), share(v.CoveredDistinct, v.Distinct), v.Distinct)
}

// Warnings lists what a reader of the results must know of the vectors.
func (v *Vectors) Warnings() []string {
	var out []string
	if float64(v.CoveredTokens) < lowCoverage*float64(v.Tokens) {
		out = append(out, fmt.Sprintf("the vectors %s cover %s", v.Name, v.Coverage()))
	}
	if float64(v.CutTokens) > highCut*float64(v.Tokens+v.CutTokens) {
		out = append(out, v.Cut())
	}
	if v.LeftOut > 0 {
		out = append(out, fmt.Sprintf("lines left out of %[2]s: %[1]d; `assay embed info` says why", v.LeftOut, v.Path))
	}
	return out
}

// Stage is how long one part of a run took, such as features, fit or score.
type Stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// RuleResult is how one decision rule did on the test papers.
type RuleResult struct {
	Decision metrics.Decision `json:"decision"`
	All      metrics.Report   `json:"all"`    // over all categories
	Master   metrics.Report   `json:"master"` // over the master categories

	// Intervals say how sure the F1s are, as far as the choice of test papers goes.
	Intervals *Intervals `json:"intervals,omitempty"`
	// Validation is what sweeps choose by; nil without validation papers. They
	// are too high for a rule that was tuned on these papers.
	Validation *ValidationScores `json:"validation,omitempty"`
}

// Intervals are confidence intervals over the test papers, by bootstrap.
type Intervals struct {
	Level     float64  `json:"level"` // 0.95
	Resamples int      `json:"resamples"`
	F1        Interval `json:"f1"`
	MasterF1  Interval `json:"master_f1"`
}

// Interval is a range, as fractions of 1.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// ValidationScores are sample-average F1s on the validation papers.
type ValidationScores struct {
	F1       float64 `json:"f1"`
	MasterF1 float64 `json:"master_f1"`
}

// File is a file of a run's folder, as it was written.
type File struct {
	Name   string `json:"name"` // with forward slashes, from the run's folder
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// Stage returns how long the named stage took; false where the run has none.
func (r Run) Stage(name string) (time.Duration, bool) {
	for _, s := range r.Stages {
		if s.Name == name {
			return time.Duration(math.Round(s.Seconds * float64(time.Second))), true
		}
	}
	return 0, false
}

// Result returns the result of the rule; false where the run has none.
func (r Run) Result(rule metrics.Rule) (RuleResult, bool) {
	for _, res := range r.Results {
		if res.Decision.Rule == rule {
			return res, true
		}
	}
	return RuleResult{}, false
}

// File returns the record of the named file; false where the run has none.
func (r Run) File(name string) (File, bool) {
	for _, f := range r.Files {
		if f.Name == name {
			return f, true
		}
	}
	return File{}, false
}

// encode returns run.json's bytes: indented JSON with a checksum as its last
// member.
func (r Run) encode() ([]byte, error) {
	sealed, err := sealJSON(r)
	if err != nil {
		return nil, err
	}
	return indentJSON(sealed)
}
