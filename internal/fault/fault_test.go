package fault

import (
	"errors"
	"testing"
)

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "one": "one", "one\n\n two \r\nthree\n": "one; two; three",
		errors.Join(errors.New("a"), errors.New("b")).Error(): "a; b",
	} {
		if got := Line(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
