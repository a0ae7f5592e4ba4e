package golearn

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"

	"github.com/sjwhitworth/golearn/trees"
)

// tree is a decision tree for one label, its nodes in preorder: the left child
// of node i is node i+1. A paper goes left where its feature is less than the
// threshold.
type tree struct {
	feature []int32   // -1 at a leaf
	right   []int32   // the right child, 0 at a leaf
	value   []float64 // the threshold, at a leaf the share of papers with the label
}

// grower grows trees, one at a time, in memory that it keeps from node to node.
type grower struct {
	ctx      func() error // the Fit's ctx.Err
	table    *table
	names    *schema
	looked   int // features that a node looks at
	maxDepth int

	sample  []int32 // the bootstrap sample: rows, each node's side by side
	side    []int32 // rows on their way to the right
	carries []bool  // by row: whether the paper carries the label

	// By feature, for the node at hand; zero between nodes.
	count []int32   // rows in which it is not zero
	first []float32 // the first value that is not zero
	mixed []bool    // whether others differ from the first

	candidates []int32 // features that are not constant in the node
	slot       []int32 // by feature: its column in values, -1 for most
	grid       nodeGrid
	levels     levels // of the grid's columns
}

func newGrower(ctx context.Context, t *table, names *schema, looked, maxDepth int) *grower {
	g := &grower{
		ctx: ctx.Err, table: t, names: names, looked: looked, maxDepth: maxDepth,
		sample:  make([]int32, t.rows),
		side:    make([]int32, t.rows),
		carries: make([]bool, t.rows),
		count:   make([]int32, t.cols),
		first:   make([]float32, t.cols),
		mixed:   make([]bool, t.cols),
		slot:    make([]int32, t.cols),
	}
	for j := range g.slot {
		g.slot[j] = -1
	}
	return g
}

// branch is a node to be grown over sample[from:to].
type branch struct {
	from, to, depth int
	parent          int // whose right child it is, -1 for a left child or root
}

// grow draws a bootstrap sample and grows a tree on it.
func (g *grower) grow(r *rand.Rand, carriers []int32) (tree, error) {
	for _, i := range carriers {
		g.carries[i] = true
	}
	defer func() {
		for _, i := range carriers {
			g.carries[i] = false
		}
	}()
	for k := range g.sample {
		g.sample[k] = int32(r.IntN(g.table.rows))
	}
	var t tree
	for todo := []branch{{0, len(g.sample), 0, -1}}; len(todo) > 0; {
		if err := g.ctx(); err != nil {
			return tree{}, err
		}
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		node := len(t.feature)
		if b.parent >= 0 {
			t.right[b.parent] = int32(node)
		}
		rows := g.sample[b.from:b.to]
		share := g.share(rows)
		t.feature, t.right, t.value = append(t.feature, -1), append(t.right, 0), append(t.value, share)
		if share == 0 || share == 1 || b.depth == g.maxDepth {
			continue
		}
		s, err := g.split(r, rows)
		if err != nil {
			return tree{}, err
		}
		if !s.found {
			continue
		}
		t.feature[node], t.value[node] = s.feature, s.threshold
		middle := b.from + s.left
		todo = append(todo, branch{middle, b.to, b.depth + 1, node}, branch{b.from, middle, b.depth + 1, -1})
	}
	return t, nil
}

// share returns the share of rows whose paper carries the label.
func (g *grower) share(rows []int32) float64 {
	n := 0
	for _, i := range rows {
		if g.carries[i] {
			n++
		}
	}
	return float64(n) / float64(len(rows))
}

// split is a way to part a node's rows.
type split struct {
	found     bool
	feature   int32
	threshold float64
	left      int // rows on the left
}

// split draws features, lets golearn choose the best split by one of them, and
// parts the rows: left ones first, in their order.
func (g *grower) split(r *rand.Rand, rows []int32) (split, error) {
	g.findCandidates(rows)
	k := min(g.looked, len(g.candidates))
	if k == 0 {
		return split{}, nil
	}
	for j := range k {
		other := j + r.IntN(len(g.candidates)-j)
		g.candidates[j], g.candidates[other] = g.candidates[other], g.candidates[j]
	}
	g.fill(rows, g.candidates[:k])
	g.levels.apply(g.grid.values, k)
	stump := trees.NewDecisionTreeClassifier(trees.GINI, 1, []int64{0, 1})
	if err := stump.Fit(&g.grid); err != nil {
		return split{}, err
	}
	if g.grid.err != nil {
		return split{}, g.grid.err
	}
	// golearn leaves a node without a use where no split lowers the impurity,
	// and says so in an unexported field.
	needed := reflect.ValueOf(stump.RootNode).Elem().FieldByName("isNodeNeeded")
	if needed.Kind() != reflect.Bool {
		return split{}, errors.New("golearn's trees have another form than the version that this code was written for")
	}
	if !needed.Bool() {
		return split{}, nil
	}
	column, threshold := int(stump.RootNode.Feature), stump.RootNode.Threshold
	s := split{found: true, feature: g.candidates[column], threshold: g.levels.threshold(column, threshold)}
	s.left = g.part(rows, column, threshold)
	if s.left == 0 || s.left == len(rows) {
		return split{}, errors.New("golearn split a node's papers into all and none")
	}
	return s, nil
}

// findCandidates collects the features that are not constant in rows.
func (g *grower) findCandidates(rows []int32) {
	g.candidates = g.candidates[:0]
	for _, i := range rows {
		cols, values := g.table.row(int(i))
		for k, j := range cols {
			switch v := values[k]; {
			case v == 0:
				continue
			case g.count[j] == 0:
				g.first[j] = v
				g.candidates = append(g.candidates, j)
			case v != g.first[j]:
				g.mixed[j] = true
			}
			g.count[j]++
		}
	}
	kept := g.candidates[:0]
	for _, j := range g.candidates {
		if g.mixed[j] || int(g.count[j]) < len(rows) {
			kept = append(kept, j)
		}
		g.count[j], g.mixed[j] = 0, false
	}
	g.candidates = kept
}

// fill sets the grid to the values of rows in the given columns.
func (g *grower) fill(rows, columns []int32) {
	k := len(columns)
	g.grid.grid = grid{schema: g.names, features: k, rows: len(rows)}
	g.grid.values = zeros(g.grid.values, len(rows)*k)
	g.grid.class = zeros(g.grid.class, len(rows))
	for c, j := range columns {
		g.slot[j] = int32(c)
	}
	for n, i := range rows {
		if g.carries[i] {
			g.grid.class[n] = 1
		}
		cols, values := g.table.row(int(i))
		for at, j := range cols {
			if c := g.slot[j]; c >= 0 {
				g.grid.values[n*k+int(c)] = float64(values[at])
			}
		}
	}
	for _, j := range columns {
		g.slot[j] = -1
	}
}

// zeros returns n zeros, in the memory of buf if it is large enough.
func zeros(buf []float64, n int) []float64 {
	if cap(buf) < n {
		return make([]float64, n)
	}
	buf = buf[:n]
	clear(buf)
	return buf
}

// part moves the rows with less than threshold in a column of the grid to the
// front and returns their number.
func (g *grower) part(rows []int32, column int, threshold float64) int {
	k := g.grid.features
	left, right := 0, g.side[:0]
	for n, i := range rows {
		if g.grid.values[n*k+column] < threshold {
			rows[left] = i
			left++
		} else {
			right = append(right, i)
		}
	}
	copy(rows[left:], right)
	return left
}
