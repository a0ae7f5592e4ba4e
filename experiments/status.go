package experiments

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"assay/corpus/shards"
	"assay/experiments/config"
	"assay/results"
)

// JobStatus is a job with its run, as far as there is one.
type JobStatus struct {
	Job
	// State is that of the run, empty where the trial has none or is undecided.
	State results.State
	Run   results.Run
}

// Status tells how far the experiment's jobs are, without running or writing
// anything: of its sweep's manifest, where it has one, whichever program wrote
// that, and otherwise of what Open would make of it. note says what a reader must
// know.
func Status(ctx context.Context, cfg *config.Config) (jobs []JobStatus, note string, err error) {
	if err := cfg.HashFiles(); err != nil {
		return nil, "", err
	}
	store, err := results.OpenStore(cfg.Results.Path)
	if err != nil {
		return nil, "", err
	}
	manifest, found, err := store.Sweep(cfg.Name)
	if err != nil {
		return nil, "", err
	}
	data := manifest.Data
	if !found {
		if data, err = corpusHash(cfg); err != nil {
			return nil, "", err
		}
	}
	list := Jobs(cfg, data)
	if found {
		more, same := compareKeys(list, jobKeys(manifest))
		switch {
		case !same && manifest.Code != cfg.Parts().String():
			note = "the sweep was begun by another version of the program; `assay sweep` says how"
		case !same:
			note = "the experiment has changed since its sweep was begun; `assay sweep` says how"
		case more > 0:
			note = fmt.Sprintf("%d trials are not in the sweep's manifest yet; `assay sweep` adds them", more)
		}
		if same {
			list = reorder(cfg, list, jobKeys(manifest))
		}
	}
	jobs = states(cfg, store, list, data)
	more, err := earlier(ctx, cfg, store, trialsOf(jobs))
	return jobs, both(note, more), err
}

// trialsOf returns the trials of the jobs that have one.
func trialsOf(jobs []JobStatus) []Trial {
	var out []Trial
	for i := range jobs {
		if jobs[i].Decided() {
			out = append(out, jobs[i].Trial)
		}
	}
	return out
}

// both joins two notes, either of which may be empty.
func both(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// states decides the jobs as far as the store's runs allow and pairs them with
// theirs; without a store nothing has run.
func states(c *config.Config, store *results.Store, list []Job, data string) []JobStatus {
	jobs := make([]JobStatus, len(list))
	if store != nil {
		Decide(c, list, data, func(trial string) Verdict { return stored(store, c.Name, trial) })
	}
	for i, j := range list {
		jobs[i].Job = j
		if store == nil || !j.Decided() {
			continue
		}
		if run, err := store.Run(c.Name, j.Trial.ID); err == nil {
			jobs[i].State, jobs[i].Run = run.State, run
		}
	}
	return jobs
}

// corpusHash reads the hash of the experiment's corpus.
func corpusHash(cfg *config.Config) (hash string, err error) {
	dir := cfg.Corpus.Path
	if dir == config.SyntheticPath {
		dir = syntheticDir(cfg)
	}
	c, err := shards.Open(dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return c.Hash(), nil
}

// Setting says in words which values a sweep gives the job, "" for a model
// without sweep.
func (j *Job) Setting() string {
	switch {
	case !j.Decided():
		return fmt.Sprintf("place %d of rung %d", j.Slot, j.Rung)
	case j.sweep == nil:
		return ""
	}
	var parts []string
	p := j.Trial.Config.Params()
	for _, k := range j.sweep.Keys {
		key := k.Key
		if rest, ok := strings.CutPrefix(key, "embeddings."); ok {
			inner, own := strings.CutPrefix(rest, j.Trial.Model.Embeddings+".")
			if !own {
				continue
			}
			key = "embeddings." + inner
		}
		if v := results.ValueOf(p, key); v.Set {
			parts = append(parts, key+"="+v.Text)
		}
	}
	if j.sweep.Method == "asha" {
		resource, ok := p["stop_epoch"]
		if !ok || j.sweep.Resource != "epochs" || resource == 0 {
			resource = p[j.sweep.Resource]
		}
		parts = append(parts, fmt.Sprintf("rung %d: %s=%v", j.Rung, j.sweep.Resource, resource))
	}
	return strings.Join(parts, ", ")
}
