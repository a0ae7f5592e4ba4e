"""Writes reference.json: what scikit-learn learns from small random counts.

    python generate.py > reference.json        # scikit-learn 1.9.1

Papers are strings of digits, one digit a feature; labels are drawn from a
logistic model of some features, so that no classifier can be perfect.
"""
import json
import sys

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression


def papers(rng, n, features, labels):
    rate = rng.gamma(0.6, 1.0, features)
    x = np.minimum(rng.poisson(rate, (n, features)), 9).astype(float)
    w = rng.normal(0, 1.2, (features, labels)) * (rng.random((features, labels)) < 0.3)
    z = x @ w
    z = z - np.quantile(z, np.linspace(0.55, 0.93, labels), axis=0).diagonal()
    y = rng.random((n, labels)) < 1 / (1 + np.exp(-2 * z))
    return x, y.astype(int)


def logistic(seed):
    x, y = papers(np.random.default_rng(seed), 150, 25, 3)
    fits = []
    for c, balanced in [(1.0, False), (0.1, False), (1.0, True)]:
        coef, intercept = [], []
        for label in range(y.shape[1]):
            m = LogisticRegression(solver="liblinear", C=c, tol=1e-4, max_iter=1000,
                                   class_weight="balanced" if balanced else None)
            m.fit(x, y[:, label])
            coef.append(m.coef_[0].tolist())
            intercept.append(m.intercept_[0])
        fits.append({"c": c, "balanced": balanced, "coef": coef, "intercept": intercept})
    return {"papers": rows(x), "labels": rows(y), "fits": fits}


def forest(seed):
    x, y = papers(np.random.default_rng(seed), 1000, 30, 3)
    train = 300
    accuracy = []
    for label in range(y.shape[1]):
        scores = [RandomForestClassifier(100, random_state=s).fit(x[:train], y[:train, label])
                  .score(x[train:], y[train:, label]) for s in range(10)]
        accuracy.append(float(np.mean(scores)))
    return {"papers": rows(x), "labels": rows(y), "train": train, "accuracy": accuracy}


def rows(m):
    return ["".join(str(int(v)) for v in row) for row in m]


json.dump({"logistic": logistic(1), "forest": forest(2)}, sys.stdout, indent=0)
sys.stdout.write("\n")
