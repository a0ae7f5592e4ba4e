package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"assay/internal/fault"
	"assay/internal/markup"
	"assay/internal/progress"
	"assay/predictor"
	"assay/results"
	"assay/results/metrics"
)

type predictOptions struct {
	title, abstract string
	results, rule   string
	top, workers    int
	json            bool
}

func newPredict() *cobra.Command {
	var opt predictOptions
	cmd := &cobra.Command{
		Use:   "predict RUN [FILE.jsonl|-]",
		Short: "Tell the categories of new papers by a trained model",
		Long: `Predict tells the categories of papers by the model of a run: those that its decision
rule gives them, each with its probability. RUN is EXPERIMENT/TRIAL, as "assay runs
list" prints it, the folder of a run, or its folder model/, which is complete in
itself: copied to another machine it predicts there, without corpus and word vectors.

Papers are JSON lines with "id", "title" and "abstract", from a file, packed or not, or
from stdin; or one paper is given by --title and --abstract. LaTeX is read as in the
training. Predictions come in the order of the papers, while they are read.`,
		Example: `  assay predict quickstart/naive-bayes-s1-0123456789ab --title "Deep Learning for Galaxies"
  assay predict ./model papers.jsonl --json --top 5 > predictions.jsonl
  assay corpus sample data/arxiv --size 100 --out - | assay predict ./model - --rule top:1`,
		Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error { return predict(cmd, args, opt) },
	}
	flags := cmd.Flags()
	flags.StringVar(&opt.title, "title", "", "title of one paper")
	flags.StringVar(&opt.abstract, "abstract", "", "abstract of one paper")
	flags.StringVar(&opt.rule, "rule", "", "decision rule: one of the run's, fixed:X or top:K (default tuned, or the run's first)")
	flags.IntVar(&opt.top, "top", 0, "show the N most probable categories, those of the rule marked; 0: those of the rule alone")
	flags.BoolVar(&opt.json, "json", false, "print a JSON object a line")
	flags.IntVar(&opt.workers, "workers", 0, "cores to use; 0 is all. It changes no prediction")
	flags.StringVar(&opt.results, "results", "results", "folder of the run store")
	return cmd
}

func predict(cmd *cobra.Command, args []string, opt predictOptions) error {
	one := cmd.Flags().Changed("title") || cmd.Flags().Changed("abstract")
	switch {
	case one == (len(args) == 2):
		return fault.Usagef("predict: name a file of papers (- for stdin), or give one by --title and --abstract")
	case opt.top < 0:
		return fault.Usagef("predict: --top %d: want 0 or more", opt.top)
	case opt.workers < 0:
		return fault.Usagef("predict: --workers %d: want 0 (all cores) or more", opt.workers)
	}
	folder, err := modelFolder(cmd.Context(), opt.results, args[0])
	if err != nil {
		return err
	}
	p, err := predictor.Load(os.DirFS(folder), opt.workers)
	if errors.Is(err, predictor.ErrIncomplete) {
		return fault.Usagef("predict: %s: %w; remove the run and run its experiment again", folder, predictor.ErrIncomplete)
	}
	if err != nil {
		return fmt.Errorf("predict: %s: %w", folder, err)
	}
	decision, err := p.Decision(opt.rule)
	if err != nil {
		return err
	}
	papers, stop, err := predictedPapers(cmd.InOrStdin(), args, opt)
	if err != nil {
		return err
	}
	defer stop()
	bar := progress.Start(cmd.Context(), "predict", 0, "papers")
	defer bar.Done()
	quiet := progress.With(cmd.Context(), nil) // one bar for all batches
	return writePredictions(cmd.OutOrStdout(), p, p.Stream(quiet, papers, decision, opt.top), decision, opt, bar)
}

// predictedPapers returns the papers that the arguments name.
func predictedPapers(stdin io.Reader, args []string, opt predictOptions) (papers iter.Seq2[predictor.Paper, error], stop func() error, err error) {
	stop = func() error { return nil }
	if len(args) == 1 {
		return func(yield func(predictor.Paper, error) bool) {
			yield(predictor.Paper{Title: opt.title, Abstract: opt.abstract}, nil)
		}, stop, nil
	}
	if args[1] == "-" {
		return predictor.ReadPapers(stdin, "stdin"), stop, nil
	}
	f, err := os.Open(args[1])
	if err != nil {
		return nil, nil, fault.Usagef("predict: %w", err)
	}
	return predictor.ReadPapers(f, args[1]), f.Close, nil
}

// modelFolder finds the model folder of a run: by its path, or in the store.
func modelFolder(ctx context.Context, store, name string) (string, error) {
	is := func(path ...string) bool {
		_, err := os.Stat(filepath.Join(path...))
		return err == nil
	}
	run := name
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		s, err := results.OpenStore(store)
		if err != nil {
			return "", fault.Usagef("predict: no folder %s, and no run store: %w", name, err)
		}
		found, err := findRun(ctx, "predict", s, store, name)
		switch {
		case err != nil:
			return "", err
		case found.State != results.Done:
			return "", fault.Usagef("predict: run %s is %s: only a run that is done has a model", name, found.State)
		}
		run = s.Path(found.Experiment, found.Trial)
	}
	switch {
	case is(run, predictor.File), is(run, predictor.ModelFile):
		return run, nil
	case is(run, "model"):
		return filepath.Join(run, "model"), nil
	case is(run, "run.json"):
		return "", fault.Usagef("predict: run %s kept no model: set results.save_models = true and run it again", run)
	}
	return "", fault.Usagef("predict: %s is neither the folder of a run nor a model folder", run)
}

// columns is how wide text is.
const columns = 80

// writePredictions writes the predictions of each batch as it comes.
func writePredictions(stdout io.Writer, p *predictor.Predictor, batches iter.Seq2[[]predictor.Prediction, error], d metrics.Decision, opt predictOptions, bar progress.Bar) error {
	out := bufio.NewWriter(stdout)
	write := func(one predictor.Prediction) error { return writePrediction(out, one, opt.top > 0) }
	if opt.json {
		lines := json.NewEncoder(out)
		lines.SetEscapeHTML(false)
		write = func(one predictor.Prediction) error {
			if one.Categories == nil {
				one.Categories = []predictor.Scored{} // a list for every reader, also where none is predicted
			}
			return lines.Encode(struct {
				ID string `json:"id"`
				predictor.Prediction
			}{one.Paper.ID, one})
		}
	} else {
		rule := d.Rule.String()
		if d.Rule.NeedsValidation() {
			rule += fmt.Sprintf(", threshold %.3g", d.Threshold)
		}
		fmt.Fprintf(out, "%s\nrule %s\n", markup.Cut(markup.Line(p.String()), columns), rule)
	}
	for batch, err := range batches {
		if err != nil {
			return errors.Join(out.Flush(), err)
		}
		for _, one := range batch {
			if err := write(one); err != nil {
				return err
			}
		}
		bar.Add(int64(len(batch)))
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return out.Flush()
}

// writePrediction writes a paper and, a line each, its categories, in 80 columns. With
// marked the ones that the rule predicts have a star, as others stand beside them.
func writePrediction(out io.Writer, one predictor.Prediction, marked bool) error {
	title := strings.TrimSpace(markup.Line(one.Paper.ID) + "  " + markup.Line(one.Paper.Title))
	if _, err := fmt.Fprintf(out, "\n%s\n", markup.Cut(title, columns)); err != nil {
		return err
	}
	if len(one.Categories) == 0 {
		_, err := fmt.Fprintln(out, "  none by this rule; --top 3 shows the most probable categories")
		return err
	}
	for _, c := range one.Categories {
		mark := " "
		if marked && c.Predicted {
			mark = "*"
		}
		line := fmt.Sprintf("%s %5.1f %%  %-18s %s", mark, 100*c.Probability, markup.Line(c.ID), markup.Line(c.Name))
		if _, err := fmt.Fprintln(out, markup.Cut(strings.TrimRight(line, " "), columns)); err != nil {
			return err
		}
	}
	return nil
}
