package main

import (
	"context"
	"fmt"
	"io"
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
