package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"assay/corpus"
	"assay/experiments"
	"assay/experiments/config"
	"assay/internal/fault"
	"assay/internal/markup"
	"assay/results"
	"assay/results/calibration"
	"assay/results/compare"
	"assay/results/metrics"
	"assay/results/plot"
)

// plotOptions are the flags that all pictures share.
type plotOptions struct {
	overrides     []string
	store         string
	out           string
	width, height string
	dpi           int
	title         string
	captions      bool
	json          bool

	metrics, models, where, rules []string
}

func newPlot() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plot",
		Short: "Draw learning curves, comparisons, sweeps, confidence and calibration as PNG or SVG",
		Example: `  assay plot comparison quickstart
  assay plot curves paper --out curves.svg --width 8.4cm
  assay plot confidence two-topics`,
		Args: unknownVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPlotCurves(), newPlotComparison(), newPlotSweep(), newPlotEmbeddings(), newPlotConfidence(), newPlotCalibration())
	return cmd
}

// flags adds the flags of pictures of metrics.
func (o *plotOptions) flags(cmd *cobra.Command, known []string) {
	o.sharedFlags(cmd)
	cmd.Flags().StringSliceVar(&o.metrics, "metric", nil, "what is drawn, a panel each: some of "+strings.Join(known, ", "))
}

// sharedFlags adds the flags that all pictures share.
func (o *plotOptions) sharedFlags(cmd *cobra.Command) {
	addConfigFlags(cmd, &o.overrides, &o.store)
	flags := cmd.Flags()
	flags.StringVar(&o.out, "out", "", "file for the picture, ending in .png or .svg (default: EXPERIMENT-"+cmd.Name()+".png here)")
	flags.StringVar(&o.width, "width", "16cm", "width of the picture, in cm, mm, in or pt")
	flags.StringVar(&o.height, "height", "", "its height (default: what the content wants)")
	flags.IntVar(&o.dpi, "dpi", 200, "dots per inch of a PNG")
	flags.StringVar(&o.title, "title", "", `title above the picture, "" for none (default: the experiment and its papers)`)
	flags.BoolVar(&o.captions, "notes", true, "write under the picture what its marks are; --notes=false prints that to stderr, for the caption of a paper")
	flags.BoolVar(&o.json, "json", false, "print what would be drawn as JSON instead")
	flags.StringArrayVar(&o.models, "model", nil, "draw this model alone; repeatable")
	addWhereFlag(cmd, &o.where)
}

// ruleFlag adds --rule.
func (o *plotOptions) ruleFlag(cmd *cobra.Command, byDefault string) {
	cmd.Flags().StringSliceVar(&o.rules, "rule", nil, "decision rule, such as tuned or fixed:0.5 (default: "+byDefault+")")
}

func newPlotCurves() *cobra.Command {
	var opt plotOptions
	var trials []string
	cmd := &cobra.Command{
		Use:   "curves CONFIG",
		Short: "Draw how networks learnt: F1, accuracy and loss by epoch, in training and validation",
		Long: `Curves draws each network's metrics after every epoch: solid on the validation
papers, dashed in training. A circle is around the epoch whose parameters the run
kept, a bar across the curve where early stopping ended it. Without --metric it
draws F1 and loss, or accuracy and loss where each paper has one label.`,
		Example: `  assay plot curves paper
  assay plot curves two-topics --metric accuracy,loss
  assay plot curves ablations --model base --model GloVe --metric f1,master_f1,loss --out curves.svg`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return opt.draw(cmd, args[0], trials, func(store *results.Store, runs []results.Run, o plot.Options) (plot.Figure, error) {
				var curves []plot.Curve
				for _, r := range runs {
					epochs, err := store.Epochs(r.Experiment, r.Trial)
					if err != nil {
						return plot.Figure{}, err
					}
					curves = append(curves, plot.Curve{Run: r, Epochs: epochs})
				}
				return plot.Curves(curves, o)
			})
		},
	}
	opt.flags(cmd, plot.CurveMetrics())
	cmd.Flags().StringSliceVar(&trials, "trial", nil, "draw the trial of this name, as 'assay runs list' prints it; repeatable")
	return cmd
}

func newPlotComparison() *cobra.Command {
	var opt plotOptions
	cmd := &cobra.Command{
		Use:   "comparison CONFIG",
		Short: "Draw a bar for each model and decision rule, with intervals",
		Example: `  assay plot comparison quickstart --metric f1,master_f1
  assay plot comparison paper --rule tuned --out comparison.svg`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return opt.draw(cmd, args[0], nil, func(_ *results.Store, runs []results.Run, o plot.Options) (plot.Figure, error) {
				return plot.Comparison(runs, o)
			})
		},
	}
	opt.flags(cmd, compare.Keys())
	opt.ruleFlag(cmd, "all")
	return cmd
}

func newPlotSweep() *cobra.Command {
	var opt plotOptions
	var sweep plot.SweepOptions
	cmd := &cobra.Command{
		Use:   "sweep CONFIG --x KEY",
		Short: "Draw a metric against a setting that runs differ in",
		Long: `Sweep draws a metric against any setting of the runs. Points are means over seeds
with their 95 % interval; each combination of the --series settings is a line.
Settings that differ and are neither are said above the picture: --where fixes
one, --around MODEL draws what differs from that model in nothing else.`,
		Example: `  assay plot sweep sweep-dropout --x dropout --series embeddings
  assay plot sweep ablations --x master_loss_ratio --around base --metric f1,master_f1`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return opt.draw(cmd, args[0], nil, func(_ *results.Store, runs []results.Run, o plot.Options) (plot.Figure, error) {
				return plot.Sweep(runs, o, sweep)
			})
		},
	}
	opt.flags(cmd, compare.Keys())
	opt.ruleFlag(cmd, "tuned, or the first")
	cmd.Flags().StringVar(&sweep.X, "x", "", "the setting along the horizontal axis, such as dropout; model is the model's name")
	cmd.Flags().BoolVar(&sweep.Log, "log", false, "a logarithmic horizontal axis")
	cmd.Flags().StringSliceVar(&sweep.Series, "series", nil, "settings that are told apart as lines, such as embeddings")
	cmd.Flags().StringVar(&sweep.Around, "around", "", "draw only what differs from this model in --x and --series alone")
	return cmd
}

func newPlotEmbeddings() *cobra.Command {
	var opt plotOptions
	var reference string
	cmd := &cobra.Command{
		Use:   "embeddings CONFIG",
		Short: "Draw word vectors against each other: FastText against GloVe",
		Long: `Embeddings draws the models that differ in their word vectors alone: each table's
score and interval, and beside it the paired difference to the reference table.`,
		Example: `  assay plot embeddings embeddings
  assay plot embeddings sweep-embeddings --reference glove --metric f1,master_f1`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return opt.draw(cmd, args[0], nil, func(_ *results.Store, runs []results.Run, o plot.Options) (plot.Figure, error) {
				return plot.Embeddings(runs, o, reference)
			})
		},
	}
	opt.flags(cmd, compare.Keys())
	opt.ruleFlag(cmd, "tuned, or the first")
	cmd.Flags().StringVar(&reference, "reference", "", "the word vectors that others are compared with (default: the first)")
	return cmd
}

// loader reads the predictions of a run.
func loader(store *results.Store) plot.Load {
	return func(r results.Run) (results.Predictions, error) { return store.Predictions(r) }
}

func newPlotConfidence() *cobra.Command {
	var opt plotOptions
	var bins int
	cmd := &cobra.Command{
		Use:   "confidence CONFIG",
		Short: "Draw how sure test predictions were, the right and the wrong",
		Long: `Confidence draws, for each model, how many test predictions were made with which
confidence, the right ones on top of the wrong: whether a model knows when it errs.
Where each paper has one label (taxonomy = "topics:A,B"), a prediction is the
likeliest label of a paper, and its confidence the probability that the model gives
it. Otherwise each label that the decision rule assigns is a prediction.`,
		Example: `  assay plot confidence two-topics
  assay plot confidence two-topics --model LSTM --bins 20 --out confidence.svg
  assay plot confidence quickstart --rule fixed:0.5 --json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkBins(bins); err != nil {
				return err
			}
			return opt.draw(cmd, args[0], nil, func(store *results.Store, runs []results.Run, o plot.Options) (plot.Figure, error) {
				return plot.Confidence(runs, loader(store), o, bins)
			})
		},
	}
	opt.sharedFlags(cmd)
	opt.ruleFlag(cmd, "tuned, or the first")
	cmd.Flags().IntVar(&bins, "bins", 10, "bars over the range of confidence, 1 to 100")
	return cmd
}

func newPlotCalibration() *cobra.Command {
	var opt plotOptions
	var how plot.CalibrationOptions
	var by string
	cmd := &cobra.Command{
		Use:   "calibration CONFIG",
		Short: "Draw whether probabilities hold: reliability diagrams, calibration error, Brier score",
		Long: `Calibration sorts test predictions into bins by their probability and draws the
share that came true against it: on the diagonal, of a hundred predictions made with
80 % eighty are right; below it a model is too sure. The expected calibration error
(ECE, Guo et al. 2017) is the mean distance to the diagonal. Where each paper has one
label, predictions are the likeliest labels, otherwise all labels of all papers.`,
		Example: `  assay plot calibration two-topics
  assay plot calibration two-topics --overlay --bins-by mass --bins 10
  assay plot calibration quickstart --model "Naive Bayes" --json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkBins(how.Bins); err != nil {
				return err
			}
			how.By = calibration.Division(by)
			return opt.draw(cmd, args[0], nil, func(store *results.Store, runs []results.Run, o plot.Options) (plot.Figure, error) {
				return plot.Calibration(runs, loader(store), o, how)
			})
		},
	}
	opt.sharedFlags(cmd)
	cmd.Flags().IntVar(&how.Bins, "bins", 15, "bins of probability, 1 to 100")
	cmd.Flags().StringVar(&by, "bins-by", string(calibration.EqualWidth), "width: intervals of equal width; mass: of equally many predictions")
	cmd.Flags().BoolVar(&how.Overlay, "overlay", false, "all models in one pair of axes")
	return cmd
}

// draw makes one picture: it finds the runs, has the figure made of them and
// writes it. trials are runs to take whatever their configuration.
func (o *plotOptions) draw(cmd *cobra.Command, source string, trials []string, figure func(*results.Store, []results.Run, plot.Options) (plot.Figure, error)) error {
	cfg, err := loadConfig(source, o.overrides, o.store)
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = cfg.Name + "-" + cmd.Name() + ".png"
	}
	format, err := plot.FormatOf(o.out)
	if err != nil {
		return err
	}
	size, err := o.size()
	if err != nil {
		return err
	}
	opt, err := o.options(cfg)
	if err != nil {
		return err
	}
	store, err := results.OpenStore(cfg.Results.Path)
	if err != nil {
		return err
	}
	runs, notes, err := plottedRuns(cmd.Context(), cmd.ErrOrStderr(), cfg, store, trials)
	if err != nil {
		return err
	}
	opt.Notes = notes
	opt.Exclusive = exclusive(runs)
	fig, err := figure(store, runs, opt)
	if err != nil {
		return err
	}
	if cmd.Flags().Changed("title") {
		fig.Title = o.title
	}
	if o.json {
		return writeJSON(cmd.OutOrStdout(), fig)
	}
	if !o.captions {
		for _, n := range append(fig.Subtitle, fig.Notes...) {
			fmt.Fprintln(cmd.ErrOrStderr(), "assay: note:", n)
		}
		fig.Subtitle, fig.Notes = nil, nil
	}
	return writePicture(cmd, o.out, func(w io.Writer) ([]rune, error) { return plot.Write(w, fig, format, size) })
}

// writePicture writes a file, says its name, and of which letters it shows boxes.
func writePicture(cmd *cobra.Command, name string, fill func(io.Writer) ([]rune, error)) error {
	var boxes []rune
	err := writeOut(cmd.OutOrStdout(), name, func(w io.Writer) (err error) {
		boxes, err = fill(w)
		return err
	})
	if err != nil {
		return err
	}
	if len(boxes) > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "assay: warning: %s: no font of this machine has %s: install one that does, such as Noto Sans CJK or Symbola (Debian: fonts-noto-cjk, fonts-symbola), and draw it again\n", name, namedLetters(boxes))
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), name)
	return err
}

// namedLetters lists letters with their code points, the first few of many.
func namedLetters(letters []rune) string {
	const most = 8
	var names []string
	for _, r := range letters[:min(most, len(letters))] {
		names = append(names, fmt.Sprintf("%s (U+%04X)", markup.Line(string(r)), r))
	}
	text := strings.Join(names, ", ")
	if n := len(letters) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// exclusive reports whether each paper of the runs has one label.
func exclusive(runs []results.Run) bool {
	if len(runs) == 0 {
		return false
	}
	t, err := corpus.LookupTaxonomy(runs[0].Data.Taxonomy)
	return err == nil && t.Exclusive // the runs of another version may have a taxonomy of its own
}

// plottedRuns returns the runs of the experiment, or those of the named trials.
func plottedRuns(ctx context.Context, stderr io.Writer, cfg *config.Config, store *results.Store, trials []string) (runs []results.Run, notes []string, err error) {
	for _, t := range trials {
		r, err := store.Run(cfg.Name, strings.TrimPrefix(t, cfg.Name+"/"))
		if err != nil {
			return nil, nil, fault.Usage(err)
		}
		runs = append(runs, r)
	}
	if len(runs) > 0 {
		return runs, nil, nil
	}
	current, err := experiments.CurrentTrials(cfg)
	if err != nil {
		fmt.Fprintln(stderr, "assay: note: runs are chosen by configuration alone:", err)
	}
	standing, err := experiments.Stand(ctx, cfg, store, current)
	if err != nil {
		return nil, nil, err
	}
	return standing.Chosen()
}

func (o *plotOptions) size() (size plot.Size, err error) {
	if size.Width, err = plot.ParseLength(o.width); err != nil {
		return size, err
	}
	if o.height != "" {
		size.Height, err = plot.ParseLength(o.height)
	}
	size.DPI = o.dpi
	return size, err
}

// options returns the options of the picture that the flags and the
// configuration give.
func (o *plotOptions) options(cfg *config.Config) (plot.Options, error) {
	opt := plot.Options{Name: cfg.Name, Metrics: o.metrics, Models: o.models, Where: o.where, Published: experiments.Published(cfg)}
	for _, r := range o.rules {
		rule, err := metrics.ParseRule(r)
		if err != nil {
			return opt, fault.Usagef("--rule: %w", err)
		}
		opt.Rules = append(opt.Rules, rule)
	}
	return opt, nil
}

// checkBins refuses what the drawing would take for its default or could not draw.
func checkBins(n int) error {
	if n < 1 || n > 100 {
		return fault.Usagef("--bins %d: want 1 to 100", n)
	}
	return nil
}
