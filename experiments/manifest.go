package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"assay/experiments/config"
	"assay/internal/atomicfile"
	"assay/internal/fault"
	"assay/results"
)

// Adopt gives the session's jobs the numbers of the sweep's manifest, and writes
// that where there is none. An experiment that only has more trials than its
// manifest gets another one, in which those that were there keep their numbers;
// note says so. One that changed otherwise is refused with what changed, unless
// force is set: then its jobs are numbered anew, and runs of what it was stay.
func (s *Session) Adopt(force bool) (note string, err error) {
	for {
		old, found, err := s.store.Sweep(s.Config.Name)
		if err != nil && !force {
			return "", err
		}
		keys := jobKeys(old)
		more, same := compareKeys(s.Jobs, keys)
		switch {
		case err == nil && found && same && more == 0:
			s.Jobs = reorder(s.Config, s.Jobs, keys)
			return "", s.writeConfig()
		case err == nil && found && same:
			s.Jobs = reorder(s.Config, s.Jobs, keys)
			note = fmt.Sprintf("trials more than before: %d; their numbers follow those of the others", more)
		case found && !force:
			return "", fault.Usagef("experiments: %s has a sweep of another configuration in %s: %s; `assay sweep --force` goes on with this one, another name or `--results` begins one beside it",
				s.Config.Name, s.store.SweepPath(s.Config.Name), strings.Join(s.changes(old), "; "))
		case found || err != nil:
			note = "the trials are numbered anew: " + strings.Join(s.changes(old), "; ")
		}
		added, err := s.store.AddSweep(s.manifest(old.Number + 1))
		if err == nil && added {
			err = s.writeConfig()
		}
		if err != nil || added {
			return note, err
		}
		// Another process was faster: see what it wrote.
	}
}

// ConfigPath is where the resolved experiment of a sweep's newest manifest stands:
// what tasks of a batch system read, those queued before it grew as well.
func (s *Session) ConfigPath() string {
	return filepath.Join(s.store.SweepPath(s.Config.Name), "config.toml")
}

// writeConfig writes the sweep's experiment, unless it stands there as it is.
func (s *Session) writeConfig() error {
	whole, err := s.Config.Absolute()
	if err == nil {
		if have, rerr := os.ReadFile(s.ConfigPath()); rerr == nil && string(have) == whole.Text() {
			return nil
		}
		err = atomicfile.WriteBytes(s.ConfigPath(), []byte(whole.Text()))
	}
	if err != nil {
		return fmt.Errorf("experiments: keep the sweep's experiment: %w", err)
	}
	return nil
}

// Renumber gives the session's jobs the numbers that Adopt would give them, and
// writes nothing. What Adopt would refuse keeps numbers of its own.
func (s *Session) Renumber() { s.Jobs = withNumbers(s.Config, s.store, s.Jobs) }

// withNumbers orders the jobs as the newest manifest in the store does, where they
// are those of it and perhaps more.
func withNumbers(c *config.Config, store *results.Store, jobs []Job) []Job {
	m, found, err := store.Sweep(c.Name)
	if err != nil || !found {
		return jobs
	}
	if _, same := compareKeys(jobs, jobKeys(m)); !same {
		return jobs
	}
	return reorder(c, jobs, jobKeys(m))
}

func jobKeys(m results.Sweep) []string {
	keys := make([]string, len(m.Jobs))
	for i, j := range m.Jobs {
		keys[i] = j.Key
	}
	return keys
}

// compareKeys reports how many jobs have none of the keys, and whether each key
// has a job.
func compareKeys(jobs []Job, keys []string) (more int, same bool) {
	keys = slices.Clone(keys)
	mine := map[string]bool{}
	for _, j := range jobs {
		mine[j.Key] = true
	}
	same = !slices.ContainsFunc(keys, func(k string) bool { return !mine[k] })
	slices.Sort(keys)
	return len(mine) - len(slices.Compact(keys)), same
}

func (s *Session) manifest(number int) results.Sweep {
	m := results.Sweep{
		Number: number, Experiment: s.Config.Name, Config: s.Config.Text(), Data: s.corpus.Hash(), Code: s.Config.Parts().String(),
	}
	for _, j := range s.Jobs {
		job := results.SweepJob{Key: j.Key, Model: j.Model, Rung: j.Rung, Slot: j.Slot, Seed: j.Seed}
		if j.Rung == 0 {
			job.Trial = j.Trial.ID
		}
		m.Jobs = append(m.Jobs, job)
	}
	return m
}

// mostChanges bounds a message.
const mostChanges = 12

// changes says in words what differs from the manifest.
func (s *Session) changes(old results.Sweep) []string {
	var out []string
	if old.Data != "" && old.Data != s.corpus.Hash() {
		out = append(out, fmt.Sprintf("the corpus was %.12s…, is %.12s…", old.Data, s.corpus.Hash()))
	}
	if now := s.Config.Parts().String(); old.Code != "" && old.Code != now {
		out = append(out, fmt.Sprintf("the program was %s, is %s", old.Code, now))
	}
	out = append(out, config.Changes(old.Config, s.Config.Text())...)
	if n := len(out) - mostChanges; n > 0 {
		out = append(out[:mostChanges], fmt.Sprintf("and %d more", n))
	}
	if len(out) == 0 {
		out = []string{"the content of a file of word vectors changed, or the manifest is damaged"}
	}
	return out
}
