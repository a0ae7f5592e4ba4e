package arxivid

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		text, want string
		repairs    []Repair
	}{
		{"0704.0050", "0704.0050", nil},
		{"1412.9999", "1412.9999", nil},
		{"1501.00001", "1501.00001", nil},
		{"math/0309136", "math/0309136", nil},
		{"hep-th/9108001", "hep-th/9108001", nil},
		{"supr-con/9609004", "supr-con/9609004", nil},
		{"cmp-lg/9404001", "cmp-lg/9404001", nil},
		{"704.005", "0704.0050", []Repair{RepairedNumber}},
		{"704.0050", "0704.0050", []Repair{RepairedNumber}},
		{"1412.1", "1412.1000", []Repair{RepairedNumber}},
		{"1808.0576", "1808.05760", []Repair{RepairedNumber}},
		{"1808.0576399999998", "1808.05764", []Repair{RepairedNumber}},
		{"1501.0027300000002", "1501.00273", []Repair{RepairedNumber}},
		{"912.99989999999991", "0912.9999", []Repair{RepairedNumber}},
		{" 1802.07540v3 ", "1802.07540", []Repair{RepairedVersion}},
		{"arXiv:0704.0001", "0704.0001", []Repair{RepairedAddress}},
		{"ARXIV: 0704.0001v12", "0704.0001", []Repair{RepairedAddress, RepairedVersion}},
		{"oai:arXiv.org:0704.0003", "0704.0003", []Repair{RepairedAddress}},
		{"oai:arXiv.org:hep-th/9901001", "hep-th/9901001", []Repair{RepairedAddress}},
		{"http://arxiv.org/abs/0704.0002v1", "0704.0002", []Repair{RepairedAddress, RepairedVersion}},
		{"https://arxiv.org/abs/math.GT/0309136v2", "math/0309136", []Repair{RepairedAddress, RepairedVersion, RepairedClass}},
		{"https://www.arxiv.org/pdf/1808.05764v2.pdf", "1808.05764", []Repair{RepairedAddress, RepairedVersion}},
		{"http://export.arxiv.org/abs/1808.05764?context=cs#x", "1808.05764", []Repair{RepairedAddress}},
		{"10.48550/arXiv.1808.05764", "1808.05764", []Repair{RepairedAddress}},
		{"https://doi.org/10.48550/arXiv.1808.05764", "1808.05764", []Repair{RepairedAddress}},
		{"math.GT/0309136", "math/0309136", []Repair{RepairedClass}},
		{"cond-mat.mes-hall/0309136", "cond-mat/0309136", []Repair{RepairedClass}},
		{"HEP-TH/9901001", "hep-th/9901001", []Repair{RepairedForm}},
		{"hep-th9901001", "hep-th/9901001", []Repair{RepairedForm}},
		{"Math.GT/0309136", "math/0309136", []Repair{RepairedClass, RepairedForm}},
		{"arXiv:704.005", "0704.0050", []Repair{RepairedAddress, RepairedNumber}},
	} {
		got, repairs, err := Canonical(c.text)
		if err != nil || got != c.want || !slices.Equal(repairs, c.repairs) {
			t.Errorf("Canonical(%q) = %q, %q, %v; want %q, %q", c.text, got, repairs, err, c.want, c.repairs)
		}
	}
}

func TestNoID(t *testing.T) {
	for _, text := range []string{
		"", " ", "x", "1", "12", "0704", "0704.", ".0001", "0704.0001.2", "0704.00a1", "0704,0001", "0704.0001 ",
		"0700.0001", "0713.0001", "0703.0001", "9912.00001", "10704.0001", "70.40050", "0704.0000", "1501.00000", "1501.0",
		"0704.00015", "1808.057641", "1808.05764000001", "1808.9999999999999", "1.80805764e3", "-704.005", "+704.005", "NaN", "1e999.1",
		"hep-th/990100", "hep-th/99010011", "hep-th/9913001", "hep-th/0704001", "hep-th/9106001", "hep-th/9901000",
		"nosuch/9901001", "hep-th/", "/9901001", "hep-th//9901001", "math./0309136", "math.G T/0309136", "a/math/0309136",
		"https://example.org/abs/0704.0001", "https://arxiv.org/", "https://arxiv.org/abs/", "arXiv:", "core:123", "doi:10.1000/182",
		"v1", "0704.0001v", "0704.0001v1v2x", "0704.0001\x00", "０７０４.0001",
	} {
		if text == "0704.0001 " {
			continue // trimmed
		}
		if id, repairs, err := Canonical(text); err == nil {
			t.Errorf("Canonical(%q) = %q, %q; want an error", text, id, repairs)
		}
	}
}

// Every id survives what floating-point numbers do to it, by any of the usual
// ways to print them.
func TestCanonicalOfNumbers(t *testing.T) {
	for yymm, width := range map[int]int{704: 4, 912: 4, 1001: 4, 1412: 4, 1501: 5, 1808: 5, 2612: 5} {
		for n := 1; n < pow10(width); n += 1 + n%37 {
			want := pad(yymm, 4) + "." + pad(n, width)
			value, err := strconv.ParseFloat(want, 64)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{
				strconv.FormatFloat(value, 'f', -1, 64), fmt.Sprintf("%.17g", value), fmt.Sprintf("%.13f", value), fmt.Sprintf("%.5f", value),
			} {
				if got, _, err := Canonical(text); err != nil || got != want {
					t.Fatalf("Canonical(%q) = %q, %v; want %q", text, got, err, want)
				}
			}
		}
	}
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"0704.0050", "704.005", "1808.0576399999998", "math.GT/0309136v2", "https://arxiv.org/abs/1808.05764v1", "oai:arXiv.org:hep-th/9901001", "hep-th9901001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, _, err := Canonical(text)
		if err != nil {
			if id != "" {
				t.Fatalf("%q: id %q beside the error %v", text, id, err)
			}
			return
		}
		again, repairs, err := Canonical(id)
		if err != nil || again != id || len(repairs) > 0 {
			t.Fatalf("%q became %q, which becomes %q, %q, %v", text, id, again, repairs, err)
		}
		if strings.ContainsAny(id, " \t\n") || Compare(id, id) != 0 {
			t.Fatalf("%q became %q", text, id)
		}
	})
}

func TestCompare(t *testing.T) {
	byAge := []string{"hep-th/9108001", "math/9201001", "hep-th/0001001", "hep-th/0703999", "0704.0001", "0704.0002", "0912.0001", "1412.9999", "1501.00001", "2001.00001", "704.005", "core:1"}
	for i, a := range byAge {
		for j, b := range byAge {
			if got, want := Compare(a, b), i-j; (got < 0) != (want < 0) || (got > 0) != (want > 0) {
				t.Errorf("Compare(%s, %s) = %d", a, b, got)
			}
		}
	}
}
