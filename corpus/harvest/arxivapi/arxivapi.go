// Package arxivapi harvests papers through arXiv's query API, category by category
// (https://info.arxiv.org/help/api/user-manual.html).
//
//	sum, err := arxivapi.Harvest(ctx, arxivapi.Options{Client: client, Catalog: c, Categories: []string{"cs.LG"}})
//
// # Why no paper is lost
//
// A category's list is asked for in slices, the paper changed last (lastUpdatedDate)
// first. The list changes while it is read: new and revised papers come to its front,
// and what was there moves back. So a slice's number says little, and these rules hold:
//
//   - The frontier is the moment of the last paper of the slice before. All papers changed
//     after it are kept. The next slice begins one place before the papers of
//     that moment, which may come in another order each time. Only if its first paper is
//     newer than the frontier is it known to join the slice before; otherwise the list has
//     moved forward, and the slice is asked for again from further ahead.
//   - A paper that was revised before it was reached is at the front now. When the list
//     has come to its end its front is looked at once more: if it changed, what was changed
//     since [overlapDays] days before the first slice is read, too, until nothing changes.
//   - An answer without papers, or with few, ends nothing by itself: the count of results
//     has to be reached. Where a few papers lack in every try, the service has
//     miscounted, and the summary says so.
//   - A list with more results than the API gives (30,000), or one that ends far before its
//     count, is cut in two halves by the minute of submission, which does not change,
//     until each part is read to its end. A part of one minute that is not is an error.
//
// A slice's papers and the place in the list after it are written in one transaction.
//
// A category that was read once is later asked for changes only, from [overlapDays] days
// before its last harvest, since papers appear in the API days after the moments that
// they carry. A paper held back for longer (by moderation) has an old moment when it
// appears: the API cannot tell it from one that was always there. OAI-PMH can.
package arxivapi

import (
	"assay/corpus/harvest/ledger"
)

// URL is where the API answers.
const URL = "https://export.arxiv.org/api/query"

// The API's bounds: papers of one slice, and of one query in all slices.
const (
	SliceMost = 2000
	QueryMost = 30_000
)

// SliceUsual is the number of papers asked for at once where nothing else is said.
const SliceUsual = 1000

// Summary is what a call of Harvest did.
type Summary struct {
	Added     int `json:"added"`
	Replaced  int `json:"replaced"`
	Unchanged int `json:"unchanged"`

	Entries  int  `json:"entries"` // read; a paper of several categories, or read twice, counts again
	Pages    int  `json:"pages"`   // slices that brought papers
	Splits   int  `json:"splits"`  // lists cut in two because they were too long
	Again    int  `json:"again"`   // lists whose front was read again because it had changed
	Backward int  `json:"backward"`
	Mended   int  `json:"mended_places"` // of answers, which XML forbids
	Resumed  bool `json:"resumed"`       // an unfinished harvest was gone on with

	Categories   []Coverage `json:"categories"`          // those finished, by this call or one that it resumed
	Miscounts    []Miscount `json:"miscounts,omitempty"` // lists shorter than their counts
	ledger.Flaws            // of all harvests of this catalog
	Unfinished   string     `json:"unfinished,omitempty"` // category at which the harvest stopped
}

// Coverage is what a catalog holds of a category without a gap: the papers changed
// between two days. From is "" where no first day was asked for.
type Coverage struct {
	Category string `json:"category"`
	From     string `json:"from"`
	Through  string `json:"through"`
}

// Miscount is a list that gave fewer papers than it counted.
type Miscount struct {
	List    string `json:"list"`
	Counted int    `json:"counted"`
	Given   int    `json:"given"`
}
