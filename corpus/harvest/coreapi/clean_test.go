package coreapi

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct {
		cleaning   Cleaning
		text, want string
		cut        bool
	}{
		{Cleaning{}, "naïve  Bayes", "nave Bayes", false},
		{Cleaning{Mode: CleanASCII}, " a\u00a0b\u2003c\r\n\r\nd\te ", "a b c d e", false},
		{Cleaning{Mode: CleanASCII}, "α β", "", false},
		{Cleaning{Mode: CleanASCII}, "a α b", "a b", false},
		{Cleaning{Mode: CleanASCII}, "a\x00b\x07\x7fc\x1b[0m", "abc[0m", false},
		{Cleaning{Mode: CleanASCII}, "bad\xff\xfebytes", "badbytes", false},
		{Cleaning{Mode: CleanUnicode}, "naïve\u00a0\nBayes\x00 日本", "naïve Bayes 日本", false},
		{Cleaning{Mode: CleanUnicode}, "bad\xffbyte", "bad\uFFFDbyte", false},
		{Cleaning{Mode: CleanNone}, " naïve \n\x00", " naïve \n\x00", false},
		{Cleaning{Mode: CleanNone}, "bad\xffbyte", "bad\uFFFDbyte", false},
		{Cleaning{}, "learn-\ning", "learn- ing", false},
		{Cleaning{Dehyphenate: true}, "learn-\ning and learn\u2010 \r\n  ing and learn\u00AD\ning", "learning and learning and learning", false},
		{Cleaning{Dehyphenate: true}, "well-\nKnown 3-\nfold a-\n\nb -\nc x-y", "well- Known 3- fold a- b - c x-y", false},
		{Cleaning{Longest: 7}, "one two three", "one two", true},
		{Cleaning{Longest: 9}, "one two three", "one two", true},
		{Cleaning{Longest: 13}, "one two three", "one two three", false},
		{Cleaning{Longest: 4}, "abcdefgh", "abcd", true},
		{Cleaning{Mode: CleanUnicode, Longest: 4}, "日本語", "日", true},
	} {
		if got, cut := c.cleaning.Clean(c.text); got != c.want || cut != c.cut {
			t.Errorf("%+v of %q is %q, cut %t; want %q, %t", c.cleaning, c.text, got, cut, c.want, c.cut)
		}
	}
}

// checkCleaned checks what is stated of a cleaned text.
func checkCleaned(t *testing.T, c Cleaning, s string) {
	got, shortened := c.Clean(s)
	if again, more := c.Clean(got); again != got || more {
		t.Errorf("%+v of %q is %q, and cleaned again %q", c, s, got, again)
	}
	if !utf8.ValidString(got) || got != strings.TrimSpace(got) || strings.Contains(got, "  ") || shortened && len(got) > c.Longest {
		t.Errorf("%+v of %q is %q", c, s, got)
	}
	for _, r := range got {
		if unicode.IsControl(r) || unicode.IsSpace(r) && r != ' ' || c.Mode == CleanASCII && r > '~' {
			t.Errorf("%+v of %q has %q", c, s, r)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("naïve \u00a0\nlearn-\ning\x00\xff", true, uint16(9))
	f.Fuzz(func(t *testing.T, s string, hyphens bool, longest uint16) {
		checkCleaned(t, Cleaning{Mode: CleanASCII, Longest: int(longest)}, s)
		checkCleaned(t, Cleaning{Mode: CleanUnicode, Longest: int(longest)}, s)
		c := Cleaning{Mode: CleanUnicode, Dehyphenate: hyphens}
		if text, cut := c.Clean(s); cut || len(text) > 3*len(s) {
			t.Errorf("%+v of %q is %q", c, s, text)
		}
	})
}

func BenchmarkClean(b *testing.B) {
	text := strings.Repeat("The naïve method of learn-\ning is “good”,\u00a0we show it.\n", 1200)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Cleaning{Dehyphenate: true}.Clean(text)
	}
}
