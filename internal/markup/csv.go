package markup

import "regexp"

var (
	// formula finds where a spreadsheet would begin to calculate: a sign at the
	// beginning of a cell, or behind what some take for the end of one. Excel takes
	// ; where the decimal sign is a comma, and full-width signs in East Asian
	// versions. White space and quotes before it are often taken off.
	formula = regexp.MustCompile(`(^|[;\t\r\n])([\f\v\p{Zs}"']*[=+\-@＝＋－＠])`)
	decimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
)

// Cell makes text harmless for programs that run what a cell of a CSV file says
// (OWASP, "CSV injection"): an apostrophe stands before =, +, - and @ at its
// beginning. Numbers, and all other text, stay as they are. Taking one apostrophe
// away wherever Cell would put one gives the text back.
func Cell(s string) string {
	if decimal.MatchString(s) {
		return s
	}
	return formula.ReplaceAllString(s, "$1'$2")
}

// Cells is a line of cells, each as Cell makes it.
func Cells(texts ...string) []string {
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = Cell(s)
	}
	return out
}
