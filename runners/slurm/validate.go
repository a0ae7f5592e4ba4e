package slurm

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"assay/internal/fault"
)

var (
	partitionForm = regexp.MustCompile(`^[A-Za-z0-9_.+-]+(,[A-Za-z0-9_.+-]+)*$`)
	memoryForm    = regexp.MustCompile(`^[1-9][0-9]*[KMGT]?$`)
	gpusForm      = regexp.MustCompile(`^([A-Za-z0-9_.-]+:)?[1-9][0-9]*$`)
	jobForm       = regexp.MustCompile(`^[1-9][0-9]*(_[0-9]+)?$`)
	timeForm      = regexp.MustCompile(`^(?:(\d{1,5})-)?(\d{1,7})(?::(\d{1,2}))?(?::(\d{1,2}))?$`)
	optionForm    = regexp.MustCompile(`^(--[a-z][a-z0-9-]+|-[A-Za-z])([= ]?.*)$`)
)

// longestWarning is what sbatch's 16 bits of seconds hold.
const longestWarning = 65535 * time.Second

// reserved are the options of sbatch that the scripts rest on, and why they
// cannot be given otherwise.
var reserved = []struct{ long, short, why string }{
	{"array", "a", "the trials decide it"},
	{"chdir", "D", "tasks run in the folder of the submission"},
	{"dependency", "d", "say after which jobs instead"},
	{"no-requeue", "", "a task must come back after its node failed"},
	{"open-mode", "", "a requeued task goes on with its log"},
	{"output", "o", "logs lie with the scripts"},
	{"parsable", "", "it is given already"},
	{"requeue", "", "it is given already"},
	{"signal", "", "it announces the time limit"},
	{"test-only", "", "nothing would be submitted"},
	{"wait", "W", "submitting returns at once"},
	{"wrap", "", "the script is written already"},
}

// Validate reports everything that is wrong with the options, one fault a line.
func (o Options) Validate() error {
	var faults []error
	add := func(format string, args ...any) { faults = append(faults, fmt.Errorf("slurm: "+format, args...)) }
	form := func(what, value string, re *regexp.Regexp, like string) {
		if value != "" && !re.MatchString(value) {
			add("%s %q: want something like %s", what, value, like)
		}
	}
	form("partition", o.Partition, partitionForm, `"gpu" or "short,long"`)
	form("memory", o.Memory, memoryForm, `"16G" or "800M"`)
	form("GPUs", o.GPUs, gpusForm, `"1" or "a100:2"`)
	for _, job := range o.After {
		if !jobForm.MatchString(job) {
			add("job to wait for %q: want an id like 1234", job)
		}
	}
	if o.CPUs < 0 || o.MaxParallel < 0 {
		add("CPUs (%d) and tasks at the same time (%d) cannot be negative", o.CPUs, o.MaxParallel)
	}
	limit, err := parseTime(o.Time)
	if err != nil {
		add("%w", err)
	}
	if o.Warn < 0 || o.Warn > longestWarning || o.Warn%time.Second != 0 {
		add("warning %v before the time limit: want whole seconds, %v at most", o.Warn, longestWarning)
	} else if limit > 0 && o.Warn >= limit {
		add("warning %v before a time limit of %v: a task would be told to stop as it starts", o.Warn, limit)
	}
	for _, line := range o.Setup {
		if control(line) || strings.TrimSpace(line) == "" {
			add("setup %q: want one command, in one line", line)
		}
	}
	for _, option := range o.Extra {
		if err := checkExtra(option); err != nil {
			add("%w", err)
		}
	}
	return fault.Usage(errors.Join(faults...))
}

// checkExtra refuses what is no option, and what would undo one that the
// scripts rest on.
func checkExtra(option string) error {
	name, value := splitOption(option)
	if control(option) || name == "" || strings.HasPrefix(name, "--") && value != "" && value[0] != '=' && value[0] != ' ' {
		return fmt.Errorf("option %q: want one of sbatch, like --account=physics", option)
	}
	long, isLong := strings.CutPrefix(name, "--")
	for _, r := range reserved {
		// sbatch takes any beginning of a long name.
		if isLong && strings.HasPrefix(r.long, long) || name == "-"+r.short {
			return fmt.Errorf("option %q: --%s is not yours to give: %s", option, r.long, r.why)
		}
	}
	return nil
}

// splitOption takes "--name=value", "--name value", "-nvalue" or "-n value"
// apart; the value keeps its sign of equality or space. The name of what is no
// option is "".
func splitOption(option string) (name, value string) {
	m := optionForm.FindStringSubmatch(option)
	if m == nil {
		return "", ""
	}
	return m[1], m[2]
}

// parseTime reads a time limit in Slurm's six forms: minutes,
// minutes:seconds, hours:minutes:seconds, and days-hours with minutes and
// seconds or without. No limit is 0.
func parseTime(text string) (time.Duration, error) {
	switch strings.ToUpper(text) {
	case "", "UNLIMITED", "INFINITE":
		return 0, nil
	}
	m := timeForm.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf(`time limit %q: want something like "90" (minutes), "12:00:00" or "2-0" (days)`, text)
	}
	var n [5]time.Duration
	for i, digits := range m[1:] {
		if digits != "" {
			v, err := strconv.Atoi(digits)
			if err != nil {
				return 0, fmt.Errorf("time limit %q: %w", text, err)
			}
			n[i] = time.Duration(v)
		}
	}
	var limit time.Duration
	switch {
	case m[1] != "":
		limit = n[0]*24*time.Hour + n[1]*time.Hour + n[2]*time.Minute + n[3]*time.Second
	case m[4] != "":
		limit = n[1]*time.Hour + n[2]*time.Minute + n[3]*time.Second
	default:
		limit = n[1]*time.Minute + n[2]*time.Second
	}
	if limit <= 0 {
		return 0, fmt.Errorf("time limit %q: Slurm takes it for no limit; leave it out instead", text)
	}
	return limit, nil
}

// warning is how long before the limit a task is told.
func (o Options) warning() time.Duration {
	if o.Warn > 0 {
		return o.Warn
	}
	warn := 2 * time.Minute
	if limit, err := parseTime(o.Time); err == nil && limit > 0 {
		warn = min(warn, (limit / 4).Truncate(time.Second))
	}
	return max(warn, time.Second)
}
