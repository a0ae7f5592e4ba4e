package forest

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"assay/classifier"
	"assay/internal/frame"
)

const (
	modelKind    = "random_forest"
	modelVersion = 1
)

// Kinds returns the kind of model file of this package.
func Kinds(workers int) classifier.Kinds {
	return classifier.Kinds{modelKind: func() classifier.Classifier { return New(Options{Workers: workers}) }}
}

// Save implements classifier.Classifier. A tree is one field of the file, made of
// unsigned varints: 8 or 9 bytes a split of a forest on counts.
func (f *Forest) Save(w io.Writer) error {
	if f.model == nil {
		return fmt.Errorf("baselines: random forest: save: %w", classifier.ErrNotFitted)
	}
	return classifier.WriteModel(w, modelKind, modelVersion, func(e *frame.Encoder) {
		e.Int(f.model.features)
		e.Int(f.model.labels)
		e.Bool(f.model.dense)
		e.Int(len(f.model.trees))
		var buf []byte
		for i := range f.model.trees {
			buf = f.model.trees[i].encode(buf[:0])
			e.Bytes(buf)
		}
	})
}

// Load implements classifier.Classifier.
func (f *Forest) Load(r io.Reader) error {
	var m model
	err := classifier.ReadModel(r, modelKind, modelVersion, func(d *frame.Decoder) {
		m.features = d.Int()
		m.labels = d.Int()
		m.dense = d.Bool()
		trees := d.Int()
		if min(m.features, m.labels, trees) < 1 || max(m.features, m.labels, trees) > math.MaxInt32 {
			d.Fail("a forest of %d trees, %d features and %d labels", trees, m.features, m.labels)
			return
		}
		for i := range trees {
			tree, err := decodeTree(d.Bytes(), m.features, m.labels)
			if err != nil {
				d.Fail("tree %d of %d: %v", i, trees, err)
				return
			}
			m.trees = append(m.trees, tree)
		}
	})
	if err != nil {
		return err
	}
	f.model = &m
	return nil
}

// encode appends the tree to dst: the leaves, the distinct thresholds, the
// splits in their order, the root. A reference to a leaf is its number ·2 + 1,
// one to a split its distance from its parent ·2.
func (t *tree) encode(dst []byte) []byte {
	put := func(v int) { dst = binary.AppendUvarint(dst, uint64(v)) }
	number := make(map[int32]int) // of the leaf at an offset
	for at := 0; at < len(t.leaves); at += 2 + 2*int(t.leaves[at]) {
		number[int32(at)] = len(number)
	}
	put(len(number))
	put(len(t.leaves))
	for _, v := range t.leaves {
		put(int(v))
	}
	var distinct []float32
	index := make(map[float32]int)
	for _, n := range t.nodes {
		if _, seen := index[n.threshold]; !seen {
			index[n.threshold] = len(distinct)
			distinct = append(distinct, n.threshold)
		}
	}
	put(len(distinct))
	for _, v := range distinct {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
	}
	ref := func(from int, to int32) {
		if to < 0 {
			put(number[^to]<<1 | 1)
		} else {
			put((int(to) - from) << 1)
		}
	}
	put(len(t.nodes))
	for i, n := range t.nodes {
		put(int(n.feature))
		put(index[n.threshold])
		ref(i, n.left)
		ref(i, n.right)
	}
	ref(0, t.root)
	return dst
}

// treeReader takes a tree's bytes apart; the first error sticks.
type treeReader struct {
	data []byte
	err  error
}

func (r *treeReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// below reads a number under limit.
func (r *treeReader) below(limit int, what string) int {
	v, n := binary.Uvarint(r.data)
	if n <= 0 || v >= uint64(limit) {
		r.fail("%s %d: want less than %d", what, v, limit)
		return 0
	}
	r.data = r.data[n:]
	return int(v)
}

// length reads how many elements of at least size bytes follow.
func (r *treeReader) length(size int, what string) int {
	return r.below(len(r.data)/size+1, "number of "+what)
}

// ref reads a reference from split i of n, whose target must come later, so
// that every walk ends.
func (r *treeReader) ref(i, n, first int, offsets []int32) int32 {
	v := r.below(math.MaxInt32, "reference")
	to := v >> 1
	if v&1 == 1 {
		if to >= len(offsets) {
			r.fail("leaf %d of %d", to, len(offsets))
			return 0
		}
		return ^offsets[to]
	}
	if to < first || i+to >= n {
		r.fail("split %d refers to %d of %d", i, i+to, n)
	}
	return int32(i + to)
}

func decodeTree(data []byte, features, labels int) (tree, error) {
	r := &treeReader{data: data}
	var t tree
	offsets := t.decodeLeaves(r, labels)
	thresholds := make([]float32, r.length(4, "thresholds"))
	for i := range thresholds {
		if len(r.data) < 4 {
			r.fail("ends within its thresholds")
			break
		}
		thresholds[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.data))
		r.data = r.data[4:]
		if !isFinite32(thresholds[i]) {
			r.fail("threshold %v", thresholds[i])
		}
	}
	n := r.length(4, "splits")
	if n > 0 && len(thresholds) == 0 {
		r.fail("%d splits without thresholds", n)
	}
	t.nodes = make([]node, 0, n)
	for i := 0; i < n && r.err == nil; i++ {
		t.nodes = append(t.nodes, node{
			feature:   int32(r.below(features, "feature")),
			threshold: thresholds[r.below(len(thresholds), "threshold")],
			left:      r.ref(i, n, 1, offsets),
			right:     r.ref(i, n, 1, offsets),
		})
	}
	t.root = r.ref(0, n, 0, offsets)
	if len(r.data) > 0 {
		r.fail("%d bytes too many", len(r.data))
	}
	return t, r.err
}

// decodeLeaves reads the leaves and returns their offsets.
func (t *tree) decodeLeaves(r *treeReader, labels int) []int32 {
	offsets := make([]int32, 0, r.length(1, "leaves"))
	size := r.length(1, "leaf values")
	t.leaves = make([]int32, 0, size)
	for len(t.leaves) < size && r.err == nil {
		offsets = append(offsets, int32(len(t.leaves)))
		k := r.length(2, "labels in a leaf")
		weight := r.below(math.MaxInt32, "leaf weight")
		if weight == 0 {
			r.fail("leaf without weight")
		}
		t.leaves = append(t.leaves, int32(k), int32(weight))
		for range k {
			t.leaves = append(t.leaves, int32(r.below(labels, "label")), int32(r.below(weight+1, "label weight")))
		}
	}
	if len(offsets) != cap(offsets) || len(t.leaves) != size {
		r.fail("%d leaves of %d values, want %d of %d", len(offsets), len(t.leaves), cap(offsets), size)
	}
	return offsets
}
