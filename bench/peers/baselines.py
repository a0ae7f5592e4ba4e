"""scikit-learn doing what `assay run` does, on the same shards, split and labels.

    python bench/peers/baselines.py --assay ./assay --corpus data/arxiv naive_bayes

Prints one JSON line: seconds by stage, peak memory, F1 on the test papers.
The clock starts after the imports, with the reading of the shards.
"""

import argparse
import collections
import hashlib
import json
import os
import re
import resource
import struct
import subprocess
import time

import numpy as np
import pyarrow.parquet as pq
import scipy.sparse as sp
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import MultinomialNB


def part(paper_id, validation, test, key):
    """corpus.Split.Of: 0 train, 1 validation, 2 test."""
    data = struct.pack("<Q", 0)
    for name in ("corpus", "split", key, paper_id):
        raw = name.encode()
        data += struct.pack("<Q", len(raw)) + raw
    u = (struct.unpack("<Q", hashlib.sha256(data).digest()[:8])[0] >> 11) / 2.0**53
    return 2 if u < test else 1 if u < test + validation else 0


def age(paper_id):
    """The order of ids by corpus.compareIDs: arXiv's by month and number, others last."""
    m = re.fullmatch(r"(?:[a-z-]+/)?(\d\d)(\d\d)\.?(\d{3,5})", paper_id)
    if not m:
        return (float("inf"), 0, paper_id)
    year = int(m[1])
    return ((year + 100 * (year < 91)) * 12 + int(m[2]), int(m[3]), paper_id)


EQUATION = re.compile(r"\$\$.*?\$\$|\$.*?\$|\\\[.*?\\\]|\\\(.*?\\\)", re.S)


def document(title, abstract):
    """The article's cleaning, without its tokenizer."""
    clean = lambda s: " ".join(EQUATION.sub("-EQN-", s.replace('"', "")).split())
    return clean(title) + " " + clean(abstract)


def load(args):
    taxonomy = json.loads(subprocess.check_output([args.assay, "corpus", "taxonomy", args.taxonomy, "--json"]))
    label = {c["id"]: i for i, c in enumerate(taxonomy["categories"])}
    group = np.array([c["group"] for c in taxonomy["categories"]])
    label.update({old: label[new] for old, new in taxonomy["renamed"].items()})
    beside = os.path.join(args.corpus, "manifest.json")  # where earlier versions of assay put it
    manifest = json.load(open(beside if os.path.exists(beside) else os.path.join(args.corpus, "__assay__", "manifest.json")))
    names = [s["file"] for s in manifest["shards"]]
    columns = lambda name, *wanted: zip(*(c.to_pylist() for c in pq.read_table(os.path.join(args.corpus, name), columns=list(wanted)).columns))
    titles = collections.Counter(tuple(title.split()) for name in names for (title,) in columns(name, "title"))
    oldest = {}  # id of each text whose title stands several times
    texts, rows, keys = [], [], []
    for name in names:
        for i, title, abstract, cats in columns(name, "id", "title", "abstract", "categories"):
            key = i
            if titles[tuple(title.split())] > 1:
                key = (tuple(title.split()), tuple(abstract.split()))
                oldest[key] = min(oldest.get(key, i), i, key=age)
            labels = sorted({label[c] for c in cats if c in label})
            if labels:
                texts.append(document(title, abstract))
                rows.append(labels)
                keys.append(key)
    del titles
    # Papers of equal text are on one side, that of the oldest id: corpus.Split.Divide.
    parts = [part(oldest.get(key, key), args.validation, args.test, args.key) for key in keys]
    indptr = np.cumsum([0] + [len(r) for r in rows])
    y = sp.csr_matrix((np.ones(indptr[-1], np.int64), np.concatenate(rows), indptr), (len(rows), len(taxonomy["categories"])))
    return texts, y, np.array(parts), group


def model(name):
    if name == "naive_bayes":
        return CountVectorizer(), MultiOutputClassifier(MultinomialNB(), n_jobs=-1)
    if name == "logistic_regression":
        return TfidfVectorizer(sublinear_tf=True, min_df=2), OneVsRestClassifier(LogisticRegression(), n_jobs=-1)
    return CountVectorizer(), RandomForestClassifier(n_estimators=100, n_jobs=-1, random_state=1)


def positive(classifier, x, labels):
    """The probability of each label, (n, C)."""
    p = classifier.predict_proba(x)
    if isinstance(p, np.ndarray):
        return p
    columns = []
    for j, q in enumerate(p):
        classes = classifier.classes_[j] if hasattr(classifier, "classes_") else classifier.estimators_[j].classes_
        columns.append(q[:, 1] if q.shape[1] == 2 else np.full(len(q), float(classes[0])))
    return np.column_stack(columns) if columns else np.zeros((x.shape[0], labels))


def sample_f1(truth, predicted, group=None):
    if group is not None:
        n = group.max() + 1
        fold = lambda m: np.column_stack([m[:, group == g].max(axis=1) for g in range(n)])
        truth, predicted = fold(truth), fold(predicted)
    return f1_score(truth, predicted, average="samples", zero_division=0)


def tuned(scores, truth):
    """The best label always, and all at or above the threshold that is best on these scores."""
    best = np.zeros(scores.shape, bool)
    best[np.arange(len(scores)), scores.argmax(axis=1)] = True
    candidates = np.unique(np.quantile(scores, np.linspace(0.9, 0.999, 100)))
    return max(candidates, key=lambda t: sample_f1(truth, (best | (scores >= t)).astype(int)))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("model", choices=["naive_bayes", "logistic_regression", "random_forest"])
    args.add_argument("--assay", default="./assay")
    args.add_argument("--corpus", required=True)
    args.add_argument("--taxonomy", default="arxiv-2019")
    args.add_argument("--validation", type=float, default=0.05)
    args.add_argument("--test", type=float, default=0.05)
    args.add_argument("--key", default="assay")
    args = args.parse_args()

    seconds, start = {}, time.perf_counter()

    def lap(name):
        nonlocal start
        now = time.perf_counter()
        seconds[name], start = round(now - start, 3), now

    texts, y, parts, group = load(args)
    lap("read")
    vectorizer, classifier = model(args.model)
    x_train = vectorizer.fit_transform(t for t, p in zip(texts, parts) if p == 0)
    x_validation, x_test = (vectorizer.transform(t for t, p in zip(texts, parts) if p == k) for k in (1, 2))
    lap("features")
    y_train, y_validation, y_test = (y[parts == k].toarray() for k in (0, 1, 2))
    if args.model != "random_forest":  # a column of one class cannot be fitted
        varied = (y_train.min(axis=0) != y_train.max(axis=0)).nonzero()[0]
    else:
        varied = np.arange(y.shape[1])
    classifier.fit(x_train, y_train[:, varied])
    lap("fit")

    def scores(x):
        out = np.zeros((x.shape[0], y.shape[1]))
        out[:, varied] = positive(classifier, x, len(varied))
        return out

    s_validation, s_test = scores(x_validation), scores(x_test)
    lap("score")
    half = (s_test > 0.5).astype(int)
    result = {"f1_fixed": sample_f1(y_test, half), "master_fixed": sample_f1(y_test, half, group)}
    lap("evaluate")
    total = sum(seconds.values())
    threshold = tuned(s_validation, y_validation)
    best = np.zeros(s_test.shape, int)
    best[np.arange(len(s_test)), s_test.argmax(axis=1)] = 1
    chosen = ((s_test >= threshold) | (best == 1)).astype(int)
    result |= {"f1_tuned": sample_f1(y_test, chosen), "master_tuned": sample_f1(y_test, chosen, group)}
    # Worker processes have their own peaks; the largest stands for all.
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"model": args.model, "train": int((parts == 0).sum()), "test": int((parts == 2).sum()),
                      "columns": x_train.shape[1], "total": round(total, 3), "seconds": seconds,
                      "peak_mib": round(peak / 1024), **{k: round(v, 4) for k, v in result.items()}}))


if __name__ == "__main__":
    main()
