package fasttext

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"assay/internal/atomicfile"
	"assay/internal/fault"
	"assay/internal/progress"
)

// chunkTokens is how many tokens a worker takes at a time, at least, up to the
// end of a sentence.
const chunkTokens = 8192

// spool keeps the sentences of a corpus on disk as numbers of words, so that the
// corpus is read once and never held in memory. The number of a word is that of
// its first appearance; 0 is the end of a sentence.
type spool struct {
	file   *os.File
	named  bool    // the system does not let an open file lose its name
	ends   []int64 // of the chunks, in tokens
	tokens int64

	words  []string
	counts []int64
	unfit  int64 // tokens that no line of words can hold
}

// newSpool reads the sentences. The file has no name any more where the system
// allows that, so that nothing is left of it whatever happens.
func newSpool(ctx context.Context, sentences iter.Seq2[[]string, error], dir string) (_ *spool, err error) {
	f, err := os.CreateTemp(dir, atomicfile.TempPrefix+"fasttext-*")
	if err != nil {
		return nil, fault.Usagef("fasttext: make a temporary file: %w", err)
	}
	s := &spool{file: f, named: os.Remove(f.Name()) != nil}
	if err := s.fill(ctx, sentences); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *spool) fill(ctx context.Context, sentences iter.Seq2[[]string, error]) error {
	bar := progress.Start(ctx, "read", 0, "tokens")
	defer bar.Done()
	index := map[string]int32{EndOfSentence: 0}
	s.words, s.counts = []string{EndOfSentence}, []int64{0}
	out := bufio.NewWriterSize(s.file, 1<<20)
	var buffer []byte
	var chunk, reported int64
	for sentence, err := range sentences {
		if err != nil {
			return fmt.Errorf("fasttext: read sentences: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("fasttext: read sentences: %w", err)
		}
		buffer = buffer[:0]
		for _, word := range sentence {
			id, known := index[word]
			if !known {
				if !fit(word) {
					s.unfit++
					continue
				}
				id = int32(len(s.words))
				word = strings.Clone(word) // the original may hold on to its whole document
				index[word] = id
				s.words, s.counts = append(s.words, word), append(s.counts, 0)
			}
			s.counts[id]++
			buffer = binary.LittleEndian.AppendUint32(buffer, uint32(id))
		}
		s.counts[0]++
		buffer = binary.LittleEndian.AppendUint32(buffer, 0)
		if _, err := out.Write(buffer); err != nil {
			return fmt.Errorf("fasttext: write the temporary file: %w", err)
		}
		s.tokens += int64(len(buffer) / 4)
		if s.tokens-chunk >= chunkTokens {
			chunk = s.tokens
			s.ends = append(s.ends, chunk)
		}
		if s.tokens-reported > 1<<16 {
			bar.Add(s.tokens - reported)
			reported = s.tokens
		}
	}
	if s.tokens > chunk {
		s.ends = append(s.ends, s.tokens)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("fasttext: write the temporary file: %w", err)
	}
	return nil
}

// fit reports whether a model's file can hold the word: there, white space and
// NUL end words.
func fit(word string) bool { return word != "" && !strings.ContainsAny(word, "\x00 \t\n\v\f\r") }

// chunks is how many pieces the sentences come in.
func (s *spool) chunks() int { return len(s.ends) }

// read returns the numbers of the words of chunk i, using the buffers given.
func (s *spool) read(i int, raw []byte, words []int32) ([]byte, []int32, error) {
	begin := int64(0)
	if i > 0 {
		begin = s.ends[i-1]
	}
	n := int(s.ends[i] - begin)
	raw = slices.Grow(raw[:0], 4*n)[:4*n]
	if _, err := s.file.ReadAt(raw, 4*begin); err != nil && err != io.EOF {
		return raw, words, fmt.Errorf("fasttext: read the temporary file: %w", err)
	}
	words = slices.Grow(words[:0], n)[:n]
	for j := range words {
		words[j] = int32(binary.LittleEndian.Uint32(raw[4*j:]))
	}
	return raw, words, nil
}

// close frees the file.
func (s *spool) close() error {
	err := s.file.Close()
	if s.named {
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	return err
}

// dictionary returns the words that were seen at least minCount times, the most
// frequent first, of equal ones the first seen; and for each number of the spool
// the word's place among them, -1 for those left out, whose tokens it counts.
func (s *spool) dictionary(opt Options) (d *Dictionary, place []int32, leftOut int64) {
	order := make([]int32, 0, len(s.words))
	place = make([]int32, len(s.words))
	leftOut = s.unfit
	for i, n := range s.counts {
		place[i] = -1
		if n >= int64(opt.MinCount) {
			order = append(order, int32(i))
		} else {
			leftOut += n
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(s.counts[b], s.counts[a]) })
	words, counts := make([]string, len(order)), make([]int64, len(order))
	for i, o := range order {
		words[i], counts[i], place[o] = s.words[o], s.counts[o], int32(i)
	}
	buckets := opt.Buckets
	if opt.MaxN == 0 {
		buckets = 0
	}
	return newDictionary(words, counts, s.tokens, opt.MinN, opt.MaxN, buckets), place, leftOut
}
