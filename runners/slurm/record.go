package slurm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay/internal/atomicfile"
)

// logFolder lies in the folder of scripts.
const logFolder = "logs"

const recordFormat = 1

// record says what a script runs; it lies beside it under the same name.
type record struct {
	Format int      `json:"format"`
	Name   string   `json:"name"`
	Job    string   `json:"job,omitempty"` // missing until sbatch has answered
	After  []string `json:"after,omitempty"`
	Offset int      `json:"offset"`
	Trials string   `json:"trials"` // "0-3,7"

	script string // its path
	trials []int
}

func (r record) write(path string) error {
	text, err := json.Marshal(r, jsontext.WithIndent("  "))
	if err == nil {
		err = atomicfile.WriteBytes(path, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("slurm: record of a submission: %w", err)
	}
	return nil
}

// readRecords returns the records of dir, oldest first. A folder that is not
// there holds none.
func readRecords(dir string) ([]record, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("slurm: records: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("slurm: records: %w", err)
	}
	var records []record
	for _, e := range entries {
		name, isRecord := strings.CutSuffix(e.Name(), ".json")
		if !isRecord || !scriptName.MatchString(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("slurm: records: %w", err)
		}
		r := record{script: filepath.Join(dir, name+".sh")}
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("slurm: record %s: %w", path, err)
		}
		if r.Format != recordFormat {
			return nil, fmt.Errorf("slurm: record %s: format %d is not known", path, r.Format)
		}
		if r.trials, err = parseList(r.Trials); err != nil {
			return nil, fmt.Errorf("slurm: record %s: %w", path, err)
		}
		records = append(records, r)
	}
	slices.SortStableFunc(records, func(a, b record) int {
		if len(a.script) != len(b.script) {
			return len(a.script) - len(b.script) // job-1000 comes after job-999
		}
		return strings.Compare(a.script, b.script)
	})
	return records, nil
}
