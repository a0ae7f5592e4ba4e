package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/encoding/charmap"

	"assay/internal/packed"
)

// largestSource bounds the file of an experiment, in bytes: what is larger is
// something else, such as papers.
const largestSource = 16 << 20

// wantTOML says what a file that is no experiment should be.
const wantTOML = "an experiment is a TOML text in UTF-8, such as `assay run quickstart --dry-run` prints"

// readSource reads the file of an experiment.
func readSource(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read experiment: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largestSource+1))
	if err != nil {
		return "", fmt.Errorf("read experiment: %w", err)
	}
	if what := notTOML(data); what != "" {
		return "", fmt.Errorf("%s: is %s; %s", path, what, wantTOML)
	}
	if len(data) > largestSource {
		return "", fmt.Errorf("%s: is larger than %d MiB; %s", path, largestSource>>20, wantTOML)
	}
	if message := notUTF8(data); message != "" {
		return "", fmt.Errorf("%s:%s", path, message)
	}
	return string(data), nil
}

// notTOML names what data are that are no text in an encoding of single bytes, and
// says how to make one of them; "" where they are.
func notTOML(data []byte) string {
	if kind := packed.Sniff(data); kind != packed.Plain {
		return fmt.Sprintf("%s data: unpack it first", kind)
	}
	if name := wide(data); name != "" {
		return fmt.Sprintf("written in %s: `iconv -f %[1]s -t UTF-8` converts it", name)
	}
	if what := packed.NotText(data[:min(len(data), packed.SniffBytes)]); what != "" && what != "binary data" {
		return what
	}
	controls := bytes.ContainsFunc(data, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\x00\t\n\f\r\x1b", r) })
	switch nul := bytes.IndexByte(data, 0) >= 0; {
	case controls || nul && !utf8.Valid(data):
		return "binary data"
	case bytes.IndexByte(data, '\r') >= 0 && bytes.IndexByte(data, '\n') < 0:
		return "text whose lines end in carriage returns alone: `tr '\\r' '\\n'` converts it"
	}
	return ""
}

// wide names the encoding of several bytes a character that data are in, as iconv
// does: told by the byte order mark or, without one, by where the zeros of ASCII
// stand; "" for none.
func wide(data []byte) string {
	for _, m := range []struct{ mark, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"}, {"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"},
	} {
		if bytes.HasPrefix(data, []byte(m.mark)) {
			return m.name
		}
	}
	var zeros [4]float64 // share of the bytes at each place of four
	groups := len(data) / 4
	for i, b := range data[:4*groups] {
		if b == 0 {
			zeros[i%4] += 1 / float64(groups)
		}
	}
	const few, many, most = 0.1, 0.5, 0.9
	switch {
	case zeros[0] < few && zeros[2] > most && zeros[3] > most:
		return "UTF-32LE"
	case zeros[3] < few && zeros[1] > most && zeros[0] > most:
		return "UTF-32BE"
	case zeros[0] < few && zeros[2] < few && zeros[1] > many && zeros[3] > many:
		return "UTF-16LE"
	case zeros[1] < few && zeros[3] < few && zeros[0] > many && zeros[2] > many:
		return "UTF-16BE"
	}
	return ""
}

// notUTF8 says where data are no text in UTF-8, and in what they probably are,
// as underlined does; "" where they are.
func notUTF8(data []byte) string {
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return marked(string(data), at, "a byte of zero, which no text holds: the file is damaged; take it out")
	}
	at, others := 0, false // whether other characters of several bytes are sound
	for at < len(data) {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		others = others || n > 1
		at += n
	}
	if at == len(data) {
		return ""
	}
	what := fmt.Sprintf("byte 0x%X, number %d of the line, is no UTF-8", data[at], at-bytes.LastIndexByte(data[:at], '\n'))
	if others {
		if !utf8.FullRune(data[at:]) {
			return marked(string(data[:at]), at, what+", but the beginning of a character: the file is truncated; fetch or write it again")
		}
		return marked(strings.ToValidUTF8(string(data), "\ufffd"), at, what+" as the rest is: write this character again")
	}
	name := "ISO-8859-1" // in which 0x80 to 0x9F are controls that nobody types
	if slices.ContainsFunc(data, func(b byte) bool { return 0x80 <= b && b <= 0x9f }) {
		name = "WINDOWS-1252"
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return marked(string(data[:at]), at, what)
	}
	known := map[string]string{"ISO-8859-1": "Latin-1", "WINDOWS-1252": "Windows-1252"}[name]
	return marked(string(text), at, fmt.Sprintf("%s; the file is probably in %s, where it is %q: `iconv -f %s -t UTF-8` converts it",
		what, known, charmap.Windows1252.DecodeByte(data[at]), name))
}

// yaml is how a mapping of YAML begins.
var yaml = regexp.MustCompile(`^(---|["'\w-]+\s*:)(\s|$)`)

// otherFormat names the format of a text that is no TOML; "" where it is not
// another that one would take for it.
func otherFormat(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	for strings.HasPrefix(strings.TrimSpace(text), "#") {
		_, text, _ = strings.Cut(text, "\n")
	}
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "[") && json.Valid([]byte(text)):
		return "JSON"
	case strings.HasPrefix(text, "<"):
		return "XML or HTML"
	case yaml.MatchString(text):
		return "YAML"
	}
	return ""
}

// underlined returns the line number of a syntax error, what is wrong, and the
// line with the place marked. The decoder's own excerpt panics on some texts
// with carriage returns, and its line is 0 there, so both come from the offset.
func underlined(text string, pe toml.ParseError) string {
	return marked(text, min(max(pe.Position.Start, 0), len(text)), pe.Message)
}

// marked returns the number of the line of a byte, the message, and the line with
// the place marked below it.
func marked(text string, at int, message string) string {
	begin := strings.LastIndexByte(text[:at], '\n') + 1
	line, _, _ := strings.Cut(text[begin:], "\n")
	number := 1 + strings.Count(text[:begin], "\n")
	return fmt.Sprintf("%d: %s\n    %s\n    %s^", number, message,
		strings.Map(visible, strings.TrimRight(line, "\r")), strings.Map(blank, text[begin:at]))
}

// visible keeps a terminal from obeying what stands in a text.
func visible(r rune) rune {
	if r != '\t' && !unicode.IsPrint(r) {
		return '\ufffd'
	}
	return r
}

// blank keeps tabs, so that a mark below a line stands where it should.
func blank(r rune) rune {
	if r == '\t' {
		return r
	}
	return ' '
}
