package coreapi

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// topicPlace is where a query takes the topic.
const topicPlace = "{topic}"

// DefaultQuery is the query for the documents of a topic, with {topic} in its
// place. v2 has a field of topics, which the article asked; v3 has none, so a
// topic's works are those that name it in title or abstract.
func DefaultQuery(api, language string) string {
	var q string
	if api == APIv2 {
		q = `topics:"` + topicPlace + `"`
		if language != "" {
			q += " AND language.name:" + term(language)
		}
		return "(" + q + ")"
	}
	q = fmt.Sprintf(`(title:"%[1]s" OR abstract:"%[1]s")`, topicPlace)
	if language != "" {
		q += ` AND language.name:"` + quoted(language) + `"`
	}
	return q + ` AND _exists_:fullText`
}

// term is a word as it is, anything else in quotes.
func term(s string) string {
	for _, r := range s {
		if r > 'z' || r < 'A' || r > 'Z' && r < 'a' {
			return `"` + quoted(s) + `"`
		}
	}
	return s
}

// quoted is s as it stands between quotes in a query.
func quoted(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) }

func queryFor(template, topic string) string {
	return strings.ReplaceAll(template, topicPlace, quoted(topic))
}

// question is one request for a page.
type question struct {
	query  string
	size   int
	offset int    // of the first result; v2: a multiple of size
	scroll bool   // opens a scroll
	cursor string // goes on with one
}

// address returns the URL of a question; the key of v2 is part of it.
func (o *Options) address(q question) string {
	values := url.Values{}
	if o.API == APIv2 {
		values.Set("page", strconv.Itoa(q.offset/q.size+1))
		values.Set("pageSize", strconv.Itoa(q.size))
		values.Set("fulltext", "true")
		values.Set(keyParameter, o.Key)
		return o.URL + "/articles/search/" + url.PathEscape(q.query) + "?" + values.Encode()
	}
	values.Set("q", q.query)
	values.Set("limit", strconv.Itoa(q.size))
	switch {
	case q.cursor != "":
		values.Set("scrollId", q.cursor)
	case q.scroll:
		values.Set("scroll", "true")
	default:
		values.Set("offset", strconv.Itoa(q.offset))
	}
	// Without the slash before the question mark CORE answers with a redirect.
	return o.URL + "/search/works/?" + values.Encode()
}

// keyParameter carries the key in v2.
const keyParameter = "apiKey"
