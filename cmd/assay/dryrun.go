package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"assay/experiments"
	"assay/results"
)

// dryRun shows what a run would do.
func dryRun(out io.Writer, cfg *experiments.Config, plan *experiments.Plan, asJSON bool) error {
	type row struct {
		Trial    string `json:"trial"`
		Model    string `json:"model"`
		Kind     string `json:"kind"`
		Backend  string `json:"backend"`
		Features string `json:"features"`
		Seed     uint64 `json:"seed"`
		State    string `json:"state"`
	}
	var rows []row
	todo := 0
	for i, t := range plan.Trials {
		state := string(plan.States[i])
		if state == "" {
			state = "to run"
		}
		if plan.States[i] != results.Done {
			todo++
		}
		rows = append(rows, row{t.ID, t.Model.Name, t.Model.Kind, t.Model.Backend, t.Model.Features, t.Seed, state})
	}
	if asJSON {
		return writeJSON(out, struct {
			Experiment string `json:"experiment"`
			Papers     int64  `json:"papers"`
			Config     string `json:"config"`
			Trials     []row  `json:"trials"`
		}{cfg.Name, plan.Papers, cfg.Text(), rows})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n# experiment %s: %d trials on %d papers, %d to run\n", cfg.Text(), cfg.Name, len(rows), plan.Papers, todo)
	for _, r := range rows {
		fmt.Fprintf(&b, "# %-11s %s  (%s, %s, %s)\n", r.State, r.Trial, r.Kind, r.Backend, r.Features)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func writeJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func fitTime(r results.Run) string {
	d, ok := r.Stage("fit")
	if !ok {
		return "?"
	}
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
