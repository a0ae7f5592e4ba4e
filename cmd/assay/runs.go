package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/compare"
)

func newRuns() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List runs, show one, compare two",
		Args:  unknownVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRunsList(), newRunsShow(), newRunsDiff(), newRunsErrors())
	return cmd
}

func newRunsList() *cobra.Command {
	var dir string
	var asJSON bool
	var where []string
	cmd := &cobra.Command{
		Use:   "list [EXPERIMENT]",
		Short: "List runs with their state and result",
		Example: `  assay runs list baselines
  assay runs list --where kind=lstm --where 'f1>=50%'`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			runs, problems, err := listRuns(cmd.Context(), dir, args)
			if err != nil {
				return err
			}
			for _, p := range problems {
				fmt.Fprintln(cmd.ErrOrStderr(), "assay: not read:", p)
			}
			filter, err := compare.ParseFilter(where, "")
			if err == nil && len(where) > 0 {
				runs, err = filter.Keep(runs)
			}
			if err != nil {
				return fmt.Errorf("runs list: %w", err)
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
	addWhereFlag(cmd, &where)
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
	var curve, asJSON bool
	cmd := &cobra.Command{
		Use:   "show EXPERIMENT/TRIAL",
		Short: "Show one run: its record, its learning curve, each category",
		Long: `Show prints the record of a run as JSON (run.json and, of a network, an entry an
epoch), with --curve the learning curve as text, or with --labels the report of each
category under each decision rule, computed from the stored predictions.`,
		Example: `  assay runs show quickstart/naive-bayes-s1-0123456789ab
  assay runs show paper/sha-rnn-s1-0123456789ab --curve
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
			if labels != 0 {
				return showLabels(cmd.OutOrStdout(), store, run, labels)
			}
			epochs, err := store.Epochs(experiment, trial)
			switch {
			case curve && err != nil:
				return err
			case curve && !asJSON:
				return showCurve(cmd.OutOrStdout(), run, epochs)
			case curve:
				return writeJSON(cmd.OutOrStdout(), append([]results.Epoch{}, epochs...))
			case err != nil: // the record is whole without them
				fmt.Fprintln(cmd.ErrOrStderr(), "assay: epochs left out:", err)
			}
			return writeJSON(cmd.OutOrStdout(), struct {
				results.Run
				Epochs []results.Epoch `json:"epochs,omitempty"`
			}{run, epochs})
		},
	}
	cmd.Flags().StringVar(&dir, "results", "results", "folder of the run store")
	cmd.Flags().IntVar(&labels, "labels", 0, "report the N most frequent categories; -1 for all")
	cmd.Flags().BoolVar(&curve, "curve", false, "print the learning curve of a network, a line an epoch")
	cmd.Flags().BoolVar(&asJSON, "json", false, "with --curve, print its epochs as JSON; the record always is")
	return cmd
}

// showCurve prints a line an epoch: how the training batches went, as moving
// averages, and the validation papers after it, where there are any. F1 is the
// mean over papers at threshold 0.5, of categories and of master categories.
func showCurve(out io.Writer, run results.Run, epochs []results.Epoch) error {
	if len(epochs) == 0 {
		return fault.Usagef("runs show: %s/%s has no learning curve: no epoch of a network has ended in it", run.Experiment, run.Trial)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%14s  %-26s  %s\n", "", "training", "validation")
	fmt.Fprintf(&b, "%5s %8s  %8s %8s %8s  %8s %8s %8s  %8s\n", "epoch", "step", "loss", "F1 %", "master %", "loss", "F1 %", "master %", "seconds")
	for _, e := range epochs {
		fmt.Fprintf(&b, "%5d %8d  %8.5f %8.2f %8.2f  %8s %8s %8s  %8.1f\n", e.Epoch, e.Step, e.Loss, 100*e.F1, 100*e.MasterF1,
			figure("%.5f", 1, e.ValidationLoss), figure("%.2f", 100, e.ValidationF1), figure("%.2f", 100, e.ValidationMasterF1), e.Seconds)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// figure writes a number that may be absent.
func figure(format string, times float64, x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf(format, times**x)
}
