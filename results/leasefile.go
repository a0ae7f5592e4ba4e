package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// holder is who holds a lease.
type holder struct {
	Host    string    `json:"host"`
	Machine string    `json:"machine"`
	PID     int       `json:"pid"`
	Start   string    `json:"start"`
	Job     string    `json:"job,omitempty"`
	Since   time.Time `json:"since"`
}

func newHolder() holder {
	pid := os.Getpid()
	start, _ := processStart(pid)
	return holder{
		Host: hostname(), Machine: machineID(), PID: pid, Start: start,
		Job: batchJob(), Since: time.Now().UTC().Truncate(time.Millisecond),
	}
}

func (h holder) String() string {
	if h.Host == "" {
		return "a process that has not yet said its name"
	}
	s := fmt.Sprintf("process %d on %s", h.PID, h.Host)
	if h.Job != "" {
		s += " (" + h.Job + ")"
	}
	return s
}

// leaseRecord is a lease as a claimant reads it.
type leaseRecord struct {
	number int
	holder holder
	free   bool
	beat   time.Time // by the file system's clock
}

// live reports whether the lease must be respected at now, a time of the file
// system's clock.
func (r leaseRecord) live(now time.Time, t leaseTiming) bool {
	if r.free {
		return false
	}
	if m := machineID(); m != "" && r.holder.Machine == m && processDead(r.holder.PID, r.holder.Start) {
		return false
	}
	return now.Sub(r.beat).Abs() < t.stale
}

// newestLease returns the lease of the highest number, and nil where the folder
// has none.
func newestLease(dir string) (*leaseRecord, error) {
	for range 100 {
		number, err := highestLease(dir)
		if err != nil || number == 0 {
			return nil, err
		}
		r, err := readLease(dir, number)
		if !errors.Is(err, fs.ErrNotExist) { // removed by a later holder since
			return r, err
		}
	}
	return nil, fmt.Errorf("the leases in %s change faster than they can be read", dir)
}

func highestLease(dir string) (int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	highest := 0
	for _, e := range entries {
		if n, ok := leaseNumber(e.Name()); ok {
			highest = max(highest, n)
		}
	}
	return highest, nil
}

func leaseNumber(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, leasePrefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0
}

func leasePath(dir string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("%s%06d", leasePrefix, number))
}

// readLease opens before it looks at the time, so that a network file system
// asks its server. A lease that cannot be understood has an unknown holder and
// stays live for as long as its age allows.
func readLease(dir string, number int) (*leaseRecord, error) {
	return readLeaseFile(leasePath(dir, number), number)
}

func readLeaseFile(path string, number int) (*leaseRecord, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil {
		return nil, err
	}
	r := &leaseRecord{number: number, beat: info.ModTime()}
	line, state, _ := strings.Cut(string(text), "\n")
	if json.Unmarshal([]byte(line), &r.holder) != nil {
		r.holder = holder{}
	}
	r.free = state == leaseFree
	return r, nil
}

// writeLease writes a lease under a temporary name and returns it open; its time
// is the file system's.
func writeLease(dir string, me holder) (*os.File, os.FileInfo, error) {
	text, err := json.Marshal(me)
	if err != nil {
		return nil, nil, err
	}
	file, err := os.CreateTemp(dir, leaseTemp+"*")
	if err != nil {
		return nil, nil, err
	}
	_, err = file.WriteString(string(text) + "\n" + leaseHeld)
	if err == nil {
		err = file.Chmod(0o644)
	}
	if err == nil {
		err = file.Sync()
	}
	var info os.FileInfo
	if err == nil {
		info, err = file.Stat()
	}
	if err != nil {
		return nil, nil, firstError(err, file.Close(), os.Remove(file.Name()))
	}
	return file, info, nil
}
