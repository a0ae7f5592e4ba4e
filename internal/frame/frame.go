// Package frame wraps binary data, such as a fitted model, so that a damaged
// or truncated file is found out instead of believed.
//
//	err := frame.Write(w, "naive_bayes", 1, func(e *frame.Encoder) {
//		e.Int(labels)
//		e.Float64s(prior)
//	})
//	err = frame.Read(r, "naive_bayes", 1, func(d *frame.Decoder) {
//		labels = d.Int()
//		prior = d.Float64s()
//	})
//
// A frame is, all numbers little-endian:
//
//	magic    8 bytes  "ASSAYFRM"
//	version  uint32   of the payload's layout, given by its kind
//	length   uint64   of the payload, in bytes
//	kindLen  uint8
//	kind     kindLen bytes
//	crc      uint32   CRC-32C of everything above
//	payload  length bytes
//	sum      32 bytes SHA-256 of everything above
//
// The header has a checksum of its own, so that the length can be trusted
// before anything is allocated by it. What follows a frame is left unread.
package frame

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"assay/internal/fault"
)

const (
	magic     = "ASSAYFRM"
	fixedLen  = len(magic) + 4 + 8 + 1
	crcLen    = 4
	maxKind   = 255
	maxLength = 1 << 50
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is the part of a frame before the payload.
type header struct {
	kind    string
	version uint32
	length  uint64
	raw     []byte // as it stands in the file
}

// Write writes one frame. encode is called twice, first to learn the length,
// then to write: it must write the same both times.
func Write(w io.Writer, kind string, version uint32, encode func(*Encoder)) error {
	if kind == "" || len(kind) > maxKind {
		return fmt.Errorf("frame kind %q must have 1 to %d bytes", kind, maxKind)
	}
	count := &Encoder{}
	encode(count)
	if count.err != nil {
		return count.err
	}

	head := append([]byte(nil), magic...)
	head = binary.LittleEndian.AppendUint32(head, version)
	head = binary.LittleEndian.AppendUint64(head, count.n)
	head = append(head, byte(len(kind)))
	head = append(head, kind...)
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(head, castagnoli))

	sum := sha256.New()
	e := &Encoder{w: io.MultiWriter(w, sum), buf: make([]byte, 0, chunk)}
	e.raw(head)
	e.n = 0
	encode(e)
	e.flush()
	if e.err != nil {
		return e.err
	}
	if e.n != count.n {
		return fmt.Errorf("the encoder of %q wrote %d bytes after announcing %d", kind, e.n, count.n)
	}
	_, err := w.Write(sum.Sum(nil))
	return err
}

// Read reads one frame of the given kind, whose version must lie in
// [1, maxVersion]. decode sees data that is not yet verified: it should only
// read fields, and the caller use them after Read has returned nil. A damaged,
// truncated or foreign file is a usage error.
func Read(r io.Reader, kind string, maxVersion uint32, decode func(*Decoder)) error {
	h, err := readHeader(r)
	if err != nil {
		return err
	}
	if h.kind != kind {
		return fault.Usagef("the file holds %q, not %q", h.kind, kind)
	}
	if h.version == 0 || h.version > maxVersion {
		return fault.Usagef("the file's %q layout is version %d, this program reads up to %d: use the program that wrote it, or write it anew", kind, h.version, maxVersion)
	}
	sum := sha256.New()
	sum.Write(h.raw)
	d := &Decoder{r: r, sum: sum, left: h.length, version: h.version}
	decode(d)
	if d.err != nil {
		return d.err
	}
	if d.left != 0 {
		return fault.Usagef("the file is damaged: %d bytes are left after its last field", d.left)
	}
	return checkSum(r, sum)
}

func checkSum(r io.Reader, sum hash.Hash) error {
	var want [sha256.Size]byte
	if _, err := io.ReadFull(r, want[:]); err != nil {
		return readError(err)
	}
	if !bytes.Equal(sum.Sum(nil), want[:]) {
		return fault.Usagef("the file is damaged: its SHA-256 does not match its content")
	}
	return nil
}

// Peek returns the kind of the frame that r begins with, and a reader of the
// same bytes from the start.
func Peek(r io.Reader) (kind string, whole io.Reader, err error) {
	h, err := readHeader(r)
	if err != nil {
		return "", nil, err
	}
	return h.kind, io.MultiReader(bytes.NewReader(h.raw), r), nil
}

func readHeader(r io.Reader) (header, error) {
	raw := make([]byte, fixedLen, fixedLen+maxKind+crcLen)
	if n, err := io.ReadFull(r, raw); err != nil {
		if n > 0 && !bytes.HasPrefix([]byte(magic), raw[:min(n, len(magic))]) {
			return header{}, errForeign()
		}
		return header{}, readError(err)
	}
	if string(raw[:len(magic)]) != magic {
		return header{}, errForeign()
	}
	h := header{
		version: binary.LittleEndian.Uint32(raw[8:]),
		length:  binary.LittleEndian.Uint64(raw[12:]),
	}
	kindLen := int(raw[20])
	raw = raw[:fixedLen+kindLen+crcLen]
	if _, err := io.ReadFull(r, raw[fixedLen:]); err != nil {
		return header{}, readError(err)
	}
	body := raw[:fixedLen+kindLen]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(raw[len(body):]) || h.length > maxLength {
		return header{}, fault.Usagef("the file is damaged: its header's checksum does not match")
	}
	h.kind = string(body[fixedLen:])
	h.raw = raw
	return h, nil
}

func errForeign() error {
	return fault.Usagef("the file was not written by assay: it does not begin with %q", magic)
}

// readError tells a file that ends too soon from a reader that fails.
func readError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.Usagef("the file is truncated: %w", io.ErrUnexpectedEOF)
	}
	return err
}
