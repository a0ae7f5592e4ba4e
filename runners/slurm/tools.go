package slurm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/internal/fault"
)

// patience bounds one call of a tool: a controller that is restarted answers
// within it.
const patience = 2 * time.Minute

// ErrNoTool says that Slurm's tools are not installed here.
var ErrNoTool = errors.New("not on PATH: is Slurm installed on this machine?")

// toolError is a tool that ran and refused, told by its own words in one line.
type toolError struct {
	tool, message string
	err           error // of exec
}

func (e *toolError) Error() string { return "slurm: " + e.tool + ": " + e.message }
func (e *toolError) Unwrap() error { return e.err }

// run calls one of Slurm's tools and returns its standard output. Everything
// that this package asks of Slurm passes here.
func run(ctx context.Context, tool string, args ...string) (string, error) {
	path, err := exec.LookPath(tool)
	if err != nil {
		return "", fmt.Errorf("slurm: %s: %w", tool, ErrNoTool)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = time.Second
	cmd.Env = environment(os.Environ())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if err == nil {
		return stdout.String(), nil
	}
	if ctx.Err() != nil {
		return "", fmt.Errorf("slurm: %s: %w", tool, context.Cause(ctx))
	}
	message := words(stderr.String(), tool)
	if message == "" {
		message = err.Error()
	}
	return stdout.String(), &toolError{tool, message, err}
}

// overrides are variables that would replace what a script or a query says:
// for Slurm's tools the environment counts more than the lines of a script.
var overrides = regexp.MustCompile(`^(SQUEUE_|SACCT_|SBATCH_(ARRAY_INX|OPEN_MODE|NO_REQUEUE|REQUEUE|SIGNAL|WAIT|OUTPUT)=)`)

func environment(env []string) []string {
	env = slices.DeleteFunc(slices.Clone(env), overrides.MatchString)
	return append(env, "SLURM_BITSTR_LEN=0") // lists of indices in full
}

// words are a tool's messages on one line, without the prefix that repeats its name.
func words(stderr, tool string) string {
	var b strings.Builder
	for line := range strings.Lines(stderr) {
		b.WriteString(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), tool+": "), "error: ") + "\n")
	}
	return fault.Line(b.String())
}

var maxArrayLine = regexp.MustCompile(`(?m)^MaxArraySize\s*=\s*(\d+)\s*$`)

// maxArraySize asks the controller; a job array's indices run below it.
func maxArraySize(ctx context.Context) (int, error) {
	config, err := run(ctx, "scontrol", "show", "config")
	if err != nil {
		return 0, err
	}
	m := maxArrayLine.FindStringSubmatch(config)
	if m == nil {
		return 0, errors.New("slurm: scontrol show config does not name MaxArraySize")
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n < 1 {
		return 0, fmt.Errorf("slurm: MaxArraySize is %s: this cluster runs no job arrays", m[1])
	}
	return n, nil
}
