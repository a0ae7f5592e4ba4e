package slurm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"assay/internal/atomicfile"
)

// Preview returns the scripts that Submit would submit, and writes nothing.
// Where no controller answers, arrays are cut at Slurm's default size.
func Preview(ctx context.Context, b Batch) ([]Script, error) {
	b, err := b.resolve()
	if err != nil {
		return nil, err
	}
	maxArray, err := maxArraySize(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		maxArray = DefaultMaxArraySize
	}
	next, err := nextNumber(b.Dir)
	if err != nil {
		return nil, err
	}
	var scripts []Script
	for i, trials := range split(b.Trials, maxArray) {
		scripts = append(scripts, b.script(next+i, maxArray, trials))
	}
	return scripts, nil
}

// Submit writes the batch's scripts, one an array, beside those of earlier
// submissions and gives them to sbatch. Arrays that must keep a bound on
// parallel tasks together run one after another. On an error the submissions
// that Slurm took before it are returned too.
func Submit(ctx context.Context, b Batch) ([]Submission, error) {
	b, err := b.resolve()
	if err != nil {
		return nil, err
	}
	maxArray, err := maxArraySize(ctx)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(b.logs(), 0o755); err != nil {
		return nil, fmt.Errorf("slurm: folder of logs: %w", err)
	}
	var done []Submission
	for _, trials := range split(b.Trials, maxArray) {
		n, err := reserve(b)
		if err != nil {
			return done, err
		}
		s := b.script(n, maxArray, trials)
		after := slices.Clone(b.After)
		if b.MaxParallel > 0 && len(done) > 0 {
			after = append(after, done[len(done)-1].Job)
		}
		job, err := submit(ctx, s, b.Name, after)
		if err != nil {
			return done, err
		}
		done = append(done, Submission{Script: s, Job: job})
	}
	return done, nil
}

// submit writes script and record, asks sbatch, and adds the id to the record.
// A record without an id is found again by its script's path.
func submit(ctx context.Context, s Script, name string, after []string) (string, error) {
	if err := atomicfile.WriteBytes(s.Path, []byte(s.Text)); err != nil {
		return "", fmt.Errorf("slurm: script: %w", err)
	}
	rec := record{Format: recordFormat, Name: name, After: after, Offset: s.Offset, Trials: formatList(s.Trials)}
	path := strings.TrimSuffix(s.Path, ".sh") + ".json"
	if err := rec.write(path); err != nil {
		return "", err
	}
	args := []string{"--parsable"}
	if len(after) > 0 {
		args = append(args, "--dependency=afterany:"+strings.Join(after, ":"))
	}
	out, err := run(ctx, "sbatch", append(args, s.Path)...)
	if err != nil {
		return "", err
	}
	if rec.Job, err = parseSubmitted(out); err != nil {
		return "", err
	}
	return rec.Job, rec.write(path)
}

// parseSubmitted reads "1234" or "1234;cluster". Only the last line counts: a
// site's plugins may print before it.
func parseSubmitted(out string) (string, error) {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	id, _, _ := strings.Cut(strings.TrimSpace(lines[len(lines)-1]), ";")
	if _, err := parseNumber(id); err != nil {
		return "", fmt.Errorf("slurm: sbatch: %q is not the id of a job", id)
	}
	return id, nil
}

var scriptName = regexp.MustCompile(`^job-(\d{3,9})\.(sh|json)$`)

// nextNumber is the first above all that were ever given in dir.
func nextNumber(dir string) (int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("slurm: folder of scripts: %w", err)
	}
	next := 1
	for _, e := range entries {
		if m := scriptName.FindStringSubmatch(e.Name()); m != nil {
			n, err := strconv.Atoi(m[1])
			if err != nil {
				return 0, fmt.Errorf("slurm: %s: %w", filepath.Join(dir, e.Name()), err)
			}
			next = max(next, n+1)
		}
	}
	return next, nil
}

// reserve takes the next number by making its script's file, so that two
// submissions at once get different ones.
func reserve(b Batch) (int, error) {
	for {
		n, err := nextNumber(b.Dir)
		if err != nil {
			return 0, err
		}
		f, err := os.OpenFile(b.path(n, ".sh"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("slurm: script: %w", err)
		}
		return n, f.Close()
	}
}
