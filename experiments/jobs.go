package experiments

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"assay/experiments/config"
	"assay/results"
	"assay/results/metrics"
)

// Job is a place in an experiment's list of trials. Most trials are known from
// the start; that of a later rung of a sweep is decided by results of the rung
// before.
type Job struct {
	// Number names the job among those of the experiment: its index.
	Number int
	// Key is equal for jobs of equal work, whatever their numbers: the trial's ID,
	// or what the place in a rung depends on.
	Key   string
	Model string
	Rung  int // from 0
	Slot  int // in the rung, or the setting's number
	Seed  uint64
	// Trial is what is to be run; its ID is empty until it is decided.
	Trial Trial
	// Needs are the numbers of the jobs whose results decide it.
	Needs []int

	sweep   *config.Sweep
	model   int // in Config.Models
	setting int // of the sweep; −1 until it is decided
}

// Decided reports whether the job's trial is known.
func (j *Job) Decided() bool { return j.Trial.ID != "" }

// Jobs lists what the experiment runs: by model, rung, setting and seed. data is
// the corpus hash.
func Jobs(c *config.Config, data string) []Job {
	var jobs []Job
	for i := range c.Models {
		m := &c.Models[i]
		if m.Sweep == nil {
			jobs = append(jobs, rung(c, []*config.Model{m}, i, 0, 1, data)...)
			continue
		}
		n := len(m.Rungs[0])
		for k := range m.Rungs {
			jobs = append(jobs, rung(c, pointers(m.Rungs[k]), i, k, n, data)...)
			if n /= m.Sweep.Reduction; n == 0 {
				break
			}
		}
	}
	link(c, jobs)
	return jobs
}

func pointers(models []config.Model) []*config.Model {
	out := make([]*config.Model, len(models))
	for i := range models {
		out[i] = &models[i]
	}
	return out
}

// rung lists n places of a rung, each with every seed. In the first rung the
// settings have their own places.
func rung(c *config.Config, models []*config.Model, model, rung, n int, data string) []Job {
	var jobs []Job
	m, hash := &c.Models[model], ""
	if rung > 0 {
		hash = c.Slot(model).Identity(data).Hash
	}
	for slot := range n {
		for _, seed := range c.Seeds {
			j := Job{Model: m.Name, Rung: rung, Slot: slot, Seed: seed, sweep: m.Sweep, model: model, setting: -1}
			if rung == 0 {
				j.setting = slot
				j.Trial = newTrial(c, models[slot], seed, data)
				j.Key = j.Trial.ID
			} else {
				j.Key = fmt.Sprintf("%s-rung%d-slot%d-s%d-%.12s", slug(m.Name), rung, slot, seed, hash)
			}
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// link says for each place in a later rung which jobs decide it: all seeds of the
// first (slot+1)·reduction members of the rung before. Those of the first rung
// count in the order of their numbers.
func link(c *config.Config, jobs []Job) {
	type rung struct{ model, rung int }
	members := map[rung][][]int{} // numbers by slot
	for i := range jobs {
		j := &jobs[i]
		r := rung{j.model, j.Rung}
		if j.Rung == 0 {
			j.Slot = slices.IndexFunc(members[r], func(numbers []int) bool { return jobs[numbers[0]].setting == j.setting })
			if j.Slot < 0 {
				j.Slot = len(members[r])
			}
		}
		for len(members[r]) <= j.Slot {
			members[r] = append(members[r], nil)
		}
		members[r][j.Slot] = append(members[r][j.Slot], i)
	}
	for i := range jobs {
		j := &jobs[i]
		j.Number, j.Needs = i, nil
		if j.Rung == 0 {
			continue
		}
		for _, numbers := range members[rung{j.model, j.Rung - 1}][:(j.Slot+1)*j.sweep.Reduction] {
			j.Needs = append(j.Needs, numbers...)
		}
	}
}

// Verdict is what is known of a trial's result.
type Verdict struct {
	Ended bool
	Run   results.Run // of a trial that is done; a failed one counts as the worst
}

// Decide fills in the trials of later rungs, as far as the results of earlier
// ones allow, and reports whether there are new ones. Place j of a rung goes to
// the best of the first (j+1)·reduction members of the rung before that has no
// place yet: which that is depends on results alone, not on the order in which
// they came.
func Decide(c *config.Config, jobs []Job, data string, ended func(trial string) Verdict) bool {
	known := map[string]Verdict{}
	once := func(trial string) Verdict {
		v, asked := known[trial]
		if !asked {
			v = ended(trial)
			known[trial] = v
		}
		return v
	}
	any := false
	for again := true; again; {
		again = false
		for i := range jobs {
			j := &jobs[i]
			if j.Decided() || j.Rung == 0 {
				continue
			}
			setting, ok := winner(c, jobs, j, once)
			if !ok {
				continue
			}
			j.setting = setting
			j.Trial = newTrial(c, &c.Models[j.model].Rungs[j.Rung][setting], j.Seed, data)
			any, again = true, true
		}
	}
	return any
}

// winner returns the setting that gets the place of j; false where results
// that decide it are still to come.
func winner(c *config.Config, jobs []Job, j *Job, ended func(trial string) Verdict) (int, bool) {
	s := c.Models[j.model].Sweep
	scores := map[int]float64{} // by setting
	var order []int
	for _, n := range j.Needs {
		member := &jobs[n]
		if !member.Decided() {
			return 0, false
		}
		v := ended(member.Trial.ID)
		if !v.Ended {
			return 0, false
		}
		if _, seen := scores[member.setting]; !seen {
			order = append(order, member.setting)
		}
		scores[member.setting] += score(s, v.Run) / float64(len(c.Seeds))
	}
	taken := map[int]bool{}
	for i := range jobs {
		if o := &jobs[i]; o.model == j.model && o.Rung == j.Rung && o.Slot < j.Slot {
			if !o.Decided() {
				return 0, false
			}
			taken[o.setting] = true
		}
	}
	order = slices.DeleteFunc(order, func(setting int) bool { return taken[setting] })
	slices.SortStableFunc(order, func(a, b int) int { return -cmp.Compare(scores[a], scores[b]) })
	return order[0], true // of (slot+1)·reduction, slot are taken
}

// score is what the sweep judges by; that of a failed trial lies below all.
func score(s *config.Sweep, r results.Run) float64 {
	rule, err := metrics.ParseRule(s.Rule)
	if err != nil || r.State != results.Done {
		return math.Inf(-1)
	}
	res, ok := r.Result(rule)
	if !ok || res.Validation == nil {
		return math.Inf(-1)
	}
	if s.Metric == "master_f1" {
		return res.Validation.MasterF1
	}
	return res.Validation.F1
}

// reorder gives the jobs the numbers that keys list, with further ones behind
// them in their order.
func reorder(c *config.Config, jobs []Job, keys []string) []Job {
	place := make(map[string]int, len(keys))
	for i, k := range keys {
		place[k] = i
	}
	out := slices.Clone(jobs)
	slices.SortStableFunc(out, func(a, b Job) int {
		x, known := place[a.Key]
		y, other := place[b.Key]
		switch {
		case known && other:
			return cmp.Compare(x, y)
		case known:
			return -1
		case other:
			return 1
		}
		return cmp.Compare(a.Number, b.Number)
	})
	link(c, out)
	return out
}
