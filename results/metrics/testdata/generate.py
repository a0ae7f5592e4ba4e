"""Writes sklearn.json: small random cases judged by scikit-learn.

    python results/metrics/testdata/generate.py > results/metrics/testdata/sklearn.json

The cases hold rows with neither predicted nor true labels, labels that nobody
carries or predicts, and equal scores.
"""
import json
import warnings

import numpy as np
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

warnings.filterwarnings("ignore")


def lists(m):
    return [np.flatnonzero(r).tolist() for r in m]


def judge(truth, predicted):
    out = {}
    for average in ("samples", "micro", "macro"):
        p, r, f, _ = precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        out[average] = [float(p), float(r), float(f)]
    p, r, f, s = precision_recall_fscore_support(truth, predicted, average=None, zero_division=0)
    out["labels"] = [[float(a), float(b), float(c), int(d)] for a, b, c, d in zip(p, r, f, s)]
    out["accuracy"] = float(accuracy_score(truth, predicted))
    return out


def precision_at(truth, scores, k):
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.take_along_axis(truth, best, axis=1).mean())


def case(rng, rows, cols, density, above, digits):
    truth = (rng.random((rows, cols)) < density).astype(int)
    scores = np.round(np.clip(0.5 * truth + rng.normal(0.2, 0.3, (rows, cols)), 0, 1), digits)
    truth[:, -1] = 0
    scores[:, -1] = 0
    truth[0] = 0
    scores[0] *= above
    predicted = (scores > above).astype(int)
    group = rng.integers(0, 3, cols)
    merge = lambda m: np.stack([m[:, group == g].any(axis=1) for g in range(3)], axis=1).astype(int)
    return {
        "cols": cols,
        "truth": lists(truth),
        "scores": scores.tolist(),
        "above": above,
        "group": group.tolist(),
        "all": judge(truth, predicted),
        "master": judge(merge(truth), merge(predicted)),
        "precision_at": {str(k): precision_at(truth, scores, k) for k in (1, 3, 5) if k <= cols},
    }


rng = np.random.default_rng(7)
cases = [
    case(rng, 40, 12, 0.2, 0.5, 2),
    case(rng, 25, 4, 0.4, 0.3, 1),
    case(rng, 60, 20, 0.03, 0.9, 2),
]
print(json.dumps(cases, separators=(",", ":")))
