package rng

import "testing"

func TestSeedSeparatesNames(t *testing.T) {
	seen := map[uint64]string{}
	for _, c := range []struct {
		label string
		value uint64
	}{
		{"1", Seed(1)},
		{"2", Seed(2)},
		{"1 ab", Seed(1, "ab")},
		{"1 a b", Seed(1, "a", "b")},
		{"1 b a", Seed(1, "b", "a")},
		{"1 empty", Seed(1, "")},
	} {
		if other, dup := seen[c.value]; dup {
			t.Errorf("Seed(%s) equals Seed(%s): %d", c.label, other, c.value)
		}
		seen[c.value] = c.label
	}
}

// The derivation is part of every stored result: it must never change.
func TestSeedIsFrozen(t *testing.T) {
	if got, want := Seed(42, "split"), uint64(2720623740718945213); got != want {
		t.Errorf("Seed(42, split) = %d, want %d", got, want)
	}
	if a, b := New(7, "x").Uint64(), New(7, "x").Uint64(); a != b {
		t.Errorf("same seed and name drew %d and %d", a, b)
	}
}
