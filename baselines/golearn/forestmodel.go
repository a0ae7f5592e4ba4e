package golearn

import (
	"context"
	"fmt"
	"io"

	"assay/classifier"
	"assay/features"
	"assay/internal/frame"
	"assay/internal/multilabel"
	"assay/internal/progress"
)

// joinedTrees is a fitted random forest: the trees of label 0, then those of label
// 1 and so on, their nodes in one row.
type joinedTrees struct {
	sparse bool // fitted on a sparse matrix
	cols   int  // features
	labels int  // C
	trees  int  // of each label
	start  []int64
	tree   // of all nodes; right counts from the tree's first node
}

// forestVersion is that of the layout written by save.
const forestVersion = 1

func joinTrees(t *table, labels, each int, grown []tree) *joinedTrees {
	f := &joinedTrees{sparse: t.sparse != nil, cols: t.cols, labels: labels, trees: each, start: make([]int64, 1, len(grown)+1)}
	total := 0
	for _, g := range grown {
		total += len(g.feature)
	}
	f.feature = make([]int32, 0, total)
	f.right = make([]int32, 0, total)
	f.value = make([]float64, 0, total)
	for _, g := range grown {
		f.feature = append(f.feature, g.feature...)
		f.right = append(f.right, g.right...)
		f.value = append(f.value, g.value...)
		f.start = append(f.start, int64(len(f.feature)))
	}
	return f
}

func (f *joinedTrees) scores(ctx context.Context, x features.Matrix, workers int) (*multilabel.Scores, error) {
	workers, err := workerCount(workers)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t, err := scoringTable(x, f.cols, f.sparse)
	if err != nil {
		return nil, err
	}
	out := multilabel.NewScores(t.rows, f.labels)
	bar := progress.Start(ctx, "score", int64(t.rows), "papers")
	defer bar.Done()
	newPaper := func() []float64 { return make([]float64, f.cols) }
	err = eachBlock(ctx, workers, t.rows, bar, newPaper, func(paper []float64, i int) error {
		if err := t.check(i, maxFinite); err != nil {
			return err
		}
		cols, values := t.row(i)
		for k, j := range cols {
			paper[j] = float64(values[k])
		}
		f.scoreRow(paper, out.Row(i))
		for _, j := range cols {
			paper[j] = 0
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// scoreRow adds up in the order of the trees.
func (f *joinedTrees) scoreRow(paper, score []float64) {
	for label := range score {
		sum := 0.0
		for t := label * f.trees; t < (label+1)*f.trees; t++ {
			sum += f.leaf(f.start[t], paper)
		}
		score[label] = sum / float64(f.trees)
	}
}

// leaf returns the value of the leaf that a paper falls into.
func (f *joinedTrees) leaf(start int64, paper []float64) float64 {
	i := start
	for f.feature[i] >= 0 {
		if paper[f.feature[i]] < f.value[i] {
			i++
		} else {
			i = start + int64(f.right[i])
		}
	}
	return f.value[i]
}

func (f *joinedTrees) save(w io.Writer) error {
	return classifier.WriteModel(w, forestKind, forestVersion, func(e *frame.Encoder) {
		e.Bool(f.sparse)
		e.Int(f.cols)
		e.Int(f.labels)
		e.Int(f.trees)
		e.Int64s(f.start)
		e.Int32s(f.feature)
		e.Int32s(f.right)
		e.Float64s(f.value)
	})
}

func loadForest(r io.Reader) (*joinedTrees, error) {
	f := &joinedTrees{}
	err := classifier.ReadModel(r, forestKind, forestVersion, func(d *frame.Decoder) {
		f.sparse = d.Bool()
		f.cols = d.Int()
		f.labels = d.Int()
		f.trees = d.Int()
		f.start = d.Int64s()
		f.feature = d.Int32s()
		f.right = d.Int32s()
		f.value = d.Float64s()
		if err := f.validate(); err != nil {
			d.Fail("%v", err)
		}
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// validate makes sure that every paper ends in a leaf.
func (f *joinedTrees) validate() error {
	n := len(f.feature)
	trees := len(f.start) - 1
	if f.cols <= 0 || f.labels <= 0 || f.trees <= 0 || trees <= 0 || trees%f.labels != 0 || trees/f.labels != f.trees ||
		len(f.right) != n || len(f.value) != n || f.start[0] != 0 || f.start[trees] != int64(n) {
		return fmt.Errorf("%d nodes of %d trees for %d labels of %d trees", n, trees, f.labels, f.trees)
	}
	for t := range trees {
		from, to := f.start[t], f.start[t+1]
		if from < 0 || from >= to || to > int64(n) {
			return fmt.Errorf("tree %d has nodes %d to %d of %d", t, from, to, n)
		}
		for i := from; i < to; i++ {
			at, right, size := i-from, int64(f.right[i]), to-from
			switch leaf := f.feature[i] < 0; {
			case leaf && !(f.value[i] >= 0 && f.value[i] <= 1):
				return fmt.Errorf("tree %d, node %d: a share of %v", t, at, f.value[i])
			case !leaf && (int(f.feature[i]) >= f.cols || f.value[i] != f.value[i] || right <= at+1 || right >= size):
				return fmt.Errorf("tree %d, node %d: feature %d of %d, right child %d of %d", t, at, f.feature[i], f.cols, right, size)
			}
		}
	}
	return nil
}
