package results

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// A sealed record is compact JSON, an object, whose last member is the CRC32C
// of the object without that member, as eight hexadecimal digits. It stays
// plain JSON for every other reader, and white space may be added or removed.
const (
	sealKey    = `"crc32c":"`
	sealLength = len(sealKey) + 8 + len(`"}`)
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sealJSON encodes v, which must become a JSON object, with its checksum.
func sealJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	var compact bytes.Buffer // v may be indented raw JSON
	if err := json.Compact(&compact, buf.Bytes()); err != nil {
		return nil, err
	}
	body := compact.Bytes()
	if len(body) < 2 || body[0] != '{' {
		return nil, fmt.Errorf("a record must be a JSON object, not %.20q", body)
	}
	sum := crc32.Checksum(body, castagnoli)
	out := append([]byte(nil), body[:len(body)-1]...)
	if len(body) > 2 {
		out = append(out, ',')
	}
	return fmt.Appendf(out, `%s%08x"}`, sealKey, sum), nil
}

// unsealJSON returns the compact object that sealJSON was given, or an error
// where data is cut, changed or was never sealed.
func unsealJSON(data []byte) ([]byte, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return nil, fmt.Errorf("not whole: %w", err)
	}
	return cutSeal(compact.Bytes())
}

// cutSeal makes a sealed record without white space what it was before it was
// sealed, in place.
func cutSeal(sealed []byte) ([]byte, error) {
	at := len(sealed) - sealLength
	if at < 1 || !bytes.HasPrefix(sealed[at:], []byte(sealKey)) {
		return nil, fmt.Errorf("has no checksum at its end")
	}
	var want [8]byte
	copy(want[:], sealed[at+len(sealKey):])
	body := append(bytes.TrimSuffix(sealed[:at], []byte(",")), '}')
	var have [4]byte
	if _, err := hex.Decode(have[:], want[:]); err != nil || binary.BigEndian.Uint32(have[:]) != crc32.Checksum(body, castagnoli) {
		return nil, fmt.Errorf("was changed or damaged: its checksum does not match")
	}
	return body, nil
}

func indentJSON(data []byte) ([]byte, error) {
	var buf bytes.Buffer
	if err := json.Indent(&buf, data, "", "  "); err != nil {
		return nil, err
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}
