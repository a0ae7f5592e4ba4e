package main

import (
	"fmt"
	"io"
	"strings"

	"assay/experiments"
	"assay/experiments/config"
	"assay/internal/format"
	"assay/results"
)

// dryRun shows what a run would do.
func dryRun(out io.Writer, cfg *config.Config, plan *experiments.Plan, asJSON bool) error {
	type row struct {
		Number   int    `json:"number"`
		Trial    string `json:"trial,omitempty"`
		Model    string `json:"model"`
		Kind     string `json:"kind"`
		Backend  string `json:"backend"`
		Features string `json:"features,omitempty"`
		Setting  string `json:"setting,omitempty"`
		Seed     uint64 `json:"seed"`
		State    string `json:"state"`
	}
	var rows []row
	todo := 0
	for _, j := range plan.Jobs {
		r := row{Number: j.Number, Trial: j.Trial.ID, Model: j.Model, Setting: j.Setting(), Seed: j.Seed, State: stateOf(j)}
		if m := j.Trial.Model; m != nil {
			r.Kind, r.Backend, r.Features = m.Kind, m.Backend, m.Features
		}
		if j.State != results.Done {
			todo++
		}
		rows = append(rows, r)
	}
	if asJSON {
		return writeJSON(out, struct {
			Experiment string `json:"experiment"`
			Papers     int64  `json:"papers"`
			Config     string `json:"config"`
			Note       string `json:"note,omitempty"`
			Trials     []row  `json:"trials"`
		}{cfg.Name, plan.Papers, cfg.Text(), plan.Note, rows})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n# experiment %s: %d trials on %d papers, %d to run\n", cfg.Text(), cfg.Name, len(rows), plan.Papers, todo)
	if plan.Note != "" {
		fmt.Fprintf(&b, "# note: %s\n", plan.Note)
	}
	for _, r := range rows {
		about := []string{r.Kind, r.Backend, r.Features}
		if r.Trial == "" {
			r.Trial, about = r.Model, []string{fmt.Sprintf("seed %d", r.Seed)}
		}
		if r.Setting != "" {
			about = append(about, r.Setting)
		}
		fmt.Fprintf(&b, "# %3d %-11s %s  (%s)\n", r.Number, r.State, r.Trial, strings.Join(about, ", "))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// stateOf is the state of a job in a word or two.
func stateOf(j experiments.JobStatus) string {
	switch {
	case !j.Decided():
		return "undecided"
	case j.State == "":
		return "to run"
	}
	return string(j.State)
}

func fitTime(r results.Run) string {
	d, ok := r.Stage("fit")
	if !ok {
		return "?"
	}
	return format.Took(d)
}
