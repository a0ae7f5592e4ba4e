// Package dataframe stands in for github.com/rocketlaunchr/dataframe-go, which
// golearn imports for one conversion function and which does not compile
// against tablewriter v1. It declares what that function needs and no more;
// assay never builds a data frame.
package dataframe

// Series is one named column.
type Series interface {
	Name() string
	NRows() int
	Value(row int) any
}

// DataFrame is a list of columns of one length.
type DataFrame struct {
	Series []Series
}

// Names returns the columns' names in order.
func (d *DataFrame) Names() []string {
	names := make([]string, len(d.Series))
	for i, s := range d.Series {
		names[i] = s.Name()
	}
	return names
}

// NRows returns the length of the columns, 0 without any.
func (d *DataFrame) NRows() int {
	if len(d.Series) == 0 {
		return 0
	}
	return d.Series[0].NRows()
}
