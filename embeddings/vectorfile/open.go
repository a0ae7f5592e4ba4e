package vectorfile

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zip"

	"assay/embeddings"
	"assay/embeddings/fasttext"
	"assay/internal/fault"
	"assay/internal/packed"
)

// headBytes is how far the start of a file is looked at: enough for a line of
// 60,000 dimensions.
const headBytes = 1 << 20

// Open reads the vectors in a file of any of the formats, which it tells from
// the content, not from the name. Text and word2vec's binary come into memory;
// a fastText model stays on disk. A file that holds no vectors is a usage error.
//
// The dimension of a GloVe file is that of its first line. A word may hold
// spaces, as some of GloVe's do: the last fields of a line are its vector, unless
// the one before them is a number, too. Words are kept as bytes, whether or not
// they are valid UTF-8. A file with a header is averaged over documents as
// fastText does, any other one by the mean.
func Open(ctx context.Context, path string) (embeddings.Vectors, Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Report{}, fault.Usagef("vectors: %w", err)
	}
	v, report, err := open(ctx, f, path)
	if err = errors.Join(err, f.Close()); err != nil {
		if fault.IsUsage(err) {
			return nil, report, fault.Usagef("vectors: %s: %w", path, err)
		}
		return nil, report, fmt.Errorf("vectors: %s: %w", path, err)
	}
	if v == nil {
		m, err := fasttext.Open(path)
		if err != nil {
			return nil, report, err
		}
		return m, Report{Format: FastText, Words: m.Len(), Dim: m.Dim()}, nil
	}
	return v, report, nil
}

// open reads all but fastText's models, for which it returns nil.
func open(ctx context.Context, f *os.File, path string) (embeddings.Vectors, Report, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, Report{}, err
	}
	if info.IsDir() {
		return nil, Report{}, fault.Usagef("it is a folder; name a file of vectors")
	}
	head := make([]byte, packed.SniffBytes)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, Report{}, err
	}
	head = head[:n]
	if fasttext.IsModel(head) {
		return nil, Report{}, nil
	}
	kind := packed.Sniff(head)
	in, size, guess := io.Reader(f), info.Size(), info.Size()
	if kind == packed.Zip {
		member, err := onlyMember(f, info.Size())
		if err != nil {
			return nil, Report{}, err
		}
		content, err := packed.Member(member)
		if err != nil {
			return nil, Report{}, fault.Usage(err)
		}
		defer content.Close()
		// What the directory says of the size is believed as far as text packs.
		in, size, kind = content, -1, packed.Plain
		guess = int64(min(member.UncompressedSize64, 8*uint64(info.Size())))
	} else if kind != packed.Plain {
		size, guess = -1, 2*info.Size()
	}
	text, stop, err := packed.Unpack(kind, in)
	if err != nil {
		return nil, Report{}, fault.Usage(err)
	}
	defer stop()
	return read(ctx, text, size, guess)
}

// onlyMember returns the one file in a zip, or of several the one whose name
// ends as those of vectors do.
func onlyMember(f *os.File, size int64) (*zip.File, error) {
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return nil, fault.Usagef("the zip's directory cannot be read (%w); it is truncated or corrupt, fetch it again", err)
	}
	var files, named []*zip.File
	var names []string
	for _, m := range archive.File {
		if m.FileInfo().IsDir() || strings.HasPrefix(m.Name, "__MACOSX/") {
			continue
		}
		files = append(files, m)
		if strings.HasSuffix(m.Name, ".txt") || strings.HasSuffix(m.Name, ".vec") {
			named = append(named, m)
			names = append(names, m.Name)
		}
	}
	switch {
	case len(files) == 1:
		return files[0], nil
	case len(named) == 1:
		return named[0], nil
	case len(named) > 1:
		return nil, fault.Usagef("it holds several files of vectors (%s); unpack the one that you want and name it", strings.Join(names, ", "))
	}
	return nil, fault.Usagef("it holds no .txt or .vec file")
}

// read tells the format of unpacked bytes and reads them; size is how many there
// are, if that is known, else -1, and guess how many there may be: memory for so
// many is made at once.
func read(ctx context.Context, r io.Reader, size, guess int64) (*embeddings.Table, Report, error) {
	in := bufio.NewReaderSize(r, headBytes)
	head, err := in.Peek(headBytes)
	if err != nil && err != io.EOF {
		return nil, Report{}, explain(err)
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		if _, err := in.Discard(3); err != nil {
			return nil, Report{}, err
		}
		head = head[3:]
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, Report{}, fault.Usagef("it is empty")
	}
	if fasttext.IsModel(head) {
		return nil, Report{}, fault.Usagef("it is a packed fastText model (.bin), which is read from disk in place; unpack it first")
	}
	line, rest, ended := bytes.Cut(head, []byte("\n"))
	if !ended && len(head) > headBytes-4 {
		return nil, Report{}, fault.Usagef("its first line is longer than %d MiB: it is no file of vectors", headBytes>>20)
	}
	words, dim, header := parseHeader(line)
	if header && len(rest) == 0 {
		return nil, Report{}, fault.Usagef("its header announces %d words and nothing follows; it is truncated, fetch it again", words)
	}
	if header {
		second, _, _ := bytes.Cut(rest, []byte("\n"))
		if text := newLineParser(dim, true); text.parse(second) != lineGood && !looksLikeText(second) {
			if _, err := in.Discard(len(line) + 1); err != nil {
				return nil, Report{}, err
			}
			return readBinary(ctx, in, words, dim, size-int64(len(line)+1))
		}
	} else if dim = countNumbers(line); dim == 0 {
		what := packed.NotText(head[:min(len(head), packed.SniffBytes)])
		if what == "" {
			what = "a first line that is no word with its numbers"
		}
		return nil, Report{}, fault.Usagef("it holds %s; give GloVe or word2vec text, word2vec binary or a fastText model", what)
	}
	return readText(ctx, in, words, dim, header, guess)
}

// explain marks faults of packed data as the user's to mend.
func explain(err error) error {
	if errors.As(err, &packed.Error{}) {
		return fault.Usage(err)
	}
	return err
}

// mostDims bounds what a header may announce.
const mostDims = 60_000

// parseHeader reads "words dimensions".
func parseHeader(line []byte) (words, dim int, ok bool) {
	fields := bytes.Fields(line)
	if len(fields) != 2 {
		return 0, 0, false
	}
	words, err := strconv.Atoi(string(fields[0]))
	if err != nil || words < 0 {
		return 0, 0, false
	}
	dim, err = strconv.Atoi(string(fields[1]))
	return words, dim, err == nil && 0 < dim && dim <= mostDims
}

// looksLikeText reports whether a line holds no byte that text lacks.
func looksLikeText(line []byte) bool {
	for _, b := range line {
		if b < ' ' && b != '\t' && b != '\r' {
			return false
		}
	}
	return len(line) > 0
}

// countNumbers returns how many numbers a line ends in, its first field not
// counted.
func countNumbers(line []byte) int {
	fields := bytes.Fields(line)
	n := 0
	for n+1 < len(fields) {
		if _, ok := parseFloat(fields[len(fields)-1-n]); !ok {
			break
		}
		n++
	}
	return n
}
