package embeddings

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"

	"assay/internal/fault"
	"assay/internal/kernels"
	"assay/internal/progress"
)

// Neighbour is a word near another.
type Neighbour struct {
	Word       string  `json:"word"`
	Similarity float64 `json:"similarity"` // cosine of the angle between the vectors
}

// Neighbours returns the k words of the vocabulary whose vectors are nearest to
// that of word by cosine, nearest first, of equal ones the more frequent: what
// fastText's get_nearest_neighbors does. The word itself is left out, and so are
// words whose vector is zero. A word without a vector is a usage error.
func Neighbours(ctx context.Context, v Vectors, word string, k, workers int) ([]Neighbour, Match, error) {
	query := make([]float32, v.Dim())
	match, err := v.Lookup(query, word)
	if err != nil {
		return nil, match, err
	}
	norm := kernels.Norm(query)
	if match == Missing || norm == 0 {
		return nil, match, fault.Usagef("embeddings: %q has no vector: it is not among the %d words, nor in lower case; try another spelling", word, v.Len())
	}
	kernels.Scale(query, float32(1/norm))
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	bar := progress.Start(ctx, "compare", int64(v.Len()), "words")
	defer bar.Done()
	found := make([][]candidate, workers)
	errs := make([]error, workers)
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			from, to := v.Len()*w/workers, v.Len()*(w+1)/workers
			found[w], errs[w] = nearest(ctx, v, query, from, to, k, word, bar)
		})
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, match, err
	}
	best := keepBest(slices.Concat(found...), k)
	out := make([]Neighbour, len(best))
	for i, c := range best {
		out[i] = Neighbour{v.Word(c.index), float64(c.similarity)}
	}
	return out, match, nil
}

type candidate struct {
	index      int
	similarity float32
}

// keepBest sorts the candidates and returns the first k.
func keepBest(all []candidate, k int) []candidate {
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.similarity, a.similarity), cmp.Compare(a.index, b.index))
	})
	return all[:min(k, len(all))]
}

// nearest returns the k best of the words from up to to.
func nearest(ctx context.Context, v Vectors, query []float32, from, to, k int, word string, bar progress.Bar) ([]candidate, error) {
	const step = 4096
	var best []candidate
	vector := make([]float32, v.Dim())
	for i := from; i < to; i++ {
		if done := i - from + 1; done%step == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			bar.Add(step)
			best = keepBest(best, k)
		}
		if v.Word(i) == word {
			continue
		}
		if err := v.Vector(vector, i); err != nil {
			return nil, err
		}
		if norm := kernels.Norm(vector); norm > 0 {
			best = append(best, candidate{i, float32(float64(kernels.Dot(query, vector)) / norm)})
		}
	}
	return keepBest(best, k), nil
}
