package mistakes

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"assay/internal/fault"
	"assay/internal/markup"
	"assay/internal/suggest"
)

// Format is how a report is written.
type Format string

// The formats.
const (
	Text     Format = "text"
	Markdown Format = "markdown"
	JSON     Format = "json"
	CSV      Format = "csv" // the papers that are shown, a line each; of one paper, its words
)

// Formats lists the names of the formats.
func Formats() []string { return []string{string(Text), string(Markdown), string(JSON), string(CSV)} }

// ParseFormat returns the format of that name; its error, a usage error, lists them.
func ParseFormat(name string) (Format, error) {
	for _, f := range Formats() {
		if name == f {
			return Format(f), nil
		}
	}
	return "", fault.Usagef("mistakes: format %q is unknown%s: want one of %s", name, suggest.Hint(name, Formats()), strings.Join(Formats(), ", "))
}

// Write writes the report; equal reports give equal bytes.
func Write(out io.Writer, r *Report, f Format) error {
	var b strings.Builder
	switch f {
	case JSON:
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(r)
	case CSV:
		return r.writeCSV(out)
	case Text:
		(&page{r: r, b: &b}).write()
	case Markdown:
		(&page{r: r, b: &b, markdown: true}).write()
	default:
		return fmt.Errorf("mistakes: write: format %q is unknown", f)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// writeCSV writes words as markup.Cell makes them.
func (r *Report) writeCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	line := func(cells ...string) { _ = w.Write(markup.Cells(cells...)) } // Error says
	if r.Paper != nil {
		line("id", "label", "word", "uses", "papers", "elsewhere", "log_odds", "z")
		for _, s := range r.Paper.Speaks {
			for _, x := range s.Words {
				line(r.Paper.ID, s.Label, x.Word, strconv.Itoa(x.Uses), strconv.FormatInt(x.Papers, 10),
					strconv.FormatInt(x.Elsewhere, 10), number(x.LogOdds), number(x.Z))
			}
		}
		w.Flush()
		return w.Error()
	}
	line("list", "rank", "id", "title", "confidence", "true", "predicted", "missed", "extra", "right", "words")
	for _, list := range []struct {
		name   string
		papers []Paper
	}{{"most_sure", r.MostSure}, {"least_sure", r.LeastSure}} {
		for i, p := range list.papers {
			line(list.name, strconv.Itoa(i+1), p.ID, p.Title, number(*p.Confidence),
				strings.Join(p.True, " "), strings.Join(p.Predicted, " "), plain(p.Missed), plain(p.Extra), plain(p.Right), p.words(manyWords, plainly))
		}
	}
	w.Flush()
	return w.Error()
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// plain lists labels as label=probability.
func plain(labels []Label) string {
	var out []string
	for _, l := range labels {
		out = append(out, l.Label+"="+number(l.Probability))
	}
	return strings.Join(out, " ")
}

const manyWords = 12 // the surest words for a label that a line lists

func plainly(s string) string { return s }

// words lists the words that speak for each label: cs.LG 5: learning×3 gradient×2.
func (p *Paper) words(most int, escape func(string) string) string {
	var out []string
	for _, s := range p.Speaks {
		out = append(out, s.line(most, escape))
	}
	return strings.Join(out, "; ")
}

func (s *Speaks) line(most int, escape func(string) string) string {
	text := fmt.Sprintf("%s %d", escape(s.Label), s.Uses)
	if len(s.Words) > 0 {
		text += ": " + s.list(most, escape)
	}
	return text
}

const more = "…" // words than are listed

// list is the surest words with their uses, and a sign that there are more.
func (s *Speaks) list(most int, escape func(string) string) string {
	var out []string
	for _, w := range s.Words[:min(most, len(s.Words))] {
		out = append(out, fmt.Sprintf("%s×%d", escape(w.Word), w.Uses))
	}
	if len(s.Words) > most {
		out = append(out, more)
	}
	return strings.Join(out, " ")
}

// percent is a probability in percent; one that is neither 0 nor 1 is not shown as
// such.
func percent(p float64) string {
	switch {
	case p > 0 && p < 0.001:
		return "<0.1 %"
	case p < 1 && p > 0.999:
		return ">99.9 %"
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

// threshold is a decision's threshold; one just below 1 is not shown as 1.
func threshold(t float64) string {
	if text := fmt.Sprintf("%.4g", t); t >= 1 || text != "1" {
		return text
	}
	return fmt.Sprintf("1 − %.2g", 1-t)
}

// share is a part of a whole in percent.
func share(n, of int) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}
