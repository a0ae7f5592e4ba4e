package ingest

import (
	"assay/corpus"
	"assay/internal/testenv"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func importedIDs(t *testing.T, opt Options) ([]string, *Summary) {
	t.Helper()
	sink := &memorySink{}
	opt.TempDir = t.TempDir()
	s, err := Import(context.Background(), opt, sink)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range sink.papers {
		ids = append(ids, p.ID)
	}
	return ids, s
}

// One paper under several spellings of its id is one paper.
func TestImportJoinsSpellings(t *testing.T) {
	for name, c := range map[string]struct {
		format string
		files  []string
		want   []string
	}{
		"damaged numbers": {"archive", []string{"a.tsv", "b.tsv"}, []string{"0704.0050", "1808.05764"}},
		"addresses":       {"kaggle", []string{"idprefix.jsonl"}, []string{"0704.0002", "0704.0003", "0704.0001"}},
		"subject classes": {"kaggle", []string{"idcase.jsonl"}, []string{"math/0309136"}},
	} {
		opt := Options{Format: c.format}
		for _, f := range c.files {
			opt.Inputs = append(opt.Inputs, testenv.SharedData(t, "faults/"+f))
		}
		ids, s := importedIDs(t, opt)
		for _, want := range c.want {
			if !slices.Contains(ids, want) {
				t.Errorf("%s: no paper %s among %q", name, want, ids)
			}
		}
		if name != "subject classes" && len(ids) != len(c.want) || len(s.RepairedIDs) == 0 {
			t.Errorf("%s: papers %q, summary %+v", name, ids, s)
		}
	}
}

func TestImportCountsRepairs(t *testing.T) {
	text := line("704.005", "One", "cs.LG") + line("1808.0576399999998", "Two", "cs.LG") + `{"id":1808.05764,"title":"Two","abstract":"b","categories":"cs.LG"}` + "\n" +
		line("arXiv:0704.0050v2", "One", "cs.LG") + line("core:12", "Other", "cs.LG") + line("math.GT/0309136", "Three", "math.GT") +
		line("nothing", "Bad", "cs.LG") + line("2013.00001", "Bad", "cs.LG") + line("1808.057645", "Bad", "cs.LG")
	ids, s := importedIDs(t, Options{Format: "kaggle", Inputs: []string{"-"}, Stdin: strings.NewReader(text), SkipBad: true})
	if want := []string{"1808.05764", "0704.0050", "core:12", "math/0309136"}; !slices.Equal(ids, want) {
		t.Errorf("ids %q, want %q", ids, want)
	}
	got, err := json.Marshal(s.RepairedIDs)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"repair":"stored as a number, restored","records":2,"examples":["704.005 → 0704.0050","1808.0576399999998 → 1808.05764"]},` +
		`{"repair":"address or prefix removed","records":1,"examples":["arXiv:0704.0050v2 → 0704.0050"]},` +
		`{"repair":"subject class removed","records":1,"examples":["math.GT/0309136 → math/0309136"]},` +
		`{"repair":"version removed","records":1,"examples":["arXiv:0704.0050v2 → 0704.0050"]}]`
	if string(got) != want {
		t.Errorf("repairs\ngot  %s\nwant %s", got, want)
	}
	if s.Malformed != 3 || s.Duplicates != 2 {
		t.Errorf("%+v", s)
	}
}

func TestImportKeepsFreeIDs(t *testing.T) {
	text := line("704.005", "One", "cs.LG") + line("a/b v", "Bad", "cs.LG") + line("paper-7v2", "Two", "cs.LG")
	ids, s := importedIDs(t, Options{Format: "kaggle", IDs: IDsFree, Inputs: []string{"-"}, Stdin: strings.NewReader(text), SkipBad: true})
	if want := []string{"704.005", "paper-7v2"}; !slices.Equal(ids, want) || s.RepairedIDs != nil || s.Malformed != 1 {
		t.Errorf("ids %q, want %q; %+v", ids, want, s)
	}
}

func TestImportCountsEqualTexts(t *testing.T) {
	text := line("0704.0001", "One", "cs.LG") + line("0704.0002", "Two", "cs.LG") + line("0704.0003", " One\\n", "cs.LG") +
		line("0704.0004", "One", "cs.LG") + line("0704.0005", "one", "cs.LG") + line("0704.0002", "Two", "cs.LG") // read twice, since an id comes again
	_, s := importedIDs(t, Options{Format: "kaggle", Inputs: []string{"-"}, Stdin: strings.NewReader(text)})
	if s.Kept != 5 || s.SameText != (corpus.SameText{Texts: 1, Papers: 2}) {
		t.Errorf("%+v", s)
	}
}
