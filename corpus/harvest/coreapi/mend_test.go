package coreapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"assay/corpus/harvest"
	"assay/corpus/harvest/coreapi/coretest"
	"assay/corpus/harvest/harvesttest"
)

func TestMendJSON(t *testing.T) {
	for _, c := range []struct {
		text, want string
		places     int
	}{
		{`a\"b\\c\/\b\f\n\r\t\u00e9é`, "a\"b\\c/\b\f\n\r\té\u00e9", 0},
		{`\ud835\udd38 \uD835\uDD38 𝔸`, "𝔸 𝔸 𝔸", 0},
		{"a\x00b\x0bc\nd\x1f", "a b c d ", 4},
		{"a\xffb\xed\xa0\x80", "a b   ", 4},
		{`\ud800x \udc00 \ud835\u0041`, " x    A", 3},
		{`C:\data \' \u12 \uzzzz \`, `C:\data \' \u12 \uzzzz \`, 4},
		{`\ud800\ud835\udd38`, " 𝔸", 1},
	} {
		if strings.HasSuffix(c.text, ` \`) { // the end of a string must not be escaped
			c.text, c.want = c.text[:len(c.text)-2], c.want[:len(c.want)-2]
		}
		body := `{"a` + "\u00a0" + `": "` + c.text + `"}`
		clean, places := mendJSON([]byte(body))
		var got map[string]string
		if err := json.Unmarshal(clean, &got); err != nil || got["a\u00a0"] != c.want || places != c.places {
			t.Errorf("%q: %q, %d places, %v; want %q, %d", c.text, got, places, err, c.want, c.places)
		}
		if (places == 0) != (string(clean) == body) {
			t.Errorf("%q became %q by %d places", body, clean, places)
		}
	}
	for _, body := range []string{"", `{"a`, `{"a\`, `{"a": "b\u00`, "{\x0b}", `{a}`} {
		if clean, _ := mendJSON([]byte(body)); json.Valid(clean) {
			t.Errorf("%q became %q", body, clean)
		}
	}
}

// FuzzMendJSON: what is valid stays byte for byte, but for halves of characters, and what was
// mended is mended no further.
func FuzzMendJSON(f *testing.F) {
	for _, s := range []string{`{"a":"\u00e9\ud835\udd38\\"}`, "{\"a\":\"\x0b\xff\\x\\ud800\"}", `["\"`, `"\`, `"\u"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := string(body)
		clean, places := mendJSON(body)
		if string(body) != before {
			t.Error("the body was changed")
		}
		if again, more := mendJSON(clean); more > 0 || string(again) != string(clean) {
			t.Errorf("%q became %q and then %q", body, clean, again)
		}
		if json.Valid(body) && (places > 0 && !strings.Contains(strings.ToLower(before), `\ud`) && strings.ToValidUTF8(before, "") == before || !json.Valid(clean)) {
			t.Errorf("%q is valid and became %q", body, clean)
		}
	})
}

// A text with what JSON forbids is kept; an answer that cannot be read, try for try, is asked
// for in smaller pages, down to the one result, which counts as malformed.
func TestUnreadableAnswersArePassedBy(t *testing.T) {
	for _, api := range []string{APIv3, APIv2} {
		for _, place := range []int{0, 57, 150} {
			for _, fault := range []harvesttest.Fault{harvesttest.Forbidden, harvesttest.Broken, harvesttest.Inside} {
				works := coretest.Works(420, 3, twoTopics...)
				server, _ := serve(t, coretest.Options{Works: works})
				const mark = "Only here. "
				web := httptest.NewServer(&harvesttest.Faults{Handler: server, Where: map[string]harvesttest.Fault{mark: fault}})
				t.Cleanup(web.Close)
				opt := testOptions(web.URL, api)
				opt.Count, opt.Overlap = 160, OverlapKeep
				if err := opt.prepare(); err != nil {
					t.Fatal(err)
				}
				bad := server.List(queryFor(opt.Query, twoTopics[0]))[place]
				bad.FullText = mark + bad.FullText
				s := newShelf()
				sum, err := do(context.Background(), t, s, opt)
				if err != nil {
					t.Fatal(err)
				}
				if sum.Topics[0].Counted != 160 || (sum.Topics[0].Malformed == 1) != (fault != harvesttest.Forbidden) {
					t.Errorf("%s, place %d, %v: %+v", api, place, fault, sum.Topics[0])
				}
				if is := s.documents[fmt.Sprint(bad.ID)] != nil; is != (fault == harvesttest.Forbidden) {
					t.Errorf("%s, place %d, %v: it is there: %t", api, place, fault, is)
				}
			}
		}
	}
}

// Where nothing at all can be read, no result is to blame.
func TestNothingCanBeRead(t *testing.T) {
	server, _ := serve(t, coretest.Options{})
	web := httptest.NewServer(&harvesttest.Faults{Handler: server, Where: map[string]harvesttest.Fault{`"totalHits"`: harvesttest.Broken}})
	defer web.Close()
	sum, err := do(context.Background(), t, newShelf(), testOptions(web.URL, APIv3))
	if gaveUp := new(harvest.GaveUpError); !errors.As(err, &gaveUp) || sum.Topics[0].Malformed > 0 {
		t.Errorf("%v, %+v", err, sum)
	}
}
