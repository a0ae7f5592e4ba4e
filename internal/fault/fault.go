// Package fault marks errors by whose move is next, which decides the exit
// code: an error that the caller can mend by changing the command, the
// configuration or the input it names is a usage error; every other error says
// that a run failed.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// Usagef is fmt.Errorf marked as wrong use or configuration.
func Usagef(format string, args ...any) error {
	return usage{fmt.Errorf(format, args...)}
}

// Usage marks err as wrong use or configuration; nil stays nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return usage{err}
}

// IsUsage reports whether err, or an error it wraps, is marked.
func IsUsage(err error) bool {
	var u usage
	return errors.As(err, &u)
}

// Line writes a text of several lines, such as that of errors.Join, as one.
func Line(text string) string {
	var lines []string
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}
