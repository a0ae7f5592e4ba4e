package main

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/corpus/catalog"
	"assay/corpus/harvest"
	"assay/corpus/harvest/coreapi"
	"assay/corpus/harvest/ledger"
	"assay/internal/buildinfo"
	"assay/internal/fault"
	"assay/internal/format"
)

func newHarvest() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "harvest",
		Short: "Ask arXiv or CORE for papers, politely, into a SQLite catalog",
		Long: `Harvest asks a public service for papers and keeps them in a SQLite file, from
which "assay corpus export" makes shards. A harvest may be stopped or killed at
any moment: the same command goes on where it was.

For all of arXiv's metadata take "harvest oai". For the papers of one category
or a few, or for a category's daily news, take "harvest arxiv". For full texts by
topic take "harvest core". If a snapshot of arXiv that is some days old will do,
take none of them, but the file that Kaggle distributes (see "corpus import").`,
		Args: unknownVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newHarvestArxiv(), newHarvestOAI(), newHarvestCore())
	return cmd
}

// service is whom a command of harvest asks.
type service struct {
	name  string        // for messages
	url   string        // its address
	db    string        // the catalog's usual name
	pause time.Duration // between two requests, by the service's rule
}

// harvestFlags are what all commands of harvest understand.
type harvestFlags struct {
	service    service
	url        string
	db         string
	contact    string
	pause      time.Duration
	permission bool
	attempts   int
	json       bool
}

// add declares the flags.
func (f *harvestFlags) add(cmd *cobra.Command, s service) {
	f.service = s
	flags := cmd.Flags()
	flags.StringVar(&f.db, "db", s.db, "SQLite file that takes the papers; it is made where there is none")
	flags.StringVar(&f.contact, "contact", "", "your mail address, which the service is told, so that it can reach you before it blocks you")
	flags.StringVar(&f.url, "url", s.url, "address of the service, or of a mirror")
	flags.DurationVar(&f.pause, "pause", s.pause, "rest between the end of a request and the next")
	flags.BoolVar(&f.permission, "i-have-permission", false, "the service allows me a shorter --pause than its rule says")
	flags.IntVar(&f.attempts, "attempts", 20, "tries of one request, with growing rests, before giving up for now")
	flags.BoolVar(&f.json, "json", false, "print the summary as JSON")
}

// options checks the flags and says how the service is asked.
func (f *harvestFlags) options(cmd *cobra.Command) (opt harvest.Options, err error) {
	u, err := url.Parse(f.url)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return opt, fault.Usagef("--url %q is no http or https address, such as %s", f.url, f.service.url)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return opt, fault.Usagef("--url: want the bare address of the service, such as %s, without user, query or fragment", f.service.url)
	case f.db == "":
		return opt, fault.Usagef("--db is empty; it names the file that takes the papers, such as %s", f.service.db)
	case f.pause < 0 || f.pause > time.Hour:
		return opt, fault.Usagef("--pause %v; want up to an hour", f.pause)
	case f.pause < f.service.pause && !f.permission:
		return opt, fault.Usagef("--pause %v: the rule of %s is a rest of %v between requests; a shorter one needs --i-have-permission, and the service's permission", f.pause, f.service.name, f.service.pause)
	case f.attempts < 1 || f.attempts > 1000:
		return opt, fault.Usagef("--attempts %d; want 1 to 1000", f.attempts)
	}
	agent, err := f.agent()
	if err != nil {
		return opt, err
	}
	errOut := cmd.ErrOrStderr()
	opt = harvest.Options{
		Name: f.service.name, UserAgent: agent, Pause: f.pause, PaceFile: harvest.PaceFile(u.Hostname(), f.db+".pace"), Attempts: f.attempts,
		Note: func(text string) { fmt.Fprintf(errOut, "%s: %s\n", f.service.name, text) },
	}
	if harvest.OnThisMachine(u.Hostname()) {
		// A server on this machine is back as soon as it is, and blocks nobody.
		opt.FirstWait, opt.LongestWait = max(f.pause, time.Millisecond), max(f.pause, 50*time.Millisecond)
	}
	return opt, nil
}

// agent is how the program names itself to the service.
func (f *harvestFlags) agent() (string, error) {
	if f.contact == "" {
		return "assay/" + buildinfo.Read().Name(), nil
	}
	a, err := mail.ParseAddress(f.contact)
	if err != nil || a.Name != "" || a.Address != f.contact || strings.ContainsFunc(a.Address, func(r rune) bool { return r <= ' ' || r > '~' || r == '(' || r == ')' }) {
		return "", fault.Usagef("--contact %q is no mail address, such as me@example.org", f.contact)
	}
	return fmt.Sprintf("assay/%s (+mailto:%s)", buildinfo.Read().Name(), a.Address), nil
}

// client is options' client.
func (f *harvestFlags) client(cmd *cobra.Command) (*harvest.Client, error) {
	opt, err := f.options(cmd)
	if err != nil {
		return nil, err
	}
	return harvest.New(opt)
}

// open opens the catalog and makes this process its only harvester. close must be
// called.
func (f *harvestFlags) open(cmd *cobra.Command) (c *catalog.Catalog, closeAll func() error, err error) {
	c, err = catalog.Open(cmd.Context(), f.db, catalog.Options{Create: true})
	if err != nil {
		return nil, nil, err
	}
	release, err := c.Lock()
	if err != nil {
		return nil, nil, forNowIf(errors.Join(err, c.Close()))
	}
	return c, func() error {
		release()
		return c.Close()
	}, nil
}

// forNow marks the error of a harvest that the same command resumes.
type forNow struct{ error }

// Is lets the exit code be that of what may be resumed.
func (forNow) Is(target error) bool { return target == errInterrupted }

func (e forNow) Unwrap() error { return e.error }

// forNowIf marks an error of a catalog that passes.
func forNowIf(err error) error {
	if errors.Is(err, catalog.ErrForNow) {
		return forNow{err}
	}
	return err
}

// harvestError marks an error as one that the same command resumes, if it is: where the
// service, or the catalog, is not to be had for now.
func harvestError(err error) error {
	if !errors.Is(err, harvest.ErrForNow) && !errors.Is(err, catalog.ErrForNow) {
		return err
	}
	return forNow{fmt.Errorf("%w; the same command goes on where this one stopped", err)}
}

// flagDay reads a flag's day; empty is zero.
func flagDay(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fault.Usagef("--%s %q is no day of the form YYYY-MM-DD, such as 2026-08-01", flag, text)
	}
	return t, nil
}

// effort is what a harvest cost, and whether it came to its end.
type effort struct {
	Requests int     `json:"requests"`
	Retries  int     `json:"retries"`
	Waited   float64 `json:"waited_seconds"`
	Took     float64 `json:"seconds"`
	DB       string  `json:"db"`
	Complete bool    `json:"complete"`
}

func (f *harvestFlags) effort(did harvest.Stats, begun time.Time, err error) effort {
	return effort{did.Requests, did.Retries, did.Waited.Seconds(), time.Since(begun).Seconds(), f.db, err == nil}
}

// asked says how often the service was asked.
func (e effort) asked() string {
	return fmt.Sprintf("%s, %d retries", format.Count(e.Requests, "request"), e.Retries)
}

// rested says how much of the time was spent waiting.
func (e effort) rested() string {
	return fmt.Sprintf("rested %s of the %s that it took", seconds(e.Waited), seconds(e.Took))
}

func seconds(s float64) string { return format.Took(time.Duration(s * float64(time.Second))) }

// butMissing is said after what a catalog has all of.
func butMissing(missing []ledger.Part) string {
	if len(missing) == 0 {
		return ""
	}
	return ", but for what is missing"
}

// papers asks arXiv for papers: client and catalog are open for the time of ask, and
// report is told what it cost, whatever the end was.
func (f *harvestFlags) papers(cmd *cobra.Command, ask func(*harvest.Client, *catalog.Catalog) error, report func(effort) error) (err error) {
	client, err := f.client(cmd)
	if err != nil {
		return err
	}
	c, closeAll, err := f.open(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	if err := noFullTexts(cmd.Context(), c, f.db); err != nil {
		return err
	}
	begun := time.Now()
	err = ask(client, c)
	return errors.Join(harvestError(err), report(f.effort(client.Stats(), begun, err)))
}

// noFullTexts keeps full texts from CORE and arXiv's papers apart: who gives the catalog of
// the one to the other has mistaken the file.
func noFullTexts(ctx context.Context, c *catalog.Catalog, path string) error {
	marks, err := c.Marks(ctx, coreapi.Source)
	if err == nil && len(marks) > 0 {
		err = fault.Usagef("%s holds full texts from CORE; name another file by --db", path)
	}
	return err
}
