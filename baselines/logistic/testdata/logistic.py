"""Regenerates logistic.json: logistic regressions fitted by scikit-learn.

    python logistic.py > logistic.json

Data are random by a fixed seed; features are stored as their multiples of
1/64, [column, multiple] pairs a row, so that they are the same in float32. Each label is fitted by the lbfgs solver to a tolerance far
below what the test asks for, and checked against a second solver here.
"""

import json

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression


def labels_of(rng, x, rates):
    """0/1 columns that depend on x through random weights, noise and a rate."""
    z = x @ rng.normal(size=(x.shape[1], len(rates)))
    z = z / z.std(axis=0) + 0.7 * rng.normal(size=z.shape)
    return np.stack([z[:, c] > np.quantile(z[:, c], 1 - r) for c, r in enumerate(rates)], axis=1)


def case(name, rng, x, rates, c=1.0, balanced=False, intercept=True, dense=False):
    x = np.round(x * 64) / 64
    y = labels_of(rng, x, rates)
    weights, intercepts = [], []
    for col in y.T:
        args = dict(C=c, class_weight="balanced" if balanced else None, fit_intercept=intercept, max_iter=100000)
        m = LogisticRegression(solver="lbfgs", tol=1e-8, **args).fit(x, col)
        check = LogisticRegression(solver="newton-cholesky", tol=1e-12, **args).fit(x, col)
        far = np.linalg.norm(m.coef_ - check.coef_) / np.linalg.norm(check.coef_)
        assert far < 1e-4, (name, far)
        weights.append([float(f"{v:.7g}") for v in m.coef_[0]])
        intercepts.append(float(f"{m.intercept_[0]:.7g}") if intercept else 0.0)
    rows = [[[int(j), int(64 * row[j])] for j in np.flatnonzero(row)] for row in x]
    return dict(name=name, C=c, balanced=balanced, intercept=intercept, dense=dense, columns=x.shape[1],
                rows=rows, labels=[[int(k) for k in np.flatnonzero(r)] for r in y],
                weights=weights, intercepts=intercepts)


def unit(rng, n, d, k):
    """Sparse rows of k values and length 1, low columns the most frequent."""
    x = np.zeros((n, d))
    for row in x:
        row[(d * rng.random(k) ** 2).astype(int)] = rng.random(k) + 0.2
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def main():
    rng = np.random.default_rng(20260101)
    counts = lambda n, d: rng.poisson(6 * (np.arange(1, d + 1) ** -1.2), size=(n, d)).astype(float)
    cases = [
        case("tfidf", rng, unit(rng, 220, 40, 8), [0.5, 0.2, 0.05, 0.02, 0.3, 0.1, 0.15, 0.4, 0.25, 0.9, 0.01]),
        case("tfidf balanced", rng, unit(rng, 160, 30, 7), [0.4, 0.1, 0.03], balanced=True),
        case("tfidf, weak penalty", rng, unit(rng, 160, 30, 7), [0.4, 0.06], c=100.0),
        case("counts, strong penalty", rng, counts(120, 25), [0.3, 0.05], c=0.05),
        case("counts, no intercept", rng, counts(120, 25), [0.4, 0.1], intercept=False),
        case("dense", rng, 0.5 * rng.normal(size=(150, 9)) + 0.3, [0.5, 0.1], dense=True),
        case("dense balanced, unscaled", rng, rng.normal(size=(150, 6)) * [0.1, 1, 5, 20, 1, 1] + [0, 3, 0, 10, 0, 0],
             [0.3, 0.08], balanced=True, dense=True),
    ]
    print(json.dumps(dict(generator="scikit-learn " + sklearn.__version__, cases=cases), separators=(",", ":")))


main()
