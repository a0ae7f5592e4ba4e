package ingest

import (
	"assay/corpus"
	"assay/corpus/shards"
	"assay/internal/testenv"
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"
)

type countingSink struct{ n int }

func (s *countingSink) Add(*corpus.Paper) error { s.n++; return nil }
func (s *countingSink) Reset() error            { s.n = 0; return nil }

// BenchmarkImport reads the 100,000 real papers without writing them.
func BenchmarkImport(b *testing.B) {
	path := testenv.SharedData(b, "arxiv/arxiv-100k.jsonl.xz")
	sink := &countingSink{}
	for b.Loop() {
		sink.n = 0
		if _, err := Import(context.Background(), Options{Format: "kaggle", Inputs: []string{path}}, sink); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*sink.n)/b.Elapsed().Seconds(), "papers/s")
}

// BenchmarkToShards reads the 100,000 real papers and writes a corpus.
func BenchmarkToShards(b *testing.B) {
	path := testenv.SharedData(b, "arxiv/arxiv-100k.jsonl.xz")
	dir := filepath.Join(b.TempDir(), "corpus")
	var kept int64
	for b.Loop() {
		s, _, err := ToShards(context.Background(), Options{Format: "kaggle", Inputs: []string{path}}, dir, shards.WriterOptions{Overwrite: true})
		if err != nil {
			b.Fatal(err)
		}
		kept = s.Kept
	}
	b.ReportMetric(float64(int64(b.N)*kept)/b.Elapsed().Seconds(), "papers/s")
}

// BenchmarkParse parses records on one core, from memory.
func BenchmarkParse(b *testing.B) {
	row := "7\tA plain abstract of some length, as they are.\tcs/01\tA. Bee, C. Dee\tcs.DS,cs.DM\t2001-01-02\tcs.DS\tA title\t2001-01-03\n"
	for name, c := range map[string]struct {
		format
		text string
	}{
		"kaggle":  {kaggleFormat{}, someLines(0, 20_000)},
		"archive": {archiveFormat{}, archiveHeader + string(bytes.Repeat([]byte(row), 20_000))},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			papers := 0
			for b.Loop() {
				in := &sources{paths: []string{"-"}, stdin: pipe{bytes.NewReader([]byte(c.text))}, tempDir: b.TempDir()}
				err := in.each(context.Background(), func(st *stream) error { return parseAll(c.format, st, &papers) })
				if err != nil {
					b.Fatal(err)
				}
				if err := in.close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(papers)/b.Elapsed().Seconds(), "papers/s")
		})
	}
}

func parseAll(f format, st *stream, papers *int) error {
	lines := &lineReader{name: st.name, r: st.Reader, limit: maxImportRecord}
	parser, err := f.begin(lines)
	if err != nil {
		return err
	}
	for {
		record, err := f.next(lines, nil)
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if _, bad := parser.parse(record); bad != nil {
			return bad
		}
		*papers++
	}
}
