package vectorfile

import (
	"math"
	"strconv"
	"unsafe"
)

// powers are the powers of ten that float64 holds exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseFloat is strconv.ParseFloat(s, 32) for decimal numbers, four times as
// fast. A value beyond float32 is an infinity; ok is false where s is no number.
//
// A decimal with up to 15 digits is a quotient (or product) of two exact float64,
// so that one rounding gives the nearest float64. Rounding that to float32 gives
// the nearest float32 unless the float64 lies just between two of them, where
// the first rounding may have moved it there, or is so small that float32 has
// fewer digits: these, and all that is longer, go to strconv.
func parseFloat(s []byte) (v float32, ok bool) {
	i, negative := 0, false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative, i = s[0] == '-', 1
	}
	var mantissa uint64
	digits, fraction := 0, 0
	start := i
	for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		mantissa = mantissa*10 + uint64(s[i]-'0')
	}
	digits = i - start
	if i < len(s) && s[i] == '.' {
		i++
		start = i
		for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
			mantissa = mantissa*10 + uint64(s[i]-'0')
		}
		fraction = i - start
	}
	if i < len(s) || digits+fraction == 0 || digits+fraction > 15 {
		return slowFloat(s)
	}
	x := float64(mantissa) / powers[fraction]
	const between, low = 1 << 28, 1<<29 - 1 // the 29 bits that float32 lacks
	if math.Float64bits(x)&low == between || x < 1e-37 && x != 0 {
		return slowFloat(s)
	}
	if negative {
		x = -x
	}
	return float32(x), true
}

func slowFloat(s []byte) (float32, bool) {
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(s), len(s)), 32)
	if err != nil && !math.IsInf(v, 0) {
		return 0, false
	}
	return float32(v), true
}

// finite reports whether v is a number.
func finite(v float32) bool { return math.Float32bits(v)&0x7f800000 != 0x7f800000 }
