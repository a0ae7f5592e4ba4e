package forest

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"

	"assay/internal/parallel"
	"assay/internal/progress"
	"assay/internal/rng"
)

// growTrees grows every tree from a generator of its own, so that the order
// and the number of workers do not matter.
func growTrees(ctx context.Context, set *trainSet, opts Options) (*model, error) {
	m, err := opts.MaxFeatures.Of(set.x.Cols)
	if err != nil {
		return nil, err
	}
	model := &model{
		features: set.x.Cols,
		labels:   set.labels,
		trees:    make([]tree, opts.Trees),
	}
	bar := progress.Start(ctx, "random forest", int64(opts.Trees), "trees")
	defer bar.Done()
	err = parallel.Do(ctx, opts.Workers, opts.Trees, func() func(int) error {
		g := newGrower(set, opts, m)
		return func(i int) error {
			tree, err := g.grow(ctx, rng.New(opts.Seed, "random_forest", "tree", strconv.Itoa(i)))
			if err != nil {
				return err
			}
			model.trees[i] = tree
			bar.Add(1)
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	return model, nil
}

// grower grows one tree after another, in buffers that they share.
type grower struct {
	set  *trainSet
	opts Options
	m    int // features that a node looks at
	rand *rand.Rand

	weights []int32 // of each row of the set
	order   []int32 // rows with a weight; each node has a range of it
	place   []int32 // place in order of each row; -1 without weight

	regions []region // regions[0] is the whole set's, each further one lies in the one before
	counts  []int32  // scratch of region.gather

	node  labelWeights // of the node at hand
	split splitSearch

	stack      []growTask
	tree       tree
	leafOffset map[string]int32 // of each leaf in tree.leaves
	leaf       []int32          // scratch
	leafKey    []byte           // scratch
}

// growTask is a node to be grown.
type growTask struct {
	start, end int32 // its rows in order
	level      int32 // splits above it
	region     int32 // its parent's
	parent     int32 // node that refers to it; -1 for the root
	right      bool  // as the right child
	counted    bool  // grower.node already holds its label weights
}

// labelWeights are the weights of the labels among some rows.
type labelWeights struct {
	weight  int64   // of the rows
	carried int64   // Σ_c n_c
	squares int64   // Σ_c n_c²
	labels  []int64 // n_c
}

// add counts rows of weight w with the given labels; w < 0 takes them away.
func (l *labelWeights) add(labels []int32, w int64) {
	l.weight += w
	l.carried += w * int64(len(labels))
	for _, c := range labels {
		n := l.labels[c]
		l.squares += w * (2*n + w)
		l.labels[c] = n + w
	}
}

// pure reports whether every row has the same labels: each n_c is 0 or weight.
func (l *labelWeights) pure() bool { return l.carried*l.weight == l.squares }

func (l *labelWeights) reset() {
	clear(l.labels)
	l.weight, l.carried, l.squares = 0, 0, 0
}

func newGrower(set *trainSet, opts Options, m int) *grower {
	n := set.rows()
	return &grower{
		set:        set,
		opts:       opts,
		m:          m,
		weights:    make([]int32, n),
		order:      make([]int32, 0, n),
		place:      make([]int32, n),
		regions:    make([]region, 1),
		counts:     make([]int32, set.x.Cols),
		node:       labelWeights{labels: make([]int64, set.labels)},
		split:      newSplitSearch(set.labels),
		leafOffset: map[string]int32{},
	}
}

// grow grows a tree. Nodes are numbered as they are split, the child with more
// rows before its sibling, so that the label weights of a node follow from its
// parent's by taking the smaller sibling's away: over the whole tree a row is
// counted O(log n) times, however deep the tree.
func (g *grower) grow(ctx context.Context, r *rand.Rand) (tree, error) {
	g.begin(r)
	for steps := 0; len(g.stack) > 0; steps++ {
		if steps%32 == 0 && ctx.Err() != nil {
			return tree{}, ctx.Err()
		}
		task := g.stack[len(g.stack)-1]
		g.stack = g.stack[:len(g.stack)-1]
		ref := g.growNode(task)
		switch {
		case task.parent < 0:
			g.tree.root = ref
		case task.right:
			g.tree.nodes[task.parent].right = ref
		default:
			g.tree.nodes[task.parent].left = ref
		}
	}
	tree := tree{
		root:   g.tree.root,
		nodes:  slices.Clone(g.tree.nodes),
		leaves: slices.Clone(g.tree.leaves),
	}
	return tree, nil
}

// begin draws the tree's rows and sets up its root.
func (g *grower) begin(r *rand.Rand) {
	g.rand = r
	g.tree.nodes, g.tree.leaves = g.tree.nodes[:0], g.tree.leaves[:0]
	clear(g.leafOffset)
	n := g.set.rows()
	if g.opts.NoBootstrap {
		for i := range g.weights {
			g.weights[i] = 1
		}
	} else {
		clear(g.weights)
		for range n {
			g.weights[r.Uint32N(uint32(n))]++
		}
	}
	g.order = g.order[:0]
	for i, w := range g.weights {
		g.place[i] = -1
		if w > 0 {
			g.place[i] = int32(len(g.order))
			g.order = append(g.order, int32(i))
		}
	}
	whole := &g.regions[0]
	whole.rows = n
	whole.columns = append(whole.columns[:0], g.set.columns...)
	whole.entries = g.set.entries
	whole.tabulate(g.set.x.Cols, g.m)
	g.stack = append(g.stack[:0], growTask{end: int32(len(g.order)), parent: -1})
}

// growNode makes a leaf or a split of the task's rows and returns the
// reference to it.
func (g *grower) growNode(t growTask) int32 {
	rows := g.order[t.start:t.end]
	if !t.counted {
		g.node.reset()
		for _, row := range rows {
			g.node.add(g.set.rowLabels(row), int64(g.weights[row]))
		}
	}
	if int(t.level) >= g.opts.MaxDepth || len(rows) < g.opts.MinSplit || len(rows) < 2*g.opts.MinLeaf || g.node.pure() {
		return g.addLeaf(rows)
	}
	region := g.regionFor(t.region, rows)
	best, found := g.bestSplit(&g.regions[region], t.start, t.end)
	if !found {
		return g.addLeaf(rows)
	}
	id := int32(len(g.tree.nodes))
	g.tree.nodes = append(g.tree.nodes, node{feature: best.column.feature, threshold: best.threshold})
	middle := g.partition(g.regions[region].column(best.column), best.threshold, t.start, t.end)
	left := growTask{start: t.start, end: middle, level: t.level + 1, region: region, parent: id}
	right := growTask{start: middle, end: t.end, level: t.level + 1, region: region, parent: id, right: true}
	small, large := left, right
	if left.end-left.start > right.end-right.start {
		small, large = right, left
	}
	for _, row := range g.order[small.start:small.end] {
		g.node.add(g.set.rowLabels(row), -int64(g.weights[row]))
	}
	large.counted = true
	g.stack = append(g.stack, small, large)
	return id
}

// regionFor returns the index of the region that a node with the given rows
// uses, whose parent used region parent: the same, or one of its own.
func (g *grower) regionFor(parent int32, rows []int32) int32 {
	if len(rows)*regionShrink > g.regions[parent].rows {
		return parent
	}
	own := parent + 1
	if int(own) == len(g.regions) {
		g.regions = append(g.regions, region{})
	}
	g.regions[own].gather(g.set.x, rows, g.counts)
	g.regions[own].tabulate(g.set.x.Cols, g.m)
	return own
}

// partition puts the rows of order[start:end] that go left before those that
// go right and returns where these begin. Only rows on the other side of the
// threshold than zero are moved.
func (g *grower) partition(column []entry, threshold float32, start, end int32) int32 {
	zeroLeft := threshold >= 0
	lo, hi := start, end
	for _, e := range column {
		p := g.place[e.row]
		if p < start || p >= end || (e.value <= threshold) == zeroLeft {
			continue
		}
		to := lo
		if zeroLeft {
			hi--
			to = hi
		} else {
			lo++
		}
		other := g.order[to]
		g.order[to], g.order[p] = e.row, other
		g.place[e.row], g.place[other] = to, p
	}
	if zeroLeft {
		return hi
	}
	return lo
}

// addLeaf returns the reference to a leaf with the node's label weights, of
// which equal ones are kept once.
func (g *grower) addLeaf(rows []int32) int32 {
	g.leaf = append(g.leaf[:0], 0, 1)
	if g.node.pure() {
		for _, c := range g.set.rowLabels(rows[0]) {
			g.leaf = append(g.leaf, c, 1)
		}
	} else {
		g.leaf[1] = int32(g.node.weight)
		for c, n := range g.node.labels {
			if n > 0 {
				g.leaf = append(g.leaf, int32(c), int32(n))
			}
		}
	}
	g.leaf[0] = int32(len(g.leaf)/2 - 1)
	g.leafKey = g.leafKey[:0]
	for _, v := range g.leaf {
		g.leafKey = binary.LittleEndian.AppendUint32(g.leafKey, uint32(v))
	}
	offset, seen := g.leafOffset[string(g.leafKey)]
	if !seen {
		offset = int32(len(g.tree.leaves))
		g.leafOffset[string(g.leafKey)] = offset
		g.tree.leaves = append(g.tree.leaves, g.leaf...)
	}
	return ^offset
}
