package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"assay/experiments"
	"assay/internal/fault"
	"assay/internal/markup"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/mistakes"
)

type runsErrorsOptions struct {
	results, corpus, rule string
	label, paper          string
	top                   int
	format, out           string
	json                  bool
}

func newRunsErrors() *cobra.Command {
	var opt runsErrorsOptions
	cmd := &cobra.Command{
		Use:   "errors EXPERIMENT/TRIAL",
		Short: "Show what a run got wrong, how sure it was, and the words that speak for it",
		Long: `Errors shows what a run got wrong on its test papers: how many, what it confuses
with what, how sure it was, and the most and the least sure errors. Where each paper
has one label (taxonomy = "topics:A,B"), how sure is the probability of the label that
was predicted; else it is that of the worst decision on a paper: the probability of an
extra label, or what is left to 100 % of a label that was missed.

For each paper shown, it counts the words that speak for its true labels and for the
predicted ones: words that a larger share of the label's training papers has than of
all others, by more than chance would have it (log-odds ratio with a Dirichlet prior,
z at 1.96 or above). Titles and words are read from the run's corpus; --corpus says
where that lies if it was moved. Without it the errors are shown all the same.`,
		Example: `  assay runs errors two-topics/lstm-s1-0123456789ab
  assay runs errors baselines/naive-bayes-s1-0123456789ab --rule fixed:0.5 --label cs.CV --top 5
  assay runs errors two-topics/lstm-s1-0123456789ab --paper 1901.00123
  assay runs errors two-topics/lstm-s1-0123456789ab --top -1 --format csv --out errors.csv`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return runsErrors(cmd, args[0], opt) },
	}
	flags := cmd.Flags()
	flags.StringVar(&opt.results, "results", "results", "folder of the run store")
	flags.StringVar(&opt.rule, "rule", "", "the decision rule that labels were given by (default tuned, or the run's first)")
	flags.IntVar(&opt.top, "top", 10, "how many of the most and of the least sure errors to show; 0 for the counts alone, -1 for all")
	flags.StringVar(&opt.label, "label", "", "only errors about this label, such as cs.CV")
	flags.StringVar(&opt.paper, "paper", "", "explain this test paper, right or wrong, with all its words")
	flags.StringVar(&opt.corpus, "corpus", "", "folder where the run's corpus lies now (default: where the run found it)")
	flags.StringVar(&opt.format, "format", "text", "one of "+strings.Join(mistakes.Formats(), ", "))
	flags.BoolVar(&opt.json, "json", false, "the same as --format json")
	flags.StringVar(&opt.out, "out", "-", "file for the report, - for stdout")
	return cmd
}

func runsErrors(cmd *cobra.Command, name string, opt runsErrorsOptions) error {
	format, err := mistakes.ParseFormat(opt.format)
	switch {
	case err != nil:
		return fault.Usagef("--format %s: unknown%s; one of %s", opt.format, suggest.Hint(opt.format, mistakes.Formats()), strings.Join(mistakes.Formats(), ", "))
	case opt.top < mistakes.All:
		return fault.Usagef("--top %d: want a number of errors, or -1 for all", opt.top)
	case opt.paper != "" && opt.label != "":
		return fault.Usagef("--label: goes with lists of errors, not with --paper, which shows all labels of one paper")
	case opt.json:
		format = mistakes.JSON
	}
	store, err := results.OpenStore(opt.results)
	if err != nil {
		return err
	}
	run, err := findRun(cmd.Context(), "runs errors", store, opt.results, name)
	if err != nil {
		return err
	}
	report, err := mistakes.OfRun(store, run, opt.rule, mistakes.Options{
		Exclusive: exclusive([]results.Run{run}), Label: opt.label, Top: opt.top, Paper: opt.paper,
	})
	if err == nil {
		err = addWords(cmd.Context(), store, run, report, experiments.WordsOptions{Results: opt.results, Corpus: opt.corpus})
	}
	if err != nil {
		return err
	}
	if format == mistakes.CSV { // which has no place for them
		for _, n := range report.Notes {
			fmt.Fprintln(cmd.ErrOrStderr(), "assay: note:", n)
		}
	}
	return writeOut(cmd.OutOrStdout(), opt.out, func(w io.Writer) error { return mistakes.Write(w, report, format) })
}

// addWords gives the report's papers their titles and the words that speak for their
// labels. Where these cannot be had a note says so.
func addWords(ctx context.Context, store *results.Store, run results.Run, r *mistakes.Report, opt experiments.WordsOptions) error {
	shown := r.Shown()
	if len(shown) == 0 {
		return nil
	}
	var asked []*experiments.PaperWords
	for _, p := range shown {
		asked = append(asked, &experiments.PaperWords{ID: p.ID, Labels: r.LabelsOf(p)})
	}
	from, err := experiments.ReadWords(ctx, store, run, asked, opt)
	if missing := (experiments.ErrUnavailable{}); errors.As(err, &missing) {
		r.Notes = append(r.Notes, fmt.Sprintf("No titles and words: %v.", err))
		return nil
	}
	if err != nil {
		return err
	}
	r.Words = (*mistakes.WordsFrom)(&from)
	for i, p := range shown {
		p.Title = markup.Line(asked[i].Title)
		for k, label := range asked[i].Labels {
			var words []mistakes.Word
			for _, e := range asked[i].Words[k] {
				words = append(words, mistakes.Word(e))
			}
			p.Explain(label, words)
		}
	}
	return nil
}
