package harvest

import (
	"errors"
	"fmt"
	"strings"

	"assay/internal/format"
)

// An answer that arrives whole and cannot be parsed, such as one cut off by the service, is
// called unreadable. Often a single record is the cause. Then a harvest asks for ever smaller
// parts of the list, and does without the part that remains.
const (
	UnreadableTries = 8  // how often a question is asked before it is asked in parts
	UnreadableFew   = 3  // how often a part is asked for
	UnreadableRow   = 60 // after so many unreadable answers in a row the service itself is at fault
)

// UnreadableError says that every answer to a question was unreadable.
type UnreadableError struct {
	Tries int
	Err   error
}

// Error implements error.
func (e *UnreadableError) Error() string {
	return fmt.Sprintf("%v (in each of %d tries)", e.Err, e.Tries)
}

// Unwrap returns the last reason.
func (e *UnreadableError) Unwrap() error { return e.Err }

// Doubts counts the unreadable answers to one question: those that begin as an answer of the
// service does, with the element Root. Anything else, such as a web page, comes from a fault
// that passes and is not counted.
type Doubts struct {
	Root string
	Most int // unreadable answers until it is an error, at most the client's Attempts; 0: never
	n    int
}

// Weigh takes the error of parsing an answer. It returns one that makes Client.Get ask again,
// or after Most unreadable answers an *UnreadableError.
func (d *Doubts) Weigh(c *Client, err error) error {
	var broken *XMLError
	if !errors.As(err, &broken) || broken.Root != d.Root {
		return Retry(err)
	}
	return d.Count(c, broken.Err)
}

// Count is Weigh for an answer that is known to begin as it should.
func (d *Doubts) Count(c *Client, err error) error {
	if d.n++; d.Most == 0 {
		return Retry(err)
	}
	if d.n >= min(d.Most, c.opt.Attempts) {
		return &UnreadableError{d.n, err}
	}
	return Retry(err)
}

// ErrForNow is part of an error that another time may bring no more: a service that did not
// answer (a [*GaveUpError]), or a list that did not come to rest or to its end.
var ErrForNow = errors.New("given up for now")

// MissingError says that a harvest came to its end without some parts of the list, which
// cannot be read.
type MissingError struct {
	Parts []string
}

// Error implements error.
func (e *MissingError) Error() string {
	const named = 5
	parts, more := e.Parts, ""
	if len(parts) > named {
		parts, more = parts[:named], ", …"
	}
	return fmt.Sprintf("%s of the list cannot be read and is missing: %s%s; all else is there, and the same command asks for it once more",
		format.Count(len(e.Parts), "part"), strings.Join(parts, ", "), more)
}
