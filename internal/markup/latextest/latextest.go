// Package latextest compiles LaTeX documents in tests and reads their pages.
package latextest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// Pages is the text of the pages that the program, pdflatex or xelatex, makes of
// the document without an error. Without the program, or pdftotext, it skips the
// test.
func Pages(t testing.TB, program, document string) string {
	t.Helper()
	for _, p := range []string{program, "pdftotext"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed: in Debian, texlive-latex-recommended, texlive-xetex, lmodern, latex-cjk-chinese and poppler-utils are what these tests want", p)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.tex"), []byte(document), 0o644); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(program, "-interaction=nonstopmode", "-halt-on-error", "x.tex")
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		if i := bytes.Index(out, []byte("\n!")); i > 0 {
			out = out[i:]
		}
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	text, err := exec.Command("pdftotext", "-layout", filepath.Join(dir, "x.pdf"), "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return norm.NFC.String(string(text))
}

// Has skips the test unless TeX finds a file, such as CJKutf8.sty.
func Has(t testing.TB, file string) {
	t.Helper()
	if err := exec.Command("kpsewhich", file).Run(); err != nil {
		t.Skipf("LaTeX has no %s", file)
	}
}
