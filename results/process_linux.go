package results

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// machineID names the space in which process ids are unique until the machine
// restarts: containers may share a host's name but not its processes. Empty
// where /proc does not say.
func machineID() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace
}

// processStart returns when a process began, in clock ticks since boot, which
// tells it from a later one with the same id; "" where that cannot be read.
func processStart(pid int) (start string, state byte) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", 0
	}
	// The fields after the command's name, which ends at the last bracket:
	// state is the first, the start time the twentieth (proc_pid_stat(5)).
	_, rest, ok := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 {
		return "", 0
	}
	return fields[19], fields[0][0]
}

// processDead reports whether the process with this id and start, on this
// machine, has certainly ended.
func processDead(pid int, start string) bool {
	if err := unix.Kill(pid, 0); err != nil {
		return errors.Is(err, unix.ESRCH) // otherwise another user's, and alive
	}
	now, state := processStart(pid)
	if now == "" {
		return false
	}
	if start != "" && now != start {
		return true
	}
	return (state == 'Z' || state == 'X') && !otherThreads(pid)
}

// otherThreads reports whether threads of a process remain beside its first: a
// killed one may end before the others, which are still about to write.
func otherThreads(pid int) bool {
	threads, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	return err == nil && len(threads) > 1
}

// PeakMemory returns the largest resident set of this process, in bytes, since
// it began or resetPeakMemory was called; 0 where the system does not say.
func PeakMemory() uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}

// resetPeakMemory starts a new measurement where the kernel allows it
// (proc_pid_clear_refs(5)); where not, the peak stays that of the process.
func resetPeakMemory() {
	f, err := os.OpenFile("/proc/self/clear_refs", os.O_WRONLY, 0)
	if err != nil {
		return
	}
	_, _ = f.WriteString("5")
	_ = f.Close()
}
