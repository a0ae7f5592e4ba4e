"""Writes forest.json: what scikit-learn's trees and forests do on data that
forest_test.go computes by the same formula.

    python forest.py > forest.json        (scikit-learn 1.9.1)

"trees" holds probabilities of single trees without randomness that matters:
many random states, which decide between equal splits, must agree. "forests"
holds statistics over many seeds: mean and standard deviation of each measure
of a forest, and for each test row and label the mean and variance of one
tree's probability.
"""

import json
import warnings

import numpy as np
import scipy.sparse as sp
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

MASK = (1 << 64) - 1


def uniform(*key):
    """A number in [0, 1) that depends on the key alone: SplitMix64, chained."""
    h = 0
    for k in key:
        h = (h ^ k) + 0x9E3779B97F4A7C15 & MASK
        h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9 & MASK
        h = (h ^ h >> 27) * 0x94D049BB133111EB & MASK
        h ^= h >> 31
    return (h >> 11) / (1 << 53)


LABELS = 5


def labels(set_, i):
    return [int(uniform(set_, i, 1, c) < (0.45, 0.3, 0.2, 0.1, 0.04)[c]) for c in range(LABELS)]


def counts(set_, n, d):
    """Counts as of words: feature j is the rarer the larger j is, and likelier
    in rows with label j mod 7."""
    x = np.zeros((n, d), np.float32)
    y = np.array([labels(set_, i) for i in range(n)])
    for i in range(n):
        for j in range(d):
            own = j % 7 < LABELS and y[i, j % 7] == 1
            p = (0.9 if own else 0.4) / (1 + j / 6)
            u = uniform(set_, i, 2, j)
            if u < p:
                x[i, j] = 1 + int(3 * (u / p) ** 4)
    return x, y


def reals(set_, n, d):
    """Real numbers of both signs, higher in rows with label j mod 7; a tenth
    are zero."""
    x = np.zeros((n, d), np.float32)
    y = np.array([labels(set_, i) for i in range(n)])
    for i in range(n):
        for j in range(d):
            own = j % 7 < LABELS and y[i, j % 7] == 1
            if uniform(set_, i, 3, j) >= 0.1:
                x[i, j] = np.float32(uniform(set_, i, 4, j) * 2 - 1 + (0.5 if own else 0))
    return x, y


def positive(classifier, x):
    """(rows, LABELS) probabilities of carrying each label."""
    out = classifier.predict_proba(x)
    return np.stack([p[:, list(c).index(1)] if 1 in c else np.zeros(len(p))
                     for p, c in zip(out, classifier.classes_)], axis=1)


def f1(predicted, truth):
    hits = (predicted & truth).sum(1)
    total = predicted.sum(1) + truth.sum(1)
    return np.mean(np.where(total > 0, 2 * hits / np.maximum(total, 1), 0))


def tree(kind, d, **options):
    x, y = kind(1, 150, d)
    test, _ = kind(2, 40, d)
    if kind is counts:
        x, test = sp.csr_matrix(x), sp.csr_matrix(test)
    seen = [positive(DecisionTreeClassifier(random_state=s, **options).fit(x, y), test) for s in range(60)]
    for other in seen[1:]:
        assert np.array_equal(seen[0], other), f"{kind.__name__} {options}: equal splits matter"
    return {"data": kind.__name__, "features": d, "depth": options.get("max_depth", 0),
            "min_leaf": options.get("min_samples_leaf", 1), "min_split": options.get("min_samples_split", 2),
            "probabilities": seen[0].round(12).ravel().tolist()}


def forest(kind, d, max_features, seeds=60, trees=10, **options):
    x, y = kind(1, 150, d)
    test, truth = kind(2, 40, d)
    if kind is counts:
        x, test = sp.csr_matrix(x), sp.csr_matrix(test)
    measures = {"f1": [], "brier": [], "nodes": [], "depth": []}
    single = []
    share = max_features if max_features == "sqrt" else 1.0 if max_features == "all" else float(max_features)
    for s in range(seeds):
        f = RandomForestClassifier(n_estimators=trees, random_state=s, max_features=share, **options).fit(x, y)
        p = positive(f, test)
        measures["f1"].append(f1(p > 0.5, truth == 1))
        measures["brier"].append(np.mean((p - truth) ** 2))
        measures["nodes"].append(np.mean([e.tree_.node_count for e in f.estimators_]))
        measures["depth"].append(np.mean([e.tree_.max_depth for e in f.estimators_]))
        for e in f.estimators_:
            e.classes_ = f.classes_
            single.append(positive(e, test))
    single = np.array(single)
    return {"data": kind.__name__, "features": d, "max_features": max_features, "seeds": seeds, "trees": trees,
            "bootstrap": options.get("bootstrap", True), "depth": options.get("max_depth", 0) or 0,
            "min_leaf": options.get("min_samples_leaf", 1), "min_split": options.get("min_samples_split", 2),
            "measures": {k: {"mean": float(np.mean(v)), "sd": float(np.std(v, ddof=1))} for k, v in measures.items()},
            "mean": single.mean(0).round(5).ravel().tolist(),
            "variance": single.var(0, ddof=1).round(5).ravel().tolist()}


warnings.simplefilter("error")
fixture = {
    "checksum": {kind.__name__: float(kind(1, 150, 60)[0].astype(float).sum()) for kind in (counts, reals)},
    "trees": [
        tree(reals, 1),
        tree(reals, 8, min_samples_split=40),
        tree(reals, 8, min_samples_leaf=5),
        tree(reals, 8, max_depth=3, min_samples_split=20),
        tree(counts, 60, max_depth=3),
        tree(counts, 60, min_samples_leaf=5),
        tree(counts, 60, max_depth=4, min_samples_split=40),
    ],
    "forests": [
        forest(counts, 200, "sqrt"),
        forest(counts, 200, "0.01"),
        forest(counts, 200, "all"),
        forest(counts, 200, "sqrt", min_samples_leaf=3),
        forest(counts, 200, "sqrt", max_depth=5),
        forest(counts, 200, "sqrt", min_samples_split=12, bootstrap=False),
        forest(reals, 12, "sqrt"),
    ],
}
print(json.dumps(fixture))
