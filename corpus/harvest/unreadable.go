package harvest

import (
	"errors"
	"fmt"
	"strings"

	"assay/internal/format"
)

// How often a question is asked whose answer arrives whole each time and cannot be read.
const (
	UnreadableTries = 8  // before it is asked in parts
	UnreadableFew   = 3  // a part of it
	UnreadableRow   = 60 // questions in turn: then it is not a record that is to blame
)

// UnreadableError says that the answers to a question arrived whole and could not be read,
// each time. It is for the caller to ask around it.
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

// Doubts tells what passes from what does not, for one question to a service: an answer that
// begins as an answer does, with the element Root, and cannot be read is counted.
type Doubts struct {
	Root string
	Most int // tries; more than the client's Attempts are as many
	n    int
}

// Judge returns the error of reading an answer as one that Client.Get asks again for, or as
// an *UnreadableError. Most of 0 always asks again.
func (d *Doubts) Judge(c *Client, err error) error {
	var broken *XMLError
	if !errors.As(err, &broken) || broken.Root != d.Root {
		return Retry(err)
	}
	return d.Count(c, broken.Err)
}

// Count is Judge for an answer that is known to begin as it should.
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

// MissingError says that all was harvested but parts that cannot be read.
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
