package text

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/internal/rng"

	"github.com/therootcompany/xz"
)

// TestParityFixture demands of every sentence of testdata/sentences.txt the
// very tokens that spaCy gives.
func TestParityFixture(t *testing.T) {
	data, err := os.ReadFile("testdata/parity.json")
	if err != nil {
		t.Fatal(err)
	}
	var fixture struct {
		Cases []struct {
			Text, Tokens string // tokens hold no white space
		}
	}
	if err := json.Unmarshal(data, &fixture); err != nil {
		t.Fatal(err)
	}
	if len(fixture.Cases) < 400 {
		t.Fatalf("%d cases in the fixture", len(fixture.Cases))
	}
	w := NewTokenizer().Worker()
	for _, c := range fixture.Cases {
		for _, state := range [...]string{"first met", "from the cache"} {
			if got := w.AppendTokens(nil, []byte(c.Text)); strings.Join(got, " ") != c.Tokens {
				t.Errorf("%s: %q\n got %q\nwant %q", state, c.Text, got, c.Tokens)
			}
		}
	}
}

// TestParityWithSpacy measures the agreement with spaCy itself. It runs where
// ASSAY_SPACY_PARITY names a Python that has spaCy 3.8:
//
//	ASSAY_SPACY_PARITY=python3 go test -run TestParityWithSpacy -v ./corpus/text
//
// A token agrees where the other side has a token of the same first and last
// character; the agreement is the share of agreeing tokens in those of the
// side that has more.
func TestParityWithSpacy(t *testing.T) {
	python := os.Getenv("ASSAY_SPACY_PARITY")
	if python == "" {
		t.Skip("ASSAY_SPACY_PARITY names no Python with spaCy")
	}
	t.Run("random", func(t *testing.T) {
		measure(t, python, randomTexts(200_000), 1)
	})
	papers := readPapers(t, 10_000)
	var documents, fields []string
	for _, p := range papers {
		documents = append(documents, Document(p.Title, p.Abstract))
		fields = append(fields, p.Title, p.Abstract)
	}
	t.Run("documents", func(t *testing.T) { measure(t, python, documents, 0.9999) })
	t.Run("raw fields", func(t *testing.T) { measure(t, python, fields, 0.9999) })
}

// measure fails where fewer than the share least of the tokens agree.
func measure(t *testing.T, python string, texts []string, least float64) {
	w := NewTokenizer().Worker()
	var ours, theirs, agree, shown int
	err := spacyTokens(python, texts, func(text string, want []string) {
		got := w.AppendTokens(nil, []byte(text))
		both := agreeing(got, want)
		if (both < len(got) || both < len(want)) && shown < 20 {
			shown++
			t.Logf("%.200q\n got %q\nwant %q", text, except(got, want), except(want, got))
		}
		ours, theirs, agree = ours+len(got), theirs+len(want), agree+both
	})
	if err != nil {
		t.Fatal(err)
	}
	share := float64(agree) / float64(max(ours, theirs))
	t.Logf("%d texts: %d tokens here, %d in spaCy, %d agree: %.4f %%", len(texts), ours, theirs, agree, 100*share)
	if share < least {
		t.Errorf("agreement %.4f %%, want %.4f %%", 100*share, 100*least)
	}
}

// agreeing counts the tokens with the same bounds in two tokenisations of one
// text.
func agreeing(a, b []string) int {
	n, i, j, endA, endB := 0, 0, 0, 0, 0
	for i < len(a) && j < len(b) {
		startA, startB := endA, endB
		if startA == startB && len(a[i]) == len(b[j]) {
			n++
		}
		if stopA, stopB := startA+len(a[i]), startB+len(b[j]); stopA <= stopB {
			i, endA = i+1, stopA
			if stopA == stopB {
				j, endB = j+1, stopB
			}
		} else {
			j, endB = j+1, stopB
		}
	}
	return n
}

func except(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// spacyTokens calls each with every text and its tokens by spaCy.
func spacyTokens(python string, texts []string, each func(text string, tokens []string)) error {
	cmd := exec.Command(python, filepath.Join("testdata", "spacy_reference.py"), "tokens")
	cmd.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		buffered := bufio.NewWriter(in)
		enc := json.NewEncoder(buffered)
		var err error
		for _, text := range texts {
			err = errors.Join(err, enc.Encode(text))
		}
		sent <- errors.Join(err, buffered.Flush(), in.Close())
	}()
	dec := json.NewDecoder(out)
	for _, text := range texts {
		var tokens []string
		if err := dec.Decode(&tokens); err != nil {
			return fmt.Errorf("spaCy stopped early: %w", errors.Join(err, cmd.Wait()))
		}
		each(text, tokens)
	}
	return errors.Join(<-sent, cmd.Wait())
}

// randomTexts strings together pieces that the rules care about, and single
// characters from the ends of every class.
func randomTexts(n int) []string {
	r := rng.New(1, "text", "parity")
	pieces := strings.Fields(`a b x D P o O s S 0 1 3 8 12 100 3.14 C F K °C °f. US $ € % km m² m/s кг µm MB
		. .. ... … …… , ; : ! ? ( ) [ ] { } < > / \ | ~ - -- --- – — —— _ __ ^ * + = # & @ § " ' '' ´ ’ ‘ “ ” « »
		n't 's 'S ’s 're 'll 'd 've I'm can't cannot let's e.g. i.e. Dr. U.S. a.m. p.m. Fig. vs. et al. Ph.D. etc. Mt.
		the and model Theory NP-hard p-adic x86 COVID Schrödinger naïve Ω λ ж Ж 中 、 。 あ ア 한 é É ĳ ☃ → ∞ © ® ™ 😀 ⟨
		http:// https:// www. ftp:// mailto: .com .org .edu arxiv.org example.co.uk 10.1000/xyz 8.8.8.8 127.0.0.1 :8080 foo@bar.de
		$x$ $ \$ \alpha _{i} ^{2} {\bf \"o -EQN- -TITLE_START- :) :-( ): ;D (-: =) ^_^ o.O 8) ._. xD <3 ಠ_ಠ ¯\(ツ)/¯ (╯°□°）╯︵┻━┻`)
	pieces = append(pieces, "`", "``")
	faces := strings.Split(":;=8()-'.,oOxXDPps_^<>3v0/|a*A[]", "")
	hosts := strings.Fields(`1 9 10 127 169 254 192 168 172 16 31 32 223 224 255 256 05 0 ٣ 80 65536 . . . . @ : / ? # :// http www com
		org a b-c d_e - _ ab+c é 中 X Com co uk`)
	spaces := []string{"", "", "", "", "", " ", " ", " ", "  ", "\n", "\t", "\u00a0", " \n", "\u2009"}
	piece := [...]func() string{
		func() string { return pieces[r.IntN(len(pieces))] },
		func() string { return faces[r.IntN(len(faces))] },
		func() string { return hosts[r.IntN(len(hosts))] },
		func() string {
			run := classRuns[r.IntN(len(classRuns))]
			ends := [...]rune{run.lo - 1, run.lo, run.hi, run.hi + 1}
			return string(ends[r.IntN(len(ends))])
		},
	}
	texts := make([]string, n)
	for i := range texts {
		var b strings.Builder
		most, mixed := r.IntN(len(piece)), r.IntN(2) == 0
		for range 1 + r.IntN(14) {
			kind := most
			if mixed {
				kind = r.IntN(len(piece))
			}
			b.WriteString(piece[kind]())
			b.WriteString(spaces[r.IntN(len(spaces))])
		}
		texts[i] = b.String()
	}
	return texts
}

type paper struct{ Title, Abstract string }

// readPapers returns the first n of the 100,000 real papers.
func readPapers(tb testing.TB, n int) []paper {
	f, err := os.Open(filepath.FromSlash("../../../shared/data/arxiv/arxiv-100k.jsonl.xz"))
	if err != nil {
		tb.Skip("the real papers are not here: ", err)
	}
	defer f.Close()
	r, err := xz.NewReader(bufio.NewReader(f), xz.DefaultDictMax)
	if err != nil {
		tb.Fatal(err)
	}
	papers := make([]paper, n)
	dec := json.NewDecoder(r)
	for i := range papers {
		if err := dec.Decode(&papers[i]); errors.Is(err, io.EOF) {
			return papers[:i]
		} else if err != nil {
			tb.Fatal(err)
		}
	}
	return papers
}
