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

// ErrForNow is part of an error that passes: another process has the catalog, or the disk is
// full. What was written until then stays.
var ErrForNow = errors.New("not now")

// passing marks an error as one that passes.
type passing struct{ error }

// Is lets errors.Is find ErrForNow.
func (passing) Is(target error) bool { return target == ErrForNow }

func (p passing) Unwrap() error { return p.error }

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
		return passing{fmt.Errorf("catalog: %s %s: another process has been writing it for too long; try again later: %w", what, c.path, err)}
	case codeReadOnly:
		return fault.Usagef("catalog: %s %s: the file or its folder may not be written: %w", what, c.path, err)
	case codeFull:
		return passing{fmt.Errorf("catalog: %s %s: the disk is full; free some space and run it again: %w", what, c.path, err)}
	case codeIO:
		return fmt.Errorf("catalog: %s %s: the disk is full or fails: %w", what, c.path, err)
	case codeCorrupt:
		return fault.Usagef("catalog: %s %s: the file is damaged; restore it, or harvest into a new one: %w", what, c.path, err)
	case codeCantOpen:
		return fault.Usagef("catalog: %s %s: it cannot be opened; see that the file and its folder may be written: %w", what, c.path, err)
	case codeNotADB:
		return fault.Usagef("catalog: %s %s: it is no SQLite file, so no catalog", what, c.path)
	}
	return fmt.Errorf("catalog: %s %s: %w", what, c.path, err)
}
