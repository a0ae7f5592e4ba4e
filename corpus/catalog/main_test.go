package catalog

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"assay/corpus"
)

// childEnv makes the test binary do one of the jobs of tests about processes.
const childEnv = "ASSAY_TEST_CATALOG_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		kind, path, _ := strings.Cut(job, " ")
		if err := child(kind, path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child harvests until it is killed, or holds the lock for as long.
func child(kind, path string) error {
	ctx := context.Background()
	if kind == "fill" {
		_, err := Fill(ctx, path, func(c *Catalog) error { return harvest(ctx, c) })
		return err
	}
	c, err := Open(ctx, path, Options{Create: true, Bulk: kind == "bulk"})
	if err != nil {
		return err
	}
	if _, err := c.Lock(); err != nil {
		return err
	}
	if kind == "lock" {
		fmt.Println("locked")
		time.Sleep(time.Minute)
	}
	return harvest(ctx, c)
}

// harvest writes page after page without end, each with its mark.
func harvest(ctx context.Context, c *Catalog) error {
	for {
		state, err := c.Mark(ctx, "test", "pages")
		if err != nil {
			return err
		}
		page := 0
		if state != "" {
			if _, err := fmt.Sscan(state, &page); err != nil {
				return err
			}
		}
		fmt.Println(page)
		var papers []*corpus.Paper
		for i := range pagePapers {
			papers = append(papers, paper(fmt.Sprintf("p%06d", page*pagePapers+i), "2020-01-01", fmt.Sprintf("title of page%d", page)))
		}
		_, err = c.Write(ctx, Batch{Papers: papers, Marks: []Mark{{"test", "pages", fmt.Sprint(page + 1)}}})
		if err != nil {
			return err
		}
	}
}

const pagePapers = 50

// start starts a child that does a job on a catalog.
func start(t *testing.T, kind, path string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+kind+" "+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	return cmd, &stderr
}
