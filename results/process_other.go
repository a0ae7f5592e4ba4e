//go:build !linux

package results

import (
	"errors"
	"os"
	"syscall"
)

// machineID names the space in which process ids are unique: elsewhere than on
// Linux the host's name must do.
func machineID() string { return hostname() }

// processStart is not known here, so a lease also expires by its heartbeat.
func processStart(int) (start string, state byte) { return "", 0 }

// processDead reports whether the process has certainly ended.
func processDead(pid int, _ string) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return true
	}
	err = p.Signal(syscall.Signal(0))
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH)
}

// PeakMemory is not measured on this system: it returns 0.
func PeakMemory() uint64 { return 0 }

func resetPeakMemory() {}
