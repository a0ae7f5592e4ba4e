package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay/experiments"
	"assay/experiments/config"
	"assay/internal/fault"
	"assay/results/check"
	"assay/runners"
)

type checkOptions struct {
	overrides  []string
	results    string
	baseline   string
	update     bool
	metrics    []string
	tolerances []string
	workers    int
	quiet      bool
	verbose    bool
	json       bool
	junit      string
	markdown   string
}

func newCheck() *cobra.Command {
	var opt checkOptions
	cmd := &cobra.Command{
		Use:   "check CONFIG --baseline FILE",
		Short: "Say whether an experiment got worse than its baseline",
		Long: `Check runs the experiment's trials, as run does, and compares every metric of
every model and decision rule with the baseline file. --update writes that file;
the tolerances in it may be edited, and stay. What is measured is this build of the
program: runs that another build left in the results folder are not taken over.

Scores are fractions of 1: f1=0.005 and f1=0.5% are half a point, f1=0,5% are 5 %
of the baseline. A tolerance that lets a score lose more than half of its baseline,
or a loss more than double, is refused. What can't get worse, such as a score of 0,
is counted as "cannot fail", not as passed.

Exit codes: 0 nothing got worse; 1 a regression; 3 not comparable: no baseline,
other data, another configuration, a metric missing or NaN, no metric that can
fail, a tolerance in the file that is too wide; 4 a run failed; 64
wrong use; 75 stopped early. 4 outranks 3, and 3 outranks 1.`,
		Example: `  assay check ci --baseline configs/baselines/ci.json
  assay check ci --baseline configs/baselines/ci.json --junit check.xml --markdown check.md
  assay check my.toml --baseline my.json --update --tolerance f1=0.2%`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return runCheck(cmd, args[0], opt) },
	}
	addConfigFlags(cmd, &opt.overrides, &opt.results)
	flags := cmd.Flags()
	flags.StringVar(&opt.baseline, "baseline", "", "the file to compare with")
	flags.BoolVar(&opt.update, "update", false, "write what is measured now to the baseline, and say what changes")
	flags.StringSliceVar(&opt.metrics, "metrics", nil, "with --update, what the baseline holds: some of "+strings.Join(check.Metrics(), ", ")+" (default: those it has, or all scores)")
	flags.StringArrayVar(&opt.tolerances, "tolerance", nil, "METRIC=ABSOLUTE[,RELATIVE], such as f1=0.005, f1=0.5% or fit_seconds=0,50%: how much worse the metric may get, at most half of a score; with --update written to the baseline; repeatable")
	flags.IntVar(&opt.workers, "workers", 0, "cores that a trial uses; 0 takes all; the result does not depend on it")
	flags.BoolVar(&opt.quiet, "quiet", false, "no line a trial on stderr")
	flags.BoolVar(&opt.verbose, "verbose", false, "show the metrics that passed, too")
	flags.BoolVar(&opt.json, "json", false, "print the report as JSON")
	flags.StringVar(&opt.junit, "junit", "", "write the report as JUnit XML to this file, whatever the outcome")
	flags.StringVar(&opt.markdown, "markdown", "", "write the report as Markdown to this file, whatever the outcome")
	_ = cmd.MarkFlagRequired("baseline")
	return cmd
}

func runCheck(cmd *cobra.Command, source string, opt checkOptions) error {
	name := strings.TrimSuffix(filepath.Base(source), ".toml")
	// What an earlier check left must not be read as the verdict of this one, if
	// this one is killed.
	begun := check.NoReport(name, opt.baseline, check.Stopped, "the check has not ended")
	if err := writeReports(begun, opt); err != nil {
		return err
	}
	report, err := makeCheck(cmd, source, opt)
	if err != nil {
		report = check.NoReport(name, opt.baseline, verdictOf(cmd.Context(), err), describe(cmd.Context(), err))
	} else {
		err = report.Err()
	}
	if writeErr := writeReports(report, opt); writeErr != nil {
		err = errors.Join(err, writeErr)
	}
	if opt.json {
		return errors.Join(err, writeJSON(cmd.OutOrStdout(), report))
	}
	return errors.Join(err, check.WriteText(cmd.OutOrStdout(), report, opt.verbose))
}

// writeReports writes the files for continuous integration.
func writeReports(r check.Report, opt checkOptions) error {
	var errs []error
	for _, f := range []struct {
		name  string
		write func(io.Writer, check.Report) error
	}{{opt.junit, check.WriteJUnit}, {opt.markdown, check.WriteMarkdown}} {
		if f.name != "" {
			errs = append(errs, writeOut(io.Discard, f.name, func(w io.Writer) error { return f.write(w, r) }))
		}
	}
	return errors.Join(errs...)
}

// verdictOf is the verdict of a check that an error kept from being made.
func verdictOf(ctx context.Context, err error) check.Verdict {
	switch exitCode(ctx, err) {
	case exitResumable:
		return check.Stopped
	case exitUsage:
		return check.Refused
	case exitNotComparable:
		return check.NotComparable
	}
	return check.Failed
}

// makeCheck runs the trials and compares or updates. Its error says why there is
// no report.
func makeCheck(cmd *cobra.Command, source string, opt checkOptions) (report check.Report, err error) {
	ctx := cmd.Context()
	cfg, err := loadConfig(source, opt.overrides, opt.results)
	if err != nil {
		return report, err
	}
	if cfg.Swept() {
		return report, fault.Usagef("check %s: it has a sweep, whose settings are yet to be chosen; check an experiment with the setting that won", cfg.Name)
	}
	baseline, tolerances, err := readBaseline(opt)
	if err != nil {
		return report, err
	}
	session, err := experiments.Open(ctx, cfg, experiments.Options{Workers: opt.workers, Measure: true})
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	if !opt.update {
		// What can be told before hours of training is told before.
		if faults := check.Identify(baseline, expected(session)); len(faults) > 0 {
			report = check.Compare(baseline, expected(session))
			report.Faults = append(faults, check.Fault{Verdict: check.NotComparable, Message: "no trial was run, as the check cannot be made"})
			report.Baseline = opt.baseline
			return report, nil
		}
	}
	measured, err := measure(cmd, session, opt, timed(opt.metrics, baseline))
	if err != nil {
		return report, err
	}
	if opt.update {
		return update(opt, baseline, tolerances, measured)
	}
	report = check.Compare(baseline, measured)
	report.Baseline = opt.baseline
	return report, nil
}

// readBaseline reads the baseline, nil where --update is to write the first, and
// the --tolerance flags.
func readBaseline(opt checkOptions) (*check.Baseline, []check.Tolerance, error) {
	if len(opt.metrics) > 0 && !opt.update {
		return nil, nil, fault.Usagef("--metrics says what --update writes; a check compares what the baseline holds")
	}
	var tolerances []check.Tolerance
	for _, text := range opt.tolerances {
		t, err := check.ParseTolerance(text)
		if err != nil {
			return nil, nil, err
		}
		if slices.ContainsFunc(tolerances, func(o check.Tolerance) bool { return o.Metric == t.Metric }) {
			return nil, nil, fault.Usagef("tolerance %q: %s has one already; give each metric once", text, t.Metric)
		}
		tolerances = append(tolerances, t)
	}
	baseline, err := check.ReadFile(opt.baseline)
	switch {
	case opt.update && errors.Is(err, check.ErrNoBaseline):
		return nil, tolerances, nil
	case opt.update && err != nil:
		return nil, nil, fmt.Errorf("%w; remove the file to begin anew", err)
	case err != nil:
		return nil, nil, err
	case opt.update:
		return baseline, tolerances, nil
	}
	for _, t := range tolerances {
		if err := baseline.Override(t); err != nil {
			return nil, nil, err
		}
	}
	return baseline, nil, nil
}

// timed reports whether a metric depends on what else runs beside a trial.
func timed(wanted []string, baseline *check.Baseline) bool {
	if len(wanted) == 0 && baseline != nil {
		wanted = baseline.Measured.Metrics
	}
	for _, metric := range wanted {
		if metric == "fit_seconds" || metric == "peak_memory" {
			return true
		}
	}
	return false
}

// expected lists what the session is going to measure.
func expected(session *experiments.Session) []check.Measurement {
	var out []check.Measurement
	for i := range session.Jobs {
		out = append(out, measurement(session, session.Jobs[i].Trial))
	}
	return out
}

func measurement(session *experiments.Session, t experiments.Trial) check.Measurement {
	m := check.Measurement{Model: t.Model.Name, Config: settings(t.Config)}
	m.Run.Experiment, m.Run.Seed, m.Run.Setting = session.Config.Name, t.Seed, t.Setting
	m.Run.Data.Hash, m.Run.Data.Taxonomy = t.Data, session.Config.Corpus.Taxonomy
	m.Run.Data.Sample = int(session.Config.Corpus.Sample)
	return m
}

// measure runs the trials, one after the other where time counts.
func measure(cmd *cobra.Command, session *experiments.Session, opt checkOptions, timed bool) ([]check.Measurement, error) {
	ctx := cmd.Context()
	local := runners.LocalOptions{Workers: opt.workers, Report: reporter(cmd.ErrOrStderr(), opt.quiet)}
	if timed {
		local.Jobs = 1
	}
	outcomes, runErr := runners.Local(ctx, session, local)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(runErr, runners.ErrBusy), fault.IsUsage(runErr) && len(outcomes) == 0:
		return nil, runErr
	}
	var out []check.Measurement
	failed := false
	for i, o := range outcomes {
		m := measurement(session, session.Jobs[i].Trial)
		switch {
		case o.Err != nil:
			m.Err = o.Err
		case o.Trial.ID == "":
			m.Err = cmp.Or(runErr, errors.New("it was not run"))
		default:
			m.Run = o.Run
			m.Epochs, m.Err = session.Store().Epochs(o.Run.Experiment, o.Run.Trial)
		}
		failed = failed || m.Err != nil
		out = append(out, m)
	}
	if runErr != nil && !failed {
		return nil, runErr
	}
	return out, nil
}

// update writes the baseline, if it differs, and reports what changed.
func update(opt checkOptions, old *check.Baseline, tolerances []check.Tolerance, measured []check.Measurement) (check.Report, error) {
	fresh, err := check.New(measured, opt.metrics, old, tolerances)
	if err != nil {
		return check.Report{}, err
	}
	report := check.Compare(fresh, measured)
	report.Baseline, report.Updated, report.Changes = opt.baseline, true, check.Changes(old, fresh)
	if err := fresh.WriteFile(opt.baseline); err != nil {
		return check.Report{}, fault.Usage(fmt.Errorf("write baseline %s: %w", opt.baseline, err))
	}
	return report, nil
}

// settings lists the keys of a trial's resolved configuration that decide its result,
// but for those that the baseline holds otherwise, and the place of a file.
func settings(cfg *config.Config) map[string]string {
	keys, err := config.Keys(cfg.Text())
	if err != nil {
		return nil // the settings' hashes decide; this only names differences
	}
	out := map[string]string{}
	for _, k := range keys {
		switch {
		case k.Table == "", k.Short() == "model.name", k.Short() == "embeddings.file":
		case k.Table == "model":
			out[k.Short()] = fmt.Sprint(k.Value)
		default:
			out[k.Path()] = fmt.Sprint(k.Value)
		}
	}
	return out
}
