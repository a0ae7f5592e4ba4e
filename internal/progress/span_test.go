package progress

import (
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{12 * time.Second: "12 s", time.Minute: "1 min", 90 * time.Minute: "90 min", 50 * time.Hour: "50 h"} {
		if got := Span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
