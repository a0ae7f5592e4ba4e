package shards

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"assay/internal/testenv"
)

// Other readers of Parquet find the papers that were written.
func TestShardsReadElsewhere(t *testing.T) {
	python := testenv.Python(t, "pyarrow")
	papers := made(2_500, 40)
	dir := write(t, papers, WriterOptions{ShardRows: 1_100})
	source := filepath.Join(t.TempDir(), "source.jsonl")
	f, err := os.Create(source)
	if err != nil {
		t.Fatal(err)
	}
	enc := json.NewEncoder(f)
	for i := range papers {
		p := &papers[i]
		err := enc.Encode(map[string]any{
			"id": p.ID, "title": p.Title, "abstract": p.Abstract,
			"categories": append([]string{}, p.Categories...), "authors": append([]string{}, p.Authors...),
			"created": dateOrNil(p.Created), "updated": dateOrNil(p.Updated),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, filepath.Join("testdata", "check_shards.py"), dir, source).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func dateOrNil(day time.Time) any {
	if day.IsZero() {
		return nil
	}
	return day.Format(time.DateOnly)
}
