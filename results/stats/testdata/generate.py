"""Writes scipy.json: summaries and paired tests by scipy.

    python results/stats/testdata/generate.py > results/stats/testdata/scipy.json
"""
import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(3)
cases = []
for n, level in [(2, 0.95), (3, 0.95), (5, 0.99), (10, 0.9), (40, 0.95)]:
    a = np.round(rng.normal(0.6, 0.02, n), 6)
    b = np.round(a + rng.normal(0.005, 0.01, n), 6)
    low, high = stats.t.interval(level, n - 1, loc=a.mean(), scale=stats.sem(a))
    test = stats.ttest_rel(a, b)
    cases.append({
        "a": a.tolist(), "b": b.tolist(), "level": level,
        "mean": a.mean(), "sd": a.std(ddof=1), "half": (high - low) / 2, "p": float(test.pvalue),
    })
print(json.dumps(cases, indent=1))
