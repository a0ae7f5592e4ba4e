package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/corpus/harvest/coreapi"
	"assay/internal/fault"
)

// coreKey is the environment variable with the user's key. There is no flag for it: other
// users of a machine see a command's flags, and shells remember them.
const coreKey = "CORE_API_KEY"

const coreHelp = `Harvest core asks CORE (https://core.ac.uk), which collects open-access papers, for
the full texts of --count papers for each --topic, and keeps them cleaned in a catalog.

First get a key, free for research, at https://core.ac.uk/services/api and set it:
  export CORE_API_KEY=…
It is sent to CORE and to nobody else, and never stored or printed.

Then run the first command below. It may be stopped or killed at any moment; the
same command goes on, and ends with the same documents. A larger --count, or a
further --topic beside the first ones, adds to those that are there. When it is done:
  assay corpus export core.db --documents --format parquet --out data/topics
  assay run two-topics --set corpus.path=data/topics \
    --set 'corpus.taxonomy=topics:deep-learning,computer-vision'

What it costs: a request brings 100 papers, some 6 MB. 20,000 texts take 200
requests and a few more for papers without a usable text, and 1 to 2 GB of disk.
CORE counts tokens: a page of a scroll costs 3 to 5, and a key has 10 a minute
and 5,000 a day (academic) or 25 a minute and 1,000 a day (personal). So the two
topics take about two hours with an academic key; with a personal one an hour, but
1,000 tokens may be less than they need: the command then ends with code 75, and
is run again the next day. --paging offset costs 1 token a page and takes 10 to
25 minutes; CORE allows it for the first 10,000 results of a topic, and what lies
beyond is scrolled to. The command obeys CORE's X-RateLimit headers before the
allowance is used up.

Documents of a topic: the first of CORE's list that have a usable full text, so many
that --count of them count. A paper that is found for two topics
  --overlap drop    counts for neither. It stays in the catalog under both, and the
                    taxonomy topics:… leaves it out. (default)
  --overlap first   belongs to the topic that is named first.
  --overlap keep    counts for both.

A topic's papers are those that name it in title or abstract, in --language, and
have a full text; --query replaces that, with {topic} in the topic's place, such as
  --query 'fullText:"{topic}" AND yearPublished>=2015 AND _exists_:fullText'
--api v2 speaks the older API, which CORE has withdrawn, in the form that it had.

Cleaning of titles, abstracts and texts:
  --clean ascii     drops control characters and all characters beyond ASCII with
                    nothing in their place (naïve becomes nave). White space of any
                    kind becomes one space, with none at either end. (default)
  --clean unicode   folds white space and drops control characters only.
  --clean none      leaves texts as they came.
A text longer than --longest is cut at the last white space before, and counted.

Licences: the texts stay their authors'. Each has a licence of its own, and many
may be read and mined but not passed on. Keep the catalog and exports of it to
yourself, publish results and ids instead, and see https://core.ac.uk/terms.`

const coreExample = `  assay corpus harvest core --topic "deep learning" --topic "computer vision" --count 10000 --db core.db --contact me@example.org
  assay corpus harvest core --topic "deep learning" --topic "computer vision" --count 10000 --paging offset
  assay corpus harvest core --topic "graph theory" --count 500 --language "" --clean unicode --db graphs.db`

type coreOptions struct {
	harvestFlags
	coreapi.Options
}

func newHarvestCore() *cobra.Command {
	var opt coreOptions
	cmd := &cobra.Command{
		Use:     "core --topic TOPIC… --count N [--db FILE]",
		Short:   "Ask CORE for the full texts of papers about topics",
		Long:    coreHelp,
		Example: coreExample,
		Args:    usageArgs(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return harvestCore(cmd, opt) },
	}
	opt.add(cmd, service{name: "CORE", url: coreapi.URLv3, db: "core.db"})
	flags := cmd.Flags()
	// CORE's rule counts tokens, which its headers tell; the rest is good manners.
	_ = flags.Set("pause", "2s")
	flags.Lookup("pause").DefValue, flags.Lookup("pause").Changed = "2s", false
	_ = flags.MarkHidden("i-have-permission")
	flags.StringArrayVar(&opt.Topics, "topic", nil, "topic, such as \"deep learning\"; may be given several times")
	flags.IntVar(&opt.Count, "count", 10_000, "documents with a usable full text for each topic")
	flags.StringVar(&opt.API, "api", coreapi.APIv3, "API: v3, or v2")
	flags.StringVar(&opt.Language, "language", "English", "language of the papers by its English name; empty takes all")
	flags.StringVar(&opt.Query, "query", "", "CORE query in place of the usual one, with {topic} inside of quotes")
	flags.StringVar(&opt.Overlap, "overlap", coreapi.OverlapDrop, "documents of several topics: drop, first or keep")
	flags.StringVar(&opt.Paging, "paging", coreapi.PagingScroll, "how lists are read: scroll, or offset")
	flags.StringVar(&opt.Cleaning.Mode, "clean", coreapi.CleanASCII, "what is done to texts: ascii, unicode or none")
	flags.BoolVar(&opt.Cleaning.Dehyphenate, "dehyphenate", false, "join words that a line's end divides (learn-⏎ing); also joins well-⏎known")
	flags.IntVar(&opt.Cleaning.Longest, "longest", 2_000_000, "longest text in bytes, after cleaning; 0 for no bound")
	return cmd
}

func harvestCore(cmd *cobra.Command, opt coreOptions) (err error) {
	if opt.API == coreapi.APIv2 && !cmd.Flags().Changed("url") {
		opt.url = coreapi.URLv2
	}
	if cmd.Flags().Changed("query") && cmd.Flags().Changed("language") {
		return fault.Usagef("--query and --language: a query says itself which languages it takes, such as language.name:\"English\"; leave --language out")
	}
	opt.URL, opt.Key = opt.url, os.Getenv(coreKey)
	if opt.Client, err = opt.options(cmd); err != nil {
		return err
	}
	if err := opt.Check(); err != nil {
		return err
	}
	c, closeAll, err := opt.open(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	begun := time.Now()
	sum, err := coreapi.Harvest(cmd.Context(), c, opt.Options)
	if len(sum.Topics) == 0 {
		return harvestError(err) // what was asked for does not fit what is there: nothing was begun
	}
	report := coreReport{sum, opt.effort(sum.Stats, begun, err)}
	return errors.Join(harvestError(err), report.print(cmd.OutOrStdout(), opt.json))
}

// coreReport is what a harvest prints at its end, whatever that end is.
type coreReport struct {
	*coreapi.Summary
	effort
}

func (r coreReport) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(out, r)
	}
	if err := r.WriteText(out); err != nil {
		return err
	}
	text := r.asked() + "; " + r.rested() + "\n"
	if r.Complete && r.Documents > 0 {
		text += fmt.Sprintf("next: assay corpus export %s --documents --format parquet --out data/topics\n", quoteWord(r.DB))
	}
	_, err := io.WriteString(out, text)
	return err
}

// quoteWord writes a word as a shell reads it as one.
func quoteWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("-_./:\\", r) && !isWordRune(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func isWordRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}
