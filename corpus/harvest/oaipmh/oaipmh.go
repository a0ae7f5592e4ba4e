// Package oaipmh harvests arXiv, or another repository that gives arXiv's formats,
// by the Open Archives Initiative's Protocol for Metadata Harvesting 2.0
// (http://www.openarchives.org/OAI/openarchivesprotocol.html).
//
//	sum, err := oaipmh.Harvest(ctx, oaipmh.Options{Client: client, Catalog: c, URL: oaipmh.ArxivURL})
//
// # Why no record is lost
//
// A list comes in pages; each ends with a token that asks for the next one. arXiv's
// tokens are void at the next midnight (UTC), long before all of arXiv is read. A
// list broken off cannot be taken up at the last date seen: arXiv sorts by date, but
// the protocol does not promise any order. So the days are cut into windows, each
// a list of its own with from and until, and only three things are ever concluded:
//
//   - A window is done when its list came to its end. Every record has one date, so it
//     is in one window, or it was changed meanwhile, has a later date, and is in
//     a window that is asked for later, in this run or in the next one.
//   - A list of several pages may have shifted: arXiv's tokens count places, and a
//     record that changes meanwhile leaves its place, so that the record after it is on
//     no page. After the list's end the changes since the day before its beginning
//     are asked for; where a record that was listed is among them, the window is begun
//     again.
//   - A window whose token is void is begun again at its own first day, cut in half
//     so that a window that is too long for a token's life gets short enough. What
//     is read twice does no harm: the catalog knows papers by id.
//
// Windows aim at [windowPages] pages: they double where a list was shorter than half
// of it, quadruple below a quarter, and are halved above the double. All of arXiv in
// about 2,000 pages takes some 60 windows, whose last pages are partly
// filled: 2 % more requests than one long list, and 1 to 3 a window to look for
// changes, while a midnight costs 16 pages.
//
// A page's papers and the token after it are written in one transaction. Where a
// token is asked for again after a kill, the protocol wants the same page again.
//
// A window without until ends at the server's present day, which is not complete
// yet. Days count as done up to two days before the server's answer, whatever
// the clock here says, so the next run overlaps by the day before and the day of the
// answer.
package oaipmh

import (
	"time"

	"assay/corpus/harvest/ledger"
)

// ArxivURL is where arXiv answers since March 2025.
const ArxivURL = "https://oaipmh.arxiv.org/oai"

// arxivEarliest is the first day of arXiv's records.
var arxivEarliest = time.Date(2005, 9, 16, 0, 0, 0, 0, time.UTC)

// Formats lists the metadata formats that can be read. In arXivRaw the dates of
// all versions are given and authors are one text; in arXiv authors are given
// by name and the date is that of the latest version.
func Formats() []string { return []string{"arXivRaw", "arXiv"} }

// Summary is what a call of Harvest did.
type Summary struct {
	Added     int `json:"added"`
	Replaced  int `json:"replaced"`
	Unchanged int `json:"unchanged"`
	Removed   int `json:"removed"`

	Records  int  `json:"records"`       // read; those of a window begun again count again
	Pages    int  `json:"pages"`         // of lists
	Windows  int  `json:"windows"`       // finished
	Restarts int  `json:"restarts"`      // windows begun again because their token was void
	Mended   int  `json:"mended_places"` // of answers, which XML forbids
	Resumed  bool `json:"resumed"`       // an unfinished harvest was gone on with

	Sets         []Coverage `json:"sets"`
	ledger.Flaws            // of all harvests of this catalog
}

// Coverage is what a catalog holds of a set without a gap, by the days of the
// records' last changes.
type Coverage struct {
	Set     string `json:"set"` // "" is the whole repository
	From    string `json:"from"`
	Through string `json:"through"`
}
