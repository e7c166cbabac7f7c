"""Transferability scores by Transfer-Learning-Library and scikit-learn, for the tests to compare with.

    python make_transferability.py CHECKOUT     # needs numpy, h5py, torch, scikit-learn, numba and mpmath

CHECKOUT is a clone of github.com/thuml/Transfer-Learning-Library (MIT licence) at c4aa59e; its functions are called, not copied.
Each case has features (float32), labels and what the functions give for them in float64:
`logme` (log_maximum_evidence), `hscore` (h_score), `hscore_shrunk` (regularized_h_score) and `shrinkage` (scikit-learn's LedoitWolf).
Where a class is missing from the sample they get labels numbered without the gap, as they divide by its size.
`logme_precise` is the paper's fixed point (at most 11 steps, 1 %) in 40 digits, from eigenvalues in 40 digits.
regularized_h_score divides the classes' covariance by n - 1 and the features' by n: `hscore_shrunk` is as it gives it.
`leep` and `nce` have a source head's probabilities, one source class without any mass: the library's LEEP is NaN with it,
and is asked without it. `dictionary` has one-hot rows.
"""

import importlib.util
import sys
from pathlib import Path

import h5py
import mpmath
import numpy as np
import sklearn
from sklearn.covariance import LedoitWolf

checkout = Path(sys.argv[1])


def library(name):
    # By file: the package itself imports all of its parts.
    specification = importlib.util.spec_from_file_location(name, checkout / "tllib" / "ranking" / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


logme, hscore, leep, nce = (library(name) for name in ("logme", "hscore", "leep", "nce"))


def precise_logme(features, labels):
    mpmath.mp.dps = 40
    count, width = features.shape
    matrix = mpmath.matrix(features.tolist())
    is_tall = count > width
    eigenvalues, vectors = mpmath.eigsy(matrix.T * matrix if is_tall else matrix * matrix.T)
    total = mpmath.mpf(0)
    classes = np.unique(labels)
    for label in classes:
        y = mpmath.matrix([int(value == label) for value in labels])
        # s > 0 and squared coordinates of y along the left singular directions.
        along = vectors.T * (matrix.T * y if is_tall else y)
        squares = [a * a / s if is_tall else a * a for a, s in zip(along, eigenvalues)]
        rest = sum(v * v for v in y) - sum(squares)
        ratio = mpmath.mpf(1)
        for _ in range(11):
            gamma = sum(s / (s + ratio) for s in eigenvalues)
            weights = sum(s * q / (s + ratio) ** 2 for s, q in zip(eigenvalues, squares))
            misfit = rest + sum(q * (ratio / (s + ratio)) ** 2 for s, q in zip(eigenvalues, squares))
            alpha, beta = gamma / weights, (count - gamma) / misfit
            before, ratio = ratio, alpha / beta
            if abs(ratio - before) / before < 0.01:
                break
        evidence = (
            width / 2 * mpmath.log(alpha) + count / mpmath.mpf(2) * mpmath.log(beta)
            - sum(mpmath.log(alpha + beta * s) for s in eigenvalues) / 2 - (width - len(eigenvalues)) / mpmath.mpf(2) * mpmath.log(alpha)
            - beta / 2 * misfit - alpha / 2 * weights - count / mpmath.mpf(2) * mpmath.log(2 * mpmath.pi)
        )
        total += evidence / count
    return float(total / len(classes))


random = np.random.default_rng(21)


def drawn(labels, width, mean=1.0, deviation=1.0, signal=0.7):
    centres = random.normal(0, signal, (4, width))
    scales = np.exp(random.normal(0, 0.7, width))
    values = centres[labels] + random.normal(0, 1, (len(labels), width)) * scales
    return (mean + deviation * values).astype(np.float32)


def shuffled(*counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    random.shuffle(labels)
    return labels


with h5py.File(Path(__file__).with_name("scores.h5"), "w") as file:
    file.attrs["scikit-learn"] = sklearn.__version__
    file.attrs["Transfer-Learning-Library"] = "c4aa59eb565650a552b809411601d0589efbbfe4"
    problems = {
        "tall": (shuffled(30, 30, 30, 30), 8, {}),
        "wide": (shuffled(12, 12, 12, 12), 110, {}),
        "unbalanced": (shuffled(70, 14, 4, 2), 12, {}),
        "missing": (shuffled(20, 0, 20, 20), 10, {}),
        "missing-wide": (shuffled(0, 9, 9, 9), 40, {}),
        # Nearly constant: float32 has some 160 steps of 6e-5 within a deviation.
        "offset": (shuffled(20, 20, 20, 20), 6, {"mean": 1000, "deviation": 0.01}),
        "offset-wide": (shuffled(8, 8, 8, 8), 60, {"mean": 1000, "deviation": 0.01}),
    }
    for name, (labels, width, settings) in problems.items():
        features = drawn(labels, width, **settings)
        wide = features.astype(np.float64)
        dense = np.unique(labels, return_inverse=True)[1]
        group = file.create_group(name)
        group["features"], group["labels"] = features, labels.astype(np.int32)
        group["logme"] = logme.log_maximum_evidence(wide, dense)
        group["logme_precise"] = precise_logme(wide, labels)
        group["hscore"] = hscore.h_score(wide, dense)
        group["hscore_shrunk"] = hscore.regularized_h_score(wide, dense)
        group["shrinkage"] = LedoitWolf().fit(wide).shrinkage_
        print(name, *(f"{key} {group[key][()]:.12g}" for key in group if group[key].ndim == 0))

    def predicted(name, labels, probabilities, kept):
        group = file.create_group(name)
        group["probabilities"], group["labels"] = probabilities, labels.astype(np.int32)
        dense = np.unique(labels, return_inverse=True)[1]
        group["leep"] = leep.log_expected_empirical_prediction(probabilities[:, kept], dense)
        group["nce"] = nce.negative_conditional_entropy(probabilities.argmax(1), dense)
        print(name, *(f"{key} {group[key][()]:.12g}" for key in group if group[key].ndim == 0))

    labels = shuffled(40, 15, 0, 5)
    logits = random.normal(0, 1.5, (60, 7)) + 2 * np.eye(7)[2 * labels]
    logits[:, 3] = -np.inf
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    predicted("head", labels, probabilities, [0, 1, 2, 4, 5, 6])
    predicted("dictionary", labels, np.eye(5)[random.integers(0, 2, 60) + labels], [0, 1, 2, 3, 4])
