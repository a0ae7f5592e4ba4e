"""Write the same papers as Parquet files in the manner of other tools.

    python make_parquet.py OUT SOURCE.jsonl

SOURCE has one JSON object a line in the fields of the Kaggle snapshot: id,
title, abstract, categories, authors, authors_parsed, versions, update_date. OUT
gets one file, or folder of files, for each way of writing them. Prints a line
for each: its name, a tab, and what assay's --columns must name to read it.
Tools that are not installed are named on stderr and skipped, apart from pyarrow.
"""
import datetime
import json
import os
import sys
from email.utils import parsedate_to_datetime


def main(out, source):
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open(source) as f:
        papers = [json.loads(line) for line in f]

    def done(name, columns=""):
        print(name + "\t" + columns)

    def path(name):
        return os.path.join(out, name)

    listed = [dict(p, categories=p["categories"].split()) for p in papers]
    first = lambda p: next(v["created"] for v in p["versions"] if v["version"] == "v1")
    moments = [parsedate_to_datetime(first(p)) for p in papers]
    days = [datetime.date.fromisoformat(p["update_date"]) for p in papers]

    # pyarrow: every codec, page version and size, encoding and width of text.
    plain, lists = pa.Table.from_pylist(papers), pa.Table.from_pylist(listed)
    for name, table, options in [
        ("arrow-snappy", plain, {}),
        ("arrow-none-plain", lists, {"compression": "none", "use_dictionary": False}),
        ("arrow-zstd-v2", lists, {"compression": "zstd", "data_page_version": "2.0"}),
        ("arrow-gzip-small-groups", plain, {"compression": "gzip", "row_group_size": 7}),
        ("arrow-brotli-small-pages", lists, {"compression": "brotli", "data_page_size": 512, "write_batch_size": 8}),
        ("arrow-one-group", lists, {"row_group_size": 1 << 20, "data_page_size": 1 << 24}),
        ("arrow-v1", lists, {"version": "1.0"}),
        ("arrow-delta", lists, {"use_dictionary": False, "column_encoding": {
            "title": "DELTA_LENGTH_BYTE_ARRAY", "abstract": "DELTA_BYTE_ARRAY"}}),
        ("arrow-two-level-lists", lists, {"use_compliant_nested_type": False}),
        ("arrow-checksums-index", lists, {"write_page_checksum": True, "write_page_index": True, "data_page_size": 2048}),
    ]:
        pq.write_table(table, path(name + ".parquet"), **options)
        done(name + ".parquet")
    wide = pa.table({
        "Unrelated": pa.array([[{"deep": [i]}] for i in range(len(papers))]),
        "ID": pa.array([p["id"] for p in papers], pa.large_string()),
        "Title": pa.array([p["title"] for p in papers], pa.string_view()),
        "Abstract": pa.array([p["abstract"].encode() for p in papers], pa.large_binary()),
        "Categories": pa.array([p["categories"].split() for p in papers], pa.large_list(pa.large_string())),
        "Authors_Parsed": pa.array([p["authors_parsed"] for p in papers], pa.list_(pa.list_(pa.string()))),
        "created": pa.array(moments, pa.timestamp("us", "America/New_York")),
        "Update_Date": pa.array(days, pa.date32()),
        "Nothing": pa.nulls(len(papers)),
    })
    pq.write_table(wide, path("arrow-wide-types.parquet"))
    done("arrow-wide-types.parquet")
    for unit in ["s", "ms", "us", "ns"]:
        stamps = pa.table({
            "arxiv_id": pa.array([p["id"] for p in papers]).dictionary_encode(),
            "title": pa.array([p["title"] for p in papers]).dictionary_encode(),
            "summary": [p["abstract"] for p in papers],
            "categories": [", ".join(p["categories"].split()) for p in papers],
            "authors_parsed": [json.dumps(p["authors_parsed"]) for p in papers],
            "published": pa.array([m.replace(tzinfo=None) for m in moments], pa.timestamp(unit)),
            "updated": pa.array([datetime.datetime.combine(d, datetime.time(23, 59, 59)) for d in days], pa.timestamp(unit)),
        })
        pq.write_table(stamps, path(f"arrow-timestamp-{unit}.parquet"))
        done(f"arrow-timestamp-{unit}.parquet")
    pq.write_table(stamps, path("arrow-int96.parquet"), use_deprecated_int96_timestamps=True)
    done("arrow-int96.parquet")
    inside = pa.table({
        "row": list(range(len(papers))),
        "meta": [{"key": p["id"], "dates": {"last": p["update_date"]}} for p in papers],
        "paper": [{"head": p["title"], "body": p["abstract"]} for p in papers],
        "cats": [str(p["categories"].split()) for p in papers],
        "people": [str(p["authors_parsed"]) for p in papers],
        "history": [str(p["versions"][::-1]) for p in papers],
    })
    pq.write_table(inside, path("arrow-structs.parquet"))
    done("arrow-structs.parquet", "id=meta.key,title=paper.head,abstract=paper.body,categories=cats,"
         "authors_parsed=people,versions=history,updated=meta.dates.last")
    os.makedirs(path("arrow-folder"))
    pq.write_to_dataset(plain.append_column("part", pa.array([i // 20 for i in range(len(papers))])),
                        path("arrow-folder"), partition_cols=["part"], basename_template="p{i}.parquet")
    for name in ["_metadata", ".part.parquet.crc", "_SUCCESS"]:
        with open(path(os.path.join("arrow-folder", name)), "w") as f:
            f.write("no Parquet")
    done("arrow-folder")

    try:
        import pandas as pd
    except ImportError:
        print("pandas: not installed", file=sys.stderr)
    else:
        frame = pd.DataFrame(papers)
        frame.index = [f"row {i}" for i in frame.index]  # becomes __index_level_0__
        frame["title"] = frame["title"].astype("category")
        frame["update_date"] = pd.to_datetime(frame["update_date"])
        frame.to_parquet(path("pandas.parquet"))
        done("pandas.parquet")
        try:
            import fastparquet
        except ImportError:
            print("fastparquet: not installed", file=sys.stderr)
        else:
            texts = pd.DataFrame({"id": [p["id"] for p in papers], "title": [p["title"] for p in papers],
                                  "abstract": [p["abstract"] for p in papers], "categories": [p["categories"] for p in papers],
                                  "authors_parsed": [json.dumps(p["authors_parsed"]) for p in papers],
                                  "created": pd.to_datetime([m.replace(tzinfo=None) for m in moments]),
                                  "updated": pd.to_datetime([p["update_date"] for p in papers])}, dtype=object)
            for column in ["created", "updated"]:
                texts[column] = pd.to_datetime(texts[column])
            fastparquet.write(path("fastparquet.parquet"), texts, row_group_offsets=30)
            done("fastparquet.parquet")

    try:
        import polars as pl
    except ImportError:
        print("polars: not installed", file=sys.stderr)
    else:
        frame = pl.DataFrame(listed).with_columns(pl.col("update_date").str.to_date(), pl.col("title").cast(pl.Categorical))
        for name, options in [("polars", {}), ("polars-small", {"compression": "snappy", "row_group_size": 11, "data_page_size": 1000})]:
            frame.write_parquet(path(name + ".parquet"), **options)
            done(name + ".parquet")

    try:
        import duckdb
    except ImportError:
        print("duckdb: not installed", file=sys.stderr)
    else:
        for name, options in [("duckdb", ""), ("duckdb-v2", ", parquet_version v2, compression zstd"),
                              ("duckdb-gzip", ", compression gzip, row_group_size 2048")]:
            duckdb.sql(
                "copy (select id, title, abstract, string_split(categories, ' ') as categories, authors_parsed, "
                "versions, cast(update_date as date) as update_date "
                f"from read_json('{source}', format='newline_delimited', columns={{id: 'varchar', title: 'varchar', "
                "abstract: 'varchar', categories: 'varchar', authors_parsed: 'varchar[][]', "
                "versions: 'struct(version varchar, created varchar)[]', update_date: 'varchar'})) "
                f"to '{path(name + '.parquet')}' (format parquet{options})")
            done(name + ".parquet")

    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import datasets
    except ImportError:
        print("datasets: not installed", file=sys.stderr)
    else:
        datasets.disable_progress_bars()
        whole = datasets.Dataset.from_list(listed)
        whole.to_parquet(path("datasets.parquet"))
        done("datasets.parquet")
        # The shape of an old feature: a sequence of objects is an object of lists.
        texts = {"version": datasets.Value("string"), "created": datasets.Value("string")}
        features = whole.features.copy()
        features["versions"] = {k: datasets.Sequence(v) for k, v in texts.items()}
        turned = [dict(p, versions={k: [v[k] for v in p["versions"]][::-1] for k in texts}) for p in listed]
        datasets.Dataset.from_list(turned, features=features).to_parquet(path("datasets-sequence.parquet"))
        done("datasets-sequence.parquet")
        # The shape of gfissore/arxiv-abstracts-2021: one text in each list.
        joined = [dict(p, categories=[p["categories"]]) for p in papers]
        os.makedirs(path("datasets-folder/data"))
        parts = datasets.Dataset.from_list(joined)
        for i in range(3):
            parts.shard(3, i, contiguous=True).to_parquet(path(f"datasets-folder/data/train-{i:05d}-of-00003.parquet"))
        done("datasets-folder")

    try:
        from pyspark.sql import SparkSession
    except ImportError:
        print("pyspark: not installed", file=sys.stderr)
    else:
        spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
        for name in ["snappy", "gzip", "zstd"]:
            spark.read.json(source).coalesce(1).write.option("compression", name).parquet(path("spark-" + name))
            done("spark-" + name)
        spark.stop()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
