package conformance

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
	"assay/internal/rng"
)

// The words of sequences: a few speak for each topic, the rest is noise.
const (
	ownWords   = 4
	noiseWords = 16
	firstWord  = int(features.MissingID) + 1
	longPaper  = 5 // has many more words than the others
)

// sequenceData draws papers as data does: a paper is a word of each of its topics
// and up to eight more, of its topics, of no topic or without a vector, in any
// order. The width is that of the words' vectors.
func (s *suite) sequenceData(name string, papers, width int) classifier.Dataset {
	r := rng.New(1, "conformance", name)
	x := s.words(width)
	y := multilabel.New(labels)
	for i := range papers {
		carried := drawLabels(r, i)
		y.Append(carried)
		more := r.IntN(9)
		if i == longPaper {
			more += 60
		}
		x.Papers = append(x.Papers, drawWords(r, carried[1:], more))
	}
	if papers > 1 {
		x.Papers[1] = []int32{}
	}
	return classifier.Dataset{X: x, Y: y}
}

func drawWords(r *rand.Rand, topics []int32, more int) []int32 {
	own := func(topic int32) int32 { return int32(firstWord + int(topic)*ownWords + r.IntN(ownWords)) }
	var out []int32
	for _, t := range topics {
		out = append(out, own(t))
	}
	if len(topics) == 0 {
		more++
	}
	for range more {
		switch p := r.Float64(); {
		case p < 0.5 && len(topics) > 0:
			out = append(out, own(topics[r.IntN(len(topics))]))
		case p < 0.95:
			out = append(out, int32(firstWord+topicCount*ownWords+r.IntN(noiseWords)))
		default:
			out = append(out, features.MissingID)
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// words returns no papers over the words' vectors, one matrix for each width: it
// is shared by the papers to learn from and those to validate on. A topic's words
// are strong in the topic's own features.
func (s *suite) words(width int) *features.Sequences {
	if x := s.vectors[width]; x != nil {
		return x.Select(nil)
	}
	r := rng.New(1, "conformance", "words")
	x := &features.Sequences{Words: make([]string, firstWord), Embedding: &features.Dense{Cols: width, Data: make([]float32, firstWord*width)}}
	for i := range topicCount*ownWords + noiseWords {
		x.Words = append(x.Words, fmt.Sprintf("word%d", i))
		for j := range width {
			v := float32(0.6 * r.NormFloat64())
			if topic := j / ownFeatures; topic < topicCount && topic == i/ownWords {
				v += 2
			}
			if j == zeroFeature {
				v = 0
			}
			x.Embedding.Data = append(x.Embedding.Data, v)
		}
	}
	x.Embedding.Rows = len(x.Words)
	s.vectors[width] = x
	return x.Select(nil)
}

// meanVectors returns the mean of each paper's vectors, zero for one without
// words.
func meanVectors(x *features.Sequences) *features.Dense {
	out := &features.Dense{Rows: len(x.Papers), Cols: x.Embedding.Cols, Data: make([]float32, len(x.Papers)*x.Embedding.Cols)}
	for i, paper := range x.Papers {
		for _, id := range paper {
			for j, v := range x.Embedding.Row(int(id)) {
				out.Row(i)[j] += v / float32(len(paper))
			}
		}
	}
	return out
}

// oneWordEach returns sequences of one word, with a row of m as its vector.
func oneWordEach(m *features.Dense) *features.Sequences {
	x := &features.Sequences{
		Words:     make([]string, firstWord+m.Rows),
		Embedding: &features.Dense{Rows: firstWord + m.Rows, Cols: m.Cols, Data: make([]float32, firstWord*m.Cols)},
	}
	x.Embedding.Data = append(x.Embedding.Data, m.Data...)
	for i := range m.Rows {
		x.Words[firstWord+i] = fmt.Sprintf("word%d", i)
		x.Papers = append(x.Papers, []int32{int32(firstWord + i)})
	}
	return x
}

// withWord returns the papers, the last with another word in front.
func withWord(x *features.Sequences, id int32) *features.Sequences {
	out := x.Select(allRows(x))
	last := &out.Papers[len(out.Papers)-1]
	*last = append([]int32{id}, *last...)
	return out
}

// withoutVectors returns the papers without their embedding matrix's columns.
func withoutVectors(x *features.Sequences) *features.Sequences {
	out := x.Select(allRows(x))
	out.Embedding = &features.Dense{Rows: x.Embedding.Rows}
	return out
}

func cloneSequences(x *features.Sequences) *features.Sequences {
	m := *x.Embedding
	m.Data = slices.Clone(m.Data)
	out := &features.Sequences{Embedding: &m, Words: slices.Clone(x.Words)}
	for _, paper := range x.Papers {
		out.Papers = append(out.Papers, slices.Clone(paper))
	}
	return out
}
