package slurm

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"assay/internal/fault"
	"assay/internal/format"
)

// DefaultMaxArraySize is Slurm's own; indices run below it.
const DefaultMaxArraySize = 1001

// longestList bounds --array: sbatch cuts the lines of a script at 8 KiB.
const longestList = 4096

// resolve makes the paths absolute and reports everything that is wrong.
func (b Batch) resolve() (Batch, error) {
	faults := []error{b.Options.Validate()}
	for _, p := range []struct {
		what string
		path *string
	}{
		{"folder of scripts", &b.Dir}, {"program", &b.Program}, {"configuration", &b.Config},
		{"results folder", &b.Results}, {"working folder", &b.WorkDir},
	} {
		if *p.path == "" && p.path != &b.WorkDir || control(*p.path) {
			faults = append(faults, fmt.Errorf("slurm: %s %q: want a path in one line", p.what, *p.path))
			continue
		}
		abs, err := filepath.Abs(*p.path)
		if err != nil {
			return b, fmt.Errorf("slurm: %s: %w", p.what, err)
		}
		*p.path = abs
	}
	if strings.Contains(b.Dir, `\`) {
		faults = append(faults, fmt.Errorf("slurm: folder of scripts %q: Slurm takes no backslash in the name of a log", b.Dir))
	}
	b.Trials = slices.Sorted(slices.Values(b.Trials))
	switch {
	case len(b.Trials) == 0:
		faults = append(faults, errors.New("slurm: no trials to submit"))
	case b.Trials[0] < 0:
		faults = append(faults, fmt.Errorf("slurm: trial %d: numbers start at 0", b.Trials[0]))
	case len(slices.Compact(slices.Clone(b.Trials))) < len(b.Trials):
		faults = append(faults, errors.New("slurm: a trial is named twice"))
	}
	return b, fault.Usage(errors.Join(faults...))
}

// script renders number n of the scripts, for trials that split has put
// together.
func (b Batch) script(n, maxArray int, trials []int) Script {
	s := Script{Path: b.path(n, ".sh"), Offset: trials[0] / maxArray * maxArray, Trials: trials}
	s.Text = b.render(s)
	return s
}

// split cuts ascending trials into arrays: those of one script share
// trial / maxArray, so that their indices are the remainders, and their list
// stays short enough for sbatch.
func split(trials []int, maxArray int) [][]int {
	run := 2*len(strconv.Itoa(maxArray)) + 2 // "12-34,"
	var chunks [][]int
	start, length := 0, run
	for i := 1; i < len(trials); i++ {
		if trials[i] != trials[i-1]+1 {
			length += run
		}
		if trials[i]/maxArray != trials[start]/maxArray || length > longestList {
			chunks = append(chunks, trials[start:i])
			start, length = i, run
		}
	}
	return append(chunks, trials[start:])
}

// render writes the text of one script.
func (b Batch) render(s Script) string {
	var w strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&w, format+"\n", args...) }
	line("#!/bin/bash")
	line("# %s: %s, one a task of this job array. By hand, from any folder:", printable(b.Name), format.Count(len(s.Trials), "trial"))
	line("#   mkdir -p %s && sbatch %s", shellQuote(b.logs()), shellQuote(s.Path))
	for _, option := range b.directives(s) {
		line("#SBATCH %s", option)
	}
	line("")
	line("# Slurm announces the time limit by USR1; before the program listens, that must not end the script.")
	line("trap '' USR1")
	if len(b.Setup) > 0 {
		line("set -e")
		for _, command := range b.Setup {
			line("%s", setupLine(command))
		}
		line("set -u") // not before: many a site's set-up fails under it
	} else {
		line("set -eu")
	}
	line("")
	line("# exec: Slurm's signals reach the batch shell alone, so the program takes its place.")
	line("# Code 0: done, 4: failed, 75: stopped before its end; submitted again, it goes on.")
	line("exec %s run %s \\", shellQuote(b.Program), shellQuote(b.Config))
	line("\t--trial \"$((SLURM_ARRAY_TASK_ID + %d))\" \\", s.Offset)
	line("\t--results %s \\", shellQuote(b.Results))
	line("\t--workers \"${SLURM_CPUS_ON_NODE:-1}\" --requeue")
	return w.String()
}

// directives are the options of sbatch, in a fixed order; later ones win, so
// that Extra may refine what stands before it.
func (b Batch) directives(s Script) []string {
	indices := make([]int, len(s.Trials))
	for i, t := range s.Trials {
		indices[i] = t - s.Offset
	}
	array := formatList(indices)
	if b.MaxParallel > 0 {
		array += "%" + strconv.Itoa(b.MaxParallel)
	}
	log := strings.ReplaceAll(b.logs(), "%", "%%")
	list := []string{
		"--job-name=" + jobName(b.Name),
		"--array=" + array,
		"--chdir=" + directiveQuote(b.WorkDir),
		"--output=" + directiveQuote(filepath.Join(log, "%A_%a.log")),
		"--open-mode=append",
		"--requeue",
		fmt.Sprintf("--signal=B:USR1@%d", int(b.warning().Seconds())),
	}
	given := func(name, value string) {
		if value != "" {
			list = append(list, "--"+name+"="+value)
		}
	}
	given("partition", b.Partition)
	given("time", b.Time)
	given("mem", b.Memory)
	if b.GPUs != "" {
		given("gres", "gpu:"+b.GPUs)
	}
	if b.CPUs > 0 {
		given("cpus-per-task", strconv.Itoa(b.CPUs))
	}
	for _, option := range b.Extra {
		list = append(list, quoteOption(option))
	}
	return list
}

// quoteOption keeps an option's name and sign as they are and quotes its value.
func quoteOption(option string) string {
	name, value := splitOption(option)
	if value == "" {
		return name
	}
	if value[0] == '=' || value[0] == ' ' {
		return name + value[:1] + directiveQuote(value[1:])
	}
	return name + directiveQuote(value)
}

// reservedWords begin what goes on after its line.
var reservedWords = []string{
	"case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select", "then", "time", "until", "while",
}

// setupLine is the command itself where it clearly ends with its line;
// otherwise eval keeps an open quote from swallowing the rest of the script.
func setupLine(command string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(command), " ")
	open := strings.ContainsFunc(command, func(r rune) bool {
		return !letterOrDigit(r) && !strings.ContainsRune(" _./=:,+@%-~$", r)
	})
	if open || slices.Contains(reservedWords, first) {
		return "eval '" + strings.ReplaceAll(command, "'", `'\''`) + "'"
	}
	return command
}

// jobName is the name with everything replaced that sbatch could take for more.
func jobName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if letterOrDigit(r) || strings.ContainsRune("_.+-", r) {
			return r
		}
		return '-'
	}, name)
	return cmp.Or(clean, "trials")
}

// printable is the name without anything that could end a comment's line.
func printable(name string) string {
	if control(name) || name == "" {
		return jobName(name)
	}
	return name
}

func (b Batch) logs() string { return filepath.Join(b.Dir, logFolder) }

// path is where script or record number n lies.
func (b Batch) path(n int, suffix string) string {
	return filepath.Join(b.Dir, fmt.Sprintf("job-%03d%s", n, suffix))
}
