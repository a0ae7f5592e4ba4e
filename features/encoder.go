package features

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"assay/corpus"
	"assay/corpus/text"
	"assay/embeddings/excerpt"
	"assay/internal/fault"
	"assay/internal/parallel"
)

// Encoder makes the rows of new papers that a classifier reads, by the code that made
// those which it learnt from: equal papers have equal rows, to the bit. It is safe for
// concurrent use.
//
// What an encoder keeps of word vectors is an [excerpt.Excerpt]: exact for the words
// of the papers of its [Set].
type Encoder struct {
	spec       Spec
	vocabulary *Vocabulary      // of counts, tfidf, words and sequences
	weights    *TFIDF           // of tfidf
	scale      *Standardizer    // of vectors, where asked for
	vectors    *excerpt.Excerpt // of vectors and sequences
	dim        int              // of sequences: columns of their embedding
	fixed      bool             // sequences are numbered by the vocabulary
	rules      *text.Tokenizer

	once sync.Once
	mu   sync.Mutex
	idle []*reader
}

// Kind returns the kind of the features.
func (e *Encoder) Kind() Kind { return e.spec.Kind }

// Fixed returns an encoder of sequences that numbers words as those of its set are
// numbered, and without vectors: for a network that has learnt vectors of its own for
// them. A word that the set lacks is MissingID. Other kinds are returned as they are.
func (e *Encoder) Fixed() *Encoder {
	if e.spec.Kind != KindSequences {
		return e
	}
	return &Encoder{spec: e.spec, vocabulary: e.vocabulary, dim: e.dim, fixed: true}
}

// Loss says in words what the encoder does not know of word vectors that its set was
// made with; "" where it knows all.
func (e *Encoder) Loss() string {
	switch {
	case e.fixed:
		return fmt.Sprintf("the network has learnt vectors of the %d words of its papers; others have none", e.vocabulary.Len())
	case e.vectors != nil:
		return e.vectors.String()
	}
	return ""
}

// Encode returns the rows of papers, of which title and abstract are read, in their
// order: the matrix that a classifier takes.
func (e *Encoder) Encode(ctx context.Context, papers []corpus.Paper, workers int) (Matrix, error) {
	switch e.spec.Kind {
	case KindCounts, KindTFIDF:
		return e.count(ctx, papers, workers)
	case KindVectors:
		return e.average(ctx, papers, workers)
	case KindSequences:
		if !e.fixed {
			return e.sequence(ctx, papers, workers)
		}
	}
	return e.index(ctx, papers, workers)
}

func (e *Encoder) count(ctx context.Context, papers []corpus.Paper, workers int) (Matrix, error) {
	pieces := make([]*CSR, len(papers)/block+1)
	for i := range pieces {
		pieces[i] = e.vocabulary.Transform()
	}
	err := e.each(ctx, papers, workers, func() func(int, []string) error {
		return func(row int, tokens []string) error {
			e.vocabulary.appendRow(pieces[row/block], tokens)
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	x := join(pieces)
	if e.weights == nil {
		return x, nil
	}
	return e.weights.Transform(x, max(workers, 1))
}

func (e *Encoder) average(ctx context.Context, papers []corpus.Paper, workers int) (Matrix, error) {
	z := NewVectorizer(e.vectors, len(papers))
	if err := e.each(ctx, papers, workers, func() func(int, []string) error { return z.Worker().Add }); err != nil {
		return nil, err
	}
	x, _ := z.Finish()
	if e.scale == nil {
		return x, nil
	}
	return x, e.scale.Transform(x)
}

// sequence numbers the words of these papers, whichever they are, and brings their
// vectors along.
func (e *Encoder) sequence(ctx context.Context, papers []corpus.Paper, workers int) (Matrix, error) {
	q := NewSequencer(e.vectors, len(papers), e.spec.MaxTokens)
	if err := e.each(ctx, papers, workers, func() func(int, []string) error { return q.Worker().Add }); err != nil {
		return nil, err
	}
	x, _, err := q.Finish(ctx)
	return x, err
}

// index numbers words by the vocabulary.
func (e *Encoder) index(ctx context.Context, papers []corpus.Paper, workers int) (Matrix, error) {
	words := append(make([]string, firstWordID), e.vocabulary.terms...)
	x := &Sequences{Papers: make([][]int32, len(papers)), Words: words, Embedding: &Dense{Rows: len(words), Cols: e.dim}}
	err := e.each(ctx, papers, workers, func() func(int, []string) error {
		return func(row int, tokens []string) error {
			if e.fixed {
				x.Papers[row] = e.vocabulary.tokenIDs(tokens, e.spec.MaxTokens)
			} else {
				x.Papers[row] = e.vocabulary.IDs(tokens, e.spec.Words.MaxTokens)
			}
			return nil
		}
	})
	return x, err
}

// block is how many papers a worker takes at a time.
const block = 32

// each tokenises the papers on several workers and gives them to the worker's add,
// those of a block in order.
func (e *Encoder) each(ctx context.Context, papers []corpus.Paper, workers int, newWorker func() func(row int, tokens []string) error) error {
	var mu sync.Mutex
	var taken []*reader
	err := parallel.Blocks(ctx, workers, len(papers), block, func() func(from, to int) error {
		r, add := e.takeReader(), newWorker()
		mu.Lock()
		defer mu.Unlock()
		taken = append(taken, r)
		return func(from, to int) error {
			for row := from; row < to; row++ {
				r.tokens = r.append(r.tokens[:0], &papers[row])
				if err := add(row, r.tokens); err != nil {
					return err
				}
			}
			return nil
		}
	})
	e.giveBack(taken)
	if err != nil {
		return fmt.Errorf("features: encode: %w", err)
	}
	return nil
}

// takeReader returns a reader that is not in use. Readers are kept for later papers,
// since they hold the words that they have looked up.
func (e *Encoder) takeReader() *reader {
	e.once.Do(func() { e.rules = text.NewTokenizer() })
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.idle); n > 0 {
		r := e.idle[n-1]
		e.idle = e.idle[:n-1]
		return r
	}
	return newReader(e.rules, e.spec.Fields)
}

func (e *Encoder) giveBack(taken []*reader) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.idle = append(e.idle, taken...)
}

// The files of an encoder. EncoderFile names its kind; of the others it has what that
// kind needs.
const (
	EncoderFile    = "encoder.json"
	VocabularyFile = "vocabulary.assay"
	TFIDFFile      = "tfidf.assay"
	ScaleFile      = "scale.assay"
	VectorsFile    = "vectors.assay"
)

const encoderVersion = 1

// encoderRecord is what EncoderFile holds.
type encoderRecord struct {
	Version    int    `json:"version"`
	Kind       Kind   `json:"kind"`
	Fields     Fields `json:"fields"`
	MaxTokens  int    `json:"max_tokens,omitempty"` // of a paper; 0: all
	Dimensions int    `json:"dimensions,omitempty"` // of fixed sequences
	Fixed      bool   `json:"fixed,omitempty"`
	Standard   bool   `json:"standardize,omitempty"`
	Vectors    string `json:"vectors,omitempty"` // what is kept of the word vectors, for people

	// Parts are the versions of what papers are encoded by: a program in which one is
	// another would make other rows, of which the model knows nothing.
	Parts map[string]int `json:"parts"`
}

// versions returns those of the parts that encode papers of the kind, none of an unknown
// kind.
func versions(k Kind) map[string]int {
	parts := map[string]int{"text": text.Version}
	switch k {
	case KindCounts:
		parts["counts"] = CountsVersion
	case KindTFIDF:
		parts["counts"], parts["tfidf"] = CountsVersion, TFIDFVersion
	case KindVectors:
		parts["vectors"] = VectorsVersion
	case KindSequences:
		parts["sequences"] = SequencesVersion
	case KindWords:
		parts["words"] = WordsVersion
	default:
		return nil
	}
	return parts
}

// sameParts refuses an encoder whose parts this program has in other versions.
func (r *encoderRecord) sameParts() error {
	mine := versions(r.Kind)
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		if r.Parts[name] != mine[name] {
			return fault.Usagef("features: load encoder: the model was made by version %d of %s, this program has %d and would read papers in another way: use the program that made it, or run its experiment again", r.Parts[name], name, mine[name])
		}
	}
	return nil
}

// Save writes the encoder's files; LoadEncoder reads them back.
func (e *Encoder) Save(write func(name string, save func(io.Writer) error) error) error {
	r := encoderRecord{
		Version: encoderVersion, Kind: e.spec.Kind, Fields: e.spec.Fields, Dimensions: e.dim, Fixed: e.fixed,
		Standard: e.scale != nil, MaxTokens: e.spec.MaxTokens, Vectors: e.Loss(), Parts: versions(e.spec.Kind),
	}
	if r.Fields == "" {
		r.Fields = TitleAndAbstract
	}
	if r.Kind == KindWords {
		r.MaxTokens = e.spec.Words.MaxTokens
	}
	if e.vectors == nil && !e.fixed && (r.Kind == KindVectors || r.Kind == KindSequences) {
		return fmt.Errorf("features: save encoder: its word vectors were not kept")
	}
	errs := []error{write(EncoderFile, func(w io.Writer) error {
		data, err := json.MarshalIndent(r, "", "  ")
		if err == nil {
			_, err = w.Write(append(data, '\n'))
		}
		return err
	})}
	if e.vocabulary != nil && (r.Kind != KindSequences || e.fixed) {
		errs = append(errs, write(VocabularyFile, e.vocabulary.Save))
	}
	if e.weights != nil {
		errs = append(errs, write(TFIDFFile, e.weights.Save))
	}
	if e.scale != nil {
		errs = append(errs, write(ScaleFile, e.scale.Save))
	}
	if e.vectors != nil {
		errs = append(errs, write(VectorsFile, e.vectors.Save))
	}
	return errors.Join(errs...)
}

// LoadEncoder reads what Save wrote. A file that is damaged or missing is a usage
// error that names it.
func LoadEncoder(folder fs.FS) (*Encoder, error) {
	data, err := fs.ReadFile(folder, EncoderFile)
	if err != nil {
		return nil, fault.Usagef("features: load encoder: %w", err)
	}
	var r encoderRecord
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fault.Usagef("features: load encoder: %s: %w", EncoderFile, err)
	}
	if r.Version < 1 || r.Version > encoderVersion {
		return nil, fault.Usagef("features: load encoder: %s is of version %d, this program reads up to %d: use the program that wrote it", EncoderFile, r.Version, encoderVersion)
	}
	if err := r.sameParts(); err != nil {
		return nil, err
	}
	e := &Encoder{spec: Spec{Kind: r.Kind, Fields: r.Fields, MaxTokens: r.MaxTokens}, dim: r.Dimensions, fixed: r.Fixed}
	l := loader{folder: folder}
	switch r.Kind {
	case KindCounts, KindTFIDF, KindWords:
		e.spec.Words.MaxTokens = r.MaxTokens
		e.vocabulary = load(&l, VocabularyFile, LoadVocabulary)
		if r.Kind == KindTFIDF {
			e.weights = load(&l, TFIDFFile, LoadTFIDF)
		}
	case KindSequences:
		if r.Fixed {
			e.vocabulary = load(&l, VocabularyFile, LoadVocabulary)
		} else {
			e.vectors = load(&l, VectorsFile, excerpt.Load)
		}
	case KindVectors:
		e.vectors = load(&l, VectorsFile, excerpt.Load)
		if r.Standard {
			e.scale = load(&l, ScaleFile, LoadStandardizer)
		}
	default:
		return nil, fault.Usagef("features: load encoder: %s: features of kind %q are not known to this program", EncoderFile, r.Kind)
	}
	if l.err == nil {
		l.err = e.check()
	}
	if l.err != nil {
		return nil, l.err
	}
	return e, nil
}

// check reports files that are not of one encoder.
func (e *Encoder) check() error {
	switch {
	case e.weights != nil && len(e.weights.IDF()) != e.vocabulary.Len():
		return fault.Usagef("features: load encoder: %s has weights of %d terms, %s has %d: they are of different models", TFIDFFile, len(e.weights.IDF()), VocabularyFile, e.vocabulary.Len())
	case e.scale != nil && len(e.scale.mean) != e.vectors.Dim():
		return fault.Usagef("features: load encoder: %s is of %d dimensions, %s of %d: they are of different models", ScaleFile, len(e.scale.mean), VectorsFile, e.vectors.Dim())
	}
	return nil
}

// loader reads files of a folder; the first error sticks.
type loader struct {
	folder fs.FS
	err    error
}

func load[T any](l *loader, name string, read func(io.Reader) (T, error)) (out T) {
	if l.err != nil {
		return out
	}
	f, err := l.folder.Open(name)
	if err != nil {
		l.err = fault.Usagef("features: load encoder: %w", err)
		return out
	}
	defer f.Close()
	out, err = read(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		l.err = fmt.Errorf("%s: %w", name, err)
	}
	return out
}
