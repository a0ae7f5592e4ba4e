package vectorfile

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
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

// Version counts the changes of what vectors are read from equal files: part of a
// trial's identity.
const Version = 1

// Open reads the vectors in a file of any of the formats, which it tells from
// the content, not from the name. Text and word2vec's binary come into memory;
// a fastText model stays on disk. A file that holds no vectors is a usage error.
//
// The dimension of a GloVe file is the one on which most of its first lines
// agree. A word may hold spaces, as some of GloVe's do: the last fields of a line
// are its vector, unless the one before them is a number, too. Words are kept as
// bytes, whether or not they are valid UTF-8. What is no vector is left out and
// counted; a file of which that is more than 1 % is refused. Text with a header is
// averaged over documents as fastText does, any other file by the mean.
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
		report = Report{Format: FastText, Words: m.Len(), Dim: m.Dim()}
		if n, first := m.Labels(); n > 0 {
			report.Labels = Dropped{n, int64(m.Len() + 1), brief(first)}
		}
		return m, report, nil
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
	var files, named, binaries []*zip.File
	var names []string
	for _, m := range archive.File {
		if m.FileInfo().IsDir() || strings.HasPrefix(m.Name, "__MACOSX/") {
			continue
		}
		files = append(files, m)
		switch path.Ext(m.Name) {
		case ".txt", ".vec":
			named = append(named, m)
			names = append(names, m.Name)
		case ".bin":
			binaries = append(binaries, m)
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
	if len(binaries) == 1 {
		return binaries[0], nil
	}
	return nil, fault.Usagef("it holds %d files, and not exactly one .txt, .vec or .bin among them; unpack the file of vectors and name it", len(files))
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
		size -= 3
	}
	if len(bytes.Trim(head, blanks+"\n")) == 0 {
		return nil, Report{}, fault.Usagef("it is empty")
	}
	if fasttext.IsModel(head) {
		return nil, Report{}, fault.Usagef("it is a packed fastText model (.bin), which is read from disk in place; unpack it first")
	}
	l, err := tell(head, err == io.EOF)
	if err != nil {
		return nil, Report{}, err
	}
	if l.format != Word2vec {
		return readText(ctx, in, l, guess)
	}
	if _, err := in.Discard(l.header); err != nil {
		return nil, Report{}, err
	}
	return readBinary(ctx, in, l, size-int64(l.header))
}

// explain marks faults of packed data as the user's to mend.
func explain(err error) error {
	if errors.As(err, &packed.Error{}) {
		return fault.Usage(err)
	}
	return err
}
