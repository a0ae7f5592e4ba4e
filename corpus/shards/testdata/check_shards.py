"""Compare the shards of a corpus with its source, through other readers.

    python check_shards.py CORPUS SOURCE.jsonl

SOURCE has one JSON object a line: id, title, abstract, categories, authors,
created, updated (days as YYYY-MM-DD or null). Prints a line for each reader
that found the same papers in the same order, file by file or in the folder as
it is; the ones that are not installed are named and skipped, apart from
pyarrow. Exit status 1 on the first difference.
"""
import glob
import json
import os
import sys
import tempfile

FIELDS = ["id", "title", "abstract", "categories", "authors", "created", "updated"]


def normal(row):
    day = lambda d: None if d is None else str(d)[:10]
    return [row["id"], row["title"], row["abstract"], list(row["categories"]),
            list(row["authors"]), day(row["created"]), day(row["updated"])]


def compare(reader, rows, want):
    rows = [normal(r) for r in rows]
    if len(rows) != len(want):
        sys.exit(f"{reader}: {len(rows)} papers, the source has {len(want)}")
    for i, (got, expected) in enumerate(zip(rows, want)):
        if got != expected:
            sys.exit(f"{reader}: paper {i} is\n{got}\nand in the source\n{expected}")
    print(f"{reader}: {len(rows)} papers equal")


def main(corpus, source):
    with open(os.path.join(corpus, "__assay__", "manifest.json")) as f:
        files = [os.path.join(corpus, s["file"]) for s in json.load(f)["shards"]]
    if files != sorted(glob.glob(os.path.join(glob.escape(corpus), "*.parquet"))):
        sys.exit("the manifest names other shards than the folder holds")
    with open(source) as f:
        want = [normal(json.loads(line)) for line in f]

    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq
    table = pa.concat_tables(pq.read_table(f, page_checksum_verification=True) for f in files)
    compare("pyarrow", table.to_pylist(), want)
    compare("pyarrow, the folder", pq.read_table(corpus).to_pylist(), want)
    # Predicates that readers answer from statistics.
    data = ds.dataset(files)
    for i in range(0, len(want), max(1, len(want) // 7)):
        for field in ("id", "abstract"):
            value = want[i][FIELDS.index(field)]
            found = data.count_rows(filter=ds.field(field) == value)
            expected = sum(w[FIELDS.index(field)] == value for w in want)
            if found != expected:
                sys.exit(f"pyarrow: {found} papers with {field} = {value!r}, want {expected}")

    try:
        import duckdb
    except ImportError:
        print("duckdb: not installed")
    else:
        cursor = duckdb.connect().execute(
            f"select {', '.join(FIELDS)} from read_parquet(?, file_row_number=true, filename=true) "
            "order by filename, file_row_number", [files])
        compare("duckdb", [dict(zip(FIELDS, r)) for r in cursor.fetchall()], want)
        for i in range(0, len(want), max(1, len(want) // 7)):
            found = duckdb.connect().execute(
                "select count(*) from read_parquet(?) where title = ? and abstract = ?",
                [files, want[i][1], want[i][2]]).fetchone()[0]
            expected = sum(w[1:3] == want[i][1:3] for w in want)
            if found != expected:
                sys.exit(f"duckdb: {found} papers with the title {want[i][1]!r}, want {expected}")

    try:
        import pandas as pd
    except ImportError:
        print("pandas: not installed")
    else:
        compare("pandas, the folder", pd.read_parquet(corpus, dtype_backend="pyarrow").to_dict("records"), want)

    try:
        import polars as pl
    except ImportError:
        print("polars: not installed")
    else:
        # Given a folder, polars takes every file in it for Parquet.
        compare("polars", pl.read_parquet(glob.escape(corpus) + "/*.parquet").to_dicts(), want)

    try:
        from pyspark.sql import SparkSession
    except ImportError:
        print("pyspark: not installed")
    else:
        spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
        rows = [r.asDict() for r in spark.read.parquet(corpus).collect()]
        # Spark reads the largest files first.
        compare("pyspark, the folder", sorted(rows, key=lambda row: repr(normal(row))), sorted(want, key=repr))
        spark.stop()

    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import datasets
    except ImportError:
        print("datasets: not installed")
    else:
        datasets.disable_progress_bars()
        with tempfile.TemporaryDirectory() as cache:
            rows = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=cache)
            compare("datasets", list(rows), want)
            # Papers of several files come in the order of the files' names.
            rows = datasets.load_dataset(corpus, split="train", cache_dir=cache)
            compare("datasets, load_dataset(folder)", list(rows), want)
            rows = datasets.load_dataset("parquet", data_dir=corpus, split="train", cache_dir=cache)
            compare("datasets, load_dataset('parquet', data_dir=folder)", list(rows), want)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
