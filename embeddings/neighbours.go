package embeddings

import (
	"cmp"
	"context"
	"slices"

	"assay/internal/fault"
	"assay/internal/kernels"
	"assay/internal/parallel"
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
	bar := progress.Start(ctx, "compare", int64(v.Len()), "words")
	defer bar.Done()
	const block = 4096
	found := make([][]candidate, (v.Len()+block-1)/block)
	err = parallel.Blocks(ctx, workers, v.Len(), block, func() func(from, to int) error {
		vector := make([]float32, v.Dim())
		return func(from, to int) (err error) {
			found[from/block], err = nearest(v, query, vector, from, to, k, word)
			bar.Add(int64(to - from))
			return err
		}
	})
	if err != nil {
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
func nearest(v Vectors, query, vector []float32, from, to, k int, word string) ([]candidate, error) {
	var best []candidate
	for i := from; i < to; i++ {
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
	return slices.Clone(keepBest(best, k)), nil
}
