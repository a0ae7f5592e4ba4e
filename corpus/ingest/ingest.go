// Package ingest turns dumps of metadata into papers: JSON lines of the Kaggle
// snapshot, TSV of the arxiv_archive and Parquet of other programs, plain or packed.
// Every record is accounted for.
//
//	summary, manifest, err := ingest.ToShards(ctx, ingest.Options{
//		Format: "kaggle", Inputs: []string{"arxiv-metadata-oai-snapshot.json"},
//	}, "data/arxiv", shards.WriterOptions{})
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"time"

	"assay/corpus"
	"assay/corpus/arxivid"
	"assay/internal/fault"
	"assay/internal/progress"
)

// Options says what to import and how.
type Options struct {
	Format  string    // "kaggle", "archive" or "parquet"
	IDs     string    // IDsArxiv or IDsFree; "" is IDsArxiv
	Inputs  []string  // files, in order; "-" is Stdin; folders too where the format is parquet
	Stdin   io.Reader // what "-" reads
	SkipBad bool      // count malformed records instead of failing on the first
	Workers int       // goroutines that parse; 0 is one a processor
	TempDir string    // where pipes are spooled; "" is the system's place
	// Columns names the columns of Parquet files by the fields of [Columns];
	// "" leaves a field out. Other fields are found by the columns' usual names.
	Columns map[string]string
}

// How an import reads ids. A corpus must know each paper by one name: two
// spellings of one id would be two papers, one of which may be learned from while
// the other is tested on.
const (
	// IDsArxiv brings ids to arXiv's canonical form, as [arxivid.Canonical] does; a
	// record whose id cannot be one is malformed. Ids that name another source,
	// such as core:123, are kept as they are.
	IDsArxiv = "arxiv"
	// IDsFree keeps every id as it is, without the white space around it: for
	// corpora whose papers are not arXiv's.
	IDsFree = "free"
)

// Sink takes the papers of an import.
type Sink interface {
	// Add takes the next paper. It may keep p.
	Add(p *corpus.Paper) error
	// Reset forgets every paper added so far.
	Reset() error
}

// Import reads raw metadata and gives its papers to sink in the order of the
// input, whatever the number of workers. It returns an account of every record.
//
// Of several records with one id the last is kept, in its own place. Records
// left out for other reasons do not count: a malformed record or one without a
// known category never replaces a paper. While ids are distinct, papers reach
// the sink during a first and only reading. At the first duplicate the rest of
// the input is only scanned, the sink is reset, and a second reading adds the
// papers that remain; pipes are spooled for it in TempDir. Memory is bounded:
// about 80 bytes a paper, and the records in flight.
//
// A malformed record fails the import with "file:line: what", or the number of
// the row in the place of the line, unless SkipBad. A truncated, corrupt, empty
// or binary file, a line of more than 64 MiB and an
// input without any paper to keep always fail. The summary is not nil where
// reading began; after an error it is incomplete.
func Import(ctx context.Context, opt Options, sink Sink) (*Summary, error) {
	im, err := newImporter(opt)
	if err != nil {
		return nil, err
	}
	err = im.run(ctx, sink)
	err = errors.Join(err, im.sources.close())
	return im.summary, err
}

// importer is the state of one import. Only the goroutine that runs it touches
// summary and last.
type importer struct {
	format  format
	sources sources
	skipBad bool
	free    bool // ids are kept as they are
	workers int
	limit   int // bytes a record
	summary *Summary
	last    lastRecords
	texts   corpus.TextCounter // of kept papers
	known   *corpus.Taxonomy   // every id that arXiv defines
}

func newImporter(opt Options) (*importer, error) {
	f, err := lookupFormat(opt.Format, opt.Columns)
	if err != nil {
		return nil, err
	}
	if len(opt.Inputs) == 0 {
		return nil, fault.Usagef("corpus: import: no input; name files, or - for standard input")
	}
	pipes := 0
	for _, in := range opt.Inputs {
		if in == "-" {
			pipes++
		}
	}
	if pipes > 1 || pipes == 1 && opt.Stdin == nil {
		return nil, fault.Usagef("corpus: import: standard input can be read once; %d inputs name it", pipes)
	}
	if opt.IDs != "" && opt.IDs != IDsArxiv && opt.IDs != IDsFree {
		return nil, fault.Usagef("corpus: import: unknown rule for ids %q (known: %s, %s)", opt.IDs, IDsArxiv, IDsFree)
	}
	known, err := corpus.LookupTaxonomy("arxiv")
	if err != nil {
		return nil, err
	}
	workers := opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	src := sources{paths: opt.Inputs, stdin: opt.Stdin, tempDir: opt.TempDir, member: f.member}
	if p, ok := f.(parquetFormat); ok {
		src.table = p.open
		if src.paths, err = tableFiles(opt.Inputs); err != nil {
			return nil, err
		}
	}
	return &importer{
		format:  f,
		sources: src,
		skipBad: opt.SkipBad,
		free:    opt.IDs == IDsFree,
		workers: workers,
		limit:   maxImportRecord,
		summary: &Summary{Format: opt.Format},
		last:    newLastRecords(),
		known:   known,
	}, nil
}

func (im *importer) run(ctx context.Context, sink Sink) error {
	duplicates, err := im.firstPass(ctx, sink)
	if err != nil {
		return err
	}
	if duplicates {
		if err := sink.Reset(); err != nil {
			return err
		}
		if err := im.secondPass(ctx, sink); err != nil {
			return err
		}
	}
	im.summary.sort()
	if err := im.summary.Check(); err != nil {
		return err
	}
	s := im.summary
	switch {
	case s.Read == 0:
		return fault.Usagef("corpus: import: the input holds no record")
	case s.Kept == 0:
		return fault.Usagef("corpus: import: none of the %d records read can be kept: %d malformed, %d without a known category",
			s.Read, s.Malformed, s.NoKnownCategory)
	}
	return nil
}

// firstPass reads everything, and adds papers until an id comes again. It
// reports whether one did.
func (im *importer) firstPass(ctx context.Context, sink Sink) (duplicates bool, err error) {
	s := im.summary
	bar := progress.Start(ctx, "import", 0, "papers")
	defer bar.Done()
	err = im.pass(ctx, func(b *recordBatch, results []result) error {
		defer bar.Add(int64(len(results)))
		s.source(b.stream).Records += int64(len(results))
		for i, r := range results {
			ordinal := s.Read
			if ordinal > math.MaxUint32 {
				return fault.Usagef("corpus: import: more than %d records; import fewer files at once", int64(math.MaxUint32))
			}
			s.Read++
			s.addRepairs(r.asWritten, r.paper, r.repairs)
			switch {
			case r.flaw != nil:
				if !im.skipBad {
					return fault.Usagef("corpus: import: %s: %w; correct it, or leave such records out with --skip-bad", b.place(i), r.flaw)
				}
				s.addMalformed(r.flaw.reason, b.place(i))
				continue
			case !r.known:
				s.NoKnownCategory++
				continue
			}
			if im.last.put(r.key, uint32(ordinal)) {
				s.Duplicates++
				duplicates = true
			}
			if duplicates {
				continue
			}
			if err := im.keep(sink, r); err != nil {
				return err
			}
		}
		return nil
	})
	s.SkippedMembers = im.sources.skipped
	return duplicates, err
}

// secondPass reads everything again and adds the last record of each id.
func (im *importer) secondPass(ctx context.Context, sink Sink) error {
	s := im.summary
	s.resetKept()
	im.texts = corpus.TextCounter{}
	bar := progress.Start(ctx, "import the last of each duplicate", s.Read, "papers")
	defer bar.Done()
	err := im.pass(ctx, func(b *recordBatch, results []result) error {
		defer bar.Add(int64(len(results)))
		for i, r := range results {
			if r.flaw != nil || !r.known {
				continue
			}
			last, ok := im.last.get(r.key)
			if !ok {
				return errChanged(b.stream.name)
			}
			if int64(last) != b.ordinal+int64(i) {
				continue
			}
			if err := im.keep(sink, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && s.Kept != int64(im.last.len()) {
		err = errChanged("the input")
	}
	return err
}

func (im *importer) keep(sink Sink, r result) error {
	if err := sink.Add(r.paper); err != nil {
		return err
	}
	s := im.summary
	s.Kept++
	im.texts.Add(r.text)
	s.SameText = im.texts.SameText
	for _, id := range r.unknown {
		s.addUnknown(id)
	}
	if c := r.paper.Created; !c.IsZero() {
		day := c.Format(time.DateOnly)
		if s.FirstCreated == "" || day < s.FirstCreated {
			s.FirstCreated = day
		}
		s.LastCreated = max(s.LastCreated, day)
	}
	return nil
}

// complete brings the id of a parsed paper to its form and looks up its categories.
func (im *importer) complete(p *corpus.Paper) result {
	r := result{paper: p, asWritten: p.ID, text: corpus.DigestText(p.Title, p.Abstract)}
	if r.flaw = im.identify(p, &r); r.flaw != nil {
		return r
	}
	r.key = keyOf(p.ID)
	for i, id := range p.Categories {
		if _, outcome := im.known.Resolve(id); outcome != corpus.UnknownID {
			r.known = true
		} else if !slices.Contains(p.Categories[:i], id) {
			r.unknown = append(r.unknown, id)
		}
	}
	return r
}

// identify gives p the id that the corpus knows it by.
func (im *importer) identify(p *corpus.Paper, r *result) *flaw {
	if im.free {
		return nil
	}
	id, repairs, err := arxivid.Canonical(p.ID)
	switch {
	case err == nil:
		p.ID, r.repairs = id, repairs
	case !arxivid.OfOtherSource(p.ID):
		return &flaw{flawID, fmt.Sprintf("%s: %v (--ids free keeps ids of other sources as they are)", quote(p.ID), err)}
	}
	return nil
}

func (b *recordBatch) place(i int) string {
	return fmt.Sprintf("%s:%d", b.stream.name, b.records[i].line)
}
