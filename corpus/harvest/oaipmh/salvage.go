package oaipmh

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"assay/corpus/harvest"
)

// unreadable is why a record is no paper that is no XML either.
const unreadable = "not well-formed"

var identifierIn = regexp.MustCompile(`<identifier>\s*([^<>]*[^<>\s])\s*</identifier>`)

// salvage reads an answer to ListRecords without those of its records that cannot be read by
// themselves, such as one with elements that are not nested: the others, and the token that
// asks for the next page, need not be lost with them. It returns nil where that is not enough,
// as in a page that breaks off.
func salvage(body []byte) *Page {
	const begin, end = "<record>", "</record>"
	var rest []byte
	var lost []Record
	left := body
	for {
		at := bytes.Index(left, []byte(begin))
		if at < 0 {
			break
		}
		length := bytes.Index(left[at:], []byte(end))
		if length < 0 {
			return nil
		}
		length += len(end)
		record := left[at : at+length]
		rest = append(rest, left[:at]...)
		if left = left[at+length:]; alone(record) {
			rest = append(rest, record...)
			continue
		}
		name := "without identifier: " + unreadable
		if m := identifierIn.FindSubmatch(record); m != nil {
			name = strings.ToValidUTF8(harvest.Fold(string(m[1])), "")
		}
		lost = append(lost, Record{Identifier: name, Reason: unreadable})
	}
	page, err := ReadRecords(append(rest, left...))
	if err != nil || len(lost) == 0 {
		return nil
	}
	page.Records = slices.Concat(page.Records, lost)
	return page
}

// alone reports whether a record is a whole document.
func alone(record []byte) bool {
	_, _, err := openAnswer(slices.Concat([]byte("<OAI-PMH><ListRecords>"), record, []byte("</ListRecords></OAI-PMH>")))
	return err == nil
}
