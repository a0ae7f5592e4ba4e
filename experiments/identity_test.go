package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"assay/configs"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What is configured today keeps its identity: a key that came later does not
// change a trial, nor the resolved text, of an experiment that lacks it.
func TestIdentities(t *testing.T) {
	const golden = "testdata/identities.txt"
	var b strings.Builder
	for _, name := range configs.Names() {
		if slices.Contains([]string{"two-topics"}, name) { // its kinds are too new to have a past
			continue
		}
		text, _ := configs.Text(name)
		cfg, err := Parse(text, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		whole := sha256.Sum256([]byte(cfg.Text()))
		fmt.Fprintf(&b, "%s %s\n", name, hex.EncodeToString(whole[:6]))
		for _, j := range cfg.Jobs("data", "code") {
			fmt.Fprintf(&b, "  %s %.12s %s\n", j.Key, j.Trial.Setting, j.Trial.DataKey)
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	have, kept := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(have), len(kept)) {
		if have[i] != kept[i] {
			t.Fatalf("line %d: %s\nwas %s\n(-update writes %s anew, where that is meant)", i+1, have[i], kept[i], golden)
		}
	}
	if len(have) != len(kept) {
		t.Errorf("%d lines, want %d", len(have), len(kept))
	}
}
