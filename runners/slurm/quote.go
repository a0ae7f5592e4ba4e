package slurm

import "strings"

// plain reports whether s needs no quotes, neither in a shell nor for sbatch.
func plain(s string) bool {
	for _, r := range s {
		if !letterOrDigit(r) && !strings.ContainsRune("_./=:,+@%-", r) {
			return false
		}
	}
	return s != ""
}

func letterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// shellQuote makes s one word of a POSIX shell.
func shellQuote(s string) string {
	if plain(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// directiveQuote makes s one word of an #SBATCH line. sbatch knows quotes too,
// but takes a backslash for an escape inside both kinds.
func directiveQuote(s string) string {
	if plain(s) {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// control reports whether s has a line break or another control character,
// which could end the line it is written to.
func control(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
