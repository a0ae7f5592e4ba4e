package fasttext

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"assay/internal/fault"
	"assay/internal/progress"
)

// Train learns the vectors of the words in sentences, which it reads once: the
// numbers of their words go to a temporary file, which every epoch reads. The
// slices that sentences yields may be reused by it. An empty vocabulary, a
// sentence source that fails, and a training that diverges to NaN are errors.
//
// It does what the official program does, word for word in the same order, with
// these differences: an epoch is one pass over all sentences, however many of
// their words are left out; the first values and draws come from other
// generators; of a pair of words, the scores of the neighbour and of the
// negatives are all taken before any of them is updated.
func Train(ctx context.Context, sentences iter.Seq2[[]string, error], opt Options) (_ *Model, _ Report, err error) {
	if err := opt.Validate(); err != nil {
		return nil, Report{}, err
	}
	s, err := newSpool(ctx, sentences, opt.TempDir)
	if err != nil {
		return nil, Report{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	t, err := newTrainer(s, opt)
	if err != nil {
		return nil, Report{}, err
	}
	report := Report{Sentences: s.counts[0], Tokens: s.tokens - t.leftOut + s.unfit, Words: t.dict.Len(), LeftOut: t.leftOut}
	start := time.Now()
	report.Loss, err = t.train(ctx)
	if err != nil {
		return nil, report, errors.Join(err, t.input.close(), t.output.close())
	}
	report.Seconds = time.Since(start).Seconds()
	report.WordsRate = float64(opt.Epochs) * float64(report.Tokens) / report.Seconds
	return &Model{options: opt, dict: t.dict, input: t.input, output: t.output}, report, nil
}

// trainer is what the workers share. They write to input and output without
// locks.
type trainer struct {
	opt     Options
	spool   *spool
	dict    *Dictionary
	place   []int32 // from the spool's numbers to the dictionary's
	leftOut int64

	grams     subwords
	keep      []uint64
	negatives aliasTable
	logistic  *logisticTable
	input     *memoryMatrix
	output    *memoryMatrix

	next atomic.Int64 // chunk of all epochs
	done atomic.Int64 // tokens of all epochs
	bar  progress.Bar
}

func newTrainer(s *spool, opt Options) (*trainer, error) {
	t := &trainer{opt: opt, spool: s, logistic: newLogisticTable()}
	t.dict, t.place, t.leftOut = s.dictionary(opt)
	words := t.dict.Len()
	if proper := words - btoi(t.place[0] >= 0); proper == 0 {
		return nil, fault.Usagef("fasttext: of %d tokens no word is seen min_count = %d times: lower it or give more text", s.tokens-s.counts[0], opt.MinCount)
	} else if proper < 2 {
		return nil, fault.Usagef("fasttext: the text is too small: a single word is seen min_count = %d times; lower it or give more text", opt.MinCount)
	}
	if int64(words)+int64(t.dict.buckets) > math.MaxInt32 {
		return nil, fault.Usagef("fasttext: %d words and %d buckets: want less than %d in all; raise min_count or lower buckets", words, t.dict.buckets, math.MaxInt32)
	}
	t.keep = keepTable(t.dict.counts, s.tokens, opt.SubSampling)
	t.negatives = newAliasTable(negativeWeights(t.dict.counts))
	var held int
	var place []int32
	t.grams, place, held = newSubwords(t.dict)
	var err error
	t.input, err = newMemoryMatrix(words+t.dict.buckets, opt.Dim, words, held, place, rowSeed(opt.Seed), 1/float32(opt.Dim))
	if err != nil {
		return nil, err
	}
	t.input.fill()
	t.output, err = newMemoryMatrix(words, opt.Dim, words, words, nil, 0, 0)
	if err != nil {
		return nil, errors.Join(err, t.input.close())
	}
	return t, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// train runs all epochs and returns the mean loss of the last.
func (t *trainer) train(ctx context.Context) (float64, error) {
	workers := t.opt.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, t.spool.chunks())
	if t.opt.Deterministic {
		workers = 1
	}
	t.bar = progress.Start(ctx, "train vectors", int64(t.opt.Epochs)*t.spool.tokens, "words")
	defer t.bar.Done()
	all := make([]*worker, workers)
	running, ctx := errgroup.WithContext(ctx)
	for i := range all {
		all[i] = newWorker(t)
		running.Go(func() error { return all[i].run(ctx) })
	}
	if err := running.Wait(); err != nil {
		return 0, err
	}
	var loss float64
	var pairs int64
	for _, w := range all {
		loss += w.lastLoss
		pairs += w.lastPairs
	}
	if pairs == 0 {
		return 0, fault.Usagef("fasttext: the text is too small: no word is left with a neighbour; raise sub_sampling (1 keeps every word) or give more text")
	}
	if !t.input.finite() || !t.output.finite() {
		return 0, errDiverged(t.opt)
	}
	return loss / float64(pairs), nil
}

func errDiverged(opt Options) error {
	return fault.Usagef("fasttext: training diverged: vectors are no longer numbers; lower learning_rate (it is %g)", opt.LearningRate)
}

// rate is the learning rate after so many tokens.
func (t *trainer) rate(done int64) float32 {
	total := float64(t.opt.Epochs) * float64(t.spool.tokens)
	return float32(t.opt.LearningRate * math.Max(0, 1-float64(done)/total))
}

// subwords holds the input rows of each word, in the places where they are held.
type subwords struct {
	rows []int32
	ends []int64
	self []float32 // Σ m²/n for a word of n rows, of which one stands m times
}

// of returns the rows of a word.
func (s *subwords) of(word int32) []int32 {
	begin := int64(0)
	if word > 0 {
		begin = s.ends[word-1]
	}
	return s.rows[begin:s.ends[word]]
}

// newSubwords lists the rows of all words. Buckets in use are held behind the
// words, those of the most frequent words first, where they share pages; place
// says where each is, -1 for one that no word uses, held how many rows there are.
func newSubwords(d *Dictionary) (s subwords, place []int32, held int) {
	held = d.Len()
	place = make([]int32, d.buckets)
	for i := range place {
		place[i] = -1
	}
	s.ends, s.self = make([]int64, d.Len()), make([]float32, d.Len())
	times := map[int32]int{}
	for i, word := range d.words {
		from := len(s.rows)
		s.rows = d.appendRows(s.rows, word)
		mine := s.rows[from:]
		clear(times)
		for j, row := range mine {
			if int(row) >= d.Len() {
				bucket := int(row) - d.Len()
				if place[bucket] < 0 {
					place[bucket] = int32(held)
					held++
				}
				mine[j] = place[bucket]
			}
			times[mine[j]]++
		}
		squares := 0
		for _, m := range times {
			squares += m * m
		}
		s.self[i] = float32(squares) / float32(len(mine))
		s.ends[i] = int64(len(s.rows))
	}
	return s, place, held
}

// note is what the progress bar says beside the count.
func note(loss float64, rate float32) string { return fmt.Sprintf("loss %.4f, lr %.4f", loss, rate) }
