package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay/experiments"
	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/table"
)

func newTable() *cobra.Command {
	var overrides, columns []string
	var store, format, out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "table CONFIG",
		Short: "Print an experiment's comparison from the runs there are",
		Long: `Table prints the comparison that run ends with, from the runs in the store. It
trains nothing. Trials that failed or have not run are shown as such.`,
		Example: `  assay table quickstart --format markdown
  assay table baselines --set corpus.path=data/arxiv --columns f1,master_f1,macro_f1 --format latex --out table.tex`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := loadConfig(args[0], overrides, store)
			if err != nil {
				return err
			}
			f, err := tableFormat(format, asJSON)
			if err != nil {
				return err
			}
			s, err := results.OpenStore(cfg.Results.Path)
			if err != nil {
				return err
			}
			current, err := experiments.CurrentTrials(cfg)
			if err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "assay: note: runs are chosen by configuration alone:", err)
			}
			t, err := experiments.Compare(cmd.Context(), cfg, s, current, columns)
			if err != nil {
				return err
			}
			return writeOut(cmd.OutOrStdout(), out, func(w io.Writer) error { return table.Write(w, t, f) })
		},
	}
	addConfigFlags(cmd, &overrides, &store)
	flags := cmd.Flags()
	flags.StringVar(&format, "format", "text", "one of "+strings.Join(table.Formats(), ", "))
	flags.BoolVar(&asJSON, "json", false, "the same as --format json")
	flags.StringSliceVar(&columns, "columns", nil, "metric columns: some of "+strings.Join(table.Columns(), ", "))
	flags.StringVar(&out, "out", "-", "file for the table, - for stdout")
	return cmd
}

// tableFormat reads --format and --json.
func tableFormat(name string, asJSON bool) (table.Format, error) {
	f, err := table.ParseFormat(name)
	if err != nil {
		return "", fault.Usagef("--format %s: unknown%s; one of %s", name, suggest.Hint(name, table.Formats()), strings.Join(table.Formats(), ", "))
	}
	if asJSON {
		return table.JSON, nil
	}
	return f, nil
}

// printTable prints the table of a session's trials.
func printTable(ctx context.Context, out io.Writer, s *experiments.Session, format table.Format) error {
	t, err := experiments.Compare(ctx, s.Config, s.Store(), s.Trials, nil)
	if err != nil {
		return err
	}
	return table.Write(out, t, format)
}

func newRuns() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List runs and show one",
		Args:  unknownVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRunsList(), newRunsShow())
	return cmd
}

func newRunsList() *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list [EXPERIMENT]",
		Short:   "List runs with their state and result",
		Example: `  assay runs list baselines`,
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			runs, problems, err := listRuns(cmd.Context(), dir, args)
			if err != nil {
				return err
			}
			for _, p := range problems {
				fmt.Fprintln(cmd.ErrOrStderr(), "assay: not read:", p)
			}
			if asJSON {
				if runs == nil {
					runs = []results.Run{}
				}
				return writeJSON(cmd.OutOrStdout(), runs)
			}
			for _, r := range runs {
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-11s %s/%s  %s\n", r.State, r.Experiment, r.Trial, outcome(r)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "results", "results", "folder of the run store")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the runs' records as JSON")
	return cmd
}

// listRuns lists the runs of the named experiment, or of all.
func listRuns(ctx context.Context, dir string, args []string) (runs []results.Run, problems []results.Problem, err error) {
	store, err := results.OpenStore(dir)
	if err != nil {
		return nil, nil, err
	}
	names, err := store.Experiments()
	if err != nil {
		return nil, nil, err
	}
	if len(args) > 0 {
		if !slices.Contains(names, args[0]) {
			return nil, nil, fault.Usagef("runs: %s holds no experiment %q%s; it has %s", dir, args[0], suggest.Hint(args[0], names), strings.Join(names, ", "))
		}
		names = args
	}
	for _, name := range names {
		r, p, err := store.List(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		runs, problems = append(runs, r...), append(problems, p...)
	}
	return runs, problems, nil
}

// outcome is a run's result or error in a few words.
func outcome(r results.Run) string {
	if r.Error != "" {
		return r.Error
	}
	var parts []string
	for _, res := range r.Results {
		parts = append(parts, fmt.Sprintf("%s F1 %.2f %%", res.Decision.Rule, 100*res.All.SampleF1))
	}
	return strings.Join(parts, ", ")
}

func newRunsShow() *cobra.Command {
	var dir string
	var labels int
	cmd := &cobra.Command{
		Use:   "show EXPERIMENT/TRIAL",
		Short: "Show one run: its record, and each category under each rule",
		Long: `Show prints the record of a run as JSON (run.json), or with --labels the report
of each category under each decision rule, computed from the stored predictions.`,
		Example: `  assay runs show quickstart/naive-bayes-s1-0123456789ab
  assay runs show quickstart/naive-bayes-s1-0123456789ab --labels 20`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			experiment, trial, ok := strings.Cut(args[0], "/")
			if !ok {
				return fault.Usagef("runs show: %q: want EXPERIMENT/TRIAL, as `assay runs list` prints it", args[0])
			}
			store, err := results.OpenStore(dir)
			if err != nil {
				return err
			}
			run, err := store.Run(experiment, trial)
			if err != nil {
				return fault.Usage(err)
			}
			if labels == 0 {
				return writeJSON(cmd.OutOrStdout(), run)
			}
			return showLabels(cmd.OutOrStdout(), store, run, labels)
		},
	}
	cmd.Flags().StringVar(&dir, "results", "results", "folder of the run store")
	cmd.Flags().IntVar(&labels, "labels", 0, "report the N most frequent categories; -1 for all")
	return cmd
}
