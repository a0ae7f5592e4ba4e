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

// metricsLog is an open metrics.jsonl.
type metricsLog struct {
	file  *os.File
	whole int64 // bytes of whole records
}

// recoverMetrics opens metrics.jsonl, without a torn record at its end. An earlier
// holder may have the old file open, so this one is a copy.
func (w *RunWriter) recoverMetrics() error {
	path := filepath.Join(w.dir, metricsFile)
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, whole, err := parseMetrics(data)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := w.replaceBytes(metricsFile, data[:whole]); err != nil {
		return err
	}
	return w.openMetrics(int64(whole))
}

// openMetrics opens metrics.jsonl, which holds so many bytes, to append to.
func (w *RunWriter) openMetrics(whole int64) error {
	file, err := os.OpenFile(filepath.Join(w.dir, metricsFile), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return w.because(err)
	}
	w.metrics = &metricsLog{file, whole}
	return nil
}

// append writes the record in one call, so that only the last line can ever be
// torn. After a write that failed half-way, on a full disk, it takes back what
// was written, at the latest before the next record.
func (m *metricsLog) append(record any) error {
	sealed, err := sealJSON(record)
	if err != nil {
		return err
	}
	info, err := m.file.Stat()
	if err == nil && info.Size() < m.whole {
		err = fmt.Errorf("%s: was cut to %d bytes by another", m.file.Name(), info.Size())
	}
	if err == nil && info.Size() > m.whole {
		err = m.file.Truncate(m.whole)
	}
	if err != nil {
		return err
	}
	line := append(sealed, '\n')
	if _, err := m.file.Write(line); err != nil {
		_ = m.file.Truncate(m.whole)
		return err
	}
	m.whole += int64(len(line))
	return nil
}
