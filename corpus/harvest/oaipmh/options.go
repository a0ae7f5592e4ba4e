package oaipmh

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

// Options say what is harvested and where to.
type Options struct {
	Client  *harvest.Client
	Catalog *catalog.Catalog
	URL     string    // base URL; "" is ArxivURL
	Format  string    // one of Formats; "" is the first
	Sets    []string  // setSpecs, one after the other; none is the whole repository
	From    time.Time // first day; zero goes on after the last harvest, or begins at the repository's first day
	Until   time.Time // last day; zero is the present

	Note func(text string) // is told what a user should know; nil: nobody
	Now  func() time.Time  // nil: time.Now

	windowPages int // 0: the constant
}

// Check says what is wrong with the options, as far as that is known without asking anyone.
func (o *Options) Check() error {
	base, err := baseURL(o.URL)
	if err != nil {
		return fault.Usage(err)
	}
	if o.Format != "" && !slices.Contains(Formats(), o.Format) {
		return fault.Usagef("unknown format %q%s (known: %s)", o.Format, suggest.Hint(o.Format, Formats()), strings.Join(Formats(), ", "))
	}
	if !o.Until.IsZero() && o.Until.Before(o.From) {
		return fault.Usagef("from %s is after until %s", corpus.DayText(o.From), corpus.DayText(o.Until))
	}
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	today := day(now())
	for _, d := range o.days() {
		if d.day.After(today.AddDate(0, 0, 1)) {
			return fault.Usagef("%s %s has not come yet: it is %s (UTC)", d.name, corpus.DayText(d.day), corpus.DayText(today))
		}
	}
	if base == ArxivURL {
		return o.checkDays("arXiv", arxivEarliest)
	}
	return nil
}

type namedDay struct {
	name string
	day  time.Time
}

func (o *Options) days() []namedDay { return []namedDay{{"from", o.From}, {"until", o.Until}} }

// checkDays wants no day before the repository's first.
func (o *Options) checkDays(name string, earliest time.Time) error {
	for _, d := range o.days() {
		if !d.day.IsZero() && d.day.Before(earliest) {
			return fault.Usagef("%s %s is before %s, the day of the earliest change in %s (papers from before carry that day or a later one)",
				d.name, corpus.DayText(d.day), corpus.DayText(earliest), name)
		}
	}
	return nil
}

// complete fills defaults.
func (o *Options) complete() {
	if o.Format == "" {
		o.Format = Formats()[0]
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.windowPages == 0 {
		o.windowPages = windowPages
	}
}

// baseURL checks a base URL; "" is arXiv's.
func baseURL(base string) (string, error) {
	if base == "" {
		return ArxivURL, nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q is no base URL such as %s", base, ArxivURL)
	}
	return base, nil
}
