package corpus

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/internal/fault"
)

func TestTopics(t *testing.T) {
	tax := mustTaxonomy(t, "topics:deep-learning,cs.CV,eess.SY,cmp-lg")
	var ids []string
	for i, c := range tax.Categories {
		ids = append(ids, c.ID+"/"+c.Name)
		if at, ok := tax.Index(c.ID); !ok || at != i || c.Group != i || tax.Groups[i] != (Group{c.ID, c.Name}) {
			t.Errorf("%s: index %d %t, group %d, %+v", c.ID, at, ok, c.Group, tax.Groups[i])
		}
	}
	want := []string{"deep-learning/deep-learning", "cs.CV/Computer Vision and Pattern Recognition", "eess.SY/Systems and Control", "cs.CL/Computation and Language"}
	if !slices.Equal(ids, want) || !tax.Exclusive || tax.Name != "topics:deep-learning,cs.CV,eess.SY,cmp-lg" {
		t.Errorf("categories %q, want %q in this order; %+v", ids, want, tax)
	}
	for id, want := range map[string]struct {
		label   int
		outcome Outcome
	}{
		"deep-learning": {0, ListedID}, "cs.CV": {1, ListedID}, "cs.SY": {2, RenamedID}, "cs.CL": {3, ListedID}, "cmp-lg": {3, RenamedID},
		"cs.LG": {-1, OutsideID}, "astro-ph": {-1, SplitID}, "deep": {-1, UnknownID},
	} {
		if label, outcome := tax.Resolve(id); label != want.label || outcome != want.outcome {
			t.Errorf("Resolve(%s) = %d, %v, want %d, %v", id, label, outcome, want.label, want.outcome)
		}
	}
	if renamed := tax.Renamed(); len(renamed) != 2 || renamed["cs.SY"] != "eess.SY" || renamed["cmp-lg"] != "cs.CL" {
		t.Errorf("renamed %v", renamed)
	}
}

// A paper has a label only if it carries exactly one of the topics.
func TestTopicLabels(t *testing.T) {
	tax := mustTaxonomy(t, "topics:cs.CV,cs.SY,stat.ML")
	for _, c := range []struct {
		categories string
		want       []int32
		unknown    int
	}{
		{"cs.CV", []int32{0}, 0},
		{"math.CO stat.ML eess.IV", []int32{2}, 2},
		{"cs.SY eess.SY", []int32{1}, 0}, // two ids of one category
		{"cs.CV stat.ML", nil, 0},
		{"eess.SY cs.CV", nil, 0},
		{"cs.LG", nil, 1},
		{"", nil, 0},
	} {
		labels, unknown := tax.Labels(&Paper{Categories: strings.Fields(c.categories)})
		if !slices.Equal(labels, c.want) || len(unknown) != c.unknown {
			t.Errorf("%q: labels %v, unknown %v, want %v and %d", c.categories, labels, unknown, c.want, c.unknown)
		}
	}
	if got := tax.LeftOut(); got != "of none or several of the topics" {
		t.Errorf("left out: %q", got)
	}
	if got := mustTaxonomy(t, "arxiv").LeftOut(); got != "outside taxonomy arxiv" {
		t.Errorf("left out: %q", got)
	}
}

// The same two topics in another order are the same papers, numbered otherwise.
func TestTopicOrder(t *testing.T) {
	a, b := mustTaxonomy(t, "topics:cs.LG,cs.CV"), mustTaxonomy(t, "topics:cs.CV,cs.LG")
	for _, categories := range [][]string{{"cs.LG"}, {"cs.CV"}, {"cs.LG", "cs.CV"}, {"math.AG", "cs.CV"}, nil} {
		x, _ := a.Labels(&Paper{Categories: categories})
		y, _ := b.Labels(&Paper{Categories: categories})
		if len(x) != len(y) || len(x) == 1 && x[0] != 1-y[0] {
			t.Errorf("%v: %v and %v", categories, x, y)
		}
	}
}

func TestTopicFaults(t *testing.T) {
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprint("topic", i)
	}
	for name, want := range map[string]string{
		"topics:cs.LG":           `corpus: taxonomy "topics:cs.LG": cs.LG is one topic; name two or more to tell apart, such as topics:cs.LG,cs.CV`,
		"topics:cs.LG,cs.LG":     `corpus: taxonomy "topics:cs.LG,cs.LG": topic cs.LG stands twice; name it once`,
		"topics:cs.SY,a,eess.SY": `corpus: taxonomy "topics:cs.SY,a,eess.SY": cs.SY and eess.SY are the same category: name one of them, which stands for both`,
		"topics:cmp-lg,cs.CL":    `corpus: taxonomy "topics:cmp-lg,cs.CL": cmp-lg and cs.CL are the same category: name one of them, which stands for both`,
		"topics:":                `corpus: taxonomy "topics:": a topic is empty; separate topics by one comma, as in topics:cs.LG,cs.CV`,
		"topics:cs.LG,,cs.CV":    `corpus: taxonomy "topics:cs.LG,,cs.CV": a topic is empty; separate topics by one comma, as in topics:cs.LG,cs.CV`,
		"topics:cs.LG, cs.CV":    `corpus: taxonomy "topics:cs.LG, cs.CV": topic " cs.CV" holds white space; write topics:cs.LG,cs.CV, without spaces`,
		"topics:cs.lg,cs.CV":     `corpus: taxonomy "topics:cs.lg,cs.CV": topic cs.lg: arXiv writes it cs.LG`,
		"topics:q-bio,cs.CV":     `corpus: taxonomy "topics:q-bio,cs.CV": arXiv divided q-bio into q-bio.BM, q-bio.CB, q-bio.GN, q-bio.MN, q-bio.NC, q-bio.OT, q-bio.PE, q-bio.QM, q-bio.SC, q-bio.TO; name one of these`,
		"topics:a\x01,b":         `corpus: taxonomy "topics:a\x01,b": topic "a\x01": want 1 to 200 bytes of printable characters`,
		"topic:cs.LG,cs.CV":      `corpus: unknown taxonomy "topic:cs.LG,cs.CV"; did you mean "topics:cs.LG,cs.CV"? (known: arxiv, arxiv-2019, topics:cs.LG,cs.CV)`,
		"topics:" + many[0] + "," + strings.Join(many, ","): `corpus: taxonomy "topics:topic0,topic0,topic1,topic2,topic3,topic4,topic5,topi…": 1002 topics are more than 1000`,
	} {
		if _, err := LookupTaxonomy(name); err == nil || err.Error() != want || !fault.IsUsage(err) {
			t.Errorf("%.60q gave\n%v, want the usage error\n%s", name, err, want)
		}
	}
	if _, err := LookupTaxonomy("topics:" + strings.Join(many[:1000], ",")); err != nil {
		t.Errorf("1000 topics: %v", err)
	}
}
