"""Writes tests.json: Holm's correction and McNemar's test by statsmodels, bootstrap
intervals by scipy, with pip's scipy and statsmodels.

    python results/stats/testdata/generate_tests.py > results/stats/testdata/tests.json
"""
import json

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(7)

holm = []
for p in [[0.01, 0.04, 0.03, 0.005], [0.5], [0.02, 0.02, 0.9, 1.0, 0.0], np.round(rng.uniform(0, 0.2, 12), 4).tolist()]:
    holm.append({"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()})

mc = []
for b, c in [(0, 1), (5, 0), (6, 0), (3, 9), (12, 12), (2, 22), (9, 16), (15, 30), (400, 440), (100, 180)]:
    exact = b + c < 25
    mc.append({"b": b, "c": c, "exact": exact,
               "p": float(mcnemar([[50, b], [c, 50]], exact=exact, correction=True).pvalue)})

# Per-paper F1s, as fractions with small denominators.
levels = np.array([0, 2 / 7, 0.4, 0.5, 2 / 3, 0.8, 1])
boot = []
for n, level, worse in [(60, 0.95, 0), (400, 0.95, 0.4), (400, 0.9, 0)]:
    a = rng.choice(levels, n, p=[.15, .1, .1, .15, .2, .1, .2])
    b = np.where(rng.uniform(size=n) < 0.7, a, rng.choice(levels, n) * (rng.uniform(size=n) >= worse))
    # Many resamples, so that the error is that of the test alone.
    kw = dict(n_resamples=100_000, confidence_level=level, method="percentile", batch=10_000)
    one = stats.bootstrap((a,), np.mean, rng=1, **kw)
    two = stats.bootstrap((a, b), lambda x, y, axis: np.mean(x - y, axis=axis), paired=True, rng=2, **kw)
    d = two.bootstrap_distribution
    boot.append({
        "a": a.tolist(), "b": b.tolist(), "level": level,
        "low": one.confidence_interval.low, "high": one.confidence_interval.high, "se": float(one.standard_error),
        "difference": float(np.mean(a - b)), "dlow": two.confidence_interval.low,
        "dhigh": two.confidence_interval.high, "dse": float(two.standard_error),
        "p": float(min(1, 2 * min((d <= 0).mean(), (d >= 0).mean()))),
    })
print(json.dumps({"holm": holm, "mcnemar": mc, "bootstrap": boot}))
