"""Writes reference.json: what scikit-learn, statsmodels and netcal say of some
predictions. pip install scikit-learn statsmodels netcal; python reference.py"""
import json
import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from statsmodels.stats.proportion import proportion_confint
from netcal.metrics import ECE

rng = np.random.default_rng(6)
cases = []
for n, m, name in [(402, 15, "sure"), (257, 10, "coarse"), (60, 7, "few")]:
    p = rng.beta(0.6, 0.6, n)
    if name == "coarse":  # many equal values, and some on the edges of bins
        p = np.round(p, 2)
    y = (rng.random(n) < p**1.7).astype(int)
    case = {"name": name, "m": m, "p": p.tolist(), "y": y.tolist(), "brier": brier_score_loss(y, p)}
    for division, strategy in [("width", "uniform"), ("mass", "quantile")]:
        share, mean = calibration_curve(y, p, n_bins=m, strategy=strategy)
        case[division] = {"share": share.tolist(), "mean": mean.tolist()}
    if name != "coarse":  # netcal's bins are closed below, ours above
        # netcal takes p as the confidence of the predicted class and y as whether it was right
        case["ece"] = float(ECE(m, detection=True).measure(p, y))
    cases.append(case)
wilson = []
for right, n in [(0, 5), (5, 5), (3, 7), (410, 500), (1, 1000)]:
    low, high = proportion_confint(right, n, method="wilson")
    wilson.append({"right": right, "n": n, "low": float(low), "high": float(high)})
json.dump({"cases": cases, "wilson": wilson}, open("reference.json", "w"), indent=None, separators=(",", ":"))
