package catalog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/corpus"
	"assay/internal/fault"
)

func TestParseQuery(t *testing.T) {
	for query, want := range map[string]string{
		`graph networks`:         `("graph") AND ("networks")`,
		`"graph networks"`:       `("graph networks")`,
		`graph OR tree cut`:      `("graph" OR "tree") AND ("cut")`,
		`a OR b OR c`:            `("a" OR "b" OR "c")`,
		`neur*`:                  `("neur"*)`,
		`"deep neur"*`:           `("deep neur"*)`,
		`graph -cut -"min flow"`: `(("graph")) NOT ("cut" OR "min flow")`,
		`t-SNE`:                  `("t SNE")`,
		`OR graph`:               `("OR") AND ("graph")`,
		`graph OR`:               `("graph")`,
		`graph OR -cut`:          `(("graph")) NOT ("cut")`,
		`graph OR + tree`:        `("graph" OR "tree")`,
		`or and not near`:        `("or") AND ("and") AND ("not") AND ("near")`,
		`NEAR(a b) AND title:x`:  `("NEAR a") AND ("b") AND ("AND") AND ("title x")`,
		`"open phrase`:           `("open phrase")`,
		`a"b"c`:                  `("a") AND ("b") AND ("c")`,
		`$x^2$ {} (*) "" - * -"`: `("x 2")`,
		`naïve 数学 ½`:             `("naïve") AND ("数学") AND ("½")`,
		`--x a`:                  `(("a")) NOT ("x")`,
	} {
		if got, err := parseQuery(query); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", query, got, err, want)
		}
	}
	for query, want := range map[string]string{"": "no word to look for", " \t": "no word", "*-\"'%": "no word", "-a": "says only what to leave out", "\xff\xfe": "no word"} {
		if _, err := parseQuery(query); !fault.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", query, err, want)
		}
	}
}

// searchable fills a catalog with papers about different things.
func searchable(t testing.TB, opt Options) *Catalog {
	c := open(t, opt)
	var b Batch
	for i, text := range []string{
		"Graph neural networks|We study graphs and deep networks for molecules.",
		"Random forests|An ensemble of trees; boosting, too. Naïve Bayes is a baseline.",
		"Deep learning|Neural networks and their trees of life.",
		"Cuts in a graph|Minimal cuts of a graph by t-SNE and x^2.",
		"数学|Über die Gruppe",
	} {
		title, abstract, _ := strings.Cut(text, "|")
		b.Papers = append(b.Papers, &corpus.Paper{ID: fmt.Sprint(i), Title: title, Abstract: abstract, Categories: []string{"cs.LG"}, Authors: []string{"Ada"}})
	}
	write(t, c, b)
	return c
}

func TestSearch(t *testing.T) {
	for _, opt := range []Options{{}, {Bulk: true}} {
		c := searchable(t, opt)
		for query, want := range map[string]string{
			`graph`:                 "0 3",
			`GRAPH neural`:          "0",
			`graph*`:                "0 3",
			`"neural networks"`:     "0 2",
			`"networks neural"`:     "",
			`trees -forests`:        "2",
			`forests OR cuts`:       "1 3",
			`naive`:                 "1",
			`uber`:                  "4",
			`数学`:                    "4",
			`t-sne`:                 "3",
			`sne-t`:                 "",
			`neural trees OR graph`: "0 2",
			`nothing like that`:     "",
			`x OR title:x`:          "3",
		} {
			hits, err := c.Search(context.Background(), query, 10)
			var got []string
			for i, h := range hits {
				got = append(got, h.Paper.ID)
				if h.Score <= 0 || i > 0 && h.Score > hits[i-1].Score || !strings.Contains(h.Snippet, "[") || len(h.Paper.Categories) != 1 || len(h.Paper.Authors) != 1 {
					t.Errorf("%s: hit %+v", query, h)
				}
			}
			slices.Sort(got) // only which, not which first
			if strings.Join(got, " ") != want || err != nil {
				t.Errorf("%s: %v, %v; want %s", query, got, err, want)
			}
		}
		// A title weighs more, a short text more than a long one.
		hits, err := c.Search(context.Background(), "networks", 10)
		if err != nil || len(hits) != 2 || hits[0].Paper.ID != "0" || hits[0].Snippet != "Graph neural [networks]" {
			t.Errorf("networks: %+v, %v", hits, err)
		}
		if hits, err := c.Search(context.Background(), "networks OR trees", 2); err != nil || len(hits) != 2 {
			t.Errorf("limit 2: %d hits, %v", len(hits), err)
		}
		if _, err := c.Search(context.Background(), "graph", 0); !fault.IsUsage(err) {
			t.Errorf("limit 0: %v", err)
		}
	}
}

// No query is an error of SQL.
func TestSearchTakesAnything(t *testing.T) {
	c := searchable(t, Options{})
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 2))
	pieces := []string{`"`, "*", "-", "OR", "AND", "NOT", "NEAR(", ")", "(", ":", "^", "title:", "graph", " ", " ", "'", ";", "\x00", "\xff", "+", "{", "}", "ä", "数", "é", "\u0301", "½", "%", "\ufffd", "rank", "--", "/*", "😀", "²", "\ue000", "ꙮ", "\u200d", "Ⅻ", "ª"}
	for range 1500 {
		var b strings.Builder
		for range r.IntN(9) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		if _, err := c.Search(context.Background(), b.String(), 3); err != nil && !fault.IsUsage(err) {
			t.Fatalf("seed %d: %q: %v", seed, b.String(), err)
		}
	}
}

// Nor is one too long.
func TestLongQueries(t *testing.T) {
	c := searchable(t, Options{})
	for name, query := range map[string]string{
		"words":    strings.Repeat("graph ", 3000) + "cuts",
		"OR":       strings.Join(numbered("none", 3000), " OR ") + " OR cuts",
		"NOT":      "cuts -" + strings.Join(numbered("none", 3000), " -"),
		"a phrase": `cuts OR "` + strings.Repeat("graph ", 3000) + `"`,
		"a word":   "cuts OR " + strings.Repeat("x", 1<<20),
	} {
		hits, err := c.Search(context.Background(), query, 5)
		if err != nil || len(hits) != 1 || hits[0].Paper.ID != "3" {
			t.Errorf("%s: %d papers, %.300v", name, len(hits), err)
		}
	}
	if hits, err := c.Search(context.Background(), strings.Join(numbered("graph", 3000), " ")+" OR cuts", 5); err != nil || len(hits) != 0 {
		t.Errorf("words that no paper has: %d papers, %.300v", len(hits), err)
	}
}

func numbered(word string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint(word, i))
	}
	return list
}

// What Go calls a word SQLite's index does, too: else a word that nobody can find
// would make every query with it come back empty.
func TestWordsAreTheIndexs(t *testing.T) {
	c := open(t, Options{})
	for _, w := range []string{"a", "É", "数学", "½", "²", "Ⅻ", "ª", "ꙮ", "\ue000", "x\u0301", "кот", "ⅷ", "٣"} {
		query, err := parseQuery(w)
		if err != nil {
			t.Fatal(err)
		}
		write(t, c, Batch{Papers: []*corpus.Paper{{ID: w, Title: "before " + w + " after"}}})
		if hits, err := c.Search(context.Background(), w, 5); err != nil || len(hits) == 0 {
			t.Errorf("%q (%s) is not found: %v", w, query, err)
		}
	}
}

// A bulk load waits for the index; who may only read says so.
func TestSearchReadOnly(t *testing.T) {
	ctx := context.Background()
	c := searchable(t, Options{Bulk: true})
	ro := openFile(t, c.path, Options{ReadOnly: true})
	if _, err := ro.Search(ctx, "graph", 5); !errors.Is(err, ErrOutdated) || !strings.Contains(err.Error(), "5 papers") {
		t.Errorf("search before the index: %v", err)
	}
	if err := c.Index(ctx); err != nil {
		t.Fatal(err)
	}
	if hits, err := ro.Search(ctx, "graph", 5); err != nil || len(hits) != 2 {
		t.Errorf("search: %v, %v", hits, err)
	}
	if _, err := ro.Write(ctx, Batch{Marks: []Mark{{"s", "k", "1"}}}); !fault.IsUsage(err) {
		t.Errorf("write: %v", err)
	}
	// Replaced and removed papers leave the index.
	write(t, c, Batch{Papers: []*corpus.Paper{{ID: "0", Title: "Other"}}, Deleted: []Deletion{{ID: "3"}}})
	if hits, err := c.Search(ctx, "graph", 5); err != nil || len(hits) != 0 {
		t.Errorf("search for what is gone: %v, %v", hits, err)
	}
	verify(t, c)
}
