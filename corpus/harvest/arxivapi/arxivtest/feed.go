package arxivtest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// head begins a feed as the real one does.
const head = `<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
`

// answer writes a page of results.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, q Question, page []*result, total int) {
	var b strings.Builder
	b.WriteString(head)
	fmt.Fprintf(&b, "  <id>https://arxiv.org/api/%d</id>\n  <title>arXiv Query: %s</title>\n  <updated>%s</updated>\n",
		len(s.asked), escaped(fmt.Sprintf("search_query=%s&id_list=&start=%d&max_results=%d", r.URL.Query().Get("search_query"), q.Start, q.Most)), s.now.Format(time.RFC3339))
	fmt.Fprintf(&b, "  <opensearch:itemsPerPage>%d</opensearch:itemsPerPage>\n  <opensearch:totalResults>%d</opensearch:totalResults>\n  <opensearch:startIndex>%d</opensearch:startIndex>\n",
		q.Most, total, q.Start)
	for _, e := range page {
		e.write(&b)
	}
	b.WriteString("</feed>\n")
	send(w, http.StatusOK, b.String())
}

func (e *result) write(b *strings.Builder) {
	fmt.Fprintf(b, "  <entry>\n    <id>http://arxiv.org/abs/%sv%d</id>\n    <title>%s</title>\n    <updated>%s</updated>\n",
		escaped(e.ID), 1+strings.Count(e.Title, " (revised)"), escaped(e.Title), e.updated.Format(time.RFC3339))
	fmt.Fprintf(b, "    <link href=\"https://arxiv.org/abs/%s\" rel=\"alternate\" type=\"text/html\"/>\n    <summary>%s</summary>\n", escaped(e.ID), escaped(e.Abstract))
	// The primary category is not always the first.
	for _, id := range slices.Insert(slices.Clone(e.Categories[1:]), len(e.Title)%len(e.Categories), e.Categories[0]) {
		fmt.Fprintf(b, "    <category term=\"%s\" scheme=\"http://arxiv.org/schemas/atom\"/>\n", escaped(id))
		if len(e.Categories) != 2 {
			continue
		}
		b.WriteString("    <category term=\"68T05\" scheme=\"http://arxiv.org/schemas/atom\"/>\n")
	}
	fmt.Fprintf(b, "    <published>%s</published>\n    <arxiv:primary_category term=\"%s\"/>\n", e.published.Format(time.RFC3339), escaped(e.Categories[0]))
	for _, name := range e.Authors {
		fmt.Fprintf(b, "    <author>\n      <name>%s</name>\n    </author>\n", escaped(name))
	}
	b.WriteString("  </entry>\n")
}

// refuse answers as the real one does to a question that it does not take.
func (s *Server) refuse(w http.ResponseWriter, problem string) {
	code := strings.ReplaceAll(problem, " ", "_")
	send(w, http.StatusBadRequest, head+fmt.Sprintf(`  <id>https://arxiv.org/</id>
  <title>arXiv Search Results</title>
  <opensearch:itemsPerPage>1</opensearch:itemsPerPage>
  <opensearch:totalResults>1</opensearch:totalResults>
  <opensearch:startIndex>0</opensearch:startIndex>
  <entry>
    <id>https://arxiv.org/api/errors#%s</id>
    <title>Error</title>
    <updated>%s</updated>
    <summary>%s</summary>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>
</feed>
`, escaped(code), s.now.Format(time.RFC3339), escaped(problem)))
}

func send(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the client may be gone
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes all
	return b.String()
}
