package catalog

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func documentsOf(t *testing.T, c *Catalog, topics ...string) (list []*Document) {
	t.Helper()
	for d, err := range c.Documents(context.Background(), topics) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

func TestDocuments(t *testing.T) {
	c := open(t, Options{})
	a := &Document{Source: "core", ID: "10", DOI: "10.1/x", ArxivID: "1001.0001", Title: "T", Abstract: "A", FullText: "full 'text'\n", Language: "en",
		Published: day("2019-05-06"), Authors: []string{"Bob", "Ada", "Bob"}, Topics: []string{"deep learning"}}
	b := &Document{Source: "core", ID: "9", FullText: "x", Topics: []string{"Computer Vision", "deep learning"}}
	if w := write(t, c, Batch{Documents: []*Document{a, b}}); w.Documents != 2 {
		t.Errorf("%+v", w)
	}
	if got := documentsOf(t, c); !reflect.DeepEqual(got, []*Document{a, b}) {
		t.Errorf("read %+v", got)
	}
	if w := write(t, c, Batch{Documents: []*Document{a, b}}); w.Documents != 0 {
		t.Errorf("the same again: %+v", w)
	}
	// A later one replaces, and topics add up.
	again := *a
	again.Title, again.Authors, again.Topics = "new", []string{"Cleo"}, []string{"Vision"}
	if w := write(t, c, Batch{Documents: []*Document{&again, &again}}); w.Documents != 1 {
		t.Errorf("replaced: %+v", w)
	}
	again.Topics = []string{"Vision", "deep learning"}
	if got := documentsOf(t, c); !reflect.DeepEqual(got[0], &again) {
		t.Errorf("read %+v, want %+v", got[0], again)
	}
	for _, q := range []struct {
		topics []string
		want   string
	}{{nil, "10 9"}, {[]string{"deep learning"}, "10 9"}, {[]string{"deep-learning"}, "10 9"}, {[]string{"computer-vision"}, "9"}, {[]string{"Vision", "Computer Vision"}, "10 9"}, {[]string{"none"}, ""}} {
		var got []string
		for _, d := range documentsOf(t, c, q.topics...) {
			got = append(got, d.ID)
		}
		if strings.Join(got, " ") != q.want {
			t.Errorf("%q: %v, want %s", q.topics, got, q.want)
		}
	}
	if topics, err := c.Topics(context.Background()); err != nil || !slices.Equal(topics, []string{"Computer Vision", "Vision", "deep learning"}) {
		t.Errorf("topics %q, %v", topics, err)
	}
	n, err := c.Counts(context.Background())
	if want := (Counts{Documents: 2, Topics: 3, Authors: 1}); err != nil || n != want {
		t.Errorf("counts %+v, %v; want %+v", n, err, want)
	}
	verify(t, c)
}

// More documents than a page, and a reader that stops early.
func TestDocumentsArePaged(t *testing.T) {
	c := open(t, Options{})
	var b Batch
	for i := range 2*documentPage + 1 {
		b.Documents = append(b.Documents, &Document{Source: fmt.Sprintf("s%d", i%2), ID: fmt.Sprintf("%03d", i), Topics: []string{"t"}})
	}
	write(t, c, b)
	got := documentsOf(t, c, "t")
	if len(got) != len(b.Documents) || !slices.IsSortedFunc(got, func(a, b *Document) int { return strings.Compare(a.Source+a.ID, b.Source+b.ID) }) {
		t.Errorf("%d documents, want %d in order", len(got), len(b.Documents))
	}
	for range c.Documents(context.Background(), nil) {
		break
	}
	for range c.Papers(context.Background(), Query{}) {
		break
	}
}
