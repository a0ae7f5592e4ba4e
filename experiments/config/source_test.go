package config

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"assay/internal/fault"
)

// A file in another encoding or format is named as what it is, with the way to
// what is wanted; where a byte is at fault, with its line and place.
func TestFilesThatAreNoUTF8(t *testing.T) {
	const accented = minimal + "# café\n"
	in := func(e encoding.Encoding, text string) []byte {
		data, err := e.NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(minimal)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	const little, big, none, marked = unicode.LittleEndian, unicode.BigEndian, unicode.IgnoreBOM, unicode.UseBOM
	const little32, big32, none32, marked32 = utf32.LittleEndian, utf32.BigEndian, utf32.IgnoreBOM, utf32.UseBOM
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"UTF-16, little":          {in(unicode.UTF16(little, none), accented), ": is written in UTF-16LE: `iconv -f UTF-16LE -t UTF-8` converts it; "},
		"UTF-16, big":             {in(unicode.UTF16(big, none), accented), ": is written in UTF-16BE: `iconv -f UTF-16BE -t UTF-8` converts it; "},
		"UTF-16, little, marked":  {in(unicode.UTF16(little, marked), accented), ": is written in UTF-16: `iconv -f UTF-16 -t UTF-8` converts it; "},
		"UTF-16, big, marked":     {in(unicode.UTF16(big, marked), accented), ": is written in UTF-16: "},
		"UTF-16, cut":             {in(unicode.UTF16(little, marked), accented)[:41], ": is written in UTF-16: "},
		"UTF-32, little":          {in(utf32.UTF32(little32, none32), accented), ": is written in UTF-32LE: "},
		"UTF-32, big":             {in(utf32.UTF32(big32, none32), accented), ": is written in UTF-32BE: "},
		"UTF-32, little, marked":  {in(utf32.UTF32(little32, marked32), accented), ": is written in UTF-32: "},
		"UTF-32, big, marked":     {in(utf32.UTF32(big32, marked32), accented), ": is written in UTF-32: "},
		"Latin-1":                 {in(charmap.ISO8859_1, accented), ":7: byte 0xE9, number 6 of the line, is no UTF-8; the file is probably in Latin-1, where it is 'é': `iconv -f ISO-8859-1 -t UTF-8` converts it\n    # café\n         ^"},
		"Windows-1252":            {in(charmap.Windows1252, "a = 1\nb = \"“café”\"\n"), ":2: byte 0x93, number 6 of the line, is no UTF-8; the file is probably in Windows-1252, where it is '“': `iconv -f WINDOWS-1252 -t UTF-8` converts it\n    b = \"“café”\"\n         ^"},
		"UTF-8 but for a byte":    {[]byte("# café\n# caf\xe9\n"), ":2: byte 0xE9, number 6 of the line, is no UTF-8 as the rest is: write this character again\n    # caf\ufffd\n         ^"},
		"UTF-8, cut":              {[]byte("# café\n# caf\xc3"), ":2: byte 0xC3, number 6 of the line, is no UTF-8, but the beginning of a character: the file is truncated; fetch or write it again\n"},
		"a zero byte":             {[]byte("a = 1\nb\x00 = 2\n"), ":2: a byte of zero, which no text holds: the file is damaged; take it out\n    b\ufffd = 2\n     ^"},
		"carriage returns":        {[]byte(strings.ReplaceAll(minimal, "\n", "\r")), ": is text whose lines end in carriage returns alone: `tr '\\r' '\\n'` converts it; "},
		"gzip":                    {packed.Bytes(), ": is gzip data: unpack it first; "},
		"Parquet":                 {[]byte("PAR1\x15\x04\x15\x20PAR1"), ": is Parquet data; "},
		"a program":               {[]byte("\x7fELF\x02\x01\x01\x00\x00\x80\xff\xfe"), ": is binary data; "},
		"JSON":                    {[]byte("{\n \"name\": \"t\"\n}\n"), ": is JSON; "},
		"a list of JSON":          {[]byte("[{\"name\": \"t\"}]\n"), ": is JSON; "},
		"JSON lines":              {[]byte("{\"id\":\"1\"}\n{\"id\":\"2\"}\n"), ": is JSON; "},
		"YAML":                    {[]byte("# run\nname: t\nseeds: [1]\n"), ": is YAML; "},
		"YAML, begun":             {[]byte("---\nname: t\n"), ": is YAML; "},
		"HTML":                    {[]byte("\n<!DOCTYPE html>\n"), ": is XML or HTML; "},
		"nothing":                 {nil, ": is empty; "},
		"blank lines":             {[]byte("\n \n# nothing\n"), ": is empty; "},
		"a mark of UTF-8 alone":   {[]byte("\xef\xbb\xbf"), ": is empty; "},
		"papers":                  {bytes.Repeat([]byte("a line of text\n"), largestSource/15+1), ": is larger than 16 MiB; "},
		"an escape of a terminal": {[]byte("# \x1b[31mred\n"), ":1: TOML files cannot contain control characters: '0x1b'\n    # \ufffd[31mred\n     ^"},
	} {
		path := filepath.Join(t.TempDir(), "own.toml")
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path, nil); err == nil || !fault.IsUsage(err) || !strings.HasPrefix(err.Error(), path+c.want) {
			t.Errorf("%s: error %v, want %s", name, err, path+c.want)
		}
	}
	for name, text := range map[string]string{"marked": "\xef\xbb\xbf" + accented, "with CRLF": strings.ReplaceAll(accented, "\n", "\r\n")} {
		path := filepath.Join(t.TempDir(), "own.toml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path, nil); err != nil {
			t.Errorf("UTF-8, %s: %v", name, err)
		}
	}
}

// Whatever the bytes, they are text or there is a message.
func FuzzSource(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte("\xff\xfea\x00"))
	f.Add([]byte("# caf\xe9"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "own.toml")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		text, err := readSource(path)
		if err == nil && text != string(data) || err != nil && err.Error() == "" {
			t.Errorf("%q: text %q, %v", data, text, err)
		}
	})
}
