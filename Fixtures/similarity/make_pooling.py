"""CKA of outputs with several places, pooled in each way, by NumPy: for the tests to compare with.

    python make_pooling.py    # needs numpy and h5py

Two sets of features of the same 24 examples: four tokens of width 6, and a map of 3 channels, 4 rows and 1 column, so that
all tokens, or all places, are drawn. HSIC is that of Song et al. 2012, as one batch; of several rows an example the products of
what the pairs of rows of different examples have beyond the best x_i + x_j, by least squares.
"""

from pathlib import Path

import h5py
import numpy as np

rng = np.random.default_rng(11)
count = 24
own = rng.normal(size=(count, 1, 6))
tokens = {"a": rng.normal(size=(count, 4, 6)) + own}
tokens["b"] = 0.8 * tokens["a"] @ np.linalg.qr(rng.normal(size=(6, 6)))[0] + rng.normal(size=(count, 4, 6))
maps = {"a": rng.normal(size=(count, 3, 4, 1))}
maps["b"] = maps["a"] + rng.normal(size=(count, 3, 4, 1))


def hsic(k, l):
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    ones = np.ones(n)
    total = np.trace(k @ l) + ones @ k @ ones * (ones @ l @ ones) / ((n - 1) * (n - 2))
    return (total - 2 / (n - 2) * (ones @ k @ l @ ones)) / (n * (n - 3))


def cka(x, y):
    x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
    k, l = x @ x.T, y @ y.T
    return hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))


def beyond(gram, each):
    n = len(gram)
    example = np.arange(n) // each
    others = example[:, None] != example
    design = np.array([((np.arange(n)[:, None] == i) | (np.arange(n) == i))[others] for i in range(n)], float).T
    return gram[others] - design @ np.linalg.lstsq(design, gram[others], rcond=None)[0]


def cka_of_places(x, y, each=4):
    k, l = beyond(x @ x.T, each), beyond(y @ y.T, each)
    return k @ l / np.sqrt((k @ k) * (l @ l))


pooled = {
    "tokens": {
        "flatten": lambda x: x, "mean": lambda x: x.mean(1), "cls": lambda x: x[:, 0],
        "tokens": lambda x: x.reshape(-1, 6),
    },
    "map": {
        "flatten": lambda x: x, "mean": lambda x: x.mean((2, 3)),
        "tokens": lambda x: x.transpose(0, 2, 3, 1).reshape(-1, 3),
    },
}
with h5py.File(Path(__file__).parent / "pooling.h5", "w") as f:
    for layer, features in (("tokens", tokens), ("map", maps)):
        for name, values in features.items():
            f[f"{name}/{layer}"] = values
        for pooling, rows in pooled[layer].items():
            similarity = cka_of_places if pooling == "tokens" else cka
            f[f"expected/{layer}/{pooling}"] = similarity(rows(features["a"]), rows(features["b"]))
