package ingest

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/zip"

	"assay/internal/fault"
	"assay/internal/packed"
)

// readZip hands over every member that holds records, in the order of the
// archive's directory. A member that is alone is taken whatever its name.
func (s *sources) readZip(name string, at *io.SectionReader, f func(*stream) error) error {
	archive, err := zip.NewReader(at, at.Size())
	if err != nil {
		return fault.Usagef("corpus: import: %s: the zip's directory cannot be read (%w); the file is truncated or corrupt, fetch it again", name, err)
	}
	var files []*zip.File
	for _, m := range archive.File {
		if !m.FileInfo().IsDir() && !strings.HasPrefix(m.Name, "__MACOSX/") {
			files = append(files, m)
		}
	}
	read := 0
	for _, m := range files {
		full := name + "/" + m.Name
		if len(files) > 1 && !s.member(baseExtension(m.Name)) {
			s.skipped = append(s.skipped, full)
			continue
		}
		if err := s.readMember(full, m, f); err != nil {
			return err
		}
		read++
	}
	if read == 0 {
		return fault.Usagef("corpus: import: %s holds no member of the format's kind%s", name, someNames(files))
	}
	return nil
}

func (s *sources) readMember(name string, m *zip.File, f func(*stream) error) error {
	content, err := packed.Member(m)
	if err != nil {
		return fault.Usagef("corpus: import: %s: %w", name, err)
	}
	defer content.Close()
	in := bufio.NewReaderSize(content, 1<<16)
	head, err := in.Peek(packed.SniffBytes)
	if len(head) == 0 && err != nil && err != io.EOF {
		return fault.Usagef("corpus: import: %s: %w", name, err)
	}
	read := readStream
	if s.table != nil {
		read = s.readTable
	}
	return read(name, packed.Sniff(head), in, func(st *stream) error {
		if st.kind == packed.Plain.String() {
			st.kind = packed.Zip.String()
		} else {
			st.kind += " in zip"
		}
		return f(st)
	})
}

// baseExtension is the extension of a name without that of a packing.
func baseExtension(name string) string {
	name = strings.ToLower(name)
	for _, packed := range []string{".gz", ".xz", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	return path.Ext(name)
}

func someNames(files []*zip.File) string {
	var names []string
	for _, m := range files[:min(3, len(files))] {
		names = append(names, fmt.Sprintf("%q", m.Name))
	}
	if len(names) == 0 {
		return "; it is empty"
	}
	return "; it holds " + strings.Join(names, ", ")
}
