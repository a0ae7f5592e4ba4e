// Command assay turns raw arXiv metadata into a comparison table that can be
// trusted. See `assay --help`.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"

	"assay/internal/fault"
	"assay/internal/progress"
	"assay/results/check"
	"assay/runners"
)

// Exit codes; `assay --help` lists them.
const (
	exitDone          = 0
	exitRegression    = 1
	exitNotComparable = 3
	exitFailed        = 4
	exitUsage         = 64
	exitResumable     = 75
)

// errInterrupted is the cause of a context that a signal cancelled.
var errInterrupted = errors.New("stopped early by a signal; the same command resumes")

// interruption is errInterrupted by a certain signal.
type interruption struct{ signal os.Signal }

func (i *interruption) Error() string { return errInterrupted.Error() }
func (i *interruption) Unwrap() error { return errInterrupted }

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	outliveLimits()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, stopSignals()...)
	go func() {
		cancel(&interruption{<-signals})
		signal.Reset(stopSignals()...) // a second signal ends the process at once
	}()
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "assay:", describe(ctx, err))
	}
	os.Exit(exitCode(ctx, err))
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	bars := newTerminalSink(stderr)
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(bars)
	err := root.ExecuteContext(progress.With(ctx, bars))
	bars.close()
	return err
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "assay",
		Short: "Compare classifiers of arXiv papers, fairly and repeatably",
		Long: `assay imports arXiv metadata into Parquet shards, draws samples from them,
trains the classifiers that a TOML file names, and writes a table in which
every model has the same papers, the same decision rules and an interval.

Exit codes: 0 done; 1 a check found a regression; 3 a check could not compare;
4 a run failed; 64 wrong use, configuration or input;
75 stopped early, the same command resumes.`,
		Example: `  assay run quickstart
  assay corpus import --format kaggle arxiv-metadata-oai-snapshot.json --out data/arxiv
  assay run baselines --set corpus.path=data/arxiv`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownVerb,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fault.Usagef("%w; see `%s --help`", err, cmd.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newCorpus(), newEmbed(), newRun(), newSweep(), newStatus(), newTable(), newCheck(), newRuns(), newPlot(), newPredict())
	return root
}

// unknownVerb rejects words that a group of commands does not know.
func unknownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("; did you mean %q?", near[0])
	}
	return fault.Usagef("unknown command %q for %q%s; see `%s --help`", args[0], cmd.CommandPath(), hint, cmd.CommandPath())
}

// usageArgs marks the faults that an argument check finds as wrong use.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return fault.Usagef("%w; usage: %s", err, cmd.UseLine())
		}
		return nil
	}
}

func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errInterrupted), errors.Is(err, runners.ErrBusy), errors.Is(err, runners.ErrWaiting), errors.Is(err, runners.ErrSpent), errors.Is(err, context.Canceled) && errors.Is(context.Cause(ctx), errInterrupted):
		return exitResumable
	case errors.Is(err, check.ErrRegression):
		return exitRegression
	case errors.Is(err, check.ErrNotComparable):
		return exitNotComparable
	case errors.Is(err, check.ErrFailed):
		return exitFailed
	case fault.IsUsage(err), strings.HasPrefix(err.Error(), "required flag"):
		return exitUsage
	}
	return exitFailed
}

// describe is the error as the user reads it.
func describe(ctx context.Context, err error) string {
	if errors.Is(err, context.Canceled) && errors.Is(context.Cause(ctx), errInterrupted) {
		return errInterrupted.Error()
	}
	return err.Error()
}
