package numerals

import "testing"

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
