package corpus

import "time"

// Paper is the metadata of one paper.
type Paper struct {
	ID         string    // arXiv identifier, without version: 1802.07540, math/0611803
	Title      string    // as submitted, LaTeX included
	Abstract   string    // as submitted, LaTeX included
	Categories []string  // primary first, ids as the source gives them
	Authors    []string  // display names in the paper's order
	Created    time.Time // day of the first version, UTC; zero where unknown
	Updated    time.Time // day of the last change, UTC; zero where unknown
}

// DayText writes a paper's day as YYYY-MM-DD, in UTC, and an unknown one as "".
func DayText(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.UTC().Format(time.DateOnly)
}
