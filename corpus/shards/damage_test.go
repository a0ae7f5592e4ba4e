package shards

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"assay/corpus"
	"assay/internal/fault"
	"assay/internal/rng"
)

// attempt opens dir and reads rows in both ways.
func attempt(dir string, rows []int64) ([]corpus.Paper, error) {
	c, err := Open(dir)
	if err != nil {
		return nil, err
	}
	got, err := scanned(c, rows, ReadOptions{Workers: 2})
	return got, errors.Join(err, c.Close())
}

// Whatever byte is changed and wherever a file is cut, reading gives an error
// or exactly the papers that were written.
func TestDamageNeverPasses(t *testing.T) {
	papers := made(1_500, 20)
	dir := write(t, papers, WriterOptions{ShardRows: 1_000})
	rows := sampleRows(1_500, 40, 1)
	all := sampleRows(1_500, 0, 0)
	r := rng.New(1, "corpus", "test damage")
	for _, name := range filesIn(t, dir) {
		path := filepath.Join(dir, name)
		whole := readFile(t, path)
		trials := 150
		if strings.HasPrefix(name, "shard") {
			trials = 400
		}
		for trial := range trials {
			bad := bytes.Clone(whole)
			what := ""
			at := r.IntN(len(bad))
			if trial%4 == 0 { // footers and indexes lie at the end
				at = len(bad) - 1 - r.IntN(min(len(bad), 3000))
			}
			if trial%3 == 0 {
				bad, what = bad[:at], fmt.Sprintf("%s cut to %d bytes", name, at)
			} else {
				flip := byte(1 + r.IntN(255))
				bad[at] ^= flip
				what = fmt.Sprintf("%s with byte %d ^ %#x", name, at, flip)
			}
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			want := rows
			if trial%10 == 0 {
				want = all
			}
			got, err := attempt(dir, want)
			switch {
			case err == nil && !reflect.DeepEqual(got, picked(papers, want)):
				t.Fatalf("%s: other papers came back", what)
			case err != nil && !fault.IsUsage(err):
				t.Fatalf("%s: not a usage error: %v", what, err)
			case err != nil && strings.Contains(err.Error(), "\n"):
				t.Fatalf("%s: not one line: %v", what, err)
			}
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := attempt(dir, all); err != nil || !reflect.DeepEqual(got, papers) {
		t.Fatalf("after repair: %v", err)
	}
}

// The error says which shard and which rows cannot be read; the others can.
func TestDamageIsNamed(t *testing.T) {
	papers := made(3_000, 20)
	dir := write(t, papers, WriterOptions{ShardRows: 1_500})
	path := filepath.Join(dir, "shard-00001.parquet")
	bad := readFile(t, path)
	bad[len(bad)/3] ^= 1
	if err := os.WriteFile(path, bad, 0o644); err != nil {
		t.Fatal(err)
	}
	c := opened(t, dir)
	_, err := scanned(c, sampleRows(3_000, 0, 0), ReadOptions{})
	if err == nil {
		t.Fatal("a damaged page was read")
	}
	m := regexp.MustCompile(`^corpus: (.*): rows (\d+) to (\d+), column (\w+): .*bytes \d+ to \d+ are damaged; restore the file or import the corpus again$`).FindStringSubmatch(err.Error())
	if m == nil || m[1] != path {
		t.Fatalf("error %v", err)
	}
	var lo, hi int64
	if _, serr := fmt.Sscan(m[2], &lo); serr != nil || lo < 1_500 {
		t.Errorf("first row %s, want one of the second shard", m[2])
	}
	if _, serr := fmt.Sscan(m[3], &hi); serr != nil || hi < lo || hi >= 3_000 {
		t.Errorf("last row %s", m[3])
	}
	if got, err := scanned(c, []int64{0, 700, 1_499}, ReadOptions{}); err != nil || got[1].ID != papers[700].ID {
		t.Errorf("the whole shard cannot be read: %v", err)
	}
	verr := c.Verify(t.Context())
	if verr == nil || !strings.HasPrefix(verr.Error(), "corpus: "+path) || !strings.Contains(verr.Error(), "are damaged") {
		t.Errorf("verify: %v", verr)
	}
}

// A shard that is cut while it is mapped is an error, not a signal.
func TestShardCutWhileOpen(t *testing.T) {
	papers := made(3_000, 60)
	dir := write(t, papers, WriterOptions{})
	c := opened(t, dir)
	if _, err := scanned(c, []int64{0}, ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "shard-00000.parquet"), 10_000); err != nil {
		t.Fatal(err)
	}
	for _, row := range []int64{500, 2_999} {
		_, err := scanned(c, []int64{row}, ReadOptions{})
		if err == nil || !strings.Contains(err.Error(), "shard-00000.parquet") || !strings.Contains(err.Error(), "rows ") {
			t.Errorf("row %d of a cut shard: %v", row, err)
		}
	}
	if err := c.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "the file has 10000 bytes") {
		t.Errorf("verify: %v", err)
	}
}

func TestVerify(t *testing.T) {
	dir := write(t, made(3_000, 20), WriterOptions{ShardRows: 1_100})
	c := opened(t, dir)
	if err := c.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Verify(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	// Every byte counts, also those that no read needs.
	path := filepath.Join(dir, "shard-00002.parquet")
	whole := readFile(t, path)
	for _, at := range []int{0, 1, len(whole) / 2, len(whole) - 700, len(whole) - 1} {
		bad := bytes.Clone(whole)
		bad[at] ^= 0x40
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
}

func TestOpenExplains(t *testing.T) {
	dir := write(t, made(30, 3), WriterOptions{Source: "test <&>"})
	manifestPath := filepath.Join(privateFolder, manifestFile)
	manifest := readFile(t, filepath.Join(dir, manifestPath))
	if m := opened(t, dir).Manifest(); m.Source != "test <&>" || m.Rows != 30 || len(m.Shards) != 1 {
		t.Errorf("manifest %+v", m)
	}
	replace := func(old, new string) func(string) error {
		return func(dir string) error {
			text := strings.Replace(string(manifest), old, new, 1)
			if text == string(manifest) {
				return fmt.Errorf("no %q in the manifest", old)
			}
			return os.WriteFile(filepath.Join(dir, manifestPath), []byte(text), 0o644)
		}
	}
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
	}
	for want, change := range map[string]func(string) error{
		"no such folder":                      os.RemoveAll,
		"no __assay__/manifest.json in it":    remove(manifestPath),
		"the shard is missing":                remove("shard-00000.parquet"),
		"__assay__/checksums.crc32c":          remove(filepath.Join(privateFolder, checksumsFile)),
		"it states 31 rows":                   replace(`"rows": 30`, `"rows": 31`),
		"format 2":                            replace(`"format": 1`, `"format": 2`),
		"unexpected EOF":                      func(dir string) error { return os.WriteFile(filepath.Join(dir, manifestPath), manifest[:40], 0o644) },
		"EOF":                                 func(dir string) error { return os.WriteFile(filepath.Join(dir, manifestPath), nil, 0o644) },
		`has the name "../shard-00000.parque`: replace("shard-00000", "../shard-00000"),
		"its hash does not fit":               replace(`"bytes": `, `"bytes": 1`),
		"checksums are of blocks":             replace(`"block": 4096`, `"block": 0`),
		"/checksums.crc32c is damaged": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, privateFolder, checksumsFile), []byte("1234"), 0o644)
		},
		"and the manifest says": func(dir string) error { return os.Truncate(filepath.Join(dir, "shard-00000.parquet"), 100) },
		"two corpora are mixed": func(dir string) error { return os.WriteFile(filepath.Join(dir, manifestFile), manifest, 0o644) },
		"and this is a file": func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o644))
		},
	} {
		copied := filepath.Join(t.TempDir(), "c")
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := change(copied); err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		_, err := Open(copied)
		if err == nil || !strings.Contains(err.Error(), want) || !fault.IsUsage(err) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
