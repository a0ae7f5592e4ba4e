package multilabel

import (
	"reflect"
	"testing"
)

func TestAppendSortsAndCompacts(t *testing.T) {
	m := FromRows(5, [][]int32{{3, 1, 3}, {}, {0}})
	if got := m.Row(0); !reflect.DeepEqual(got, []int32{1, 3}) {
		t.Errorf("row 0 = %v", got)
	}
	if m.Rows() != 3 || len(m.Row(1)) != 0 || m.Row(2)[0] != 0 {
		t.Errorf("matrix %+v", m)
	}
	if got := m.Counts(); !reflect.DeepEqual(got, []int{1, 1, 0, 1, 0}) {
		t.Errorf("counts %v", got)
	}
	if got := m.Columns()[3]; !reflect.DeepEqual(got, []int32{0}) {
		t.Errorf("column 3 = %v", got)
	}
}

func TestAppendPanicsOutOfRange(t *testing.T) {
	for _, bad := range []int32{-1, 2} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("label %d of 2 was accepted", bad)
				}
			}()
			New(2).Append([]int32{bad})
		}()
	}
}

func TestMapMergesLabels(t *testing.T) {
	m := FromRows(4, [][]int32{{0, 1}, {2, 3}, {1}})
	got := m.Map([]int32{0, 0, 0, 1}, 2)
	want := FromRows(2, [][]int32{{0}, {0, 1}, {0}})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
