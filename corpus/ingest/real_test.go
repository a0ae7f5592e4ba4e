package ingest

import (
	"context"
	"encoding/csv"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"assay/corpus"
	"assay/corpus/arxivid"
	"assay/internal/testenv"
)

func importReal(t testing.TB, format string, names ...string) ([]*corpus.Paper, *Summary) {
	t.Helper()
	opt := Options{Format: format, TempDir: t.TempDir()}
	for _, name := range names {
		opt.Inputs = append(opt.Inputs, testenv.SharedData(t, name))
	}
	sink := &memorySink{}
	s, err := Import(context.Background(), opt, sink)
	if err != nil {
		t.Fatal(err)
	}
	return sink.papers, s
}

// TestRealOutcomes imports the 100,000 papers and accounts for what becomes of
// their categories under both taxonomies.
func TestRealOutcomes(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 100,000 papers")
	}
	papers, s := importReal(t, "kaggle", "arxiv/arxiv-100k.jsonl.xz")
	if s.Read != 100_000 || s.Kept != 100_000 || len(s.UnknownCategories) != 0 || s.RepairedIDs != nil || s.SameText != (corpus.SameText{Texts: 4, Papers: 8}) {
		t.Errorf("%+v", s)
	}
	for name, want := range map[string]struct {
		outcomes   map[corpus.Outcome]int
		unlabelled int
	}{
		"arxiv":      {map[corpus.Outcome]int{corpus.ListedID: 0, corpus.RenamedID: 1952, corpus.SplitID: 1347}, 531},
		"arxiv-2019": {map[corpus.Outcome]int{corpus.ListedID: 0, corpus.SplitID: 1347}, 1137},
	} {
		tax, err := corpus.LookupTaxonomy(name)
		if err != nil {
			t.Fatal(err)
		}
		got, all, labelled := map[corpus.Outcome]int{}, 0, 0
		unlabelled, nothing := 0, 0
		for _, p := range papers {
			all += len(p.Categories)
			for _, id := range p.Categories {
				_, outcome := tax.Resolve(id)
				got[outcome]++
				if outcome == corpus.ListedID || outcome == corpus.RenamedID {
					labelled++
				}
			}
			labels, unknown := tax.Labels(p)
			nothing += len(unknown)
			if len(labels) == 0 {
				unlabelled++
			}
		}
		if sum := got[corpus.ListedID] + got[corpus.RenamedID] + got[corpus.SplitID] + got[corpus.OutsideID]; sum != all || got[corpus.UnknownID] != 0 {
			t.Errorf("%s: %v add up to %d of %d", name, got, sum, all)
		}
		if nothing != all-labelled {
			t.Errorf("%s: %d ids without a label, want %d", name, nothing, all-labelled)
		}
		for o, n := range want.outcomes {
			if n > 0 && got[o] != n {
				t.Errorf("%s: %d %v, want %d", name, got[o], o, n)
			}
		}
		if unlabelled != want.unlabelled {
			t.Errorf("%s: %d papers without a label, want %d", name, unlabelled, want.unlabelled)
		}
	}
}

// TestRealArchive compares the two tables with a plain reading by encoding/csv. One
// of them has ids that were numbers for a while.
func TestRealArchive(t *testing.T) {
	canonical := regexp.MustCompile(`^(0[7-9]|1[0-4])[01][0-9]\.[0-9]{4}$|^(1[5-9]|20)[01][0-9]\.[0-9]{5}$`)
	for name, damaged := range map[string]int64{"arxiv/archive-q-fin.PR.tsv.xz": 474, "arxiv/archive-1993.tsv.zip": 0} {
		papers, s := importReal(t, "archive", name)
		rows := readTable(t, testenv.SharedData(t, name))
		if len(papers) != len(rows)-1 || s.Read != s.Kept {
			t.Fatalf("%s: %d papers of %d rows, %+v", name, len(papers), len(rows)-1, s)
		}
		var repaired int64
		for _, r := range s.RepairedIDs {
			if r.Repair != arxivid.RepairedNumber {
				t.Errorf("%s: %+v", name, r)
			}
			repaired += r.Records
		}
		if repaired != damaged {
			t.Errorf("%s: %d ids repaired, want %d", name, repaired, damaged)
		}
		column := map[string]int{}
		for i, c := range rows[0] {
			column[c] = i
		}
		for i, p := range papers {
			at := func(c string) string { return rows[i+1][column[c]] }
			if asNumber, err := strconv.ParseFloat(at("arxiv_id"), 64); err == nil {
				if is, err := strconv.ParseFloat(p.ID, 64); err != nil || math.Abs(is-asNumber) > 1e-9 || !canonical.MatchString(p.ID) {
					t.Errorf("%s: id %q of %q", name, p.ID, at("arxiv_id"))
				}
			} else if p.ID != at("arxiv_id") {
				t.Errorf("%s: id %q of %q", name, p.ID, at("arxiv_id"))
			}
			if p.Title != at("title") || p.Abstract != at("abstract") ||
				p.Categories[0] != at("primary_cat") || strings.Join(p.Categories, ",") != at("categories") ||
				p.Created.Format("2006-01-02") != at("created") {
				t.Fatalf("%s: paper %d is %+v, row %q", name, i, p, rows[i+1])
			}
			if len(p.Authors) == 0 || slices.Contains(p.Authors, "") {
				t.Errorf("%s: %s has authors %q from %q", name, p.ID, p.Authors, at("author_text"))
			}
		}
	}
}

func readTable(t *testing.T, path string) [][]string {
	t.Helper()
	var rows [][]string
	in := &sources{paths: []string{path}, member: archiveFormat{}.member}
	err := in.each(context.Background(), func(st *stream) error {
		r := csv.NewReader(st)
		r.Comma = '\t'
		var err error
		rows, err = r.ReadAll()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRealKaggle(t *testing.T) {
	papers, _ := importReal(t, "kaggle", "kaggle/arxiv-metadata-oai-snapshot.sample.jsonl")
	if len(papers) != 200 {
		t.Fatalf("%d papers", len(papers))
	}
	for _, p := range papers {
		if p.Created.IsZero() || p.Updated.Before(p.Created) || len(p.Authors) == 0 ||
			strings.ContainsAny(strings.Join(p.Authors, ""), "()\n") {
			t.Errorf("%+v", p)
		}
	}
}
