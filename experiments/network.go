package experiments

import (
	"os"
	"strconv"
	"strings"
)

func gib(bytes int64) float64 { return float64(bytes) / (1 << 30) }

// MachineMemory is how much memory this process may use, in bytes; 0 where the
// system does not say.
func MachineMemory() int64 {
	var least int64
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		line, _, _ := strings.Cut(string(info), "\n") // MemTotal: 16384000 kB
		if fields := strings.Fields(line); len(fields) == 3 {
			kib, _ := strconv.ParseInt(fields[1], 10, 64)
			least = kib << 10
		}
	}
	if limit, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if bytes, err := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64); err == nil && (least == 0 || bytes < least) {
			least = bytes // otherwise "max"
		}
	}
	return least
}
