package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// askAtOnce is how many keys one statement asks for.
const askAtOnce = 500

// each asks for keys, many a statement: query has one %s in place of the list. fn
// gets each row.
func each[K any](ctx context.Context, q querier, query string, keys []K, fn func(rows *sql.Rows) error) error {
	args := make([]any, 0, min(len(keys), askAtOnce))
	for len(keys) > 0 {
		n := min(len(keys), askAtOnce)
		args = args[:0]
		for _, k := range keys[:n] {
			args = append(args, k)
		}
		keys = keys[n:]
		if err := eachRow(ctx, q, fmt.Sprintf(query, marks(n)), args, fn); err != nil {
			return err
		}
	}
	return nil
}

// eachRow gives each row of a query to fn.
func eachRow(ctx context.Context, q querier, query string, args []any, fn func(rows *sql.Rows) error) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// marks returns n question marks.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// inserter gathers rows and inserts many by one statement: one statement a row
// costs as much as its work.
type inserter struct {
	ctx   context.Context
	tx    *sql.Tx
	head  string // INSERT INTO t (…) VALUES
	width int
	rows  int // a full statement
	args  []any
	full  *sql.Stmt
}

// valuesAtOnce is how many values a full statement has.
const valuesAtOnce = 600

func newInserter(ctx context.Context, tx *sql.Tx, head string, width int) *inserter {
	return &inserter{ctx: ctx, tx: tx, head: head, width: width, rows: valuesAtOnce / width, args: make([]any, 0, valuesAtOnce)}
}

// add adds a row of width values.
func (in *inserter) add(values ...any) (err error) {
	in.args = append(in.args, values...)
	if len(in.args) < in.rows*in.width {
		return nil
	}
	if in.full == nil {
		if in.full, err = in.tx.PrepareContext(in.ctx, in.statement(in.rows)); err != nil {
			return err
		}
	}
	_, err = in.full.ExecContext(in.ctx, in.args...)
	in.args = in.args[:0]
	return err
}

func (in *inserter) statement(rows int) string {
	row := "(" + marks(in.width) + ")"
	return in.head + strings.TrimSuffix(strings.Repeat(row+",", rows), ",")
}

// flush inserts the rest. The inserter may go on.
func (in *inserter) flush() error {
	if len(in.args) == 0 {
		return nil
	}
	_, err := in.tx.ExecContext(in.ctx, in.statement(len(in.args)/in.width), in.args...)
	in.args = in.args[:0]
	return err
}

// nullDay is a day as it is stored.
func nullDay(day string) any {
	if day == "" {
		return nil
	}
	return day
}

// parseDay reads a stored day.
func parseDay(day sql.NullString) (time.Time, error) {
	if !day.Valid {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, day.String)
}
