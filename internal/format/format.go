// Package format writes numbers for people: 1,300,000 papers, 2 runs, 83.4 s, 90 min.
package format

import (
	"fmt"
	"math"
	"time"

	"github.com/dustin/go-humanize"
)

// Thousands writes n with a comma between groups of three digits.
func Thousands[T ~int | ~int64](n T) string { return humanize.Comma(int64(n)) }

// Count writes n and the noun of what is counted, which takes an s in the plural.
func Count[T ~int | ~int64](n T, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Thousands(n) + " " + thing + "s"
}

// Size writes bytes in MiB: 3.4 MiB, 412 MiB, 3,120 MiB. One unit, so that a column's
// sizes can be compared by eye.
func Size[T ~int | ~int64 | ~uint64 | ~float64](bytes T) string {
	mib := float64(bytes) / (1 << 20)
	if math.Abs(mib) < 9.95 {
		return fmt.Sprintf("%.1f MiB", mib)
	}
	return humanize.Comma(int64(math.Round(mib))) + " MiB"
}

// Took writes a time that was measured: 340 ms, 2.1 s, 340 s, 25 min, 2 h 05.
func Took(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 0.9995:
		return fmt.Sprintf("%.0f ms", 1000*s)
	case s < 99.95:
		return fmt.Sprintf("%.1f s", s)
	case s < 599.5:
		return fmt.Sprintf("%.0f s", s)
	}
	minutes := int(math.Round(d.Minutes()))
	if minutes < 60 {
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d h %02d", minutes/60, minutes%60)
}

// About writes a pause or an estimate: 50 ms, 12 s, 90 min, 2.5 h, 50 h.
func About(d time.Duration) string {
	switch {
	case d > 0 && d < time.Second:
		return fmt.Sprintf("%.0f ms", 1000*d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 10*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%.0f h", d.Hours())
}
