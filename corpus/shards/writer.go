package shards

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/parquet-go/parquet-go"

	"assay/corpus"
	"assay/internal/atomicfile"
	"assay/internal/fault"
	"assay/internal/guard"
)

// DefaultShardRows is how many papers a shard holds where nothing else is
// asked: about 30 MB of a shard's file.
const DefaultShardRows = 65_536

// WriterOptions says how Create writes.
type WriterOptions struct {
	ShardRows int    // papers a shard; 0 means DefaultShardRows
	Workers   int    // goroutines that compress; 0 means one a processor
	Source    string // provenance for the manifest, such as "kaggle"
	Overwrite bool   // a corpus that exists in the folder is replaced at Commit
}

// Writer writes a corpus. Its methods are for one goroutine. The bytes depend
// on the papers, their order and ShardRows alone.
type Writer struct {
	name    string // of the folder, as the caller gave it
	options WriterOptions
	parquet []parquet.WriterOption
	draft   *draft

	batch     *batch       // being filled
	shard     *shardWriter // that batch belongs to; nil until batch is sent
	shards    int          // shards begun
	shardRows int          // papers added to the current shard
	rows      int64

	encode  chan *batch    // to the encoders
	order   chan *batch    // the same batches to the committer, in order
	running sync.WaitGroup // encoders and committer

	infos []ShardInfo // of finished shards; the committer's until it ends
	sums  []byte      // their block checksums
	state writerState

	mu      sync.Mutex
	failure error // the first one of any goroutine
}

type writerState int

const (
	writing writerState = iota
	committed
	aborted
)

// Create begins a corpus in dir, creating the folders above it. The papers go
// to a hidden folder beside dir, which gets its name at Commit: a process
// killed before leaves no corpus, and its hidden folder is removed by the next
// Create for the same dir. Create refuses a dir that is not empty, unless it
// holds a corpus and nothing else and the options ask for Overwrite; then the
// old corpus stays until Commit. The caller must call Commit or Abort.
func Create(dir string, options WriterOptions) (*Writer, error) {
	if options.ShardRows < 0 || options.Workers < 0 {
		return nil, fault.Usagef("corpus: create %s: %d papers a shard and %d workers: neither may be negative", dir, options.ShardRows, options.Workers)
	}
	if options.ShardRows == 0 {
		options.ShardRows = DefaultShardRows
	}
	if options.Workers == 0 {
		options.Workers = runtime.GOMAXPROCS(0)
	}
	d, err := newDraft(dir, options.Overwrite)
	if err != nil {
		return nil, err
	}
	w := &Writer{
		name:    dir,
		options: options,
		parquet: shardOptions(),
		draft:   d,
		batch:   new(batch),
		encode:  make(chan *batch),
		order:   make(chan *batch, options.Workers), // bounds the batches in memory
	}
	// The goroutines get the channels as they are now: stop clears the fields.
	encode, order := w.encode, w.order
	for range options.Workers {
		w.running.Go(func() { w.encodeBatches(encode) })
	}
	w.running.Go(func() { w.commitBatches(order) })
	return w, nil
}

// Add appends a paper. Its strings are kept until they are written; p itself
// and its slices are not. A paper without an id, with text that is not UTF-8
// or with a date outside the years 1 to 9999 is refused, and the writer goes
// on.
func (w *Writer) Add(p *corpus.Paper) error {
	if w.state != writing {
		return fmt.Errorf("corpus: add to %s: the writer is closed", w.name)
	}
	if err := w.failed(); err != nil {
		return err
	}
	if err := w.batch.add(p); err != nil {
		return err
	}
	w.rows++
	w.shardRows++
	if last := w.shardRows == w.options.ShardRows; last || w.batch.full() {
		return w.send(last)
	}
	return nil
}

// send passes the batch on, to the end of its shard if last.
func (w *Writer) send(last bool) error {
	if w.shard == nil {
		s, err := newShardWriter(w.draft.path, w.shards, w.parquet)
		if err != nil {
			return w.fail(err)
		}
		w.shard = s
		w.shards++
	}
	b := w.batch
	b.shard, b.last, b.done = w.shard, last, make(chan struct{})
	b.group = w.shard.parquet.BeginRowGroup()
	w.batch = new(batch)
	if last {
		w.shard, w.shardRows = nil, 0
	}
	w.order <- b
	w.encode <- b
	return w.failed()
}

func (w *Writer) encodeBatches(encode <-chan *batch) {
	for b := range encode {
		if w.failed() == nil {
			b.err = guard.Parquet(b.encode)
		}
		close(b.done)
	}
}

// commitBatches writes the encoded batches in order and finishes the shards.
func (w *Writer) commitBatches(order <-chan *batch) {
	for b := range order {
		<-b.done
		if w.failed() == nil {
			if err := w.commit(b); err != nil {
				w.fail(err)
			}
		}
		if b.last && w.failed() != nil {
			_ = b.shard.file.Close() // abandoned: the draft is removed
		}
	}
}

func (w *Writer) commit(b *batch) error {
	if b.err != nil {
		return b.err
	}
	if b.rows() > 0 {
		if err := guard.Parquet(func() error { return b.shard.append(b) }); err != nil {
			return err
		}
	}
	if !b.last {
		return nil
	}
	info, sums, err := b.shard.finish()
	w.infos = append(w.infos, info)
	w.sums = append(w.sums, sums...)
	return err
}

// Commit writes the rest, then the manifest, waits until all of it is on disk,
// and gives the folder its name. If it fails, or ctx is cancelled, nothing of
// the new corpus is left and an old one stands as before.
func (w *Writer) Commit(ctx context.Context) (*Manifest, error) {
	if w.state != writing {
		return nil, fmt.Errorf("corpus: commit %s: the writer is closed", w.name)
	}
	m, err := w.finish(ctx)
	if err != nil {
		return nil, errors.Join(err, w.Abort())
	}
	w.state = committed
	if err := w.draft.publish(); err != nil {
		return nil, errors.Join(w.explain(err), w.draft.discard())
	}
	return m, nil
}

// finish completes the draft.
func (w *Writer) finish(ctx context.Context) (*Manifest, error) {
	if w.rows == 0 {
		return nil, fault.Usagef("corpus: commit %s: there are no papers to write", w.name)
	}
	if w.shardRows > 0 {
		if err := w.send(true); err != nil {
			return nil, err
		}
	}
	w.stop()
	if err := w.failed(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, w.explain(err)
	}
	digest := sha256.Sum256(w.sums)
	m := &Manifest{
		Format:    manifestFormat,
		Rows:      w.rows,
		Hash:      corpusHash(w.infos),
		Source:    w.options.Source,
		Checksums: Checksums{File: checksumsFile, Block: checksumBlock, SHA256: hex.EncodeToString(digest[:])},
		Shards:    w.infos,

		folder: privateFolder,
	}
	text, err := m.encode()
	if err != nil {
		return nil, w.explain(err)
	}
	private := filepath.Join(w.draft.path, privateFolder)
	if err := os.Mkdir(private, 0o755); err != nil {
		return nil, w.explain(err)
	}
	if err := atomicfile.WriteBytes(filepath.Join(private, checksumsFile), w.sums); err != nil {
		return nil, w.explain(err)
	}
	if err := atomicfile.WriteBytes(filepath.Join(private, manifestFile), text); err != nil {
		return nil, w.explain(err)
	}
	if err := ctx.Err(); err != nil {
		return nil, w.explain(err)
	}
	return m, nil
}

// Abort ends the writer and removes what it wrote. After Commit or another
// Abort it does nothing, so that it can be deferred.
func (w *Writer) Abort() error {
	if w.state != writing {
		return nil
	}
	w.state = aborted
	w.fail(errors.New("aborted")) // no further work for the goroutines
	w.stop()
	if w.shard != nil {
		_ = w.shard.file.Close() // abandoned: the draft is removed
	}
	if err := w.draft.discard(); err != nil {
		return fmt.Errorf("corpus: abort %s: %w", w.name, err)
	}
	return nil
}

// stop waits until the goroutines have dealt with every batch sent.
func (w *Writer) stop() {
	if w.encode == nil {
		return
	}
	close(w.encode)
	close(w.order)
	w.encode, w.order = nil, nil
	w.running.Wait()
}

func (w *Writer) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure
}

// fail keeps the first failure and returns it.
func (w *Writer) fail(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure == nil {
		w.failure = w.explain(err)
	}
	return w.failure
}

// explain names the corpus, and what is wrong with the disk if that is known.
func (w *Writer) explain(err error) error {
	switch {
	case fault.IsUsage(err):
		return err
	case atomicfile.DiskFull(err):
		return fmt.Errorf("corpus: write %s: %w; free some space and import again", w.name, err)
	case errors.Is(err, fs.ErrPermission):
		return fault.Usagef("corpus: write %s: %w", w.name, err)
	}
	return fmt.Errorf("corpus: write %s: %w", w.name, err)
}

// Write writes papers as a corpus in dir, which is complete or, after an error, as it was
// before: [Create], Add and Commit at once.
func Write(ctx context.Context, dir string, papers iter.Seq2[*corpus.Paper, error], options WriterOptions) (_ *Manifest, err error) {
	w, err := Create(dir, options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Abort()) }()
	for p, err := range papers {
		if err != nil {
			return nil, err
		}
		if err := w.Add(p); err != nil {
			return nil, err
		}
	}
	return w.Commit(ctx)
}
