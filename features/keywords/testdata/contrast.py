"""Weighted log-odds ratios with an informative Dirichlet prior, from the equations of
Monroe, Colaresi and Quinn (2008), for contrast_test.go. Run with numpy:

    python contrast.py > contrast.json
"""

import json

import numpy as np

rng = np.random.default_rng(20080916)


def fightin_words(y_i, y_j, alpha_0):
    n_i, n_j = y_i.sum(), y_j.sum()
    pi = (y_i + y_j) / (n_i + n_j)
    alpha = alpha_0 * pi
    omega_i = (y_i + alpha) / (n_i + alpha_0 - (y_i + alpha))
    omega_j = (y_j + alpha) / (n_j + alpha_0 - (y_j + alpha))
    delta = np.log(omega_i) - np.log(omega_j)
    variance = 1 / (y_i + alpha) + 1 / (y_j + alpha)
    return delta, delta / np.sqrt(variance)


cases = []
for words, scale_i, scale_j, prior in [
    (12, 400, 400, None),  # two classes of one size
    (12, 30, 5000, None),  # a small class against the rest
    (12, 30, 5000, 500.0),
    (12, 400, 400, 1e-3),  # next to no prior
    (8, 2000, 100, 1e6),  # nothing but prior
]:
    usage = rng.dirichlet(np.full(words, 0.5), size=2)
    y_i = rng.poisson(scale_i * usage[0]).astype(float)
    y_j = rng.poisson(scale_j * usage[1]).astype(float)
    keep = y_i + y_j > 0
    y_i, y_j = y_i[keep], y_j[keep]
    alpha_0 = min(y_i.sum(), y_j.sum()) if prior is None else prior
    delta, z = fightin_words(y_i, y_j, alpha_0)
    cases.append(
        {
            "prior": prior or 0,
            "class": y_i.tolist(),
            "rest": y_j.tolist(),
            "log_odds": delta.tolist(),
            "z": z.tolist(),
        }
    )
print(json.dumps(cases))
