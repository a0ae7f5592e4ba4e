package shards

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"assay/internal/fault"
	"assay/internal/packed"
)

// What stands beside the shards lies in a folder of its own, whose name makes
// other readers of the corpus pass over it: pyarrow and Spark skip names that
// begin with "_", Hugging Face's datasets folders that begin with "__".
const (
	privateFolder = "__assay__"
	manifestFile  = "manifest.json"    // in privateFolder; earlier programs put it beside the shards
	checksumsFile = "checksums.crc32c" // in privateFolder

	oldChecksumsFile = "_checksums.crc32c" // beside the shards, as earlier programs wrote it

	manifestFormat = 1
)

// Manifest describes a corpus on disk: __assay__/manifest.json in its folder.
type Manifest struct {
	Format    int         `json:"format"`    // 1
	Rows      int64       `json:"rows"`      // papers in all shards
	Hash      string      `json:"hash"`      // names the corpus's content: see corpusHash
	Source    string      `json:"source"`    // where the papers come from, free text
	Checksums Checksums   `json:"checksums"` // what every read is checked against
	Shards    []ShardInfo `json:"shards"`    // in the order of the global row numbers

	folder string // where it lies: privateFolder, or "" beside the shards
}

// ShardInfo describes one Parquet file of a corpus.
type ShardInfo struct {
	File   string `json:"file"` // name within the folder
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of the whole file, hexadecimal
}

// Checksums describes the file of block checksums: for each shard in order,
// for each block of Block bytes of the shard (the last one may be shorter),
// the CRC-32C of the block as four bytes, little-endian.
type Checksums struct {
	File   string `json:"file"`  // name within the manifest's folder
	Block  int64  `json:"block"` // bytes
	SHA256 string `json:"sha256"`
}

// corpusHash returns the SHA-256, in hexadecimal, of a line naming the format
// and a line "sha256 rows bytes" a shard, in order.
func corpusHash(shards []ShardInfo) string {
	h := sha256.New()
	fmt.Fprintf(h, "assay corpus %d\n", manifestFormat)
	for _, s := range shards {
		fmt.Fprintf(h, "%s %d %d\n", s.SHA256, s.Rows, s.Bytes)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// blocks returns how many checksum blocks a shard of n bytes has.
func (c Checksums) blocks(n int64) int64 { return (n + c.Block - 1) / c.Block }

// readManifest reads and checks the manifest of the corpus in dir.
func readManifest(dir string) (*Manifest, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Usagef("corpus: open %s: no such folder; write one with \"assay corpus import --out %s\"", dir, dir)
	case err != nil:
		return nil, fault.Usagef("corpus: open: %w", err)
	case !info.IsDir() && packed.IsSQLite(dir):
		return nil, fault.Usagef("corpus: open %s: a corpus is a folder of shards, and this is a catalog; \"assay corpus export %s --format parquet --out DIR\" makes shards of it", dir, dir)
	case !info.IsDir():
		return nil, fault.Usagef("corpus: open %s: a corpus is a folder of shards, and this is a file; import it with \"assay corpus import\"", dir)
	}
	folder, err := manifestFolder(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, folder, manifestFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Usagef("corpus: open: %w", err)
	}
	m := &Manifest{folder: folder}
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(m); err != nil {
		return nil, fault.Usagef("corpus: %s is damaged (%v); import the corpus again", path, err)
	}
	if m.Format != manifestFormat {
		return nil, fault.Usagef("corpus: %s: format %d, and this program reads format %d; import the corpus again or use the program that wrote it", path, m.Format, manifestFormat)
	}
	if err := m.check(); err != nil {
		return nil, fault.Usagef("corpus: %s is damaged (%v); import the corpus again", path, err)
	}
	return m, nil
}

// manifestFolder returns where in the folder dir the manifest lies.
func manifestFolder(dir string) (string, error) {
	var found []string
	for _, folder := range []string{privateFolder, ""} {
		_, err := os.Stat(filepath.Join(dir, folder, manifestFile))
		switch {
		case err == nil:
			found = append(found, folder)
		case !errors.Is(err, fs.ErrNotExist):
			return "", fault.Usagef("corpus: open: %w", err)
		}
	}
	switch len(found) {
	case 0:
		return "", fault.Usagef("corpus: open %s: no %s/%s in it, so it is no corpus; write one with \"assay corpus import\"", dir, privateFolder, manifestFile)
	case 1:
		return found[0], nil
	}
	return "", fault.Usagef("corpus: open %s: two corpora are mixed in it, with the manifests %s/%s and %s; import the corpus again into another folder",
		dir, privateFolder, manifestFile, manifestFile)
}

// check reports the first contradiction within the manifest.
func (m *Manifest) check() error {
	var rows int64
	seen := make(map[string]bool)
	for i, s := range m.Shards {
		switch {
		case !plainName(s.File) || seen[s.File]:
			return fmt.Errorf("shard %d has the name %q", i, s.File)
		case s.Rows <= 0 || s.Bytes <= 0:
			return fmt.Errorf("shard %s has %d rows in %d bytes", s.File, s.Rows, s.Bytes)
		case !hexDigest(s.SHA256):
			return fmt.Errorf("shard %s has the SHA-256 %q", s.File, s.SHA256)
		}
		seen[s.File] = true
		rows += s.Rows
	}
	switch {
	case len(m.Shards) == 0:
		return errors.New("it names no shard")
	case rows != m.Rows:
		return fmt.Errorf("it states %d rows, its shards have %d", m.Rows, rows)
	case m.Hash != corpusHash(m.Shards):
		return errors.New("its hash does not fit its shards")
	case !plainName(m.Checksums.File) || seen[m.Checksums.File]:
		return fmt.Errorf("its file of checksums has the name %q", m.Checksums.File)
	case m.Checksums.Block < 512 || m.Checksums.Block > 1<<24:
		return fmt.Errorf("its checksums are of blocks of %d bytes", m.Checksums.Block)
	case !hexDigest(m.Checksums.SHA256):
		return fmt.Errorf("its checksums have the SHA-256 %q", m.Checksums.SHA256)
	}
	return nil
}

// plainName reports whether name is a file within the folder: a manifest must
// not lead the reader elsewhere.
func plainName(name string) bool {
	return name != "" && filepath.IsLocal(name) && name != "." && !strings.ContainsAny(name, `/\`)
}

func hexDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size && strings.ToLower(s) == s
}

// encode returns the manifest as the text of manifest.json.
func (m *Manifest) encode() ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(m)
	return text.Bytes(), err
}
