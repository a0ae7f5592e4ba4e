// Package shards keeps papers on disk: a folder of Parquet files with one manifest,
// written whole or not at all, and read through memory maps, so that a draw reads
// the pages of its papers alone.
//
//	c, err := shards.Open("data/arxiv")
//	rows, err := c.Sample(10_000, 42)
//	for p, err := range c.Papers(ctx, rows) { … }
//
// # Format
//
// A corpus is a folder:
//
//	shard-00000.parquet, shard-00001.parquet, …
//	__assay__/manifest.json      the shards with their rows, lengths and SHA-256
//	__assay__/checksums.crc32c   a CRC-32C for each block of each shard
//
// Every read checks exactly the blocks that it touches. So a flipped byte is an error that
// names the shard, also in headers and footers, which Parquet's own checksums of pages
// leave out.
//
// pyarrow, pandas and Spark skip names that begin with "_", and Hugging Face's datasets
// folders that begin with "__": pyarrow.parquet.read_table(folder) and
// load_dataset("parquet", data_dir=folder) read a corpus as it is. polars takes every file of a
// folder for Parquet and wants folder/*.parquet. Corpora of earlier programs, with
// manifest.json beside the shards, are read too, and their hashes are the same.
package shards
