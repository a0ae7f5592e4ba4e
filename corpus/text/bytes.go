package text

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// The scans below look at eight bytes at a time, as a little-endian word in
// which a byte that is found is marked by its highest bit.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// below marks the bytes of w that are ASCII and less than limit, at most 0x80.
func below(w, limit uint64) uint64 {
	return ^((w &^ highs) + (0x80-limit)*ones) & ^w & highs
}

// equal marks the bytes of w that equal b.
func equal(w, b uint64) uint64 {
	w ^= b * ones
	return ^((w &^ highs) + ^uint64(highs)) & ^w & highs
}

// plainRun returns the length of the longest start of s that Clean copies as
// it is: printable ASCII other than quotes and what may open an equation, with
// single spaces between.
func plainRun(s string) int {
	if s == "" || s[0] == ' ' {
		return 0
	}
	b := unsafe.Slice(unsafe.StringData(s), len(s)) // only read
	i := 0
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		space := equal(w, ' ')
		stop := w&highs | below(w, ' ') | equal(w, '"') | equal(w, '$') | equal(w, '\\') | space&(space<<8)
		if stop != 0 {
			return untilSpace(b, i+bits.TrailingZeros64(stop)/8)
		}
		i += 8 - int(space>>63) // a space at the end is looked at again with what follows
	}
	for i < len(b) && plain(b[i]) && !(b[i] == ' ' && b[i-1] == ' ') {
		i++
	}
	return untilSpace(b, i)
}

// untilSpace returns the length of b[:n] without the space that it may end
// with.
func untilSpace(b []byte, n int) int {
	if n > 0 && b[n-1] == ' ' {
		return n - 1
	}
	return n
}

func plain(b byte) bool {
	return ' ' <= b && b < utf8.RuneSelf && b != '"' && b != '$' && b != '\\'
}

// skipSpace returns where the first character after from stands that is no
// white space.
func skipSpace(document []byte, from int) int {
	for from < len(document) {
		b := document[from]
		if b < utf8.RuneSelf {
			if asciiClasses[b]&classSpace == 0 {
				return from
			}
			from++
			continue
		}
		r, n := utf8.DecodeRune(document[from:])
		if !isSpace(r) {
			return from
		}
		from += n
	}
	return from
}

// chunkEnd returns where the chunk that begins at from ends.
func chunkEnd(document []byte, from int) int {
	for from < len(document) {
		if from+8 <= len(document) {
			w := binary.LittleEndian.Uint64(document[from:])
			stop := w&highs | below(w, ' '+1)
			if stop == 0 {
				from += 8
				continue
			}
			from += bits.TrailingZeros64(stop) / 8
		}
		b := document[from]
		if b < utf8.RuneSelf {
			if asciiClasses[b]&classSpace != 0 {
				return from
			}
			from++
			continue
		}
		r, n := utf8.DecodeRune(document[from:])
		if isSpace(r) {
			return from
		}
		from += n
	}
	return from
}

// firstWord returns the first eight bytes of document[from:to], or as many as
// there are, as a little-endian word.
func firstWord(document []byte, from, to int) uint64 {
	if from+8 <= len(document) {
		w := binary.LittleEndian.Uint64(document[from:])
		if n := to - from; n < 8 {
			w &= 1<<(8*n) - 1
		}
		return w
	}
	var w uint64
	for i := to - 1; i >= from; i-- {
		w = w<<8 | uint64(document[i])
	}
	return w
}
