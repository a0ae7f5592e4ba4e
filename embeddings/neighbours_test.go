package embeddings

import (
	"context"
	"reflect"
	"testing"

	"assay/internal/fault"
)

func table(t *testing.T) *Table {
	t.Helper()
	v, err := NewTable(2, []string{"east", "north", "zero", "Northeast", "west", "eastward"},
		[]float32{2, 0, 0, 3, 0, 0, 1, 1, -1, 0, 5, 0.1}, Mean)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNeighbours(t *testing.T) {
	for _, workers := range []int{1, 3, 10} {
		near, match, err := Neighbours(context.Background(), table(t), "east", 3, workers)
		if err != nil || match != Exact {
			t.Fatal(match, err)
		}
		var words []string
		for _, n := range near {
			words = append(words, n.Word)
		}
		if want := []string{"eastward", "Northeast", "north"}; !reflect.DeepEqual(words, want) {
			t.Errorf("%d workers: neighbours %v, want %v", workers, near, want)
		}
		if s := near[1].Similarity; s < 0.70710 || s > 0.70711 {
			t.Errorf("similarity %v, want cos 45°", s)
		}
	}
	if near, match, err := Neighbours(context.Background(), table(t), "EAST", 1, 1); err != nil || match != LowerCase || near[0].Word != "east" {
		t.Errorf("in capitals: %v, %v, %v", near, match, err)
	}
	for _, word := range []string{"south", "zero"} {
		if _, _, err := Neighbours(context.Background(), table(t), word, 1, 1); !fault.IsUsage(err) {
			t.Errorf("%s: error %v, want a usage error", word, err)
		}
	}
}

func TestTable(t *testing.T) {
	v := table(t)
	dst := []float32{9, 9}
	for word, want := range map[string]struct {
		match  Match
		vector []float32
	}{
		"north": {Exact, []float32{0, 3}}, "NORTH": {LowerCase, []float32{0, 3}},
		"Northeast": {Exact, []float32{1, 1}}, "northeast": {Missing, []float32{0, 0}},
	} {
		if match, err := v.Lookup(dst, word); err != nil || match != want.match || !reflect.DeepEqual(dst, want.vector) {
			t.Errorf("%s: %v %v %v, want %v", word, match, dst, err, want)
		}
	}
	if _, err := NewTable(2, []string{"a", "a"}, make([]float32, 4), Mean); err == nil {
		t.Error("a word twice is no error")
	}
	if _, err := NewTable(2, []string{"a"}, make([]float32, 3), Mean); err == nil {
		t.Error("values that are missing are no error")
	}
	c := Coverage{Tokens: [4]int64{Missing: 1, Exact: 2, Subwords: 1}, Words: [4]int64{Missing: 3, LowerCase: 1}}
	if tokens, words := c.Totals(); tokens != 4 || words != 4 {
		t.Errorf("%d tokens and %d words, want 4 and 4", tokens, words)
	}
}
