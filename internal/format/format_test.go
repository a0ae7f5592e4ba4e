package format

import (
	"testing"
	"time"
)

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 1300000: "1,300,000", -1: "-1", -999: "-999", -1000: "-1,000", -123456: "-123,456"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 papers", 1: "1 paper", 2: "2 papers", 4083: "4,083 papers"} {
		if got := Count(n, "paper"); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0.0 MiB", 1 << 20: "1.0 MiB", 10433331: "9.9 MiB", 10 << 20: "10 MiB", 412 << 20: "412 MiB", 3 << 30: "3,072 MiB"} {
		if got := Size(bytes); got != want {
			t.Errorf("%d is %q, want %q", bytes, got, want)
		}
	}
}

func TestTook(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 1400 * time.Microsecond: "1 ms", 999400 * time.Microsecond: "999 ms", 999600 * time.Microsecond: "1.0 s",
		99940 * time.Millisecond: "99.9 s", 99960 * time.Millisecond: "100 s", 10*time.Minute - time.Second: "599 s", 10 * time.Minute: "10 min",
		59*time.Minute + 31*time.Second: "1 h 00", 125 * time.Minute: "2 h 05", 50 * time.Hour: "50 h 00",
	} {
		if got := Took(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestAbout(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 50 * time.Millisecond: "50 ms", 12 * time.Second: "12 s", 90 * time.Second: "90 s", 2 * time.Minute: "2 min",
		90 * time.Minute: "90 min", 150 * time.Minute: "2.5 h", 50 * time.Hour: "50 h",
	} {
		if got := About(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
