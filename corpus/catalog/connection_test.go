package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/internal/fault"
)

// However a loop over a catalog ends, its connection comes back.
func TestBrokenLoopsGiveTheConnectionBack(t *testing.T) {
	c := open(t, Options{})
	var b Batch
	for i := range 3 * pageRows {
		b.Papers = append(b.Papers, paper(fmt.Sprintf("%05d", i), "2020-01-01", "t"))
	}
	for i := range 3 * documentPage {
		b.Documents = append(b.Documents, &Document{Source: "core", ID: fmt.Sprintf("%05d", i)})
	}
	write(t, c, b)
	ctx, cancel := context.WithCancel(context.Background())
	loops := map[string]func(body func(n int)){
		"papers": func(body func(int)) {
			n := 0
			for _, err := range c.Papers(ctx, Query{}) {
				if n++; err != nil {
					panic(err)
				}
				body(n)
			}
		},
		"documents": func(body func(int)) {
			n := 0
			for _, err := range c.Documents(ctx, nil) {
				if n++; err != nil {
					panic(err)
				}
				body(n)
			}
		},
	}
	for name, loop := range loops {
		for _, at := range []int{1, documentPage, pageRows, pageRows + 1} {
			func() {
				defer func() { _ = recover() }()
				loop(func(n int) {
					if n == min(at, 2*documentPage) {
						panic("broken off")
					}
				})
				t.Errorf("%s: the loop was not broken off", name)
			}()
			if n := c.r.Stats().InUse; n != 0 {
				t.Errorf("%s broken off at %d: %d connections are in use", name, at, n)
			}
		}
	}
	for name, loop := range loops {
		func() {
			defer func() {
				err, _ := recover().(error)
				if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), c.path) {
					t.Errorf("%s, cancelled: %v", name, err)
				}
			}()
			loop(func(int) { cancel() })
		}()
		if n := c.r.Stats().InUse; n != 0 {
			t.Errorf("%s, cancelled: %d connections are in use", name, n)
		}
	}
	func() {
		defer func() { _ = recover() }()
		_ = c.update(context.Background(), func(*sql.Tx) error { panic("in a transaction") })
	}()
	ctx, cancel = context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := c.Write(ctx, Batch{Marks: []Mark{{"s", "k", "1"}}}); err != nil {
		t.Errorf("write after a panic: %v", err)
	}
}

// What was read before the end of its context counts.
func TestReadUntilTheEnd(t *testing.T) {
	c := open(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	err := c.snapshot(ctx, func(tx *sql.Tx) error {
		cancel()
		for tx.QueryRow("SELECT 1").Scan(new(int)) == nil { // until the end reaches the transaction
			time.Sleep(time.Millisecond)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Who waits for another's transaction can be stopped, and gets its turn after it.
func TestWaitingForAnotherWriter(t *testing.T) {
	a, ctx := open(t, Options{}), context.Background()
	b := openFile(t, a.path, Options{})
	batch := Batch{Papers: []*corpus.Paper{paper("a", "", "t")}}
	err := a.update(ctx, func(*sql.Tx) error {
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := b.Write(short, batch); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 10*time.Second {
			t.Errorf("write while another writes: %v after %v", err, time.Since(began))
		}
		if got := papersOf(t, b, Query{}); len(got) != 0 { // who reads does not wait
			t.Errorf("read %s", show(got))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, b, batch)
	if _, err := b.w.ExecContext(ctx, "PRAGMA busy_timeout = 20"); err != nil {
		t.Fatal(err)
	}
	err = a.update(ctx, func(*sql.Tx) error {
		_, err := b.Write(ctx, batch)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "another process has been writing it for too long") || fault.IsUsage(err) {
		t.Errorf("write after too long a wait: %v", err)
	}
}

// What each connection promises.
func TestConnections(t *testing.T) {
	for _, want := range []struct {
		opt          Options
		journal      string
		synchronous  int
		foreign, qry int
	}{
		{Options{}, "wal", 2, 1, 1},
		{Options{Bulk: true}, "wal", 1, 0, 1},
		{Options{Bulk: true, draft: true}, "memory", 0, 0, 1},
	} {
		c := open(t, want.opt)
		var journal string
		var synchronous, foreign, query, timeout int
		err := c.w.QueryRow(`SELECT journal_mode, synchronous, foreign_keys, timeout FROM
			pragma_journal_mode, pragma_synchronous, pragma_foreign_keys, pragma_busy_timeout`).Scan(&journal, &synchronous, &foreign, &timeout)
		if err == nil {
			err = c.r.QueryRow("SELECT query_only FROM pragma_query_only").Scan(&query)
		}
		if err != nil || journal != want.journal || synchronous != want.synchronous || foreign != want.foreign || query != want.qry || timeout != 60000 {
			t.Errorf("%+v: journal %s, synchronous %d, foreign keys %d, query only %d, busy timeout %d, %v", want.opt, journal, synchronous, foreign, query, timeout, err)
		}
		if _, err := c.r.Exec("DELETE FROM marks"); err == nil {
			t.Errorf("%+v: the readers' connection writes", want.opt)
		}
	}
}
