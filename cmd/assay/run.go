package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"assay/experiments"
	"assay/results"
	"assay/results/table"
	"assay/runners"
)

type runOptions struct {
	overrides []string
	results   string
	workers   int
	dryRun    bool
	resume    bool
	quiet     bool
	json      bool
	format    string
}

func newRun() *cobra.Command {
	var opt runOptions
	cmd := &cobra.Command{
		Use:   "run CONFIG",
		Short: "Run every trial of an experiment, then print its table",
		Long: `Run trains every model of the experiment with every seed and prints the
comparison table. CONFIG is a TOML file or the name of an embedded experiment.
Trials that are already done are not run again, and networks go on from their last
checkpoint, so the same command resumes. A first SIGINT, SIGTERM or SIGUSR1 writes a
checkpoint and leaves with code 75; a second one ends the process at once.`,
		Example: `  assay run quickstart
  assay run baselines --set corpus.path=data/arxiv
  assay run my.toml --set 'model.Random forest.trees=200' --set seeds=[1] --dry-run`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return runExperiment(cmd, args[0], opt) },
	}
	addConfigFlags(cmd, &opt.overrides, &opt.results)
	flags := cmd.Flags()
	flags.IntVar(&opt.workers, "workers", 0, "cores that a trial uses; 0 takes all; the result does not depend on it")
	flags.BoolVar(&opt.dryRun, "dry-run", false, "show the trials and the resolved configuration, run nothing")
	flags.BoolVar(&opt.resume, "resume", true, "go on from the checkpoints of interrupted trials, with the same result; --resume=false begins them anew")
	flags.BoolVar(&opt.quiet, "quiet", false, "no line a trial on stderr")
	flags.BoolVar(&opt.json, "json", false, "print the table as JSON; with --dry-run the trials")
	flags.StringVar(&opt.format, "format", "text", "table format: "+strings.Join(table.Formats(), ", "))
	return cmd
}

// addConfigFlags adds the flags of every command that takes a CONFIG.
func addConfigFlags(cmd *cobra.Command, overrides *[]string, results *string) {
	cmd.Flags().StringArrayVar(overrides, "set", nil, "override a key: KEY=VALUE with a TOML value or a plain word, such as corpus.path=data/arxiv, model.NAME.alpha=0.5 or, for every model that has the key, model.*.trees=10; repeatable")
	cmd.Flags().StringVar(results, "results", "", "folder of the run store (default: the experiment's results.path)")
}

// loadConfig loads CONFIG with its overrides; --results is one of them.
func loadConfig(source string, overrides []string, results string) (*experiments.Config, error) {
	cfg, err := experiments.Load(source, overrides)
	if err == nil && results != "" {
		cfg.Results.Path = results
	}
	return cfg, err
}

func runExperiment(cmd *cobra.Command, source string, opt runOptions) (err error) {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	cfg, err := loadConfig(source, opt.overrides, opt.results)
	if err != nil {
		return err
	}
	format, err := tableFormat(opt.format, opt.json)
	if err != nil {
		return err
	}
	if opt.dryRun {
		plan, err := experiments.Preview(ctx, cfg)
		if err != nil {
			return err
		}
		return dryRun(out, cfg, plan, opt.json)
	}
	session, err := experiments.Open(ctx, cfg, experiments.Options{Workers: opt.workers, Anew: !opt.resume})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	report := reporter(cmd.ErrOrStderr(), opt.quiet)
	_, runErr := runners.Local(ctx, session, runners.LocalOptions{Report: report})
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), runErr)
	}
	// The table also shows the trials that failed.
	return errors.Join(runErr, printTable(ctx, out, session, format))
}

// reporter prints a line a trial.
func reporter(w io.Writer, quiet bool) func(done, total int, o runners.Outcome) {
	if quiet {
		return nil
	}
	return func(done, total int, o runners.Outcome) {
		head := fmt.Sprintf("[%d/%d] %s, seed %d", done, total, o.Trial.Model.Name, o.Trial.Seed)
		switch {
		case errors.Is(o.Err, results.ErrClaimed):
			fmt.Fprintf(w, "%s: running elsewhere: %v\n", head, o.Err)
		case o.Err != nil:
			fmt.Fprintf(w, "%s: failed: %v\n", head, o.Err)
		default:
			var parts []string
			for _, r := range o.Run.Results {
				parts = append(parts, fmt.Sprintf("%s F1 %.2f %%", r.Decision.Rule, 100*r.All.SampleF1))
			}
			when := "fit in " + fitTime(o.Run)
			if o.Reused {
				when = "done before"
			}
			fmt.Fprintf(w, "%s: %s (%s)\n", head, strings.Join(parts, ", "), when)
		}
	}
}
