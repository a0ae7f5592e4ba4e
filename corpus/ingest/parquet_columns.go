package ingest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"assay/internal/fault"
	"assay/internal/suggest"
)

// A tableField is a field of the kaggle format that a column of a Parquet file
// may hold.
type tableField struct {
	name     string   // as --columns gives it
	key      string   // as the kaggle format names it
	synonyms []string // other names of the column, folded
	required bool
	holds    []valueKind // what the column may hold
	lists    int         // how deep these may lie in lists
}

// tableFields are the fields in the order in which records are written. A
// synonym must leave no doubt what a column of that name holds.
var tableFields = []tableField{
	{"id", "id", []string{"arxivid", "paperid"}, true, []valueKind{textValue, integerValue, floatValue}, 0},
	{"title", "title", []string{"titles", "papertitle"}, true, []valueKind{textValue}, 0},
	{"abstract", "abstract", []string{"abstracts", "summary", "summaries"}, true, []valueKind{textValue}, 0},
	{"categories", "categories", []string{"category", "arxivcategories"}, true, []valueKind{textValue}, 1},
	{"primary", "primary_category", []string{"primarycategory", "primarycat"}, false, []valueKind{textValue}, 0},
	{"authors", "authors", []string{"author", "authortext"}, false, []valueKind{textValue}, 1},
	{"authors_parsed", "authors_parsed", []string{"authorsparsed"}, false, []valueKind{textValue}, 2},
	{"versions", "versions", nil, false, []valueKind{textValue, integerValue, structValue}, 1},
	{"created", "created", []string{"published", "publisheddate", "publicationdate", "submitteddate"}, false, []valueKind{textValue, dayValue, timeValue}, 0},
	{"updated", "update_date", []string{"updatedate", "updateddate", "lastupdated"}, false, []valueKind{textValue, dayValue, timeValue}, 0},
}

// Columns lists the fields that Options.Columns may name.
func Columns() []string {
	var names []string
	for i := range tableFields {
		names = append(names, tableFields[i].name)
	}
	return names
}

// checkColumns refuses fields that there are not, and required ones without a
// column.
func checkColumns(columns map[string]string) error {
	for _, field := range sortedKeys(columns) {
		i := slices.IndexFunc(tableFields, func(f tableField) bool { return f.name == field })
		switch {
		case i < 0:
			return fault.Usagef("corpus: import: unknown field %q for a column%s (known: %s)",
				field, suggest.Hint(field, Columns()), strings.Join(Columns(), ", "))
		case columns[field] == "" && tableFields[i].required:
			return fault.Usagef("corpus: import: the field %q must have a column; name it by %s=COLUMN", field, field)
		}
	}
	return nil
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// chosenColumn is a column that is read.
type chosenColumn struct {
	field  *tableField
	column *parquet.Column
}

// chooseColumns finds the columns of a file that hold the fields. The names are
// those that the caller gives by field; "" leaves a field out, and a field that
// is absent is looked for under its usual names.
func chooseColumns(root *parquet.Column, named map[string]string) ([]chosenColumn, error) {
	var chosen []chosenColumn
	for i := range tableFields {
		f := &tableFields[i]
		name, given := named[f.name]
		var column *parquet.Column
		var err error
		switch {
		case given && name == "":
			continue
		case given:
			column, err = namedColumn(root, name)
		default:
			column, err = usualColumn(root, f)
		}
		if err != nil {
			return nil, err
		}
		if column == nil {
			continue
		}
		if err := f.check(column); err != nil {
			return nil, err
		}
		chosen = append(chosen, chosenColumn{f, column})
	}
	return chosen, nil
}

// namedColumn returns the column that the caller named: its name, or the names
// that lead to it through structs, with dots between.
func namedColumn(root *parquet.Column, name string) (*parquet.Column, error) {
	at, rest := root, name
	for {
		if c := at.Column(rest); c != nil {
			return c, nil
		}
		head, tail, ok := strings.Cut(rest, ".")
		inner := at.Column(head)
		if !ok || inner == nil || inner.Leaf() || inner.Repeated() {
			break
		}
		at, rest = inner, tail
	}
	names := columnNames(root)
	return nil, fmt.Errorf("there is no column %q%s; the file has %s", name, suggest.Hint(name, names), quoteAll(names))
}

// usualColumn returns the column that a field usually lies in, or nil.
func usualColumn(root *parquet.Column, f *tableField) (*parquet.Column, error) {
	var found []string
	for _, name := range columnNames(root) {
		folded := foldName(name)
		if folded == foldName(f.name) || slices.Contains(f.synonyms, folded) {
			found = append(found, name)
		}
	}
	// A file's own "id" may be the number of a row where "arxiv_id" is another
	// column; "abstract" or "created" leave no doubt.
	for _, plain := range []string{f.key, f.name} {
		if f.name != "id" && slices.Contains(found, plain) {
			found = slices.DeleteFunc(found, func(name string) bool { return name != plain })
		}
	}
	switch {
	case len(found) == 1:
		return root.Column(found[0]), nil
	case len(found) > 1:
		return nil, fmt.Errorf("%s may each hold the field %s; choose one by --columns %s=COLUMN", quoteAll(found), f.name, f.name)
	case f.required:
		return nil, fmt.Errorf("no column holds the field %s; the file has %s; name one by --columns %s=COLUMN", f.name, quoteAll(columnNames(root)), f.name)
	}
	return nil, nil
}

func columnNames(root *parquet.Column) []string {
	var names []string
	for _, c := range root.Columns() {
		names = append(names, c.Name())
	}
	return names
}

// foldName makes names alike that differ in case and in what separates words.
func foldName(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(name))
}

// quoteAll lists names, the first twenty of them.
func quoteAll(names []string) string {
	const most = 20
	var quoted []string
	for _, name := range names[:min(most, len(names))] {
		quoted = append(quoted, quote(name))
	}
	if len(names) > most {
		quoted = append(quoted, "…")
	}
	if len(quoted) == 0 {
		return "no column"
	}
	return strings.Join(quoted, ", ")
}

// check refuses a column that cannot hold the field.
func (f *tableField) check(c *parquet.Column) error {
	kind, lists := kindOf(c)
	if kind == nullValue || lists <= f.lists && slices.Contains(f.holds, kind) {
		return nil
	}
	wants := f.holds[0].String()
	for _, k := range f.holds[1:] {
		wants += ", " + k.String()
	}
	if f.lists > 0 {
		wants += " or lists of them"
	}
	has := kind.String()
	if lists > 0 {
		has = "lists of " + has
	}
	hint := ""
	if !f.required {
		hint = fmt.Sprintf("; leave it out by --columns %s=", f.name)
	}
	return fmt.Errorf("the column %s holds %s, and the field %s is %s%s", quote(c.Name()), has, f.name, wants, hint)
}
