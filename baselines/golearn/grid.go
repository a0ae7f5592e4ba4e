package golearn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/sjwhitworth/golearn/base"
)

// schema names the columns of a grid in golearn's terms: the class first, then
// the features. It is read only once made, so that all grids share it.
type schema struct {
	attributes []base.Attribute
	specs      []base.AttributeSpec
	position   map[base.Attribute]int // in attributes
}

// attributeGroup is how many attributes share a group: golearn looks at the
// whole group for each attribute added to it.
const attributeGroup = 64

// newSchema makes n features and the class with newAttribute; size is that of
// their values in bytes, 0 for bits. Attribute specifications are golearn's
// own, which only its dense instances hand out.
func newSchema[A base.Attribute](n, size int, newAttribute func(name string) A) (*schema, error) {
	s := &schema{
		attributes: make([]base.Attribute, 0, n+1),
		specs:      make([]base.AttributeSpec, 0, n+1),
		position:   make(map[base.Attribute]int, n+1),
	}
	source := base.NewDenseInstances()
	for i := range n + 1 {
		name := "class"
		if i > 0 {
			name = strconv.Itoa(i - 1)
		}
		group := strconv.Itoa(i / attributeGroup)
		if i%attributeGroup == 0 {
			if err := source.CreateAttributeGroup(group, size); err != nil {
				return nil, err
			}
		}
		a := newAttribute(name)
		spec, err := source.AddAttributeToAttributeGroup(a, group)
		if err != nil {
			return nil, err
		}
		s.position[a] = len(s.attributes)
		s.attributes = append(s.attributes, a)
		s.specs = append(s.specs, spec)
	}
	return s, nil
}

// grid is the part of base.FixedDataGrid that all our grids share: the first
// attributes of a schema over some rows.
type grid struct {
	*schema
	features int // of the schema's, besides the class
	rows     int
}

var errReadOnly = errors.New("the grid is read only")

func (g *grid) AllAttributes() []base.Attribute           { return g.attributes[: g.features+1 : g.features+1] }
func (g *grid) AllClassAttributes() []base.Attribute      { return g.attributes[:1:1] }
func (g *grid) AddClassAttribute(base.Attribute) error    { return errReadOnly }
func (g *grid) RemoveClassAttribute(base.Attribute) error { return errReadOnly }
func (g *grid) Size() (attributes, rows int)              { return g.features + 1, g.rows }
func (g *grid) RowString(row int) string                  { return "row " + strconv.Itoa(row) }

func (g *grid) GetAttribute(a base.Attribute) (base.AttributeSpec, error) {
	i, ok := g.position[a]
	if !ok || i > g.features {
		return base.AttributeSpec{}, fmt.Errorf("no attribute %v", a)
	}
	return g.specs[i], nil
}

// inOrder reports whether golearn asks for all features in the order of their
// columns, on which the reading of what it learnt relies.
func (g *grid) inOrder(specs []base.AttributeSpec) bool {
	if len(specs) != g.features {
		return false
	}
	for i := range specs {
		if p, ok := g.position[specs[i].GetAttribute()]; !ok || p != i+1 {
			return false
		}
	}
	return true
}

var errOrder = errors.New("golearn asks for the features in another order than the version that this code was written for")

// presenceGrid shows golearn's naive Bayes the papers as bits, a feature
// present or absent, without storing the absent ones. Its last feature is
// present in every paper: golearn panics at a class without present features.
//
// A grid belongs to one goroutine; carriers change from label to label.
type presenceGrid struct {
	grid
	table     *table
	carriers  []byte       // by row: 1 if the paper carries the label
	cancelled func() error // of the Fit's context
	seen      bool         // the rows have been shown
	err       error        // of MapOverRows, which golearn drops
}

var (
	absent  = []byte{0}
	present = []byte{1}
)

// AllAttributes is the class alone once the rows were shown: golearn ends its
// Fit with an empty copy of the grid, for Save, and adding an attribute to it
// takes time in proportion to those already there.
func (g *presenceGrid) AllAttributes() []base.Attribute {
	if g.seen {
		return g.AllClassAttributes()
	}
	return g.grid.AllAttributes()
}

// Get returns the class of a row.
func (g *presenceGrid) Get(_ base.AttributeSpec, row int) []byte {
	return g.carriers[row : row+1]
}

// MapOverRows shows each row as one byte a feature. It stops early when the
// context is cancelled.
func (g *presenceGrid) MapOverRows(specs []base.AttributeSpec, show func([][]byte, int) (bool, error)) error {
	g.seen = true
	g.err = g.mapOverRows(specs, show)
	return g.err
}

func (g *presenceGrid) mapOverRows(specs []base.AttributeSpec, show func([][]byte, int) (bool, error)) error {
	if !g.inOrder(specs) {
		return errOrder
	}
	view := make([][]byte, len(specs))
	for j := range view {
		view[j] = absent
	}
	view[len(view)-1] = present
	for i := range g.rows {
		if i%scoreBlock == 0 {
			if err := g.cancelled(); err != nil {
				return err
			}
		}
		cols, values := g.table.row(i)
		for k, j := range cols {
			if values[k] > 0 {
				view[j] = present
			}
		}
		if _, err := show(view, i); err != nil {
			return err
		}
		for _, j := range cols {
			view[j] = absent
		}
	}
	return nil
}

// nodeGrid shows golearn's decision tree the papers of one node: a dense
// matrix of a few features.
type nodeGrid struct {
	grid
	values []float64 // (rows, features)
	class  []float64 // (rows): 1 if the paper carries the label
	err    error     // of MapOverRows, which golearn drops
}

// Get panics: golearn reads trees' rows by MapOverRows.
func (g *nodeGrid) Get(base.AttributeSpec, int) []byte {
	panic("random access to the rows of a tree's node")
}

// MapOverRows shows the features or the class, by the number of specs.
func (g *nodeGrid) MapOverRows(specs []base.AttributeSpec, show func([][]byte, int) (bool, error)) error {
	data, width := g.values, g.features
	if len(specs) == 1 && specs[0].GetAttribute() == g.attributes[0] {
		data, width = g.class, 1
	} else if !g.inOrder(specs) {
		g.err = errOrder
		return g.err
	}
	cells := make([]byte, 8*width)
	view := make([][]byte, width)
	for j := range view {
		view[j] = cells[8*j : 8*j+8]
	}
	for i := range g.rows {
		for j, v := range data[i*width : (i+1)*width] {
			// golearn reads a float in the machine's byte order.
			binary.NativeEndian.PutUint64(view[j], math.Float64bits(v))
		}
		if _, err := show(view, i); err != nil {
			g.err = err
			return err
		}
	}
	return nil
}
