package experiments

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"assay/experiments/config"
	"assay/internal/kernels"
	"assay/internal/rng"
)

// figures are what a part of the program gives for fixed input. The bits of all
// numbers go into a hash, which counts on processors that compute as the one that
// wrote the golden file; a few numbers are kept as they are, which on others may
// differ by rounding, of networks by tolerance.
type figures struct {
	parts     config.Parts // what they come from
	tolerance float64      // absolute, where 1 is the size of the numbers; 0: 1e-9
	bits      hash.Hash
	lines     []string
}

// text adds what is no number, of which each character counts.
func (f *figures) text(name string, format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	fmt.Fprintf(f.bits, "%s %s\n", name, s)
	if len(s) > 60 {
		sum := sha256.Sum256([]byte(s))
		s = "sha256 " + hex.EncodeToString(sum[:12])
	}
	f.lines = append(f.lines, name+" = "+s)
}

// numbers adds a list of numbers: its size, its mean size, two sums with random
// signs and weights, into which each of them enters, and a few of the numbers.
func numbers[T float32 | float64](f *figures, name string, xs []T) {
	r := rng.New(1, "figures", name)
	var size, first, second float64
	for _, x := range xs {
		binary.Write(f.bits, binary.LittleEndian, x)
		size += math.Abs(float64(x))
		first += (2*r.Float64() - 1) * float64(x)
		second += (2*r.Float64() - 1) * float64(x)
	}
	f.lines = append(f.lines, fmt.Sprintf("%s = %d numbers", name, len(xs)))
	size = max(size, math.SmallestNonzeroFloat64)
	mean := size / float64(len(xs))
	kept := []float64{mean, first / size, second / size}
	for i := range 12 {
		if len(xs) > 0 {
			kept = append(kept, float64(xs[i*len(xs)/12])/mean)
		}
	}
	for i, x := range kept {
		f.lines = append(f.lines, fmt.Sprintf("%s.%d ~ %.17g", name, i, x))
	}
}

// exact reports whether this processor computes the bits of the golden files.
func exact() bool { return runtime.GOARCH == "amd64" && kernels.Fused() }

const goldenHead = "# What this part gives for the built-in sample. Other figures under the same\n# versions are a fault: whoever changes what a part gives raises its version.\n"

func (f *figures) String() string {
	return goldenHead + "parts: " + f.parts.String() + "\nbits: " + hex.EncodeToString(f.bits.Sum(nil)[:12]) + "\n" + strings.Join(f.lines, "\n") + "\n"
}

// differs says in what the figures differ from those of a golden file; "" where they
// are the same as far as this processor can tell.
func (f *figures) differs(golden string, exact bool) string {
	tolerance := f.tolerance
	if tolerance == 0 {
		tolerance = 1e-9
	}
	have, want := strings.Split(f.String(), "\n"), strings.Split(golden, "\n")
	if len(have) != len(want) {
		return fmt.Sprintf("%d lines, %d before", len(have), len(want))
	}
	for i := range have {
		if have[i] == want[i] || strings.HasPrefix(have[i], "bits: ") {
			continue
		}
		name, number, ok := strings.Cut(have[i], " ~ ")
		before, found := strings.CutPrefix(want[i], name+" ~ ")
		if !ok || !found {
			return fmt.Sprintf("%q, %q before", have[i], want[i])
		}
		x, _ := strconv.ParseFloat(number, 64)
		y, err := strconv.ParseFloat(before, 64)
		if err != nil || !(math.Abs(x-y) <= tolerance*max(1, math.Abs(y))) {
			return fmt.Sprintf("%s, %s before (tolerance %g)", have[i], before, tolerance)
		}
	}
	if bits := have[3]; exact && bits != want[3] {
		return fmt.Sprintf("%s, %s before", bits, want[3])
	}
	return ""
}

// keep compares the figures with a golden file, or writes it where that is asked for
// and they are new: of other versions.
func (f *figures) keep(path string, exact, update bool) error {
	data, err := os.ReadFile(path)
	golden := string(data)
	head := goldenHead + "parts: " + f.parts.String() + "\n"
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err == nil && strings.HasPrefix(golden, head):
		if what := f.differs(golden, exact); what != "" {
			return fmt.Errorf("the results changed under the same versions (%s): %s; raise the Version of the part that was changed, so that trials which use it are trained anew, and then write the file by -update",
				f.parts, what)
		}
		return nil
	case !update:
		return fmt.Errorf("%s holds the results of other versions than %s: -update writes them", path, f.parts)
	case !exact:
		return fmt.Errorf("golden files are written on amd64 with AVX2, whose bits they hold")
	}
	return os.WriteFile(path, []byte(f.String()), 0o644)
}

// Results that changed under their old versions are never written, whatever is asked.
func TestGoldenResultsAreGuarded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.txt")
	make := func(version int, x float64) *figures {
		f := &figures{parts: config.Parts{"x": version, "other": 1}, bits: sha256.New()}
		f.text("words", "some")
		numbers(f, "numbers", []float64{1, x, -3})
		return f
	}
	for i, c := range []struct {
		version             int
		x                   float64
		exact, update, want bool
	}{
		{1, 2, true, false, false},         // there is none yet
		{1, 2, true, true, true},           // written
		{1, 2, true, false, true},          // the same
		{1, 2 + 1e-12, true, false, false}, // one bit, and the version stayed
		{1, 2 + 1e-12, true, true, false},  // nor is it written
		{1, 2 + 1e-12, false, false, true}, // rounding, on another processor
		{1, 2 + 1e-6, false, false, false}, // more than rounding
		{2, 3, true, false, false},         // a new version has to be written
		{2, 3, false, true, false},         // by a processor that has the bits
		{2, 3, true, true, true},
		{2, 3, true, false, true},
	} {
		before, _ := os.ReadFile(path)
		err := make(c.version, c.x).keep(path, c.exact, c.update)
		if (err == nil) != c.want {
			t.Errorf("case %d: %v", i, err)
		}
		if after, _ := os.ReadFile(path); err != nil && !bytes.Equal(before, after) {
			t.Errorf("case %d: refused and written", i)
		}
	}
}
