package shards

import (
	"hash/crc32"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// A shard is one Parquet file: row groups of at most groupRows papers, each
// column in pages of about pageBytes. No page crosses a multiple of stripeRows
// within its row group, so that workers which take whole stripes never decode
// the same page twice.
const (
	groupRows  = 8192
	groupBytes = 16 << 20 // of text; ends a row group early, to bound memory
	stripeRows = 512
	pageBytes  = 16 << 10 // before compression

	dictionaryBytes = 128 << 10 // of category ids; further ones are stored plainly
	checksumBlock   = 4 << 10
)

// castagnoli is the polynomial of the block checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Columns chooses what Scan reads of each paper. The zero value reads all.
type Columns uint8

const (
	ColumnID Columns = 1 << iota
	ColumnTitle
	ColumnAbstract
	ColumnCategories
	ColumnAuthors
	ColumnCreated
	ColumnUpdated

	// AllColumns reads whole papers.
	AllColumns Columns = 0
	// TextColumns reads what classifiers learn from: id, title, abstract and
	// categories.
	TextColumns = ColumnID | ColumnTitle | ColumnAbstract | ColumnCategories
)

// has reports whether column i of the schema is wanted.
func (c Columns) has(i int) bool { return c == AllColumns || c>>i&1 == 1 }

// paperRow is the schema of a shard; only its type is used. Lists have the
// three levels of the Parquet format's LIST, days are DATE or null.
type paperRow struct {
	ID         string   `parquet:"id"`
	Title      string   `parquet:"title"`
	Abstract   string   `parquet:"abstract"`
	Categories []string `parquet:"categories,list,dict"`
	Authors    []string `parquet:"authors,list"`
	Created    int32    `parquet:"created,optional,date"`
	Updated    int32    `parquet:"updated,optional,date"`
}

// The leaf columns of paperRow in order: bit i of Columns is column i.
const (
	leafID = iota
	leafTitle
	leafAbstract
	leafCategories
	leafAuthors
	leafCreated
	leafUpdated
	leafCount
)

// leafPaths returns the path of each leaf column.
func leafPaths() [leafCount][]string {
	return [leafCount][]string{
		{"id"}, {"title"}, {"abstract"},
		{"categories", "list", "element"}, {"authors", "list", "element"},
		{"created"}, {"updated"},
	}
}

// shardOptions returns how shards are written. The bytes must depend on the
// papers alone, so nothing here may vary with the machine or the build.
func shardOptions() []parquet.WriterOption {
	options := []parquet.WriterOption{
		parquet.NewSchema("paper", parquet.SchemaOf(paperRow{})),
		parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.DeltaLengthByteArray),
		parquet.CreatedBy("assay", "1", "0"),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedDefault}),
		// Pages are cut by the batch encoder, before this limit.
		parquet.PageBufferSize(4 * pageBytes),
		parquet.WriteBufferSize(256 << 10),
		parquet.DictionaryMaxBytes(dictionaryBytes),
	}
	// A page header would repeat its least and greatest value in full, four
	// whole abstracts; the page index holds the same, shortened.
	for i, path := range leafPaths() {
		if i < leafCreated {
			options = append(options, parquet.SkipPageStatistics(path...))
		}
	}
	return options
}
