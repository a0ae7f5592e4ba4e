//go:build !windows

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// stopSignals ask the program to leave with what it has: a terminal's, a
// shutdown's, and the one that batch systems send before a job's time is over.
func stopSignals() []os.Signal {
	return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1}
}

// announcesLimit reports whether the signal says that a batch job's time is
// nearly over: the job is to come back to the queue.
func announcesLimit(s os.Signal) bool { return s == syscall.SIGUSR1 }

// outliveLimits lets a write beyond `ulimit -f` fail like one on a full disk,
// instead of ending the process.
func outliveLimits() { signal.Ignore(syscall.SIGXFSZ) }
