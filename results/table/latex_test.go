package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"assay/internal/markup/latextest"
	"assay/results"
	"assay/results/compare"
)

// nasty are names of models that some format gives a meaning, and how the page of
// pdfLaTeX shows them; code points stand for letters that it has no font for.
var nasty = []struct{ name, page string }{
	{"[1] LR", "[1] LR"},
	{"* two", "* two"},
	{"[x]*[2cm]", "[x]*[2cm]"},
	{`50 % & #1 $x_2$ {y} \w`, `50 % & #1 $x_2$ {y} \w`},
	{"a~b^c <d> |e|", "a∼b^c <d> |e|"},
	{"x -- y --- z", "x -- y --- z"},
	{`"q" 'r' ` + "`s`", "”q” ’r’ `s`"},
	{"?` !` ,, <<", "?` !` ,, <<"},
	{"朴素", "[U+6734][U+7D20]"},
	{"Naïve é 👍", "Naïve é [U+1F44D]"},
	{"Łódź ő ą", "Łódź ő ą"},
	{"−0.5 ± 1 · 2°", "−0.5 ± 1 · 2°"},
	{"=1+1", "=1+1"},
}

// nastyRuns are two runs of each model, the last of which failed.
func nastyRuns(t *testing.T) ([]results.Run, compare.Options) {
	var runs []results.Run
	opt := compare.Options{Name: "[exp] 朴"}
	for i, n := range nasty {
		for seed := uint64(1); seed <= 2; seed++ {
			runs = append(runs, run(t, n.name, "native", seed, 0.4+float64(i)/100, map[string]any{"features": n.name, "alpha": i % 2}))
		}
	}
	last := &runs[len(runs)-1]
	last.State, last.Results, last.Error = results.Failed, nil, "[bad] *x* \\end{table} \x1b[31m\nnext"
	runs[0].Warnings = []string{"* warns of 朴"}
	for _, n := range nasty[:3] {
		opt.Published = append(opt.Published, compare.Published{Model: n.name, F1: 0.5, MasterF1: 0.9, Source: n.name})
	}
	return runs, opt
}

// Each kind of table compiles with pdfLaTeX whatever the names, and shows them.
func TestLaTeXCompiles(t *testing.T) {
	runs, opt := nastyRuns(t)
	pivot := func(v compare.View) Table { return viewed(t, v, slices.Clone(runs), opt, Both) }
	tables := map[string]Table{
		"comparison": laid(t, slices.Clone(runs), opt, Both),
		"rows":       pivot(compare.View{Rows: []string{"model"}, Cols: []string{"alpha"}}),
		"columns":    pivot(compare.View{Rows: []string{"alpha"}, Cols: []string{"features"}}),
		"merged":     pivot(compare.View{Rows: []string{"alpha"}, Cols: []string{"rule"}}),
		"nested":     pivot(compare.View{Rows: []string{"features", "model"}}),
		"hostile":    hostile(),
		"empty":      laid(t, nil, opt),
	}
	names := slices.Sorted(maps.Keys(tables))
	for _, packages := range []string{"", `\usepackage[T1]{fontenc}\usepackage{lmodern}`} {
		document := `\documentclass{article}\usepackage[a0paper]{geometry}\usepackage{booktabs}` + packages + "\\begin{document}\\listoftables\\tiny\n"
		for _, name := range names {
			document += "\\clearpage\n" + written(t, tables[name], LaTeX) + "\nTABLE\n" // which floats above this
		}
		pages := strings.Split(strings.Join(strings.Fields(latextest.Pages(t, "pdflatex", document+`\end{document}`)), " "), "TABLE")
		for i, page := range pages[:len(names)] {
			for _, n := range nasty {
				// Without T1 accents are signs of their own in a page's text.
				if packages != "" && !slices.Contains([]string{"merged", "hostile", "empty"}, names[i]) && !strings.Contains(page, n.page) {
					t.Errorf("%s: %s is not on the page:\n%s", names[i], n.page, page)
				}
			}
		}
	}
}

// A table wider than the page is not cut off where graphicx is loaded.
func TestLaTeXFits(t *testing.T) {
	runs, opt := nastyRuns(t)
	page := latextest.Pages(t, "pdflatex", "\\documentclass{article}\\usepackage{booktabs,graphicx}\\begin{document}\n"+written(t, laid(t, runs, opt), LaTeX)+`\end{document}`)
	if !strings.Contains(strings.Join(strings.Fields(page), " "), "P@1 Fit n ") {
		t.Errorf("the last columns are not on the page:\n%s", page)
	}
}

// Names stand in CSV so that a spreadsheet takes them for words, and numbers for
// numbers.
func TestCSVRunsNothing(t *testing.T) {
	runs, opt := nastyRuns(t)
	text := written(t, laid(t, runs, opt), CSV)
	for _, want := range []string{"\r\nmeasured,'=1+1,fixed:0.5,0.5", "\r\nmeasured,−0.5 ± 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	table := Table{
		Columns: []Column{{Key: "=x"}, {Key: "f1_difference", Numeric: true}},
		Rows:    []Row{{Status: compare.Measured, Cells: []Cell{{Text: "-3"}, {Number: &compare.Number{Value: -0.25}}}}, {Status: compare.Measured, Cells: []Cell{{Text: "-x"}, {}}}},
	}
	if got, want := written(t, table, CSV), "status,'=x,f1_difference\r\nmeasured,-3,-0.25\r\nmeasured,'-x,\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The columns of a text table stay aligned whatever a terminal does with the names.
func TestTextKeepsItsColumns(t *testing.T) {
	table := Table{Columns: []Column{{Title: "Model"}, {Title: "F1", Numeric: true}}}
	for i, name := range []string{"朴素贝叶斯", "Naïve é 👍", "a\nb\tc", "\x1b[31mred", "\u202eturned", "e\u0301"} {
		table.Rows = append(table.Rows, Row{Cells: []Cell{{Text: name}, {Text: fmt.Sprint(10 + i)}}})
	}
	want := strings.Join([]string{
		"────────────────",
		" Model       F1",
		"────────────────",
		" 朴素贝叶斯  10",
		" Naïve é 👍  11",
		" a b c       12",
		" ␛[31mred    13",
		" \ufffdturned     14",
		" e\u0301           15",
		"────────────────", ""}, "\n")
	if got := written(t, table, Text); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
