package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"assay/experiments"
	"assay/experiments/config"
	"assay/results"
	"assay/runners"
	"assay/runners/slurm"
)

func newStatus() *cobra.Command {
	var overrides []string
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status CONFIG",
		Short: "Show how far each trial of an experiment is",
		Long: `Status lists the trials of the experiment by number: their state in the run store
and, where the sweep was submitted to Slurm, what squeue and sacct say of their tasks.
It trains nothing and needs no cluster.`,
		Example: `  assay status sweep-dropout
  assay status my.toml --json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := loadConfig(args[0], overrides, dir)
			if err != nil {
				return err
			}
			jobs, note, err := experiments.Status(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if note != "" {
				fmt.Fprintln(cmd.ErrOrStderr(), "assay: note:", note)
			}
			tasks, err := slurmTasks(cmd, cfg)
			if err != nil {
				return err
			}
			rows := statusRows(jobs, tasks)
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), struct {
					Experiment string         `json:"experiment"`
					Counts     map[string]int `json:"counts"`
					Trials     []statusRow    `json:"trials"`
				}{cfg.Name, countStates(rows), rows})
			}
			return writeStatus(cmd.OutOrStdout(), cfg.Name, rows, len(tasks) > 0)
		},
	}
	addConfigFlags(cmd, &overrides, &dir)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the trials as JSON")
	return cmd
}

// slurmTasks asks Slurm for the tasks of the sweep, where it was submitted.
func slurmTasks(cmd *cobra.Command, cfg *config.Config) (map[int]slurm.Task, error) {
	store, err := results.OpenStore(cfg.Results.Path)
	if err != nil {
		return nil, err
	}
	dir, err := runners.SlurmFolder(store, cfg.Name)
	if err != nil {
		return nil, err
	}
	known, err := slurm.Jobs(cmd.Context(), dir)
	if len(known.Tasks) > 0 {
		for _, line := range known.Unasked {
			fmt.Fprintln(cmd.ErrOrStderr(), "assay: note:", line)
		}
	}
	return known.Tasks, err
}

type statusRow struct {
	Number  int    `json:"number"`
	Model   string `json:"model"`
	Setting string `json:"setting,omitempty"`
	Seed    uint64 `json:"seed"`
	Trial   string `json:"trial,omitempty"`
	State   string `json:"state"`
	Detail  string `json:"detail,omitempty"`
	Job     string `json:"slurm_job,omitempty"`
	Task    string `json:"slurm_state,omitempty"`
	Log     string `json:"slurm_log,omitempty"`
}

func statusRows(jobs []experiments.JobStatus, tasks map[int]slurm.Task) []statusRow {
	rows := []statusRow{}
	for _, j := range jobs {
		r := statusRow{Number: j.Number, Model: j.Model, Setting: j.Setting(), Seed: j.Seed, Trial: j.Trial.ID, State: stateOf(j)}
		switch {
		case !j.Decided():
			r.Detail = fmt.Sprintf("waits for results of trials up to %d", slices.Max(j.Needs))
		case j.State == "":
		case j.State == results.Running:
			r.Detail = "on " + j.Run.Provenance.Host + " since " + j.Run.Started.Local().Format(time.DateTime)
		default:
			r.Detail = outcome(j.Run)
		}
		if t, ok := tasks[j.Number]; ok {
			r.Job, r.Task, r.Log = t.Job, t.String(), t.Log
		}
		rows = append(rows, r)
	}
	return rows
}

func countStates(rows []statusRow) map[string]int {
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.State]++
	}
	return counts
}

func writeStatus(out io.Writer, name string, rows []statusRow, batch bool) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		cells := []string{fmt.Sprint(r.Number), r.State, r.Model, "seed " + fmt.Sprint(r.Seed), r.Setting}
		if batch {
			cells = append(cells, r.Job, r.Task)
		}
		fmt.Fprintln(w, strings.Join(append(cells, r.Detail), "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	counts := countStates(rows)
	var parts []string
	for _, state := range []string{"done", "running", "interrupted", "failed", "to run", "undecided"} {
		if n := counts[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	_, err := fmt.Fprintf(out, "%s%s: %d trials: %s\n", strings.Join(lines, "\n"), name, len(rows), strings.Join(parts, ", "))
	return err
}
