package ledger

import (
	"fmt"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
)

// A harvest asks for ever smaller parts of a list that cannot be read, notes the part that
// remains as missing, and goes on. How a list is cut depends on the service and is in the
// service's package; what all services share is here.

// Unread counts an answer that could not be read and returns nil while the harvest should
// go on. After [harvest.UnreadableRow] answers in turn it is no longer a record that is to
// blame: the error says so, and is a [harvest.ErrForNow].
func (l *Ledger[R, C]) Unread(why error) error {
	if l.unread++; l.unread <= harvest.UnreadableRow {
		return nil
	}
	l.unread = 0
	return fmt.Errorf("no answer of %d can be read (the last one: %w): %w", harvest.UnreadableRow, why, harvest.ErrForNow)
}

// WasRead says that an answer with records could be read.
func (l *Ledger[R, C]) WasRead() { l.unread = 0 }

// Miss notes in a batch why a part of the source cannot be read, or with nil that it can.
func (l *Ledger[R, C]) Miss(batch *catalog.Batch, part string, why error) {
	text := ""
	if why != nil {
		text = why.Error()
	}
	l.flaws.unreadable.note(batch, l.source, part, text)
}

// Missing returns the names of the parts that cannot be read and are wanted.
func (l *Ledger[R, C]) Missing(wanted func(part string) bool) (names []string) {
	for _, p := range l.flaws.unreadable.parts() {
		if wanted(p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// Incomplete is the error of a harvest that came to its end without the parts named; nil
// where there are none.
func Incomplete(parts []string) error {
	if len(parts) == 0 {
		return nil
	}
	return &harvest.MissingError{Parts: parts}
}
