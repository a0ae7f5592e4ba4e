package features

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

func example() *CSR {
	return &CSR{
		Cols:    3,
		Indptr:  []int64{0, 2, 2, 5},
		Indices: []int32{0, 2, 0, 1, 2},
		Values:  []float32{3, 4, 1, 2, 2},
	}
}

func TestTranspose(t *testing.T) {
	m := example()
	got := m.Transpose()
	want := &CSR{
		Cols:    3,
		Indptr:  []int64{0, 2, 3, 5},
		Indices: []int32{0, 2, 2, 0, 2},
		Values:  []float32{3, 1, 2, 4, 2},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if back := got.Transpose(); !reflect.DeepEqual(back, m) {
		t.Errorf("transposed twice %v, want %v", back, m)
	}
}

func TestRowNorms(t *testing.T) {
	if got, want := example().RowNorms(), []float64{5, 0, 3}; !reflect.DeepEqual(got, want) {
		t.Errorf("norms %v, want %v", got, want)
	}
}

func TestCheck(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name string
		edit func(*CSR)
		want string
	}{
		{"whole", func(*CSR) {}, ""},
		{"no bounds", func(m *CSR) { m.Indptr = nil }, "do not fit together"},
		{"a value missing", func(m *CSR) { m.Values = m.Values[:4] }, "do not fit together"},
		{"bounds fall", func(m *CSR) { m.Indptr[2] = 1 }, "row 1 ends before"},
		{"bounds too far", func(m *CSR) { m.Indptr[1] = 9 }, "row 0 ends before it begins or beyond"},
		{"columns repeat", func(m *CSR) { m.Indices[1] = 0 }, "row 0 has column 0 after 0"},
		{"column out of range", func(m *CSR) { m.Indices[4] = 3 }, "row 2 has column 3 after 1, of 3"},
		{"column negative", func(m *CSR) { m.Indices[0] = -1 }, "row 0 has column -1"},
		{"not a number", func(m *CSR) { m.Values[3] = nan }, "row 2, column 1 holds NaN"},
		{"infinite", func(m *CSR) { m.Values[0] = float32(math.Inf(-1)) }, "row 0, column 0 holds -Inf"},
	} {
		m := example()
		c.edit(m)
		checkError(t, c.name, m.Check(), c.want)
	}
	checkError(t, "dense", (&Dense{Rows: 2, Cols: 2, Data: make([]float32, 4)}).Check(), "")
	checkError(t, "dense shape", (&Dense{Rows: 2, Cols: 2, Data: make([]float32, 3)}).Check(), "3 values are not 2 rows of 2")
	checkError(t, "dense value", (&Dense{Rows: 2, Cols: 2, Data: []float32{0, 0, nan, 0}}).Check(), "row 1, column 0 holds NaN")
}

func checkError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: error %v, want %q", name, err, want)
	}
}

func TestLowerAsPython(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "Math": "math", "GÉOMÉTRIE": "géométrie",
		"İ": "i\u0307", "ΟΔΟΣ": "οδος", "ΟΔΟΣΙ": "οδοσι", "Σ": "σ", "ΣΑΣ.": "σας.",
		"ΑΣ\u0301": "ας\u0301", "ΑΣ'Β": "ασ'β", "ΣΣ": "σς", "1Σ": "1σ", "ǅ": "ǆ", "ẞ": "ß",
	} {
		if got := lower(in); got != want {
			t.Errorf("lower(%q) = %q, want %q", in, got, want)
		}
	}
}
