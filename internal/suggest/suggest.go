// Package suggest finds the known word that was probably meant.
package suggest

// Nearest returns the candidate with the smallest edit distance to word, where
// a swap of neighbours counts as one edit, or "" if none is near: more than a
// third of the longer word differs. The first of equally near candidates wins.
func Nearest(word string, candidates []string) string {
	best, bestDistance := "", -1
	for _, c := range candidates {
		d := distance([]rune(word), []rune(c))
		if bestDistance < 0 || d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" || bestDistance > max(1, max(len(word), len(best))/3) {
		return ""
	}
	return best
}

// Hint returns `; did you mean "x"?` for the nearest candidate, or "".
func Hint(word string, candidates []string) string {
	if n := Nearest(word, candidates); n != "" {
		return `; did you mean "` + n + `"?`
	}
	return ""
}

// distance is the optimal string alignment distance.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
