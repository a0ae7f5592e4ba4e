package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"assay/internal/fault"
)

// applicationID tells a catalog from other programs' SQLite files: "assy" in ASCII.
const applicationID = 0x61737379

// migrations lead from nothing to today's schema. A file's user_version is the
// number of those that it has had. What is here was released: change the schema by
// a further one.
//
// Days are text, YYYY-MM-DD, so that people who ask the file in SQL can read
// them, and NULL where unknown. Authors and categories are never deleted, so that
// their numbers may be remembered from one transaction to the next.
var migrations = []string{
	// 1: papers and progress.
	`CREATE TABLE master_cats (
		no   INTEGER PRIMARY KEY,
		id   TEXT NOT NULL UNIQUE,
		name TEXT NOT NULL
	) STRICT;
	CREATE TABLE cats (
		no         INTEGER PRIMARY KEY,
		id         TEXT NOT NULL UNIQUE, -- as the source gives it
		name       TEXT,                 -- NULL where arXiv defines none
		master_cat INTEGER REFERENCES master_cats
	) STRICT;
	CREATE TABLE papers (
		no       INTEGER PRIMARY KEY,
		id       TEXT NOT NULL UNIQUE,
		title    TEXT NOT NULL,
		abstract TEXT NOT NULL,
		created  TEXT,
		updated  TEXT
	) STRICT;
	CREATE TABLE papers_cats (
		paper    INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
		position INTEGER NOT NULL, -- 0 is the primary one
		cat      INTEGER NOT NULL REFERENCES cats,
		PRIMARY KEY (paper, position)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX papers_of_cats ON papers_cats (cat);
	CREATE TABLE authors (
		no   INTEGER PRIMARY KEY,
		name TEXT NOT NULL UNIQUE
	) STRICT;
	CREATE TABLE papers_authors (
		paper    INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
		position INTEGER NOT NULL,
		author   INTEGER NOT NULL REFERENCES authors,
		PRIMARY KEY (paper, position)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX papers_of_authors ON papers_authors (author);
	CREATE TABLE deletions (
		id  TEXT PRIMARY KEY,
		day TEXT
	) STRICT, WITHOUT ROWID;
	CREATE TABLE marks (
		source TEXT NOT NULL,
		key    TEXT NOT NULL,
		state  TEXT NOT NULL,
		PRIMARY KEY (source, key)
	) STRICT, WITHOUT ROWID;`,

	// 2: full texts.
	`CREATE TABLE documents (
		no        INTEGER PRIMARY KEY,
		source    TEXT NOT NULL,
		id        TEXT NOT NULL,
		doi       TEXT NOT NULL,
		arxiv_id  TEXT NOT NULL,
		title     TEXT NOT NULL,
		abstract  TEXT NOT NULL,
		language  TEXT NOT NULL,
		published TEXT,
		full_text TEXT NOT NULL,
		UNIQUE (source, id)
	) STRICT;
	CREATE TABLE documents_authors (
		document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
		position INTEGER NOT NULL,
		author   INTEGER NOT NULL REFERENCES authors,
		PRIMARY KEY (document, position)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX documents_of_authors ON documents_authors (author);
	CREATE TABLE topics (
		no   INTEGER PRIMARY KEY,
		name TEXT NOT NULL UNIQUE
	) STRICT;
	CREATE TABLE documents_topics (
		document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
		topic    INTEGER NOT NULL REFERENCES topics,
		PRIMARY KEY (document, topic)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX documents_of_topics ON documents_topics (topic);`,

	// 3: search. A paper is in the index or in the queue, never in both: what the
	// index has of a paper must be taken out with the very words that went in.
	`CREATE VIRTUAL TABLE papers_text USING fts5 (
		title, abstract, content = 'papers', content_rowid = 'no', tokenize = 'unicode61 remove_diacritics 2'
	);
	CREATE TABLE papers_text_queue (paper INTEGER PRIMARY KEY) STRICT;
	INSERT INTO papers_text (papers_text, rank) VALUES ('hashsize', 16777216);
	INSERT INTO papers_text_queue (paper) SELECT no FROM papers;`,
}

// identity is what a file says it is.
type identity struct{ application, version, tables int64 }

func identify(ctx context.Context, q querier) (id identity, err error) {
	err = q.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`).
		Scan(&id.application, &id.version, &id.tables)
	return id, err
}

// check refuses files that are no catalog, or one of a later program.
func (id identity) check(path string) error {
	switch {
	case id.application == applicationID && id.version > int64(len(migrations)):
		return fault.Usagef("catalog: %s has schema %d; this program knows none later than %d: use a newer assay", path, id.version, len(migrations))
	case id.application == applicationID && id.version < 1, id.application != applicationID && id.tables > 0:
		return fault.Usagef("catalog: %s is another program's SQLite file; name a catalog of assay's, or a new file", path)
	case id.application == applicationID:
		return nil
	case id.application != 0 || id.version != 0:
		return fault.Usagef("catalog: %s is another program's SQLite file; name a catalog of assay's, or a new file", path)
	}
	return nil
}

// journal chooses how a transaction is undone: by a log that readers may read
// beside, or in memory where the whole file goes if the process does.
func (c *Catalog) journal(ctx context.Context) error {
	mode := "WAL"
	if c.opt.draft {
		mode = "MEMORY"
	}
	// Of two processes that create one file, SQLite turns one away at once, whatever its
	// timeout is.
	for begun := time.Now(); ; {
		var now string
		err := c.w.QueryRowContext(ctx, "PRAGMA journal_mode = "+mode).Scan(&now)
		if codeOf(err) != codeBusy || time.Since(begun) > createPatience {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// createPatience is how long another process may take to create the file.
const createPatience = 10 * time.Second

// migrate brings the file to today's schema, in one transaction. A file that is
// refused stays as it was.
func (c *Catalog) migrate(ctx context.Context) error {
	id, err := identify(ctx, c.w)
	if err != nil {
		return err
	}
	if err := id.check(c.path); err != nil {
		return err
	}
	if id.application == 0 && !c.opt.Create {
		return fault.Usagef("catalog: %s is empty; a harvest or `assay corpus import --db` fills it", c.path)
	}
	if err := c.journal(ctx); err != nil || id.version == int64(len(migrations)) {
		return err
	}
	return c.update(ctx, func(tx *sql.Tx) error {
		id, err := identify(ctx, tx) // another process may have been faster
		if err != nil {
			return err
		}
		if err := id.check(c.path); err != nil {
			return err
		}
		for i := id.version; i < int64(len(migrations)); i++ {
			if _, err := tx.ExecContext(ctx, migrations[i]); err != nil {
				return fmt.Errorf("bring the schema to %d: %w", i+1, err)
			}
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(migrations)))
		return err
	})
}
