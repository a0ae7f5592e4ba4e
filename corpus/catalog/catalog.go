// Package catalog keeps harvested papers in a SQLite file: papers with their
// categories and authors, full texts with their topics, and how far each harvest
// has come. Papers and progress are written in one transaction, so that a
// process killed at any moment has either both or neither.
//
//	c, err := catalog.Open(ctx, "arxiv.db", catalog.Options{Create: true})
//	written, err := c.Write(ctx, catalog.Batch{Papers: papers, Marks: marks})
//	for p, err := range c.Papers(ctx, catalog.Query{}) { … }
//
// # Which record of a paper is kept
//
// The one that was changed last, whoever brought it; of equal days, the one written last.
// So harvests of OAI-PMH and of the API and an import fill one catalog in any order. A
// deletion is kept with its day, because a page that is read late would otherwise
// bring the paper back.
package catalog

import (
	"database/sql"
	"errors"
	"sync"
	"time"

	"assay/corpus"
)

// Options says how a catalog is opened.
type Options struct {
	Create   bool // make the file where it is missing
	ReadOnly bool // never write, not even a migration
	// Bulk is for many papers at once: what Write wrote survives a kill of the
	// process, but perhaps not the loss of power, and the search index waits for
	// Index.
	Bulk bool

	draft bool // a file that Fill throws away unless all goes well
}

// Catalog is an open file. Its methods are safe for concurrent use.
type Catalog struct {
	path string // as the caller gave it
	file string // the file itself, links resolved
	opt  Options
	r    *sql.DB // reads only
	w    *sql.DB // one connection; nil where ReadOnly

	mu      sync.Mutex // one Write at a time
	authors names      // numbers of names that are in the file
	cats    names
}

// Batch is what is written together or not at all.
type Batch struct {
	// Papers are added, or replace those of the same id whose Updated is not later.
	Papers []*corpus.Paper
	// Deleted removes papers whose Updated is not later than the deletion, and
	// keeps them from coming back by a record that is not newer.
	Deleted []Deletion
	// Documents are added, or replace those of the same source and id; topics add up.
	Documents []*Document
	// Marks replace those of the same source and key; a mark with an empty State is removed.
	Marks []Mark
}

// Deletion is a paper that its source has withdrawn.
type Deletion struct {
	ID  string
	Day time.Time // of the source's record, UTC
}

// Mark is how far a harvest has come: State is the harvester's own text, such
// as JSON.
type Mark struct{ Source, Key, State string }

// Document is a full text found for one or several topics.
type Document struct {
	Source    string // such as "core"
	ID        string // at the source
	DOI       string
	ArxivID   string
	Title     string
	Abstract  string
	FullText  string // cleaned
	Language  string
	Published time.Time // day, UTC; zero where unknown
	Authors   []string
	Topics    []string // as they were written; read, they ascend bytewise
}

// Written is what a batch changed. Of the batch's papers each is counted once as
// added, replaced or unchanged; unchanged are also those that lost to a later
// record or to a deletion. Documents are those added or changed.
type Written struct{ Added, Replaced, Unchanged, Removed, Documents int }

// Query chooses papers. The zero value takes all.
type Query struct {
	Categories []string  // papers that carry one of these
	Since      time.Time // Updated on this day or later
}

// Hit is a paper that a search found.
type Hit struct {
	Paper   *corpus.Paper
	Snippet string  // of title or abstract, matches in [brackets]
	Score   float64 // BM25: more is better
}

// Counts is what a catalog holds: categories and authors are those of a paper or
// document in it, topics those of a document.
type Counts struct{ Papers, Categories, Authors, Deleted, Documents, Topics int64 }

// ErrOutdated says that only a program which may write the catalog can go on: an
// older program made it, or the search index waits for papers.
var ErrOutdated = errors.New("the catalog must be brought up to date")
