package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"assay/experiments"
	"assay/results"
)

// dryRun shows what a run would do.
func dryRun(out io.Writer, s *experiments.Session, asJSON bool) error {
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
	for _, t := range s.Trials {
		state := "to run"
		if r, err := s.Store().Run(s.Config.Name, t.ID); err == nil {
			state = string(r.State)
		}
		if state != string(results.Done) {
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
		}{s.Config.Name, s.Papers(), s.Config.Text(), rows})
	}
	fmt.Fprintf(out, "%s\n# experiment %s: %d trials on %d papers, %d to run\n", s.Config.Text(), s.Config.Name, len(rows), s.Papers(), todo)
	for _, r := range rows {
		fmt.Fprintf(out, "# %-10s %s  (%s, %s, %s)\n", r.State, r.Trial, r.Kind, r.Backend, r.Features)
	}
	return nil
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
