package ingest

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"assay/internal/fault"
	"assay/internal/rng"
)

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// richRow has columns of every shape that a record is read from.
type richRow struct {
	ID         string      `parquet:"id,dict"`
	Title      *string     `parquet:"title,snappy"`
	Abstract   string      `parquet:"abstract,delta"`
	Categories []string    `parquet:"categories,list,gzip"`
	Authors    [][]string  `parquet:"authors_parsed,list"`
	Versions   []richEntry `parquet:"versions"`
	Created    time.Time   `parquet:"created,timestamp(millisecond)"`
	Updated    int32       `parquet:"update_date,optional,date"`
}

type richEntry struct {
	Version *string `parquet:"version"`
	Created string  `parquet:"created"`
}

func richRows() []richRow {
	title, version := "On bees", "v1"
	return []richRow{
		{"1", &title, "We count.", []string{"cs.LG", "stat.ML"}, [][]string{{"Bee", "A."}, {}, {"Dee"}}, []richEntry{{&version, "2007-04-02"}, {nil, ""}}, time.Unix(1e9, 0), 14000},
		{"2", nil, "", nil, nil, nil, time.Time{}, 0},
	}
}

// FuzzParquetImport changes the bytes of a file: whatever they are, reading gives
// an error or papers that pass every check, never a panic.
func FuzzParquetImport(f *testing.F) {
	for _, seed := range [][]byte{
		parquetBytes(f, richRows()), parquetBytes(f, richRows(), parquet.DataPageVersion(1)), parquetBytes(f, simpleRows(40)),
	} {
		f.Add(seed, uint32(0), byte(0), uint32(1), byte(1))
		f.Add(seed, uint32(40), byte(0x80), uint32(300), byte(7))
	}
	f.Fuzz(func(t *testing.T, content []byte, at uint32, flip byte, at2 uint32, flip2 byte) {
		content = bytes.Clone(content)
		if len(content) > 0 {
			content[int(at)%len(content)] ^= flip
			content[len(content)-1-int(at2)%len(content)] ^= flip2 // footers lie at the end
		}
		rows, err := parquetFormat{}.open("fuzz", io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content))))
		if err != nil {
			checkParquetError(t, err)
			return
		}
		defer rows.Close()
		text, err := io.ReadAll(io.LimitReader(rows, 1<<20))
		if err != nil {
			checkParquetError(t, err)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.HasSuffix(line, "\n") {
				break // cut by the limit
			}
			if p, bad := (kaggleFormat{}).parse([]byte(line)); bad != nil {
				checkFlaw(t, bad)
			} else {
				checkImported(t, p)
			}
		}
	})
}

func checkParquetError(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); len(text) > 2000 {
		t.Errorf("error %q", text)
	}
}

// TestParquetDamage flips a byte anywhere in a file, or cuts it: the import
// ends, with an error of one line that names the file, or with papers.
func TestParquetDamage(t *testing.T) {
	trials := 150
	if testing.Short() {
		trials = 30
	}
	rows := simpleRows(1300)
	for _, whole := range [][]byte{parquetBytes(t, rows), parquetBytes(t, rows, parquet.DataPageVersion(1)), parquetBytes(t, richRows())} {
		r := rng.New(1, "corpus", "test damaged parquet")
		failed := 0
		for trial := range trials {
			bad := bytes.Clone(whole)
			at := r.IntN(len(bad))
			if trial%2 == 0 { // footers and indexes lie at the end
				at = len(bad) - 1 - r.IntN(min(len(bad), 2000))
			}
			if trial%5 == 0 {
				bad = bad[:at]
			} else {
				bad[at] ^= byte(1 + r.IntN(255))
			}
			start := time.Now()
			_, _, err := importParquet(t, bad, nil, true)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("trial %d (byte %d): %v", trial, at, took)
			}
			if err != nil {
				failed++
				if text := err.Error(); !fault.IsUsage(err) || strings.Contains(text, "\n") {
					t.Errorf("trial %d (byte %d): %q", trial, at, text)
				}
			}
		}
		if failed == 0 {
			t.Error("no damage was found")
		}
		t.Logf("%d of %d damaged files gave an error", failed, trials)
	}
}
