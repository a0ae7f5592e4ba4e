// Package coreapi harvests full texts for topics from CORE (https://core.ac.uk) into
// a catalog, by its API v3 or in the shape of its v2.
//
//	summary, err := coreapi.Harvest(ctx, c, coreapi.Options{
//		Topics: []string{"deep learning", "computer vision"}, Count: 10_000,
//		Language: "English", Key: key, Client: harvest.Options{UserAgent: agent},
//	})
//
// A topic's documents are those of the shortest beginning of CORE's list for it
// that holds enough of them. So they depend on CORE's answers alone: not on
// which topic was asked for first, on page sizes, failed requests or kills. See
// the constants of Options.Overlap for documents that two topics share.
package coreapi

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/internal/fault"
	"assay/internal/format"
)

// Source is the name of documents and marks in the catalog.
const Source = "core"

// The APIs.
const (
	APIv3 = "v3" // today's
	APIv2 = "v2" // which the article asked; withdrawn by CORE
)

// What becomes of a document that is found for several of the topics. With each
// rule Count documents count for a topic where CORE has as many.
const (
	// OverlapDrop lets it count for none of its topics. It stays in the catalog under
	// all of them, so that the taxonomy topics:a,b leaves it out. A topic's list is
	// read on until enough of its documents are in no other list as far as
	// that one is read: the least such lengths are unique, whatever the order.
	OverlapDrop = "drop"
	// OverlapFirst gives it to the first of its topics in the order of Options.Topics.
	OverlapFirst = "first"
	// OverlapKeep lets it count for each of its topics.
	OverlapKeep = "keep"
)

// How lists are read.
const (
	// PagingScroll lets CORE keep the place in a list (v3). It costs more of the
	// allowance than offsets, and reads lists of any length.
	PagingScroll = "scroll"
	// PagingOffset asks by offset, which v3 allows for the first 10,000 results; what
	// lies beyond is scrolled to.
	PagingOffset = "offset"
)

// The APIs' addresses.
const (
	URLv3 = "https://api.core.ac.uk/v3"
	URLv2 = "https://core.ac.uk/api-v2"
)

// offsetWindow is how deep v3 allows offsets.
const offsetWindow = 10_000

// pageSizes are how many results one request asks for: the first, unless the answer is
// too large. Each divides those before, so that v2's page numbers stay whole.
var pageSizes = []int{100, 50, 10, 5, 1}

// Options says what to harvest. The zero value of a field but Topics, Count and Key is its default.
type Options struct {
	Topics   []string
	Count    int    // documents with full text for each topic
	API      string // APIv3, or APIv2
	URL      string // of the API; "" is CORE's
	Key      string // of CORE's user; sent, and never part of an error, a note or the catalog
	Language string // a language's English name, such as English; "" takes all
	// Query is CORE's query with {topic} in the topic's place, inside of quotes; "" is
	// the API's default (see DefaultQuery).
	Query    string
	Overlap  string // OverlapDrop, OverlapFirst or OverlapKeep
	Paging   string // PagingScroll, or PagingOffset
	Cleaning Cleaning
	// LongestRest bounds how long Harvest waits where CORE's allowance is used
	// up, at most an hour; beyond, it returns a LimitError. 0: one hour.
	LongestRest time.Duration
	Client      harvest.Options // its header, secrets and transport are completed
}

// LimitError says that CORE's allowance is used up for longer than Harvest waits. It is a
// [harvest.ErrForNow].
type LimitError struct{ Wait time.Duration }

// Error implements error.
func (e *LimitError) Error() string {
	return fmt.Sprintf("coreapi: CORE's allowance for this key is used up for another %s", format.About(e.Wait))
}

// Is makes it a [harvest.ErrForNow].
func (e *LimitError) Is(target error) bool { return target == harvest.ErrForNow }

// Check says what is wrong with the options, as Harvest would.
func (o Options) Check() error {
	o.Topics = append([]string(nil), o.Topics...)
	return o.prepare()
}

// prepare fills in defaults and refuses what cannot be.
func (o *Options) prepare() error {
	setDefault(&o.API, APIv3)
	setDefault(&o.Overlap, OverlapDrop)
	setDefault(&o.Paging, PagingScroll)
	setDefault(&o.Cleaning.Mode, CleanASCII)
	setDefault(&o.Query, DefaultQuery(o.API, o.Language))
	if o.LongestRest <= 0 || o.LongestRest > time.Hour {
		o.LongestRest = time.Hour
	}
	if o.URL == "" {
		o.URL = map[string]string{APIv2: URLv2, APIv3: URLv3}[o.API]
	}
	o.URL = strings.TrimRight(o.URL, "/")
	o.Key = strings.TrimSpace(o.Key)
	return errors.Join(
		oneOf("the API", o.API, APIv3, APIv2),
		oneOf("the rule for documents of several topics", o.Overlap, OverlapDrop, OverlapFirst, OverlapKeep),
		oneOf("paging", o.Paging, PagingScroll, PagingOffset),
		o.Cleaning.check(), o.checkTopics(), o.checkKey(), checkURL(o.URL),
	)
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

func oneOf(what, value string, known ...string) error {
	for _, k := range known {
		if value == k {
			return nil
		}
	}
	return fault.Usagef("coreapi: %s cannot be %q; want %s", what, value, strings.Join(known, " or "))
}

func (o *Options) checkTopics() error {
	if len(o.Topics) == 0 {
		return fault.Usage(errors.New("coreapi: no topic is named; name one or several, such as --topic \"deep learning\""))
	}
	if o.Count < 1 {
		return fault.Usagef("coreapi: a count of %d documents a topic; want 1 or more", o.Count)
	}
	slugs := map[string]string{}
	for i, topic := range o.Topics {
		topic = strings.Join(strings.Fields(topic), " ")
		o.Topics[i] = topic
		slug := catalog.SlugOf(topic)
		switch other, twice := slugs[slug]; {
		case slug == "" || len(topic) > 200 || strings.ContainsFunc(topic, unicode.IsControl):
			return fault.Usagef("coreapi: topic %q: want 1 to 200 bytes with a letter or digit", cut(topic, 200))
		case twice:
			return fault.Usagef("coreapi: the topics %q and %q are both %s in an export; name one of them", other, topic, slug)
		}
		slugs[slug] = topic
	}
	if !strings.Contains(o.Query, topicPlace) {
		return fault.Usagef("coreapi: the query %q has no %s, so all topics would find the same", o.Query, topicPlace)
	}
	return nil
}

// checkKey never shows the key.
func (o *Options) checkKey() error {
	if o.Key == "" {
		return fault.Usage(errors.New("coreapi: CORE gives full texts to its users only, and no key is known; " +
			"get one at https://core.ac.uk/services/api (free for research) and set it in the environment: export CORE_API_KEY=…"))
	}
	if strings.ContainsFunc(o.Key, func(r rune) bool { return r <= ' ' || r > '~' }) || len(o.Key) > 1000 {
		return fault.Usage(errors.New("coreapi: the key holds white space or characters beyond ASCII; is it copied whole?"))
	}
	return nil
}

// checkURL refuses addresses that would carry the key in the clear. It shows no
// part of an address that could be a secret.
func checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		u = &url.URL{User: url.User("")}
	}
	switch {
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fault.Usage(errors.New("coreapi: the URL is no address of an API; want something like https://api.core.ac.uk/v3, without user or query"))
	case u.Host == "":
		return fault.Usagef("coreapi: %q is no address of an API; want something like https://api.core.ac.uk/v3", cut(address, 200))
	case u.Scheme == "https", u.Scheme == "http" && isLocal(u.Hostname()):
		return nil
	}
	return fault.Usagef("coreapi: %s would send the key unencrypted; want https, or http on this machine", cut(address, 200))
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
