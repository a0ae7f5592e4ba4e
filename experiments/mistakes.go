package experiments

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"assay/corpus"
	"assay/corpus/arxivid"
	"assay/experiments/config"
	"assay/internal/fault"
	"assay/results"
	"assay/results/metrics"
	"assay/results/mistakes"
)

// MistakesOptions say what is asked of a run's errors.
type MistakesOptions struct {
	Rule  string // "": tuned, or else the run's first
	Label string // errors about this label alone
	Paper string // this paper alone, right or wrong
	Top   int    // surest, and least sure, errors; mistakes.All for all

	Results string // folder of the run store
	// Corpus is where the run's corpus lies now, "" where its configuration says.
	// Named here, it must be there and be the same.
	Corpus  string
	Workers int // 0: one a core
}

// Mistakes reports what a finished run got wrong on its test papers, with their titles
// and the words in them that speak for their labels in its training papers. Where
// the corpus is not at hand, the report says so and has neither.
func Mistakes(ctx context.Context, store *results.Store, run results.Run, opt MistakesOptions) (*mistakes.Report, error) {
	name := run.Experiment + "/" + run.Trial
	if run.State != results.Done {
		return nil, fault.Usagef("experiments: run %s is %s and has no predictions to look at; `assay run` finishes it", name, run.State)
	}
	decision, err := decisionOf(run, opt.Rule)
	if err != nil {
		return nil, err
	}
	predictions, err := store.Predictions(run)
	if errors.Is(err, fs.ErrNotExist) {
		dir := store.Path(run.Experiment, run.Trial)
		return nil, fault.Usagef("experiments: run %s has lost its predictions (%w): remove the folder %s and `assay run` computes it again", name, err, dir)
	}
	if err != nil {
		return nil, err
	}
	taxonomy, err := corpus.LookupTaxonomy(run.Data.Taxonomy)
	r, ferr := mistakes.Find(predictions, mistakes.Options{
		Decision: decision, Exclusive: err == nil && taxonomy.Exclusive, Label: opt.Label, Top: opt.Top, Paper: arxivid.Known(opt.Paper),
	})
	if ferr != nil {
		return nil, ferr
	}
	r.Run, r.Model, r.Seed, r.Taxonomy = name, run.Model.Name, run.Seed, run.Data.Taxonomy
	r.Data = fmt.Sprintf("%s, taxonomy %s, %s", run.Data.Name, run.Data.Taxonomy, run.Data.Split)
	if err == nil {
		err = addWords(ctx, store, run, opt, predictions.Labels, r)
	}
	var missing unavailable
	switch {
	case errors.As(err, &missing) && opt.Corpus == "":
		r.Notes = append(r.Notes, "No titles and words: "+err.Error()+".")
		return r, nil
	case err != nil && taxonomy == nil:
		r.Notes = append(r.Notes, fmt.Sprintf("No titles and words: %v.", err))
		return r, nil
	}
	return r, err
}

// decisionOf returns the decision that errors are judged by.
func decisionOf(run results.Run, rule string) (metrics.Decision, error) {
	if len(run.Results) == 0 {
		return metrics.Decision{}, fault.Usagef("experiments: run %s/%s has no result", run.Experiment, run.Trial)
	}
	wanted := rule
	if rule == "" {
		wanted = "tuned"
	}
	parsed, err := metrics.ParseRule(wanted)
	if err != nil {
		return metrics.Decision{}, err
	}
	if res, ok := run.Result(parsed); ok {
		return res.Decision, nil
	}
	if rule == "" {
		return run.Results[0].Decision, nil
	}
	var known []string
	for _, res := range run.Results {
		known = append(known, res.Decision.Rule.String())
	}
	return metrics.Decision{}, fault.Usagef("experiments: run %s/%s has no rule %s; it has %s", run.Experiment, run.Trial, parsed, strings.Join(known, ", "))
}

// unavailable is why the words of a run cannot be had.
type unavailable struct{ error }

func (u unavailable) Unwrap() error { return u.error }

func unavailablef(format string, args ...any) error {
	return unavailable{fault.Usagef(format, args...)}
}

// addWords opens the run's own configuration and corpus and gives the papers of the
// report what they hold.
func addWords(ctx context.Context, store *results.Store, run results.Run, opt MistakesOptions, labels []string, r *mistakes.Report) (err error) {
	if len(r.Shown()) == 0 {
		return nil
	}
	path := filepath.Join(store.Path(run.Experiment, run.Trial), "config.toml")
	text, err := os.ReadFile(path)
	if err != nil {
		return unavailablef("the run's configuration: %w", err)
	}
	cfg, err := config.Parse(string(text), path, nil)
	if err != nil {
		return unavailablef("the run's configuration is of another version of the program: %w", err)
	}
	if len(cfg.Models) != 1 || len(cfg.Seeds) != 1 || cfg.Seeds[0] != run.Seed {
		return unavailablef("%s is not the configuration of one trial with seed %d", path, run.Seed)
	}
	cfg.Results.Path = opt.Results
	if opt.Corpus != "" {
		cfg.Corpus.Path = opt.Corpus
	}
	c, err := previewCorpus(ctx, cfg)
	if err != nil && opt.Corpus != "" {
		return fmt.Errorf("--corpus: %w", err)
	}
	if err != nil {
		return unavailablef("%w; --corpus says where the corpus lies now", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if c.Hash() != run.Data.Hash {
		return unavailablef("the corpus in %s has the hash %.12s…, and the run learnt from %.12s…: name the folder of that one by --corpus", c.Path(), c.Hash(), run.Data.Hash)
	}
	w, err := newMistakeWords(cfg, labels, opt.Workers)
	if err != nil {
		return err
	}
	return w.fill(ctx, c, run, r)
}

// involved are the labels whose words are shown for a paper: those that it carries,
// those that it was given, and the others where there are few.
func involved(p *mistakes.Paper, labels []string) []string {
	const few = 4
	out := slices.Clone(p.Predicted)
	for _, l := range p.True {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	if len(labels) > few {
		return out
	}
	for _, l := range labels {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}
