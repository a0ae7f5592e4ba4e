package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay/experiments"
	"assay/results"
	"assay/results/table"
	"assay/runners"
	"assay/runners/slurm"
)

type runOptions struct {
	overrides []string
	results   string
	jobs      int
	workers   int
	trial     int
	requeue   bool
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
checkpoint and leaves with code 75; a second one ends the process at once.

With --trial it runs the trial of that number alone: what a task of a batch system
does. Numbers count from 0, as --dry-run and ` + "`assay status`" + ` list them; docs/SWEEPS.md
shows loops, GNU parallel, PBS and Slurm.`,
		Example: `  assay run quickstart
  assay run baselines --set corpus.path=data/arxiv
  assay run my.toml --set 'model.Random forest.trees=200' --set seeds=[1] --dry-run`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return runExperiment(cmd, args[0], opt) },
	}
	addConfigFlags(cmd, &opt.overrides, &opt.results)
	flags := cmd.Flags()
	flags.IntVar(&opt.workers, "workers", 0, "cores that a trial uses; 0 takes all; the result does not depend on it")
	flags.IntVar(&opt.jobs, "jobs", 1, "trials that run at once; 0: one a core, as far as memory allows. Side by side their fit times say little")
	flags.IntVar(&opt.trial, "trial", noTrial, "run this trial alone, by its number from 0")
	flags.BoolVar(&opt.requeue, "requeue", false, "with --trial in a task of Slurm: wait while another process holds the trial, and after the checkpoint that SIGUSR1 asks for go back to the queue")
	flags.BoolVar(&opt.dryRun, "dry-run", false, "show the trials and the resolved configuration, run nothing")
	flags.BoolVar(&opt.resume, "resume", true, "go on from the checkpoints of interrupted trials, with the same result; --resume=false begins them anew")
	flags.BoolVar(&opt.quiet, "quiet", false, "no line a trial on stderr")
	flags.BoolVar(&opt.json, "json", false, "print the table as JSON; with --dry-run the trials")
	flags.StringVar(&opt.format, "format", "text", "table format: "+strings.Join(table.Formats(), ", "))
	return cmd
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
	local := runners.LocalOptions{Jobs: opt.jobs, Workers: opt.workers}
	if err := local.Check(); err != nil {
		return err
	}
	session, err := experiments.Open(ctx, cfg, experiments.Options{Workers: opt.workers, Anew: !opt.resume})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	if opt.trial != noTrial || cfg.Swept() {
		if err := adopt(cmd, session, false); err != nil {
			return err
		}
	}
	if opt.trial != noTrial {
		return runTrial(cmd, session, opt)
	}
	if err := tellEarlier(cmd, session); err != nil {
		return err
	}
	return runLocal(cmd, session, format, opt.quiet, local)
}

// tellEarlier says which trials have runs of an earlier identity, which are not
// reused.
func tellEarlier(cmd *cobra.Command, session *experiments.Session) error {
	note, err := session.Earlier(cmd.Context())
	if note != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "assay: note:", note)
	}
	return err
}

// noTrial stands for a --trial that was not given.
const noTrial = -1

// adopt numbers the trials as the sweep's manifest does.
func adopt(cmd *cobra.Command, session *experiments.Session, force bool) error {
	note, err := session.Adopt(force)
	if note != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "assay: note:", note)
	}
	return err
}

// runLocal runs the session's trials in this process and prints their table.
func runLocal(cmd *cobra.Command, session *experiments.Session, format table.Format, quiet bool, opt runners.LocalOptions) error {
	ctx := cmd.Context()
	opt.Report = reporter(cmd.ErrOrStderr(), quiet)
	outcomes, runErr := runners.Local(ctx, session, opt)
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), runErr)
	}
	if runErr == nil {
		tellSpent(cmd.ErrOrStderr(), session, outcomes)
	}
	// The table also shows the trials that failed.
	return errors.Join(runErr, printTable(ctx, cmd.OutOrStdout(), session, format))
}

// tellSpent says which trials a budget has kept from being begun.
func tellSpent(w io.Writer, session *experiments.Session, outcomes []runners.Outcome) {
	left := map[string]int{}
	for _, o := range outcomes {
		if o.Trial.ID == "" {
			left[o.Job.Model]++
		}
	}
	for _, model := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(w, "assay: note: %d trials of %s were not begun: %s\n", left[model], model, session.Spent(model))
	}
}

// runTrial runs one trial: the contract with batch systems.
func runTrial(cmd *cobra.Command, session *experiments.Session, opt runOptions) error {
	ctx := cmd.Context()
	one := runners.One
	if opt.requeue {
		one = func(ctx context.Context, s *experiments.Session, number, workers int) (runners.Outcome, error) {
			return runners.Patient(ctx, s, number, workers, func(busy error) {
				fmt.Fprintln(cmd.ErrOrStderr(), "assay: note: waiting:", busy)
			})
		}
	}
	o, err := one(ctx, session, opt.trial, opt.workers)
	if report := reporter(cmd.ErrOrStderr(), opt.quiet); report != nil && err == nil {
		report(opt.trial+1, len(session.Jobs), o)
	}
	if ctx.Err() == nil {
		return err
	}
	cause := context.Cause(ctx)
	if stop := (*interruption)(nil); opt.requeue && errors.As(cause, &stop) && announcesLimit(stop.signal) {
		// The folder is released: the task may begin again at any moment.
		if _, rerr := slurm.Requeue(ctx); rerr != nil {
			cause = errors.Join(cause, rerr)
		}
	}
	return cause
}

// reporter prints a line a trial.
func reporter(w io.Writer, quiet bool) func(done, total int, o runners.Outcome) {
	if quiet {
		return nil
	}
	return func(done, total int, o runners.Outcome) {
		name := o.Job.Model
		if setting := o.Job.Setting(); setting != "" {
			name += " (" + setting + ")"
		}
		head := fmt.Sprintf("[%d/%d] %s, seed %d", done, total, name, o.Job.Seed)
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
