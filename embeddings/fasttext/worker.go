package fasttext

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"unsafe"

	"assay/internal/kernels"
)

// maxLine is how many words a line has at most, as in the official program.
const maxLine = 1024

// worker trains on one chunk after another. Its buffers are its own; the
// matrices belong to all.
type worker struct {
	*trainer
	draws *rand.PCG
	rate  float32

	raw  []byte
	ids  []int32
	line []int32 // the sentence's words that are kept

	now, soon plan      // of the word being trained, and of the next
	first     []float32 // (dim), the hidden vector before the word's first pair
	hidden    []float32 // (dim)
	gradient  []float32 // (dim), of all pairs of the word so far
	scores    []float32 // (1 + negatives)
	steps     []float32 // (1 + negatives)

	loss      float64 // of the chunk
	pairs     int64
	lastLoss  float64 // of the last epoch
	lastPairs int64
}

// plan is what will be trained for one word of a line: drawn one word ahead, so
// that its rows are on their way from memory while the word before is trained.
type plan struct {
	input   []int32 // rows whose mean is the hidden vector, with repeats
	self    float32 // how much a step of the rows moves their mean
	targets []int32 // for each prediction the true word and the negatives
}

func newWorker(t *trainer) *worker {
	w := &worker{trainer: t}
	outputs := 1 + t.opt.Negatives
	room := aligned(3*roundUp(t.opt.Dim) + 2*roundUp(outputs))
	take := func(n int) []float32 {
		v := room[:n:n]
		room = room[roundUp(n):]
		return v
	}
	w.first, w.hidden, w.gradient = take(t.opt.Dim), take(t.opt.Dim), take(t.opt.Dim)
	w.scores, w.steps = take(outputs), take(outputs)
	return w
}

// roundUp is n numbers in whole cache lines.
func roundUp(n int) int { return (n + lineFloats - 1) / lineFloats * lineFloats }

// aligned returns n zeros that begin on a cache line and share none with other
// memory, nor the line next to theirs, which processors fetch along: else the
// workers would take each other's buffers out of the cache.
func aligned(n int) []float32 {
	const margin = 2 * lineFloats
	data := make([]float32, n+2*margin+lineFloats)
	for uintptr(unsafe.Pointer(&data[margin]))%(4*lineFloats) != 0 {
		data = data[1:]
	}
	return data[margin : margin+n : margin+n]
}

// run trains chunks until none is left.
func (w *worker) run(ctx context.Context) error {
	chunks := w.spool.chunks()
	for {
		i := int(w.next.Add(1) - 1)
		epoch, chunk := i/chunks, i%chunks
		if epoch >= w.opt.Epochs {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("fasttext: train: %w", err)
		}
		if err := w.chunk(epoch, chunk); err != nil {
			return err
		}
	}
}

func (w *worker) chunk(epoch, chunk int) (err error) {
	w.raw, w.ids, err = w.spool.read(chunk, w.raw, w.ids)
	if err != nil {
		return err
	}
	w.draws = chunkRand(w.opt.Seed, epoch, chunk)
	w.loss, w.pairs = 0, 0
	w.line = w.line[:0]
	pending := int64(0)
	w.rate = w.trainer.rate(w.done.Load())
	for _, id := range w.ids {
		pending++
		if word := w.place[id]; word >= 0 && w.draws.Uint64()>>32 < w.keep[word] {
			w.line = append(w.line, word)
		}
		if id == 0 || len(w.line) >= maxLine {
			w.sentence()
			w.line = w.line[:0]
			w.rate = w.trainer.rate(w.done.Add(pending))
			pending = 0
		}
	}
	w.bar.Add(int64(len(w.ids)))
	if math.IsNaN(w.loss) || math.IsInf(w.loss, 0) {
		return errDiverged(w.opt)
	}
	if epoch == w.opt.Epochs-1 {
		w.lastLoss += w.loss
		w.lastPairs += w.pairs
	}
	if w.pairs > 0 {
		w.bar.Note(note(w.loss/float64(w.pairs), w.rate))
	}
	return nil
}

// sentence trains every word of the line.
func (w *worker) sentence() {
	if len(w.line) == 0 {
		return
	}
	prepare := w.planSkipgram
	if w.opt.Model == CBOW {
		prepare = w.planCBOW
	}
	prepare(0, &w.soon)
	for pos := range w.line {
		w.now, w.soon = w.soon, w.now
		if pos+1 < len(w.line) {
			prepare(pos+1, &w.soon)
			kernels.Prefetch(w.input.data, w.input.stride, w.opt.Dim, w.soon.input)
			kernels.Prefetch(w.output.data, w.output.stride, w.opt.Dim, w.soon.targets)
		}
		w.step(&w.now)
	}
}

// window draws how far the neighbours of the word at pos reach.
func (w *worker) window(pos int) (from, to int) {
	reach := 1 + below(w.draws, w.opt.Window)
	return max(pos-reach, 0), min(pos+reach, len(w.line)-1)
}

// planSkipgram has the word predict each of its neighbours.
func (w *worker) planSkipgram(pos int, p *plan) {
	word := w.line[pos]
	p.input, p.self, p.targets = w.grams.of(word), w.grams.self[word], p.targets[:0]
	from, to := w.window(pos)
	for at := from; at <= to; at++ {
		if at != pos {
			p.targets = w.appendTargets(p.targets, w.line[at])
		}
	}
}

// planCBOW has the neighbours together predict the word. It makes one
// prediction, after which the hidden vector is not needed.
func (w *worker) planCBOW(pos int, p *plan) {
	p.input, p.targets = p.input[:0], p.targets[:0]
	from, to := w.window(pos)
	for at := from; at <= to; at++ {
		if at != pos {
			p.input = append(p.input, w.grams.of(w.line[at])...)
		}
	}
	if len(p.input) > 0 {
		p.targets = w.appendTargets(p.targets, w.line[pos])
	}
}

// appendTargets appends the true word and words drawn to be told apart from it.
func (w *worker) appendTargets(dst []int32, word int32) []int32 {
	dst = append(dst, word)
	for range w.opt.Negatives {
		drawn := w.negatives.draw(w.draws.Uint64())
		for drawn == word {
			drawn = w.negatives.draw(w.draws.Uint64())
		}
		dst = append(dst, drawn)
	}
	return dst
}

// step makes the predictions of a plan, one after the other.
//
// The official program adds the gradient g of each prediction to every one of
// the n input rows at once, which moves their mean, the hidden vector, by
// g·Σm²/n, where row r stands m times among them. So it is enough to move the
// hidden vector after each prediction and the rows once, at the end, by the sum:
// the same numbers but for rounding, with a sixth of the traffic to memory.
func (w *worker) step(p *plan) {
	if len(p.targets) == 0 {
		return
	}
	in, out := w.input, w.output
	kernels.SumRows(w.first, in.data, in.stride, p.input)
	kernels.Scale(w.first, 1/float32(len(p.input)))
	copy(w.hidden, w.first)
	clear(w.gradient)
	outputs := len(w.scores)
	for at := 0; at < len(p.targets); at += outputs {
		targets := p.targets[at : at+outputs]
		if at > 0 {
			copy(w.hidden, w.first)
			kernels.Axpy(w.hidden, p.self, w.gradient)
		}
		kernels.DotRows(w.scores, w.hidden, out.data, out.stride, targets)
		w.errors()
		kernels.UpdateRows(out.data, out.stride, targets, w.steps, w.hidden, w.gradient)
	}
	kernels.AddRows(in.data, in.stride, p.input, w.gradient)
}

// errors turns the scores of a prediction, the true word's first, into the steps
// along their vectors, and adds its loss.
func (w *worker) errors() {
	sigmoid, loss := w.logistic.at(w.scores[0])
	w.steps[0] = w.rate * (1 - sigmoid)
	for i, score := range w.scores[1:] {
		s, l := w.logistic.at(-score)
		w.steps[1+i] = w.rate * (s - 1) // s is 1 - sigmoid(score)
		loss += l
	}
	w.loss += float64(loss)
	w.pairs++
}
