package text

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendTokens(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"white space", " \n\t ", ""},
		{"prose", "A bound (sharp, in fact) isn't known.", "A bound ( sharp , in fact ) is n't known ."},
		{"markers", "(-EQN-), -TITLE_END-.", "( -EQN- ) , -TITLE_END- ."},
		{"units", "10km, 5°C. and 30%", "10 km , 5 ° C . and 30 %"},
		{"addresses", "see http://example.org/x.", "see http://example.org/x ."},
		{"an exception put together", "(foo): x-a.", "( foo ): x - a."},
		{"none over white space", ": ) a .", ": ) a ."},
		{"white space shuts out", ": :) )", ": :) )"},
		{"not UTF-8", "a\xff b\xff.", "a \xff b \xff ."},
	}
	w := NewTokenizer().Worker()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := w.AppendTokens([]string{"kept"}, []byte(tt.in))
			if got[0] != "kept" || !slices.Equal(got[1:], strings.Fields(tt.want)) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestPhraseAcrossChunks has a phrase of two chunks keep a true exception from
// being found: "):" and, longer, ":))" share the colon.
func TestPhraseAcrossChunks(t *testing.T) {
	w := NewTokenizer().Worker()
	for _, tt := range []struct{ in, want string }{
		{"(x): ))", "( x ) : ) )"},
		{"(x):  ))", "( x ): ) )"},
		{"(x):\n))", "( x ): ) )"},
		{"(x): y", "( x ): y"},
	} {
		if got := w.AppendTokens(nil, []byte(tt.in)); strings.Join(got, " ") != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestMemoryChangesNothing compares a worker whose cache was turned over many
// times with fresh ones, and the cache with its bounds.
func TestMemoryChangesNothing(t *testing.T) {
	rules := NewTokenizer()
	old := rules.Worker()
	var tokens []string
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range maxEntries {
		tokens = old.AppendTokens(tokens[:0], fmt.Appendf(nil, "(word%d), x%d-a. %s", i, i, strings.Repeat(").", i%20)))
		if c := &old.cache; c.young.used > maxEntries || c.old.used > maxEntries || len(c.young.slots) > tableFactor*maxEntries {
			t.Fatalf("the cache holds %d and %d chunks", c.young.used, c.old.used)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 24<<20 {
		t.Errorf("the worker holds %d MiB", grown>>20)
	}
	for _, text := range randomTexts(1_000) {
		want := rules.Worker().AppendTokens(nil, []byte(text))
		for range 2 {
			if got := old.AppendTokens(nil, []byte(text)); !slices.Equal(got, want) {
				t.Fatalf("%q: got %q, want %q", text, got, want)
			}
		}
	}
}

func TestTokensAreOwn(t *testing.T) {
	w := NewTokenizer().Worker()
	long := strings.Repeat("long", 40)
	document := []byte("a word, (word) " + long + "," + long)
	want := []string{"a", "word", ",", "(", "word", ")", long, ",", long}
	got := w.AppendTokens(nil, document)
	clear(document)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestNoAllocations(t *testing.T) {
	papers := syntheticPapers(100)
	w := NewTokenizer().Worker()
	var tokens []string
	pass := func() {
		for _, p := range papers {
			tokens = w.AppendPaper(tokens[:0], p.Title, p.Abstract)
		}
	}
	pass()
	if n := testing.AllocsPerRun(5, pass); n > 0 {
		t.Errorf("%v allocations in 100 papers met before", n)
	}
}

func TestExceptionsAreData(t *testing.T) {
	rules := NewTokenizer()
	if n := len(rules.rules); n != 1343+5 {
		t.Errorf("%d exceptions", n)
	}
	for chunk, tokens := range rules.rules {
		got := rules.Worker().AppendTokens(nil, []byte(chunk))
		if !slices.Equal(got, tokens) {
			t.Errorf("%q: got %q, want %q", chunk, got, tokens)
		}
	}
}

func FuzzTokens(f *testing.F) {
	for _, s := range randomTexts(40) {
		f.Add(s)
	}
	f.Add("a\xff.\xe2\x80 (\xf0\x9f)")
	rules := NewTokenizer()
	old := rules.Worker()
	f.Fuzz(func(t *testing.T, s string) {
		got := rules.Worker().AppendTokens(nil, []byte(s))
		if again := old.AppendTokens(nil, []byte(s)); !slices.Equal(got, again) {
			t.Errorf("%q: %q, then %q", s, got, again)
		}
		var rest strings.Builder
		for i, w := 0, 0; i < len(s); i += w {
			var r rune
			if r, w = utf8.DecodeRuneInString(s[i:]); !isSpace(r) {
				rest.WriteString(s[i : i+w])
			}
		}
		if strings.Join(got, "") != rest.String() {
			t.Errorf("%q: the tokens are %q", s, got)
		}
		if slices.Contains(got, "") {
			t.Errorf("%q: an empty token in %q", s, got)
		}
	})
}
