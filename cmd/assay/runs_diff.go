package main

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay/experiments/config"
	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/diff"
	"assay/results/metrics"
)

type runsDiffOptions struct {
	results string
	rule    string
	papers  int
	json    bool
}

func newRunsDiff() *cobra.Command {
	var opt runsDiffOptions
	cmd := &cobra.Command{
		Use:   "diff EXPERIMENT/TRIAL EXPERIMENT/TRIAL",
		Short: "Show in what two runs differ: configuration, data, code, scores, papers",
		Long: `Diff compares two runs, A and B: what was configured, the data, the code and the
machine; their scores side by side, on the test papers that both have; whether the
difference can be told from chance; and the papers on which they disagree most, with
the true categories and both predictions. Differences are B less A.`,
		Example: `  assay runs diff quickstart/naive-bayes-s1-0123456789ab quickstart/logistic-regression-s1-456789abcdef
  assay runs diff ci/A ci/B --rule tuned --papers 20
  assay runs diff ci/A ci/B --json`,
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error { return runsDiff(cmd, args, opt) },
	}
	flags := cmd.Flags()
	flags.StringVar(&opt.results, "results", "results", "folder of the run store")
	flags.IntVar(&opt.papers, "papers", 5, "papers to show, those with the largest difference of F1; 0 for none")
	flags.StringVar(&opt.rule, "rule", "", "compare under this decision rule alone; the papers are those of the first that both have")
	flags.BoolVar(&opt.json, "json", false, "print everything as JSON, with the papers under each rule")
	return cmd
}

func runsDiff(cmd *cobra.Command, args []string, opt runsDiffOptions) error {
	if opt.papers < 0 {
		return fault.Usagef("--papers %d: want 0 or more", opt.papers)
	}
	if opt.rule != "" {
		rule, err := metrics.ParseRule(opt.rule)
		if err != nil {
			return err
		}
		opt.rule = rule.String()
	}
	store, err := results.OpenStore(opt.results)
	if err != nil {
		return err
	}
	var runs [2]results.Run
	for i, arg := range args {
		if runs[i], err = findRun(cmd.Context(), "runs diff", store, opt.results, arg); err != nil {
			return err
		}
	}
	report, err := diff.Compare(store, runs[0], runs[1], diff.Options{Papers: opt.papers, Rule: opt.rule, Settings: config.Settings})
	if err != nil {
		return err
	}
	if opt.json {
		return writeJSON(cmd.OutOrStdout(), report)
	}
	return diff.Write(cmd.OutOrStdout(), report)
}

// findRun reads the run that EXPERIMENT/TRIAL names, for the command verb. One that
// is not there is wrong use; one that is damaged is not.
func findRun(ctx context.Context, verb string, store *results.Store, dir, name string) (results.Run, error) {
	experiment, trial, ok := strings.Cut(name, "/")
	if !ok || experiment == "" || trial == "" {
		return results.Run{}, fault.Usagef("%s: %q: want EXPERIMENT/TRIAL, as `assay runs list` prints it", verb, name)
	}
	if _, err := os.Stat(store.Path(experiment, trial)); err == nil {
		return store.Run(experiment, trial)
	}
	known, err := store.Experiments()
	if err != nil {
		return results.Run{}, err
	}
	if hint := suggest.Hint(experiment, known); !slices.Contains(known, experiment) {
		return results.Run{}, fault.Usagef("%s: %s holds no experiment %q%s; it has %s", verb, dir, experiment, hint, strings.Join(known, ", "))
	}
	runs, problems, err := store.List(ctx, experiment)
	if err != nil {
		return results.Run{}, err
	}
	var trials []string
	for _, r := range runs {
		trials = append(trials, r.Trial)
	}
	for _, p := range problems {
		trials = append(trials, p.Trial)
	}
	return results.Run{}, fault.Usagef("%s: experiment %s has no run %q%s; `assay runs list %s` lists them", verb, experiment, trial, suggest.Hint(trial, trials), experiment)
}
