package defaults

import (
	"math"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	o := struct {
		Epochs  int     `default:"5"`
		Papers  int64   `default:"-7"`
		Seed    uint64  `default:"18446744073709551615"`
		Rate    float64 `default:"1e-9"`
		None    float64 `default:"nan"`
		Mask    bool    `default:"true"`
		Name    string  `default:"cosine"`
		Empty   string  `default:"\"\""`
		Without int
	}{Without: 3}
	Set(&o)
	if o.Epochs != 5 || o.Papers != -7 || o.Seed != math.MaxUint64 || o.Rate != 1e-9 || !math.IsNaN(o.None) || !o.Mask || o.Name != "cosine" || o.Empty != "" || o.Without != 3 {
		t.Errorf("%+v", o)
	}
}

func TestSetPanicsOnAWrongTag(t *testing.T) {
	defer func() {
		if p, _ := recover().(string); !strings.Contains(p, "Epochs") {
			t.Errorf("panic %q, want the field's name", p)
		}
	}()
	Set(&struct {
		Epochs int `default:"five"`
	}{})
}
