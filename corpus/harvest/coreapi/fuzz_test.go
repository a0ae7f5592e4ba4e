package coreapi

import (
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"assay/corpus/harvest/coreapi/coretest"
	"assay/internal/testenv"
)

func fuzzReader(f *testing.F, read func([]byte) (*Page, error)) {
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := read(body)
		if err != nil {
			if !errors.Is(err, errNotAnAnswer) {
				t.Errorf("error %v", err)
			}
			return
		}
		if p.Total < 0 {
			t.Errorf("total %d", p.Total)
		}
		for _, w := range p.Works {
			if w.ID == "" || w.ID != strings.TrimSpace(w.ID) {
				t.Errorf("id %q", w.ID)
			}
			if !w.Published.IsZero() && (w.Published.Year() > 9999 || w.Published.Hour() != 0) {
				t.Errorf("day %v", w.Published)
			}
			for _, mode := range []string{CleanASCII, CleanUnicode} {
				checkCleaned(t, Cleaning{Mode: mode, Longest: 64}, w.FullText)
			}
		}
	})
}

// seed gives the fuzzer what coretest answers: works of every kind, an empty list and a
// refusal.
func seed(f *testing.F, paths ...string) {
	server := coretest.New(coretest.Options{Works: coretest.Works(40, 3, twoTopics...), Key: testKey})
	for _, path := range paths {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Authorization", "Bearer "+testKey)
		server.ServeHTTP(w, r)
		f.Add(w.Body.Bytes())
	}
}

func FuzzV3(f *testing.F) {
	const topic = "/v3/search/works/?q=title:%22deep+learning%22"
	seed(f, topic+"&limit=3&scroll=true", topic+"&limit=5&offset=10", topic+"&limit=1&offset=30", "/v3/search/works/?q=title:%22x%22&limit=3", topic+"&limit=0")
	f.Add([]byte(`{"totalHits":23027,"limit":5,"offset":0,"scrollId":null,"results":[{"acceptedDate":"2006-07-25T00:00:00","arxivId":"1010.1833","authors":[{"name":"A. One"},{"name":"Two"}],` +
		`"citationCount":null,"contributors":[""],"outputs":["https://api.core.ac.uk/v3/outputs/1"],"createdDate":"2012-04-13T14:18:19","dataProviders":[{"id":144,"name":"","url":"https://api.core.ac.uk/v3/data-providers/144"}],` +
		`"abstract":"Flutter\n[...]Comment: 32 pages","documentType":"research","doi":"10.5555/1","fullText":null,"id":722934,"identifiers":[{"type":"ARXIV_ID","identifier":"1010.1833"}],"title":"A title",` +
		`"language":{"code":"en","name":"English"},"oaiIds":["oai:arXiv.org:1010.1833"],"publishedDate":"2010-10-09T00:00:00","yearPublished":2006,"journals":[{"title":null,"identifiers":["0022-5096"]}],"links":[{"type":"download","url":"http://example.org"}]}],"tooks":[],"esTook":null}`))
	f.Add([]byte(`{"totalHits":"2.0E1","scrollId":"FGluY2x1","results":[{"id":-1.50,"language":null,"authors":null},{"id":{"a":[1]},"title":["x"],"fullText":"a\u0000\ud800 \u2010\n b"},{"id":"7","publishedDate":"0000-13-40","yearPublished":"99999"}]}`))
	if body, err := os.ReadFile(testenv.Shared(f, "protocol/core/v3_search_works_2of5_transcribed.json")); err == nil {
		f.Add(body)
	}
	f.Add([]byte(`{"totalHits":"1e3","scrollId":null,"results":[{"id":722934,"authors":[{"name":"A"},"B"],"language":{"name":"English"},"publishedDate":"2010-10-09T00:00:00","fullText":"a\u00a0b é"}]}`))
	f.Add([]byte(`{"totalHits":1,"results":[{"id":"5","fullText":"Not available for public API users","yearPublished":"2001"},7,null]}`))
	fuzzReader(f, ReadV3)
}

func FuzzV2(f *testing.F) {
	topic := "/api-v2/articles/search/%28topics:%22deep%20learning%22%29?fulltext=true&apiKey=" + testKey
	seed(f, topic+"&page=1&pageSize=3", topic+"&page=3&pageSize=5", "/api-v2/articles/search/x?page=1&pageSize=10&apiKey="+testKey, topic+"&page=0&pageSize=0")
	f.Add([]byte(`{"status":"OK","totalHits":12,"data":[{"id":"11","authors":["Eins, A."],"contributors":[],"datePublished":"2018-04-01T10:00:00+00:00","description":"d","identifiers":["oai:x:1",null],"relations":[],` +
		`"repositories":[{"id":"144","openDoarId":0,"name":"arXiv.org e-Print Archive"}],"repositoryDocument":{"pdfStatus":1,"metadataAdded":1395180812000},"subjects":["text"],"title":"T","topics":["deep learning"],"types":["Preprint"],"year":2018,"fulltextUrls":["http://x"],"fullText":"a b","language":{"code":"en","id":9,"name":"English"},"doi":null}]}`))
	f.Add([]byte(`{"status":"OK","totalHits":3,"data":[{"id":"11","authors":["A"],"datePublished":"2018-04-01T10:00:00+00:00","description":"d","fullText":"T","language":{"name":"English"},"year":2017}]}`))
	f.Add([]byte(`{"status":"Not found","data":null}`))
	fuzzReader(f, ReadV2)
}
