package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Metrics returns the records of a run's metrics.jsonl, in the order they were
// appended; none where it has none. A torn record at the end, which a killed
// process leaves, is left out; damage anywhere else is an error naming the line.
func (s *Store) Metrics(experiment, trial string) ([]json.RawMessage, error) {
	if err := firstError(checkName("experiment", experiment), checkName("trial", trial)); err != nil {
		return nil, fmt.Errorf("results: read metrics: %w", err)
	}
	path := filepath.Join(s.Path(experiment, trial), metricsFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var records []json.RawMessage
	if err == nil {
		records, _, err = parseMetrics(data)
	}
	if err != nil {
		return nil, fmt.Errorf("results: read metrics %s: %w", path, err)
	}
	return records, nil
}

// parseMetrics returns the whole records and how many bytes they fill.
func parseMetrics(data []byte) (records []json.RawMessage, whole int, err error) {
	for line := 1; whole < len(data); line++ {
		end := bytes.IndexByte(data[whole:], '\n')
		if end < 0 {
			break
		}
		record, err := unsealJSON(data[whole : whole+end])
		if err != nil {
			if whole+end+1 == len(data) {
				break
			}
			return nil, 0, fmt.Errorf("line %d %w", line, err)
		}
		records = append(records, record)
		whole += end + 1
	}
	return records, whole, nil
}

// openMetrics opens the file to append to, without a torn record at its end.
func openMetrics(path string) (*os.File, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	_, whole, err := parseMetrics(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if whole < len(data) {
		if err := os.Truncate(path, int64(whole)); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}

// appendMetric writes the record in one call, so that only the last line can
// ever be torn. After a write that failed half-way, on a full disk, it takes
// back what was written.
func appendMetric(f *os.File, record any) error {
	sealed, err := sealJSON(record)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := f.Write(append(sealed, '\n')); err != nil {
		return errors.Join(err, f.Truncate(info.Size()))
	}
	return nil
}
