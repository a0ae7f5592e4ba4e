package catalog

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A killed harvest leaves of each page both the papers and the mark or neither,
// and what is searched with them.
func TestKilledWriteLeavesBothOrNeither(t *testing.T) {
	for _, kind := range []string{"harvest", "bulk"} {
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.db")
			seed := uint64(time.Now().UnixNano())
			r := rand.New(rand.NewPCG(seed, 0))
			kills, last := 5, 0
			if text := os.Getenv("ASSAY_KILLS"); text != "" {
				var err error
				if kills, err = strconv.Atoi(text); err != nil {
					t.Fatal(err)
				}
			}
			for range kills {
				cmd, stderr := start(t, kind, path)
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewScanner(out)
				for range 1 + r.IntN(4) { // pages that it begins to write
					if !lines.Scan() {
						t.Fatalf("the child ended: %v: %s", cmd.Wait(), stderr)
					}
				}
				time.Sleep(time.Duration(r.IntN(60_000)) * time.Microsecond)
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait() // killed
				last = checkPages(t, path, last)
			}
			t.Logf("%d kills, seed %d: %d whole pages", kills, seed, last)
			if last == 0 {
				t.Error("no page was written: the test is not one")
			}
		})
	}
}

// checkPages checks that a catalog has exactly the pages that its mark names.
func checkPages(t *testing.T, path string, atLeast int) int {
	t.Helper()
	ctx := context.Background()
	c := openFile(t, path, Options{})
	defer c.Close()
	state, err := c.Mark(ctx, "test", "pages")
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	if state != "" {
		if pages, err = strconv.Atoi(state); err != nil {
			t.Fatal(err)
		}
	}
	if pages < atLeast {
		t.Fatalf("the mark is %d, it was %d", pages, atLeast)
	}
	got := papersOf(t, c, Query{})
	if len(got) != pages*pagePapers {
		t.Fatalf("%d papers, the mark says %d", len(got), pages*pagePapers)
	}
	for i, p := range got {
		if p.ID != fmt.Sprintf("p%06d", i) || len(p.Categories) != 2 || len(p.Authors) != 2 {
			t.Fatalf("paper %d is %+v", i, p)
		}
	}
	verify(t, c)
	if pages == 0 {
		return 0
	}
	hits, err := c.Search(ctx, fmt.Sprintf("page%d", pages-1), 1000)
	if err != nil || len(hits) != pagePapers {
		t.Fatalf("%d papers of the last page found, %v", len(hits), err)
	}
	return pages
}

func TestOneHarvesterACatalog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.db")
	cmd, _ := start(t, "lock", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	bufio.NewScanner(out).Scan()
	c := openFile(t, path, Options{})
	_, err = c.Lock()
	want := fmt.Sprintf("is being filled by process %d on ", cmd.Process.Pid)
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
		t.Errorf("lock held by another: %v; want %q", err, want)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	for range 3 {
		release, err := c.Lock()
		if err != nil {
			t.Fatalf("lock after the holder was killed: %v", err)
		}
		if _, err := openFile(t, path, Options{}).Lock(); err == nil {
			t.Error("two locks in one process")
		}
		release()
	}
	if left, err := filepath.Glob(path + ".lock"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
