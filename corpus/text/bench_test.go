package text

import (
	"math"
	"strings"
	"testing"

	"assay/internal/rng"
)

// syntheticPapers draws papers of the length of real ones, about 160 chunks,
// from a vocabulary of 5,000 made-up words of falling frequency.
func syntheticPapers(n int) []paper {
	r := rng.New(1, "text", "bench")
	syllables := strings.Fields("ba con di er fo ga he in jo ka lo met ni or per qua re si ta ul ver wi xy zo tion al ly ment")
	words := make([]string, 5_000)
	for i := range words {
		for range 1 + r.IntN(4) {
			words[i] += syllables[r.IntN(len(syllables))]
		}
	}
	ends := strings.Fields("x x x x x x x x x , . ; ) - : 's")
	var b strings.Builder
	prose := func(chunks int) string {
		b.Reset()
		for i := range chunks {
			if i > 0 {
				b.WriteString(" \n"[max(0, i%12-10) : max(0, i%12-10)+1])
			}
			word := words[int(math.Pow(float64(len(words)), r.Float64()))-1]
			switch end := ends[r.IntN(len(ends))]; end {
			case "x":
				b.WriteString(word)
			case ")":
				b.WriteString("(" + word + ")")
			case "-":
				b.WriteString("$" + word + "_{i}$-" + word)
			default:
				b.WriteString(word + end)
			}
		}
		return b.String()
	}
	papers := make([]paper, n)
	for i := range papers {
		papers[i] = paper{prose(6 + r.IntN(8)), prose(60 + r.IntN(180))}
	}
	return papers
}

// eachInput runs a benchmark on the synthetic papers and, where they are
// there, on real ones.
func eachInput(b *testing.B, run func(b *testing.B, papers []paper)) {
	b.Run("synthetic", func(b *testing.B) { run(b, syntheticPapers(5_000)) })
	b.Run("real", func(b *testing.B) { run(b, readPapers(b, 50_000)) })
}

// report gives the speed in papers and bytes; a benchmark's operation is all
// of the papers.
func report(b *testing.B, papers []paper) {
	size := 0
	for _, p := range papers {
		size += len(p.Title) + len(p.Abstract)
	}
	b.SetBytes(int64(size))
	b.ReportMetric(float64(len(papers))*float64(b.N)/b.Elapsed().Seconds(), "papers/s")
}

func BenchmarkClean(b *testing.B) {
	eachInput(b, func(b *testing.B, papers []paper) {
		var document []byte
		for b.Loop() {
			for _, p := range papers {
				document = AppendDocument(document[:0], p.Title, p.Abstract)
			}
		}
		report(b, papers)
	})
}

// BenchmarkTokens cleans and tokenises on one goroutine, with a memory that
// has seen the papers before as far as it holds them.
func BenchmarkTokens(b *testing.B) {
	eachInput(b, func(b *testing.B, papers []paper) {
		w := NewTokenizer().Worker()
		var tokens []string
		pass := func() {
			for _, p := range papers {
				tokens = w.AppendPaper(tokens[:0], p.Title, p.Abstract)
			}
		}
		pass()
		for b.Loop() {
			pass()
		}
		report(b, papers)
	})
}

// BenchmarkFirstPass is BenchmarkTokens with an empty memory each time.
func BenchmarkFirstPass(b *testing.B) {
	eachInput(b, func(b *testing.B, papers []paper) {
		rules := NewTokenizer()
		var tokens []string
		for b.Loop() {
			w := rules.Worker()
			for _, p := range papers {
				tokens = w.AppendPaper(tokens[:0], p.Title, p.Abstract)
			}
		}
		report(b, papers)
	})
}

// BenchmarkSplit runs the rules alone, without a memory.
func BenchmarkSplit(b *testing.B) {
	rules := NewTokenizer()
	var tokens, scratch []string
	chunks := strings.Fields("word word. (word), p-adic e.g. can't 10km/h http://example.org/x -EQN- f(x,y)=0")
	for b.Loop() {
		for _, c := range chunks {
			tokens, scratch = rules.split(tokens[:0], scratch, c, true)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(chunks)), "ns/chunk")
}

func BenchmarkNewTokenizer(b *testing.B) {
	for b.Loop() {
		NewTokenizer()
	}
}
