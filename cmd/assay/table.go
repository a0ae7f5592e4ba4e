package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"assay/experiments"
	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results"
	"assay/results/compare"
	"assay/results/metrics"
	"assay/results/table"
)

type tableOptions struct {
	overrides, columns, metrics []string
	results, format, out        string
	intervals                   string
	papers                      int
	json                        bool
	view                        compare.View
}

func newTable() *cobra.Command {
	var opt tableOptions
	cmd := &cobra.Command{
		Use:   "table CONFIG",
		Short: "Print an experiment's comparison from the runs there are",
		Long: `Table prints the comparison that run ends with, from the runs in the store. It
trains nothing. Trials that failed or have not run are shown as such.

With --rows it prints a pivot: a row for each combination of values of the keys of
--rows, a column for each of --cols, and in each cell the mean of the runs there. A
cell whose runs differ in a setting that is none of these keys, nor the seed, is
marked with ` + "†" + ` and the setting is named. Keys are model, kind, backend, rule, seed,
features, embeddings and the options of models, features and embeddings as run.json
has them under "params", such as dropout or embeddings.dimensions.`,
		Example: `  assay table quickstart --format markdown
  assay table baselines --set corpus.path=data/arxiv --columns f1,master_f1,macro_f1 --format latex --out table.tex
  assay table sweep-dropout --rows model --cols dropout --metric f1 --rule tuned
  assay table sweep-embeddings --rows model,dropout --cols embeddings --where 'dropout<=0.2' --sort -f1`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return showTable(cmd, args[0], opt) },
	}
	addConfigFlags(cmd, &opt.overrides, &opt.results)
	flags := cmd.Flags()
	flags.StringVar(&opt.format, "format", "text", "one of "+strings.Join(table.Formats(), ", "))
	flags.BoolVar(&opt.json, "json", false, "the same as --format json")
	flags.StringSliceVar(&opt.columns, "columns", nil, "metric columns: some of "+strings.Join(compare.Keys(), ", "))
	flags.StringSliceVar(&opt.view.Rows, "rows", nil, "print a pivot with a row for each value of this key, or of several, separated by commas")
	flags.StringSliceVar(&opt.view.Cols, "cols", nil, "a pivot's columns: one for each value of this key, or of several")
	flags.StringSliceVar(&opt.metrics, "metric", nil, "a pivot's metrics, out of those of --columns (default f1)")
	flags.StringVar(&opt.view.Rule, "rule", "", "show this decision rule alone; a pivot without the key rule shows tuned, or else the first")
	addWhereFlag(cmd, &opt.view.Where)
	flags.StringVar(&opt.view.Sort, "sort", "", "order rows by a metric (the best of a model's rules) or a key, ascending, or descending with a minus sign: -f1")
	flags.StringVar(&opt.intervals, "intervals", "auto", "which 95 % intervals to show: auto (over seeds; over papers where there is one run), seeds, papers, both, none")
	flags.IntVar(&opt.papers, "papers", 100, "test differences over papers where there are at most so many runs, whose predictions are read; 0: not at all, so that no row is told from the best")
	flags.StringVar(&opt.out, "out", "-", "file for the table, - for stdout")
	return cmd
}

func showTable(cmd *cobra.Command, source string, opt tableOptions) error {
	cfg, err := loadConfig(source, opt.overrides, opt.results)
	if err != nil {
		return err
	}
	f, err := tableFormat(opt.format, opt.json)
	if err != nil {
		return err
	}
	if opt.papers < 0 {
		return fault.Usagef("--papers %d: want a number of runs, or 0 for no tests over papers", opt.papers)
	}
	columns, err := opt.shown()
	if err != nil {
		return err
	}
	intervals, err := table.ParseIntervals(opt.intervals)
	if err != nil {
		return err
	}
	if opt.view.Rule != "" {
		if _, err := metrics.ParseRule(opt.view.Rule); err != nil {
			return err
		}
	}
	s, err := results.OpenStore(cfg.Results.Path)
	if err != nil {
		return err
	}
	current, err := experiments.CurrentTrials(cfg)
	if err != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "assay: note: runs are chosen by configuration alone:", err)
	}
	standing, err := experiments.Stand(cmd.Context(), cfg, s, current)
	if err != nil {
		return err
	}
	standing.Options.Metrics, standing.Options.PaperRuns = columns, cmp.Or(opt.papers, -1) // 0 would be the usual number
	t, err := layOut(cmd.Context(), standing, opt.view, intervals)
	if err != nil {
		return err
	}
	return writeOut(cmd.OutOrStdout(), opt.out, func(w io.Writer) error { return table.Write(w, t, f) })
}

// shown returns the keys of the metrics to show.
func (opt tableOptions) shown() ([]string, error) {
	pivot := len(opt.view.Rows)+len(opt.view.Cols) > 0
	switch {
	case pivot && opt.columns != nil:
		return nil, fault.Usagef("--columns: with --rows the metrics are named by --metric")
	case !pivot && opt.metrics != nil:
		return nil, fault.Usagef("--metric: names what a pivot shows, which needs --rows; --columns chooses the columns of the usual table")
	case pivot:
		return opt.metrics, nil
	}
	return opt.columns, nil
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
	standing, err := experiments.Stand(ctx, s.Config, s.Store(), s.Trials())
	if err != nil {
		return err
	}
	t, err := layOut(ctx, standing, compare.View{}, table.Auto)
	if err != nil {
		return err
	}
	return table.Write(out, t, format)
}

// layOut compares the runs that stand for an experiment's trials and lays the
// comparison out.
func layOut(ctx context.Context, s *experiments.Standing, view compare.View, intervals table.Intervals) (table.Table, error) {
	c, err := view.Compare(s.Runs, s.Options)
	switch {
	case err != nil:
		return table.Table{}, fmt.Errorf("table: %w", err)
	case ctx.Err() != nil: // a reading of papers that was stopped would be a note
		return table.Table{}, ctx.Err()
	}
	t := table.Of(c, intervals)
	if s.Other > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d of the experiment's %d trials are represented by a run of another version of the program; `assay run` runs them anew.", s.Other, len(s.Options.Expected)))
	}
	return t, nil
}
