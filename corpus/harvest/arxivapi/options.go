package arxivapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay/corpus"
	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/internal/fault"
	"assay/internal/suggest"
)

// overlapDays is how far before its last harvest a category is asked for changes.
const overlapDays = 7

// limitLeast lets slices overlap.
const limitLeast = 5

// Options say what is harvested and where to.
type Options struct {
	Client     *harvest.Client
	Catalog    *catalog.Catalog
	URL        string    // of the API; "" is the constant
	Categories []string  // one after the other; none is all of arXiv's
	Since      time.Time // day: papers changed before are not asked for; zero goes on after the last harvest, or takes all
	Slice      int       // papers asked for at once; 0: SliceUsual
	Limit      int       // papers that can be had of one query; 0: QueryMost

	Note func(text string) // is told what a user should know; nil: nobody
	Now  func() time.Time  // nil: time.Now

}

// Check says what is wrong with the options, as far as that is known without asking anyone.
func (o *Options) Check() error {
	if u, err := url.Parse(o.URL); o.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "") {
		return fault.Usagef("%q is no address of an arXiv API such as %s", o.URL, URL)
	}
	if o.Slice < 0 || o.Slice > SliceMost {
		return fault.Usagef("slices of %d papers: the API gives 1 to %d at once", o.Slice, SliceMost)
	}
	if o.Limit < 0 || o.Limit > 0 && o.Limit < limitLeast {
		return fault.Usagef("a limit of %d papers a query: want %d at least, such as %d, arXiv's", o.Limit, limitLeast, QueryMost)
	}
	if today := day(o.now()); o.Since.After(today.AddDate(0, 0, 1)) {
		return fault.Usagef("the day %s, since which papers are asked for, has not come yet: it is %s (UTC)", corpus.DayText(o.Since), corpus.DayText(today))
	}
	_, err := o.list()
	return err
}

func (o *Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// list returns the categories' ids, each once: all of today's and the three archives that
// were divided, or those wanted. cs.* stands for all whose ids begin so.
func (o *Options) list() ([]string, error) {
	t, err := corpus.LookupTaxonomy("arxiv")
	if err != nil {
		return nil, err
	}
	var all []string
	for _, c := range t.Categories {
		all = append(all, c.ID)
	}
	all = append(all, corpus.SplitArchives()...)
	if len(o.Categories) == 0 {
		return all, nil
	}
	var list []string
	for _, id := range o.Categories {
		var these []string
		if start, found := strings.CutSuffix(id, "*"); found && strings.HasSuffix(start, ".") {
			for _, c := range all {
				if strings.HasPrefix(c, start) {
					these = append(these, c)
				}
			}
		} else if slices.Contains(all, id) {
			these = []string{id}
		} else if label, outcome := t.Resolve(id); outcome == corpus.RenamedID {
			these = []string{t.Categories[label].ID}
		}
		if len(these) == 0 {
			return nil, fault.Usagef("arXiv has no category %q%s (`assay corpus taxonomy arxiv` lists them; cs.* takes all of cs)", id, hint(id, all))
		}
		for _, c := range these {
			if !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
	}
	return list, nil
}

// hint suggests the category that was meant, first of all one in other letters.
func hint(id string, all []string) string {
	for _, c := range all {
		if strings.EqualFold(c, id) {
			return fmt.Sprintf("; did you mean %q?", c)
		}
	}
	return suggest.Hint(id, all)
}

// complete fills defaults.
func (o *Options) complete() {
	if o.URL == "" {
		o.URL = URL
	}
	if o.Slice == 0 {
		o.Slice = SliceUsual
	}
	if o.Limit == 0 {
		o.Limit = QueryMost
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
}
