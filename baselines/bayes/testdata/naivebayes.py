"""Writes naivebayes.json: scikit-learn's naive Bayes probabilities on small
made-up data, for the tests of package bayes.

    python baselines/bayes/testdata/naivebayes.py

Every value of X is a float32. Label 4 is carried by no training paper, label 5
by each of them. Feature 7 is zero in training, row 3 is empty.
"""

import json
import os

import numpy as np
import sklearn
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB

TRAIN, TEST, FEATURES, LABELS = 60, 15, 20, 6


def data(rng, real):
    n = TRAIN + TEST
    y = (rng.random((n, LABELS)) < [0.5, 0.2, 0.05, 0.9, 0, 1]).astype(int)
    y[0, :4], y[1, :4] = 1, 0
    if real:
        x = rng.normal(size=(n, FEATURES)) * np.linspace(0.1, 30, FEATURES) + 5
        x += y @ rng.normal(size=(LABELS, FEATURES)) * 2
        x[:, 9] = 1.5
    else:
        x = rng.poisson(0.15 + y @ (rng.random((LABELS, FEATURES)) * 0.3)).astype(float)
        x[:TRAIN, 7] = 0
        x[3] = 0
    return x.astype(np.float32), y


def probabilities(model, x, y):
    model = MultiOutputClassifier(model).fit(x[:TRAIN].astype(float), y[:TRAIN])
    out = np.zeros((TEST, LABELS))
    for c, (p, e) in enumerate(zip(model.predict_proba(x[TRAIN:].astype(float)), model.estimators_)):
        out[:, c] = p[:, 1] if len(e.classes_) == 2 else e.classes_[0]
    return out


def main():
    rng = np.random.default_rng(20)
    counts, y = data(rng, False)
    weights = counts * (rng.random(counts.shape).astype(np.float32) + np.float32(0.1))
    signed = counts - (rng.random(counts.shape) < 0.1)
    vectors, y_vectors = data(rng, True)
    cases = []
    for name, x, labels, models in [
        ("counts", counts, y, [("multinomial", MultinomialNB, a, f) for a in (1, 0.01) for f in (True, False)]),
        ("weights", weights, y, [("multinomial", MultinomialNB, a, True) for a in (1, 1e-6)]),
        ("counts", counts, y, [("bernoulli", BernoulliNB, a, f) for a in (1, 0.01) for f in (True, False)]),
        ("signed", signed, y, [("bernoulli", BernoulliNB, 1, True)]),
        ("vectors", vectors, y_vectors, [("gaussian", GaussianNB, s, True) for s in (1e-9, 1e-2)]),
        ("vectors uniform", vectors, y_vectors, [("gaussian", GaussianNB, 1e-9, False)]),
    ]:
        for kind, make, smoothing, fit_prior in models:
            if kind == "gaussian":
                model = make(var_smoothing=smoothing, priors=None if fit_prior else [0.5, 0.5])
                labels = labels if fit_prior else labels[:, :4]
            else:
                model = make(alpha=smoothing, fit_prior=fit_prior)
            if labels.shape[1] == 4:
                p = np.zeros((TEST, LABELS))
                fitted = MultiOutputClassifier(model).fit(x[:TRAIN].astype(float), labels[:TRAIN])
                for c, q in enumerate(fitted.predict_proba(x[TRAIN:].astype(float))):
                    p[:, c] = q[:, 1]
                p[:, 5] = 1
            else:
                p = probabilities(model, x, labels)
            cases.append(
                {
                    "Name": f"{kind} on {name}, smoothing {smoothing}, prior {fit_prior}",
                    "Kind": kind,
                    "Smoothing": smoothing,
                    "UniformPrior": not fit_prior,
                    "Data": name.split()[0],
                    "Probabilities": p.ravel().tolist(),
                }
            )
    out = {
        "Made": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "Train": TRAIN,
        "Features": FEATURES,
        "Labels": LABELS,
        "Data": {
            name: {"X": [float(str(v)) for v in x.ravel()], "Y": [np.flatnonzero(r).tolist() for r in labels]}
            for name, x, labels in [
                ("counts", counts, y),
                ("weights", weights, y),
                ("signed", signed.astype(np.float32), y),
                ("vectors", vectors, y_vectors),
            ]
        },
        "Cases": cases,
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "naivebayes.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(out, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
