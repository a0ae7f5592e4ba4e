package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"assay/experiments"
	"assay/internal/fault"
	"assay/internal/suggest"
	"assay/results/table"
	"assay/runners"
	"assay/runners/slurm"
)

type sweepOptions struct {
	overrides []string
	results   string
	runner    string
	force     bool
	dryRun    bool
	quiet     bool
	json      bool
	format    string

	jobs    int
	workers int
	memory  float64

	slurm slurm.Options
}

func newSweep() *cobra.Command {
	var opt sweepOptions
	cmd := &cobra.Command{
		Use:   "sweep CONFIG",
		Short: "Run many trials side by side, here or on a Slurm cluster",
		Long: `Sweep runs every trial of the experiment, those of its [model.sweep] tables
included. The local runner runs as many at once as the cores and the memory allow,
and ends in the table. The Slurm runner writes a batch script, submits it as a job
array and returns; ` + "`assay status`" + ` shows how far it is, and ` + "`assay table`" + ` the result.

The same command resumes: what is done is not run again, what was stopped goes on
from its checkpoint, and values that were added to the sweep are new trials. An
experiment that changed otherwise is refused, with what changed, unless --force is
given. docs/SWEEPS.md describes sweeps, clusters and other schedulers.`,
		Example: `  assay sweep sweep-dropout --set corpus.path=data/arxiv
  assay sweep my.toml --jobs 4 --memory 12
  assay sweep my.toml --runner slurm --partition gpu --time 4:00:00 --mem 8G --cpus 4 --max-parallel 20`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return runSweep(cmd, args[0], opt) },
	}
	addConfigFlags(cmd, &opt.overrides, &opt.results)
	flags := cmd.Flags()
	flags.StringVar(&opt.runner, "runner", "local", "where trials run: local or slurm")
	flags.BoolVar(&opt.force, "force", false, "go on although the experiment has changed since its sweep was begun")
	flags.BoolVar(&opt.dryRun, "dry-run", false, "show the trials (local) or the batch scripts (slurm), run nothing")
	flags.BoolVar(&opt.quiet, "quiet", false, "no line a trial on stderr")
	flags.BoolVar(&opt.json, "json", false, "print the table, or what was submitted, as JSON")
	flags.StringVar(&opt.format, "format", "text", "table format: "+strings.Join(table.Formats(), ", "))

	flags.IntVar(&opt.jobs, "jobs", 0, "local: trials that run at once; 0: one a core, as far as memory allows")
	flags.IntVar(&opt.workers, "workers", 0, "local: cores that a trial uses; 0 shares them. A task of Slurm uses those that it has")
	flags.Float64Var(&opt.memory, "memory", 0, "local: GiB that trials may take together by their estimates; 0: three quarters of the machine's")

	s := &opt.slurm
	flags.StringVar(&s.Partition, "partition", "", "slurm: partition, or several with commas")
	flags.StringVar(&s.Time, "time", "", "slurm: time limit of a trial's task, such as 4:00:00; longer trials go on in further tasks")
	flags.DurationVar(&s.Warn, "warn", 0, "slurm: how long before the limit a task writes its checkpoint; 0: 2m, less for short limits")
	flags.StringVar(&s.Memory, "mem", "", "slurm: memory of a task, such as 8G")
	flags.StringVar(&s.GPUs, "gpus", "", "slurm: GPUs of a task, such as 1 or a100:1")
	flags.IntVar(&s.CPUs, "cpus", 0, "slurm: cores of a task")
	flags.IntVar(&s.MaxParallel, "max-parallel", 0, "slurm: tasks that run at the same time; 0: no limit")
	flags.StringArrayVar(&s.Setup, "setup", nil, "slurm: shell command before the program, such as 'module load cuda'; repeatable")
	flags.StringArrayVar(&s.Extra, "sbatch", nil, "slurm: further option of sbatch, such as --account=physics; repeatable")
	return cmd
}

const mostMemory = 1e6 // GiB

// checkRunnerFlags refuses flags of the other runner, which would do nothing.
func checkRunnerFlags(cmd *cobra.Command, runner string) error {
	of := map[string]string{"jobs": "local", "memory": "local", "workers": "local"}
	for _, name := range []string{"partition", "time", "warn", "mem", "gpus", "cpus", "max-parallel", "setup", "sbatch"} {
		of[name] = "slurm"
	}
	var wrong []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if own := of[f.Name]; own != "" && own != runner {
			wrong = append(wrong, "--"+f.Name)
		}
	})
	if len(wrong) > 0 {
		return fault.Usagef("%s: of the other runner; this is --runner %s", strings.Join(wrong, ", "), runner)
	}
	return nil
}

func runSweep(cmd *cobra.Command, source string, opt sweepOptions) (err error) {
	if opt.runner != "local" && opt.runner != "slurm" {
		known := []string{"local", "slurm"}
		return fault.Usagef("--runner %s: unknown%s; one of %s; docs/SWEEPS.md shows other schedulers", opt.runner, suggest.Hint(opt.runner, known), strings.Join(known, ", "))
	}
	if !(opt.memory >= 0 && opt.memory <= mostMemory) {
		return fault.Usagef("--memory %g: want GiB from 0 to %g; 0 takes three quarters of the machine's", opt.memory, mostMemory)
	}
	if err := checkRunnerFlags(cmd, opt.runner); err != nil {
		return err
	}
	cfg, err := loadConfig(source, opt.overrides, opt.results)
	if err != nil {
		return err
	}
	format, err := tableFormat(opt.format, opt.json)
	if err != nil {
		return err
	}
	if opt.dryRun && opt.runner == "local" {
		plan, err := experiments.Preview(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		return dryRun(cmd.OutOrStdout(), cfg, plan, opt.json)
	}
	local := runners.LocalOptions{Jobs: opt.jobs, Workers: opt.workers, Memory: int64(math.Ceil(opt.memory * (1 << 30)))}
	if err := local.Check(); err != nil {
		return err
	}
	session, err := experiments.Open(cmd.Context(), cfg, experiments.Options{Workers: opt.workers})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	if err := tellEarlier(cmd, session); err != nil {
		return err
	}
	if opt.runner == "slurm" {
		return runSlurm(cmd, session, opt)
	}
	if err := adopt(cmd, session, opt.force); err != nil {
		return err
	}
	return runLocal(cmd, session, format, opt.quiet, local)
}

// runSlurm submits the trials that are not done and that no task is about to
// run.
func runSlurm(cmd *cobra.Command, session *experiments.Session, opt sweepOptions) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	active, blind, err := runners.Active(ctx, session)
	if err != nil {
		return err
	}
	if blind != "" && !opt.dryRun {
		return fmt.Errorf("sweep: trials were submitted before, and whether their tasks still wait cannot be asked, so nothing is submitted: %s", blind)
	}
	if opt.force && len(active) > 0 {
		return fault.Usagef("sweep: --force numbers the trials anew, but %d tasks of the sweep are still queued or running: `scancel` them first", len(active))
	}
	if !opt.dryRun {
		if err := adopt(cmd, session, opt.force); err != nil {
			return err
		}
	}
	batch, err := runners.NewBatch(session, active, opt.slurm)
	if err != nil {
		return err
	}
	if opt.dryRun {
		text, err := batch.Preview(ctx)
		if err != nil {
			return err
		}
		_, err = io.WriteString(out, cmp.Or(text, "nothing to submit\n"))
		return err
	}
	submitted, err := batch.Submit(ctx)
	return errors.Join(tellSubmitted(out, submitted, session.Config.Name, batch, opt.json), err)
}

func tellSubmitted(out io.Writer, submitted []slurm.Submission, name string, batch *runners.Batch, asJSON bool) error {
	type row struct {
		Job    string `json:"job"`
		Script string `json:"script"`
		Trials []int  `json:"trials"`
	}
	rows := []row{}
	for _, s := range submitted {
		rows = append(rows, row{s.Job, s.Path, s.Trials})
	}
	if asJSON {
		return writeJSON(out, struct {
			Experiment string `json:"experiment"`
			Done       int    `json:"done"`
			Queued     int    `json:"queued_before"`
			Submitted  []row  `json:"submitted"`
		}{name, batch.Done, batch.Queued, rows})
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "submitted job %s: %d trials (%s)\n", r.Job, len(r.Trials), r.Script)
	}
	if len(rows) == 0 {
		fmt.Fprintln(&b, "nothing to submit")
	}
	fmt.Fprintf(&b, "%s: %d trials done, %d queued before; `assay status` shows how far they are\n", name, batch.Done, batch.Queued)
	_, err := io.WriteString(out, b.String())
	return err
}
