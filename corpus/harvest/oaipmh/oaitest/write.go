package oaitest

import (
	"fmt"
	"strings"
	"time"

	"assay/corpus"
)

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;", "\r", "&#13;")

func escape(text string) string { return escaper.Replace(text) }

// writeRecord writes a record as arXiv's server does.
func writeRecord(b *strings.Builder, r Record, format string) {
	p := r.Paper
	status := ""
	if r.Deleted {
		status = ` status="deleted"`
	}
	fmt.Fprintf(b, "        <record>\n            <header%s>\n                <identifier>oai:arXiv.org:%s</identifier>\n                <datestamp>%s</datestamp>\n",
		status, escape(p.ID), p.Updated.Format(time.DateOnly))
	for _, c := range p.Categories {
		fmt.Fprintf(b, "                <setSpec>%s</setSpec>\n", escape(SetOf(c)))
	}
	b.WriteString("            </header>\n")
	if !r.Deleted {
		b.WriteString("            <metadata>\n")
		writeMetadata(b, p, format)
		b.WriteString("            </metadata>\n")
	}
	b.WriteString("        </record>\n")
}

func writeMetadata(b *strings.Builder, p *corpus.Paper, format string) {
	fmt.Fprintf(b, "                <%s xmlns=\"http://arxiv.org/OAI/%s/\">\n                    <id>%s</id>\n", format, format, escape(p.ID))
	if format == "arXivRaw" {
		b.WriteString("                    <submitter>Somebody</submitter>\n")
		for i, t := range []time.Time{p.Created, p.Updated} {
			if !t.IsZero() {
				fmt.Fprintf(b, "                    <version version=\"v%d\">\n                        <date>%s</date>\n                        <size>22kb</size>\n                    </version>\n",
					i+1, t.Add(18*time.Hour+30*time.Minute).Format("Mon, 02 Jan 2006 15:04:05 GMT"))
			}
		}
	} else {
		if !p.Created.IsZero() {
			fmt.Fprintf(b, "                    <created>%s</created>\n", p.Created.Format(time.DateOnly))
		}
		b.WriteString("                    <authors>\n")
		for _, name := range p.Authors {
			writeAuthor(b, name)
		}
		b.WriteString("                    </authors>\n")
	}
	fmt.Fprintf(b, "                    <title>%s</title>\n", escape(p.Title))
	if format == "arXivRaw" {
		fmt.Fprintf(b, "                    <authors>%s</authors>\n", escape(strings.Join(p.Authors, ", ")))
	}
	fmt.Fprintf(b, "                    <categories>%s</categories>\n                    <abstract>%s</abstract>\n                </%s>\n",
		escape(strings.Join(p.Categories, " ")), escape(p.Abstract), format)
}

// writeAuthor takes the last word for the key name, or Jr. and the like for a suffix.
func writeAuthor(b *strings.Builder, name string) {
	words, suffix := strings.Fields(name), ""
	if n := len(words); n > 1 && strings.HasPrefix(words[n-1], "Jr") {
		words, suffix = words[:n-1], words[n-1]
	}
	last := len(words) - 1
	fmt.Fprintf(b, "                        <author>\n                            <keyname>%s</keyname>\n", escape(words[last]))
	if last > 0 {
		fmt.Fprintf(b, "                            <forenames>%s</forenames>\n", escape(strings.Join(words[:last], " ")))
	}
	if suffix != "" {
		fmt.Fprintf(b, "                            <suffix>%s</suffix>\n", escape(suffix))
	}
	b.WriteString("                        </author>\n")
}

// SetOf names the set of a category: cs:cs:AI for cs.AI, physics:hep-th for hep-th.
func SetOf(category string) string {
	archive, _, _ := strings.Cut(category, ".")
	group := "physics"
	switch archive {
	case "cs", "math", "stat", "eess", "econ", "q-bio", "q-fin":
		group = archive
	}
	return group + ":" + strings.ReplaceAll(category, ".", ":")
}

func inSet(p *corpus.Paper, set string) bool {
	for _, c := range p.Categories {
		if s := SetOf(c); s == set || strings.HasPrefix(s, set+":") {
			return true
		}
	}
	return false
}

// setList is the groups and the categories of arXiv's taxonomy.
func setList() [][2]string {
	t, err := corpus.LookupTaxonomy("arxiv")
	if err != nil {
		return nil
	}
	sets := [][2]string{{"cs", "Computer Science"}, {"math", "Mathematics"}, {"physics", "Physics"}, {"stat", "Statistics"}}
	for _, c := range t.Categories {
		sets = append(sets, [2]string{SetOf(c.ID), c.Name})
	}
	return sets
}

func (s *Server) listSets() string {
	var b strings.Builder
	b.WriteString("    <ListSets>\n")
	for _, set := range setList() {
		fmt.Fprintf(&b, "        <set>\n            <setSpec>%s</setSpec>\n            <setName>%s</setName>\n        </set>\n", escape(set[0]), escape(set[1]))
	}
	b.WriteString("    </ListSets>\n")
	return b.String()
}
