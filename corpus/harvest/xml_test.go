package harvest

import (
	"strings"
	"testing"
)

type book struct {
	Title  string   `xml:"title"`
	Names  []string `xml:"author>name"`
	Number struct {
		Of string `xml:"of,attr"`
	} `xml:"urn:x number"`
}

func TestDecodeXML(t *testing.T) {
	var b book
	const good = "\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\n<?xml-stylesheet href='a.xsl'?><!-- c -->" +
		"<b xmlns:y='urn:x'><title>A &amp; B &#233; <![CDATA[<c>]]></title><author><name>N</name></author><author><name>M</name></author><y:number of='2'/></b>\n<!-- end -->\n"
	if _, err := DecodeXML([]byte(good), &b, XMLLimits{}); err != nil {
		t.Fatal(err)
	}
	if b.Title != "A & B é <c>" || strings.Join(b.Names, " ") != "N M" || b.Number.Of != "2" {
		t.Errorf("%+v", b)
	}
}

func TestDecodeXMLRefuses(t *testing.T) {
	bomb := `<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><b><title>&b;</title></b>`
	for _, c := range []struct{ name, body, want string }{
		{"empty", " \n", "empty"},
		{"no element", "<!-- nothing -->", "no element"},
		{"entity bomb", bomb, "line 1: a document type is not accepted"},
		{"external entity", `<!DOCTYPE b SYSTEM "file:///etc/passwd"><b/>`, "document type"},
		{"web page", "<!DOCTYPE html>\n<html><body>Sorry</body></html>", "web page"},
		{"other encoding", "<?xml version='1.0' encoding='iso-8859-1'?><b/>", "want UTF-8"},
		{"cut", "<b><title>A</title>", "unexpected EOF"},
		{"cut in a tag", "<b><title>A</tit", "unexpected EOF"},
		{"wrong end", "<b>\n<title>A</b></title>", "line 2: element <title> closed by"},
		{"second document", "<b/><b/>", "line 1: something follows"},
		{"rubbish behind", "<b/>\nx", "something follows"},
		{"open tag behind", "<b/>\n<", "unexpected EOF"},
		{"deep", strings.Repeat("<b>", 6) + strings.Repeat("</b>", 6), "more than 5 elements within"},
		{"many", "<b>" + strings.Repeat("<c/>", 100) + "</b>", "more than 100 elements"},
		{"attributes", "<b a='' b='' c='' d=''/>", "more than 3 attributes"},
		{"long text", "<b><title>" + strings.Repeat("a", 101) + "</title></b>", "more than 100 bytes of text"},
		{"long text in pieces", "<b><title>" + strings.Repeat("aaaaaaaaaa<!-- -->", 11) + "</title></b>", "more than 100 bytes of text"},
		{"long attribute", "<b a='" + strings.Repeat("a", 101) + "'/>", "attribute of more"},
	} {
		_, err := DecodeXML([]byte(c.body), new(book), XMLLimits{Depth: 5, Elements: 100, Attributes: 3, Text: 100})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := DecodeXML([]byte("<b>"+strings.Repeat("<c/>", 99)+"</b>"), new(book), XMLLimits{Elements: 100}); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}
