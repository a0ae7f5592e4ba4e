package harvest

import (
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// mended is a document as the mender gives it, by reads of any length.
func mended(t *testing.T, body string) (text string, places int) {
	t.Helper()
	var all [2]string
	for i, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader} {
		m := &mender{rest: []byte(body)}
		out, err := io.ReadAll(wrap(m))
		if err != nil {
			t.Fatal(err)
		}
		places = 0
		for _, p := range m.places {
			places += p.n
		}
		all[i] = string(out)
	}
	if all[0] != all[1] {
		t.Errorf("%q: by bytes %q, at once %q", body, all[1], all[0])
	}
	return all[0], places
}

func TestMend(t *testing.T) {
	for _, c := range []struct {
		text, want string
		places     int
	}{
		{"a &amp; b &lt;&gt;&quot;&apos; &#233;&#xe9;&#x0000e9;", "a & b <>\"' ééé", 0},
		{"\t\r\n&#9;&#10;&#13;", "\t\n\t\n\r", 0},
		{"naïve 𝔸 \ufffd", "naïve 𝔸 \ufffd", 0},
		{"a&#11;b&#xB;c&#0;d&#xfffe;e&#xFFFF;f&#1114112;g&#99999999999999999999;h&#x7fffffffffffffff;", "a b c d e f g h ", 8},
		{"a&#XE9;b&#X3c;", "aéb<", 2},
		{"a&#xD800;b&#xDC00;c&#55296;", "a b c ", 3},
		{"&#xD835;&#xDD38; &#55349;&#56632;", "𝔸 𝔸", 2},
		{"&#xD835;&#x41;", " A", 1},
		{"a\x00b\x0bc\x1fd\x7f", "a b c d\x7f", 3},
		{"a\xffb\xc3", "a b ", 2},
		{"a\xed\xa0\xb5b\xed\xb4\xb8c\xed\xa0", "a b c  ", 4},
		{"\xed\xa0\xb5\xed\xb4\xb8", "𝔸", 1},
		{"\ufffe\uffff", "  ", 2},
		{"Caf&eacute;&nbsp;&Eacute;&hellip;&semi;&AMP;&LT;&notin;", "Café\u00a0É…;&<∉", 8},
		{"&notit; &foo; &CounterClockwiseContourIntegral; &CounterClockwiseContourIntegrals;", "&notit; &foo; ∳ &CounterClockwiseContourIntegrals;", 4},
		{"AT&T a & b && a&", "AT&T a & b && a&", 5},
		{"?a=1&b=2&copy=3&amp;lt=4", "?a=1&b=2&copy=3&lt=4", 2},
		{"&#; &#x; &#12 &#xZZ; &;", "&#; &#x; &#12 &#xZZ; &;", 5},
		{"p < 0.05 and 1<2, <= </ <<", "p < 0.05 and 1<2, <= </ <<", 6},
		{"a]]>b ]]]> ]>", "a]]>b ]]]> ]>", 2},
		{"<![CDATA[a & b &#11; <c> &eacute;]]>", "a & b &#11; <c> &eacute;", 0},
		{"<![CDATA[a\x0bb\xff]]>&", "a b &", 3},
		{"<!-- a & b &#11; --><?p & &#11; ?>x", "x", 0},
		{"<!-- a -- b ---->x", "x", 3},
		{"<i a='&nbsp;&#11; a&b < \"' b=\"'\x0b\"/>x", "x", 5},
	} {
		body := "<b>" + c.text + "</b>"
		clean, places := mended(t, body)
		if strictly(body) == nil && clean != body && !halves(body) {
			t.Errorf("%q is well-formed and became %q", body, clean)
		}
		if err := strictly(clean); err != nil {
			t.Errorf("%q: became %q, %v", c.text, clean, err)
		}
		var b struct {
			Text string `xml:",chardata"`
		}
		got, err := DecodeXML([]byte(body), &b, XMLLimits{})
		if err != nil || b.Text != c.want || got.Places != c.places || places != c.places {
			t.Errorf("%q: %q, %d and %d places, %v; want %q, %d", c.text, b.Text, got.Places, places, err, c.want, c.places)
		}
	}
}

// What is mended does not reach beyond its own place: what no mending makes a document of
// is refused as before.
func TestMendLeavesStructureAlone(t *testing.T) {
	for _, body := range []string{
		"<b>&", "<b>&#11", "<b>&eacute", "<b><", "<b></", "<b a='&", "<!-- & --", "<b><![CDATA[&", "<?x &", "<b>a <c and d></b>", "<b><c>&</b></c>",
		"<!DOCTYPE b [<!ENTITY e '&#11;'>]><b>&e;</b>", "<\x0b>",
	} {
		if _, err := DecodeXML([]byte(body), new(book), XMLLimits{}); err == nil {
			t.Errorf("%q is accepted", body)
		}
	}
}

// Of many records each knows what was mended in it, and only that.
func TestMendedParts(t *testing.T) {
	type part struct {
		Part int    `xml:"harvest-part,attr"`
		Name string `xml:"name,attr"`
		Text string `xml:"t"`
	}
	var b strings.Builder
	b.WriteString("<b x='&'><head>&nbsp;</head>")
	random := rand.New(rand.NewPCG(1, 1))
	var want []int
	sum := 2
	for range 500 {
		n := random.IntN(4) * random.IntN(2)
		sum += n
		want = append(want, n)
		fmt.Fprintf(&b, "<r name='%s' harvest-part='7'><t>%s%s</t><r/></r>\n", strings.Repeat("\x0b", n/2), strings.Repeat("text ", random.IntN(40)), strings.Repeat("&", n-n/2))
	}
	b.WriteString("<end>&copy;</end></b>")
	var all struct {
		Parts []part `xml:"r"`
	}
	got, err := DecodeXML([]byte(b.String()), &all, XMLLimits{Part: "r"})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Parts, want) || got.Places != sum+1 || len(all.Parts) != len(want) {
		t.Errorf("%+v, want %d in %v", got, sum+1, want)
	}
	for i, p := range all.Parts {
		if p.Part != i || strings.Count(p.Text, "&") != want[i]-want[i]/2 {
			t.Fatalf("part %d is %+v", i, p)
		}
	}
	if got.In(-1) != 0 || got.In(len(want)) != 0 || (Mended{}).In(0) != 0 {
		t.Error("a part that there is not")
	}
}

// strictly reads a document as encoding/xml does.
func strictly(body string) error {
	d := xml.NewDecoder(strings.NewReader(body))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// FuzzMend: what encoding/xml takes as it is stays as it is, byte for byte, and what the
// mender gives is mended no further.
func FuzzMend(f *testing.F) {
	for _, s := range []string{
		"<b a='1' c=\"'\">x &amp; &#233; ]] > <!-- a & b --><![CDATA[ & <c> ]] > ]]><?p & ?></b>", "<b>&#11;&eacute;&nbsp;& a < b ]]> \xed\xa0\xb5\xed\xb4\xb8</b>",
		"<!DOCTYPE b><b>&</b>", "<!-- -- --->", "<b", "<b a='<&'>", "&#xD835;&#xDD38;", "<b>&#x1F600;</b>", "\xff<\xfe>", "<b>&notit;&lt</b>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		clean, places := mended(t, string(body))
		if (places == 0) != (clean == string(body)) {
			t.Errorf("%q became %q by %d places", body, clean, places)
		}
		again, more := mended(t, clean)
		if again != clean || more > 0 {
			t.Errorf("%q became %q and then %q", body, clean, again)
		}
		if strictly(string(body)) == nil && clean != string(body) && !halves(string(body)) {
			t.Errorf("%q is well-formed and became %q", body, clean)
		}
		if len(clean) > 6*len(body) {
			t.Errorf("%d bytes became %d", len(body), len(clean))
		}
	})
}

var numbered = regexp.MustCompile(`&#(x?)([0-9a-fA-F]+);`)

// halves reports whether a document names half a character, which XML forbids and
// encoding/xml takes.
func halves(body string) bool {
	for _, m := range numbered.FindAllStringSubmatch(body, -1) {
		base := 10
		if m[1] != "" {
			base = 16
		}
		if n, err := strconv.ParseUint(m[2], base, 64); err == nil && n >= 0xD800 && n <= 0xDFFF {
			return true
		}
	}
	return false
}
