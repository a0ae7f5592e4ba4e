// Package packed reads what is compressed, and tells how by the bytes that it
// begins with, not by a name.
//
//	r, stop, err := packed.Unpack(packed.Sniff(head), file)
package packed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// Kind is how bytes are packed, told by how they begin rather than by a name.
type Kind int

// The kinds.
const (
	Plain Kind = iota
	Gzip
	XZ
	Zstd
	Zip
)

func (k Kind) String() string {
	return [...]string{"plain", "gzip", "xz", "zstd", "zip"}[k]
}

// SniffBytes is how far Sniff and NotText look.
const SniffBytes = 4096

// Sniff tells how the bytes that begin with head are packed.
func Sniff(head []byte) Kind {
	for _, m := range []struct {
		magic string
		kind  Kind
	}{
		{"\x1f\x8b", Gzip},
		{"\xfd7zXZ\x00", XZ},
		{"\x28\xb5\x2f\xfd", Zstd},
		{"PK\x03\x04", Zip},
		{"PK\x05\x06", Zip}, // without members
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.kind
		}
	}
	// A zstd file may begin with a skippable frame, magic 0x184D2A50 to …5F.
	if len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18" {
		return Zstd
	}
	return Plain
}

// NotText names what head is the beginning of if that is no text, else "".
func NotText(head []byte) string {
	for _, m := range []struct{ magic, what string }{
		{"\x1f\x8b", "gzip data packed twice"},
		{"\xfd7zXZ\x00", "xz data packed twice"},
		{"\x28\xb5\x2f\xfd", "zstd data packed twice"},
		{"PK\x03\x04", "a zip inside an archive"},
		{"BZh", "bzip2 data"},
		{"7z\xbc\xaf\x27\x1c", "a 7z archive"},
		{"Rar!\x1a", "a rar archive"},
		{"PAR1", "Parquet data"},
		{"%PDF-", "a PDF"},
		{sqliteMagic, "an SQLite database"},
		{"\xff\xfe", "UTF-16 text, not UTF-8"},
		{"\xfe\xff", "UTF-16 text, not UTF-8"},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.what
		}
	}
	if len(head) >= 262 && string(head[257:262]) == "ustar" {
		return "a tar archive"
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return "binary data"
	}
	return ""
}

const sqliteMagic = "SQLite format 3\x00"

// IsSQLite reports whether the file at path begins as SQLite's do, such as a catalog of
// harvested papers.
func IsSQLite(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(sqliteMagic))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == sqliteMagic
}

// maxWindow bounds the memory that packed data may ask a decoder for: enough
// for xz -9 and for zstd --long.
const maxWindow = 128 << 20 // bytes

// Unpack returns what r holds, and a function that releases the decoder. xz is
// read by therootcompany/xz: on one core of the reference machine it yields 48
// MB/s of arXiv metadata where ulikunitz/xz yields 35, and it checks as much.
func Unpack(k Kind, r io.Reader) (io.Reader, func(), error) {
	raw := &watched{r: r}
	out := &unpacked{kind: k, raw: raw}
	stop := func() {}
	var err error
	switch k {
	case Plain:
		return r, stop, nil
	case Gzip:
		out.r, err = gzip.NewReader(raw)
	case XZ:
		out.r, err = xz.NewReader(raw, maxWindow)
	case Zstd:
		var d *zstd.Decoder
		d, err = zstd.NewReader(raw, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err == nil {
			out.r, stop = d, d.Close
		}
	case Zip:
		return nil, nil, Error{"a zip inside an archive is not read; unpack it first"}
	}
	if err != nil {
		return nil, nil, out.explain(err)
	}
	return out, stop, nil
}

// watched remembers how reading the packed bytes ended, so that the decoder's
// error can be told from the source's.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil {
		w.err = err
	}
	return n, err
}

// unpacked reads from a decoder and explains its errors.
type unpacked struct {
	r    io.Reader
	kind Kind
	raw  *watched
	err  error
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.r.Read(p)
	if err != nil && err != io.EOF {
		err = u.explain(err)
	}
	u.err = err
	return n, err
}

// explain says in words what is wrong with packed data.
func (u *unpacked) explain(err error) error {
	ended := u.raw != nil && u.raw.err == io.EOF
	switch {
	case u.raw != nil && u.raw.err != nil && !ended:
		return u.raw.err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, xz.ErrBuf) && ended:
		return Error{fmt.Sprintf("the %v data ends too early; the file is truncated, fetch it again", u.kind)}
	case errors.Is(err, xz.ErrMemlimit), errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return Error{fmt.Sprintf("the %v data needs a window of more than %d MiB; pack it with a smaller one", u.kind, maxWindow>>20)}
	case errors.Is(err, xz.ErrOptions), errors.Is(err, xz.ErrUnsupportedCheck), errors.Is(err, zip.ErrAlgorithm):
		return Error{fmt.Sprintf("the %v data uses a feature that is not supported (%v)", u.kind, err)}
	}
	return Error{fmt.Sprintf("the %v data is corrupt (%v); fetch the file again", u.kind, err)}
}

// Error is a fault of packed data, which its owner can mend.
type Error struct{ text string }

func (e Error) Error() string { return e.text }

// Member opens a member of a zip; its errors are explained as those of Unpack.
func Member(m *zip.File) (io.ReadCloser, error) {
	if m.Flags&1 != 0 {
		return nil, Error{"it is encrypted; unpack it first"}
	}
	raw := &unpacked{kind: Zip}
	content, err := m.Open()
	if err != nil {
		return nil, raw.explain(err)
	}
	raw.r = content
	return struct {
		io.Reader
		io.Closer
	}{raw, content}, nil
}
