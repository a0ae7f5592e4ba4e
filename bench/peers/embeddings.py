"""Word vectors: assay beside the official fastText and gensim, in one run.

    pip install -r bench/peers/requirements.txt
    go build -o bin/assay ./cmd/assay
    python bench/peers/embeddings.py train --assay bin/assay --papers arxiv.jsonl.xz
    python bench/peers/embeddings.py glove --assay bin/assay

train: the first 20,000 papers, the article's settings, both on all cores, in
turn, a seed each (the wheel takes none, but its threads never train twice the
same). Words a second are epochs x tokens of the vocabulary over the
time from the first update to the last: assay prints it, the official library
prints it a thread. Whole processes are timed, too; they also read the text and
write the model. Then one experiment (embeddings.toml) a seed trains the same
logistic regression on either's vectors.

--native names a command line of fastText built from its source with
-march=native; the wheel from PyPI is built for any x86-64.

glove: a text file of 400,000 words x 100, loaded by each.
"""

import argparse
import json
import lzma
import os
import re
import statistics
import subprocess
import sys
import time

SETTINGS = dict(model="skipgram", dim=100, ws=5, epoch=5, minCount=2, minn=2, maxn=6, neg=5, bucket=2000000, lr=0.05)
HERE = os.path.dirname(os.path.abspath(__file__))

OFFICIAL = """
import sys, fasttext
text, out, threads = sys.argv[1:4]
fasttext.train_unsupervised(text, thread=int(threads), verbose=2, **%r).save_model(out)
""" % SETTINGS


def run(command, **kwargs):
    """Runs a command and returns its seconds, stdout and stderr."""
    start = time.time()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
    out, err = process.communicate()
    seconds = time.time() - start
    if process.returncode != 0:
        sys.exit(f"{command}: {err.decode()[-2000:]}")
    return seconds, out.decode(), err.decode(errors="replace")


def prepare(args):
    """Writes the corpus of the first papers and its tokens; returns their paths."""
    corpus, tokens, lines = (os.path.join(args.work, f"{name}-{args.count}") for name in ("corpus", "tokens", "papers"))
    if not os.path.exists(tokens):
        opener = lzma.open if args.papers.endswith(".xz") else open
        with opener(args.papers, "rb") as source, open(lines, "wb") as target:
            for _, line in zip(range(args.count), source):
                target.write(line)
        run([args.assay, "corpus", "import", "--format", "kaggle", lines, "--out", corpus])
        run([args.assay, "corpus", "tokens", corpus, "--out", tokens])
    return corpus, tokens


def rate(log, threads):
    """The words a second of the official program's last progress line."""
    found = re.findall(r"words/sec/thread:\s*(\d+)", log)
    return int(found[-1]) * threads


def train(args):
    corpus, tokens = prepare(args)
    threads = os.cpu_count()
    rows = {}
    paths = {}
    for seed in args.seeds:
        ours = os.path.join(args.work, f"assay-{seed}.bin")
        seconds, out, _ = run([args.assay, "embed", "train", corpus, "--out", ours, "--seed", str(seed), "--workers", str(threads), "--json"])
        report = json.loads(out)
        rows.setdefault("assay", []).append((report["words_per_second"], seconds))
        print("assay   ", seed, rows["assay"][-1], flush=True)
        theirs = os.path.join(args.work, f"official-{seed}.bin")
        seconds, out, err = run([sys.executable, "-c", OFFICIAL, tokens, theirs, str(threads)])
        rows.setdefault("official", []).append((rate(out + err, threads), seconds))
        print("official", seed, rows["official"][-1], flush=True)
        paths[seed] = (ours, theirs)
        if args.native:
            options = [x for k, v in SETTINGS.items() if k != "model" for x in (f"-{k}", str(v))]
            command = [args.native, "skipgram", "-input", tokens, "-output", os.path.join(args.work, "native"), *options, "-thread", str(threads), "-seed", str(seed)]
            seconds, out, err = run(command)
            rows.setdefault("native", []).append((rate(out + err, threads), seconds))
            print("native  ", seed, rows["native"][-1], flush=True)
    medians = {name: [statistics.median(column) for column in zip(*values)] for name, values in rows.items()}
    for name, (words, seconds) in medians.items():
        print(f"{name:9} {words:10.0f} words/s, {seconds:6.1f} s as a process; assay is {medians['assay'][0] / words:.2f} and {seconds / medians['assay'][1]:.2f} times as fast")
    if not args.no_f1:
        compare(args, corpus, paths)


def compare(args, corpus, paths):
    """Prints the F1 of one logistic regression on either's vectors."""
    scores = {}
    for seed, (ours, theirs) in paths.items():
        command = [args.assay, "run", os.path.join(HERE, "embeddings.toml"), "--quiet", "--json", "--results", os.path.join(args.work, "results")]
        for key, value in {"seeds": f"[{seed}]", "corpus.path": corpus, "embeddings.assay.file": ours, "embeddings.official.file": theirs}.items():
            command += ["--set", f"{key}={value}"]
        _, out, _ = run(command)
        for row in json.loads(out)["rows"]:
            rule, model, f1 = row["labels"]["rule"], row["labels"]["model"], 100 * row["numbers"]["f1"]["value"]
            scores.setdefault((rule, model), []).append(f1)
            print("seed", seed, rule, model, f"{f1:.2f}", flush=True)
    for (rule, model), values in scores.items():
        print(f"{rule:10} {model:16} F1 {statistics.mean(values):.2f}  ({', '.join(f'{v:.2f}' for v in values)})")


def glove(args):
    import random

    path = os.path.join(args.work, "glove.txt")
    if not os.path.exists(path):
        source = random.Random(1)
        numbers = ["%.*f" % (source.choice((5, 5, 6)), source.gauss(0, 0.4)) for _ in range(100_003)]
        with open(path, "w") as out:
            for i in range(400_000):
                out.write(f"word{i} " + " ".join(numbers[(i * 97 + j * 31) % 100_003] for j in range(100)) + "\n")
    print(f"{os.path.getsize(path) / 2**20:.0f} MiB of text")
    gensim = "import gensim, sys; gensim.models.KeyedVectors.load_word2vec_format(sys.argv[1], binary=False, no_header=True)"
    for _ in range(args.runs):
        for name, command in {"assay": [args.assay, "embed", "info", path], "gensim": [sys.executable, "-c", gensim, path]}.items():
            measured = os.path.join(args.work, "time")
            run(["/usr/bin/time", "-o", measured, "-f", "%e %M", *command])
            seconds, kib = open(measured).read().split()
            print(f"{name:7} {float(seconds):6.2f} s  {int(kib) / 1024:6.0f} MiB", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["train", "glove"])
    parser.add_argument("--assay", default="bin/assay")
    parser.add_argument("--papers", help="JSON lines of the Kaggle snapshot, plain or .xz")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--native", help="an official fasttext command line")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-f1", action="store_true")
    parser.add_argument("--work", default="peers-work", help="folder for what is written")
    arguments = parser.parse_args()
    os.makedirs(arguments.work, exist_ok=True)
    {"train": train, "glove": glove}[arguments.what](arguments)
