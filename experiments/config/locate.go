package config

import "strings"

// lines maps keys to the lines where they stand, which the TOML decoder does
// not keep for the elements of an array of tables. A path is the table's
// header, with #i after each array of tables' name, a dot, and the key:
// "model#1.epochs".
type lines map[string]int

// locate reads the headers and keys of a TOML text that has already parsed
// without error. Values are skipped, brackets and strings over several lines
// included.
func locate(text string) lines {
	l := lines{}
	s := &lineScanner{text: text, line: 1}
	table, counts := "", map[string]int{}
	for s.skipBlank() {
		start := s.line
		if s.peek() == '[' {
			array := strings.HasPrefix(s.text[s.pos:], "[[")
			name := strings.Join(s.header(), ".")
			if array {
				counts[name]++
				name += "#" + itoa(counts[name]-1)
			} else if parent, rest, ok := strings.Cut(name, "."); ok && counts[parent] > 0 {
				name = parent + "#" + itoa(counts[parent]-1) + "." + rest
			}
			table = name
			l.set(table, start)
			continue
		}
		key := table
		for _, part := range s.keyPath('=') { // of a.b = 1 a is a table, too
			key = join(key, part)
			l.set(key, start)
		}
		s.value()
	}
	return l
}

func (l lines) set(path string, line int) {
	if _, taken := l[path]; !taken {
		l[path] = line
	}
}

// of returns the line of path or of the nearest table around it, 0 for none.
func (l lines) of(path string) int {
	for path != "" {
		if n, ok := l[path]; ok {
			return n
		}
		cut := strings.LastIndexAny(path, ".#")
		if cut < 0 {
			break
		}
		path = path[:cut]
	}
	return 0
}

type lineScanner struct {
	text string
	pos  int
	line int
}

func (s *lineScanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *lineScanner) next() byte {
	c := s.peek()
	if c == '\n' {
		s.line++
	}
	s.pos++
	return c
}

// skipBlank moves to the next header or key and reports whether there is one.
func (s *lineScanner) skipBlank() bool {
	for s.pos < len(s.text) {
		switch s.peek() {
		case ' ', '\t', '\r', '\n':
			s.next()
		case '#':
			s.skipComment()
		default:
			return true
		}
	}
	return false
}

func (s *lineScanner) skipComment() {
	for s.pos < len(s.text) && s.peek() != '\n' {
		s.next()
	}
}

// header reads [name] or [[name]] to the end of the brackets.
func (s *lineScanner) header() []string {
	for s.peek() == '[' {
		s.next()
	}
	parts := s.keyPath(']')
	for s.peek() == ']' {
		s.next()
	}
	return parts
}

// keyPath reads a dotted key up to and including the byte end.
func (s *lineScanner) keyPath(end byte) []string {
	var parts []string
	var part strings.Builder
	for s.pos < len(s.text) {
		switch c := s.next(); c {
		case end:
			return append(parts, part.String())
		case '.':
			parts = append(parts, part.String())
			part.Reset()
		case ' ', '\t':
		case '"', '\'':
			for s.pos < len(s.text) && s.peek() != c {
				part.WriteByte(s.next())
			}
			s.next()
		default:
			part.WriteByte(c)
		}
	}
	return append(parts, part.String())
}

// value skips a value to the end of its line, over the line breaks inside
// brackets and multi-line strings.
func (s *lineScanner) value() {
	depth := 0
	for s.pos < len(s.text) {
		switch c := s.peek(); c {
		case '\n':
			if depth == 0 {
				return
			}
			s.next()
		case '#':
			s.skipComment()
		case '[', '{':
			depth++
			s.next()
		case ']', '}':
			depth--
			s.next()
		case '"', '\'':
			s.quoted(c)
		default:
			s.next()
		}
	}
}

// quoted skips a string: basic or literal, on one line or between three quotes.
func (s *lineScanner) quoted(quote byte) {
	end := string(quote)
	if triple := strings.Repeat(end, 3); strings.HasPrefix(s.text[s.pos:], triple) {
		end = triple
	}
	s.pos += len(end)
	for s.pos < len(s.text) && !strings.HasPrefix(s.text[s.pos:], end) {
		if s.next() == '\\' && quote == '"' {
			s.next()
		}
	}
	s.pos += len(end)
}
