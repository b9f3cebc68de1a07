"""Makes mann_whitney.json: p-values of scipy for samples without and with ties, of many sizes.

    python mann_whitney.py > mann_whitney.json
"""

import json

import numpy as np
import scipy
from scipy.stats import mannwhitneyu

random = np.random.default_rng(20)
cases = []


def add(name, a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    pooled = np.concatenate([a, b])
    exact = len(set(pooled)) == len(pooled) and min(len(a), len(b)) <= 8
    p = {
        alternative: float(
            mannwhitneyu(a, b, alternative=alternative, method="exact" if exact else "asymptotic").pvalue
        )
        for alternative in ["greater", "less"]
    }
    cases.append({"name": name, "a": a.tolist(), "b": b.tolist(), **p})


for m, n in [(1, 1), (3, 3), (5, 5), (5, 50), (50, 5), (7, 20), (8, 8), (8, 30), (9, 9), (9, 40), (30, 30)]:
    for shift in [-1, 0, 0.7, 2]:
        a = np.round(random.normal(shift, 1, m), 6)
        b = np.round(random.normal(0, 1, n), 6)
        add(f"{m} and {n}, shifted by {shift}", a, b)
for m, n in [(5, 5), (5, 50), (12, 9), (40, 40)]:
    add(f"{m} and {n}, ties", random.integers(0, 6, m), random.integers(0, 5, n))
add("all equal but one", [1, 1, 1, 2], [1, 1, 1])
add("apart", np.arange(100, 140), np.arange(40))

print(json.dumps({"scipy": scipy.__version__, "cases": cases}))
