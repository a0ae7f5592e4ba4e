package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay/corpus/shards"
	"assay/features"
	"assay/features/keywords"
	"assay/internal/fault"
	"assay/internal/format"
	"assay/internal/suggest"
	"assay/results/plot"
)

// Limits of word clouds.
const (
	mostClouds  = 24 // categories
	mostWords   = 1000
	placeholder = "{category}"
)

// cloudOptions are the flags of `corpus cloud`.
type cloudOptions struct {
	keywords.CloudOptions
	picture  plotOptions // size and form
	fields   string
	vertical float64
}

func newCorpusCloud() *cobra.Command {
	var opt cloudOptions
	cmd := &cobra.Command{
		Use:   "cloud DIR --category ID … --out FILE",
		Short: "Draw the words of categories or topics as clouds, PNG or SVG",
		Long: `Cloud draws the words of each category's papers, the larger the more they weigh:

  --by frequency  the share of the category's papers that use the word
  --by contrast   how surely the word is used more in the category than in the
                  other ones (--against others) or in all other papers (--against
                  rest): log-odds ratio over its standard error, with a prior of
                  all words, after Monroe, Colaresi and Quinn (2008)

The area of a word grows with that number. Equations, numbers, function words and
the words of every abstract (paper, propose, results; --prose keeps them) are left
out; singular and plural count as one word, in whatever case, and are shown as they
are written most often. Several categories stand side by side in one picture, or in
a file each where FILE holds {category}. The same papers and flags give the same
picture, in PNG and SVG.`,
		Example: `  assay corpus cloud data/arxiv --category cs.LG --category cs.CV --by contrast --out clouds.png
  assay corpus cloud data/arxiv --category cs.LG,cs.CV --exclusive --text abstract --out '{category}.svg'
  assay corpus cloud data/arxiv --category hep-th --by contrast --words 200 --width 24cm --out hep-th.png
  assay corpus cloud data/core --category deep-learning --category computer-vision --json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := opt.check(); err != nil {
				return err
			}
			return withCorpus(args[0], func(c *shards.Corpus) error { return opt.run(cmd, c) })
		},
	}
	opt.add(cmd)
	return cmd
}

func (o *cloudOptions) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&o.Categories, "category", nil, "a category, such as cs.LG, or a topic of the corpus; repeatable (required)")
	flags.StringVar(&o.picture.out, "out", "", "file for the picture, ending in .png or .svg; with {category} in its name a file each (required unless --json)")
	flags.StringVar(&o.By, "by", keywords.ByFrequency, "what makes a word large: frequency or contrast")
	flags.StringVar(&o.Against, "against", "", "what contrast is to: others (the other categories) or rest (all other papers) (default: others, of one category rest)")
	flags.BoolVar(&o.Exclusive, "exclusive", false, "only papers of exactly one of the categories")
	flags.StringVar(&o.fields, "text", string(features.TitleAndAbstract), "what is read of a paper: title+abstract, abstract or title")
	flags.BoolVar(&o.Prose, "prose", false, "keep the words that every abstract has, such as paper, propose, results")
	flags.IntVar(&o.Words, "words", 100, "words of a category, 1 to 1000")
	flags.Float64Var(&o.vertical, "vertical", 0.2, "share of words that are written upwards, 0 to 1")
	flags.Int64Var(&o.Sample, "sample", 0, "papers to draw from the corpus first; 0 takes all")
	flags.Uint64Var(&o.Seed, "seed", 1, "which draw of papers, and which arrangement of words")
	flags.StringVar(&o.picture.width, "width", "16cm", "width of the picture, in cm, mm, in or pt")
	flags.StringVar(&o.picture.height, "height", "", "its height (default: what the words want)")
	flags.IntVar(&o.picture.dpi, "dpi", 200, "dots per inch of a PNG")
	flags.StringVar(&o.picture.title, "title", "", "title above the picture")
	flags.BoolVar(&o.picture.captions, "notes", true, "write under the picture what is drawn; --notes=false prints that to stderr")
	flags.BoolVar(&o.picture.json, "json", false, "print the words and their numbers as JSON instead")
	flags.IntVar(&o.Workers, "workers", 0, "goroutines that read and tokenise; 0 is one a core")
	required(cmd, "category")
}

// check finds what is wrong with the flags before a paper is read.
func (o *cloudOptions) check() error {
	known := []string{string(features.TitleAndAbstract), string(features.Abstract), string(features.Title)}
	switch {
	case !slices.Contains([]string{keywords.ByFrequency, keywords.ByContrast}, o.By):
		return fault.Usagef("corpus cloud: --by %q%s: want %s or %s", o.By, suggest.Hint(o.By, []string{keywords.ByFrequency, keywords.ByContrast}), keywords.ByFrequency, keywords.ByContrast)
	case !slices.Contains([]string{"", keywords.AgainstOthers, keywords.AgainstRest}, o.Against):
		return fault.Usagef("corpus cloud: --against %q: want %s or %s", o.Against, keywords.AgainstOthers, keywords.AgainstRest)
	case o.Against != "" && o.By != keywords.ByContrast:
		return fault.Usagef("corpus cloud: --against needs --by %s", keywords.ByContrast)
	case o.Against == keywords.AgainstOthers && len(o.Categories) < 2:
		return fault.Usagef("corpus cloud: --against %s needs two categories or more; --against %s contrasts one with all other papers", keywords.AgainstOthers, keywords.AgainstRest)
	case o.Exclusive && len(o.Categories) < 2:
		return fault.Usagef("corpus cloud: --exclusive needs two categories or more")
	case len(o.Categories) > mostClouds:
		return fault.Usagef("corpus cloud: %d categories: want %d at most", len(o.Categories), mostClouds)
	case !slices.Contains(known, o.fields):
		return fault.Usagef("corpus cloud: --text %q: want %s", o.fields, strings.Join(known, ", "))
	case o.Words < 1 || o.Words > mostWords:
		return fault.Usagef("corpus cloud: --words %d: want 1 to %d", o.Words, mostWords)
	case o.Sample < 0:
		return fault.Usagef("corpus cloud: --sample %d: want 0 (all) or more", o.Sample)
	case !(o.vertical >= 0 && o.vertical <= 1):
		return fault.Usagef("corpus cloud: --vertical %v: want a share of the words, 0 to 1", o.vertical)
	case o.Workers < 0:
		return fault.Usagef("corpus cloud: --workers %d: want 0 (one a core) or more", o.Workers)
	case o.picture.out == "" && !o.picture.json:
		return fault.Usagef("corpus cloud: want --out FILE for the picture, or --json")
	}
	if o.Against == "" {
		o.Against = keywords.AgainstOthers
		if len(o.Categories) < 2 {
			o.Against = keywords.AgainstRest
		}
	}
	o.Fields = features.Fields(o.fields)
	if o.picture.json {
		return nil
	}
	if _, err := plot.FormatOf(o.picture.out); err != nil {
		return err
	}
	_, err := o.picture.size()
	return err
}

func (o *cloudOptions) run(cmd *cobra.Command, c *shards.Corpus) error {
	clouds, err := keywords.NewClouds(cmd.Context(), c, o.CloudOptions)
	if err != nil {
		return err
	}
	if o.picture.json {
		return writeJSON(cmd.OutOrStdout(), clouds)
	}
	if !strings.Contains(o.picture.out, placeholder) {
		return o.draw(cmd, o.picture.out, clouds, clouds.Categories, 0)
	}
	for i, category := range clouds.Categories {
		name := strings.ReplaceAll(o.picture.out, placeholder, fileName(category.ID))
		if err := o.draw(cmd, name, clouds, []keywords.Cloud{category}, i); err != nil {
			return err
		}
	}
	return nil
}

// draw writes the picture of some categories; first is the place of their colours
// in the palette.
func (o *cloudOptions) draw(cmd *cobra.Command, name string, s *keywords.Clouds, categories []keywords.Cloud, first int) error {
	kind, err := plot.FormatOf(name)
	if err != nil {
		return err
	}
	size, err := o.picture.size()
	if err != nil {
		return err
	}
	cloud := plot.Cloud{Title: o.picture.title, Notes: cloudNotes(s, categories)}
	for i, c := range categories {
		panel := plot.CloudPanel{Title: cloudTitle(c), Subtitle: format.Count(c.Papers, "paper"), Colour: first + i}
		if len(s.Categories) == 1 {
			panel.Colour = -1
		}
		for _, w := range c.Words {
			panel.Words = append(panel.Words, plot.CloudWord{Text: w.Word, Weight: w.Weight})
		}
		cloud.Panels = append(cloud.Panels, panel)
	}
	cloud, err = cloud.Arrange(plot.CloudOptions{Seed: o.Seed, Vertical: o.vertical, Captions: o.picture.captions}, size)
	if err != nil {
		return err
	}
	if !o.picture.captions {
		for _, n := range cloud.Notes {
			fmt.Fprintln(cmd.ErrOrStderr(), "assay: note:", n)
		}
	}
	return writePicture(cmd, name, func(w io.Writer) ([]rune, error) { return cloud.Write(w, kind) })
}

// fileName is a category as a part of a file's name.
func fileName(id string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, id)
}

func cloudTitle(c keywords.Cloud) string {
	if c.Name == c.ID {
		return c.ID
	}
	return fmt.Sprintf("%s (%s)", c.Name, c.ID)
}

// cloudNotes say what is drawn of some of the categories.
func cloudNotes(s *keywords.Clouds, categories []keywords.Cloud) []string {
	var largest []string
	for _, c := range categories {
		w := c.Words[0]
		text := fmt.Sprintf("%s: %.0f %% of %s", w.Word, 100*w.Share, c.ID)
		if w.Z != nil {
			text = fmt.Sprintf("%s: %.1f", w.Word, *w.Z)
		}
		largest = append(largest, text)
	}
	notes := []string{fmt.Sprintf("Area of a word: by the share of papers that use it (%s).", strings.Join(largest, ", "))}
	if s.By == keywords.ByContrast {
		to := "those of the other categories"
		switch {
		case s.Against == keywords.AgainstRest:
			to = "all other papers"
		case len(s.Categories) == 2:
			to = "those of the other category"
		}
		notes[0] = fmt.Sprintf("Area of a word: by how surely these papers use it more than %s do, as log-odds ratio over its standard error (%s).", to, strings.Join(largest, ", "))
	}
	if s.Exclusive {
		notes = append(notes, "Papers of several of the categories are left out.")
	}
	return notes
}
