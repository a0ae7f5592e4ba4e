package catalog

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"

	"assay/internal/fault"
)

// Result codes of SQLite that have an answer of their own; see
// https://www.sqlite.org/rescode.html.
const (
	codeBusy     = 5
	codeReadOnly = 8
	codeIO       = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// codeOf returns the primary result code of an error of SQLite's, or 0.
func codeOf(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// explain names the file and says what can be done, in one line.
func (c *Catalog) explain(what string, err error) error {
	if err == nil || fault.IsUsage(err) || errors.Is(err, ErrOutdated) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("catalog: %s %s: %w", what, c.path, err)
	}
	switch codeOf(err) {
	case codeBusy:
		return fmt.Errorf("catalog: %s %s: another process has been writing it for too long; try again later: %w", what, c.path, err)
	case codeReadOnly:
		return fault.Usagef("catalog: %s %s: the file or its folder may not be written: %w", what, c.path, err)
	case codeFull:
		return fmt.Errorf("catalog: %s %s: the disk is full; free some space and run it again: %w", what, c.path, err)
	case codeIO:
		return fmt.Errorf("catalog: %s %s: the disk is full or fails: %w", what, c.path, err)
	case codeCorrupt:
		return fault.Usagef("catalog: %s %s: the file is damaged; restore it, or harvest into a new one: %w", what, c.path, err)
	case codeCantOpen:
		return fault.Usagef("catalog: %s %s: it cannot be opened; see that the file and its folder may be written: %w", what, c.path, err)
	case codeNotADB:
		return fault.Usagef("catalog: %s %s: it is no SQLite file; name a catalog of assay's, or a new file", what, c.path)
	}
	return fmt.Errorf("catalog: %s %s: %w", what, c.path, err)
}
