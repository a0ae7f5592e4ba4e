package slurm

import (
	"fmt"
	"strconv"
	"strings"
)

// maxListed bounds what one list of numbers from a file or a tool expands to: Slurm's
// largest array.
const maxListed = 4_000_001

// formatList writes ascending numbers the way Slurm does: "0-3,7,9-11".
func formatList(numbers []int) string {
	var b strings.Builder
	for i := 0; i < len(numbers); {
		last := i
		for last+1 < len(numbers) && numbers[last+1] == numbers[last]+1 {
			last++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(numbers[i]))
		if last > i {
			b.WriteByte('-')
			b.WriteString(strconv.Itoa(numbers[last]))
		}
		i = last + 1
	}
	return b.String()
}

// parseList reads what formatList writes and what squeue and sacct show:
// brackets, steps and a bound on parallel tasks, as in "[0-8:2,11%4]".
func parseList(text string) ([]int, error) {
	list := strings.TrimPrefix(text, "[")
	if bare, ok := strings.CutSuffix(list, "]"); ok != (len(list) < len(text)) {
		return nil, fmt.Errorf("list %q: bracket without its other", text)
	} else if ok {
		list = bare
	}
	list, _, _ = strings.Cut(list, "%")
	var numbers []int
	for part := range strings.SplitSeq(list, ",") {
		first, last, step, err := parseRange(part)
		if err != nil {
			return nil, fmt.Errorf("list %q: %w", text, err)
		}
		if (last-first)/step >= maxListed-len(numbers) {
			return nil, fmt.Errorf("list %q: more than %d numbers", text, maxListed)
		}
		for n := first; n <= last; n += step {
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

// parseRange reads "7", "0-3" or "0-8:2".
func parseRange(part string) (first, last, step int, err error) {
	step = 1
	part, every, stepped := strings.Cut(part, ":")
	from, to, ranged := strings.Cut(part, "-")
	if !ranged {
		to = from
	}
	if stepped && !ranged {
		return 0, 0, 0, fmt.Errorf("step without a range in %q", part)
	}
	if stepped {
		if step, err = parseNumber(every); err != nil {
			return 0, 0, 0, err
		}
	}
	if first, err = parseNumber(from); err != nil {
		return 0, 0, 0, err
	}
	if last, err = parseNumber(to); err != nil {
		return 0, 0, 0, err
	}
	if last < first || step < 1 {
		return 0, 0, 0, fmt.Errorf("nothing lies in %q", part)
	}
	return first, last, step, nil
}

// parseNumber reads plain digits; Atoi would take signs.
func parseNumber(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return int(n), nil
}
