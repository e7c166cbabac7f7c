"""Drawn probabilities and what torchmetrics 1.9.0, PyTorch and SciPy make of them, in float64.

    pip install torch scipy torchmetrics
    python make_calibration.py

Some confidences stand on the edges of bins, some are 0 or 1. torchmetrics has no Brier score of several classes: that is
the mean over examples of the squared distance from what was right, summed over classes (Brier 1950), by NumPy.
"""
import json
import pathlib

import numpy
import torch
from scipy.optimize import minimize_scalar
from torchmetrics.functional.classification import multiclass_calibration_error

random = numpy.random.default_rng(6)
cases = {}
for name, count, classes, sharpness in [("sure", 400, 5, 3.0), ("unsure", 300, 3, 0.3), ("edges", 60, 2, 1.0)]:
    logits = random.normal(size=(count, classes))
    labels = numpy.array([random.choice(classes, p=numpy.exp(l) / numpy.exp(l).sum()) for l in logits])
    scaled = torch.softmax(torch.tensor(sharpness * logits), dim=1).numpy()
    if name == "edges":
        first = numpy.array([round(i / 15, 15) if i % 4 else i / 15 for i in range(16)] * 4)[:count]
        scaled = numpy.stack([first, 1 - first], axis=1)
        labels = numpy.where(first == 0, 1, numpy.where(first == 1, 0, labels))
    probabilities, target = torch.tensor(scaled), torch.tensor(labels)
    likelihood = float(torch.nn.functional.nll_loss(probabilities.log(), target))
    logs = probabilities.clamp_min(numpy.finfo(numpy.float64).tiny).log()

    def loss(inverse):
        return float(torch.nn.functional.cross_entropy(inverse * logs, target))

    best = minimize_scalar(loss, bounds=(1e-3, 50), method="bounded", options={"xatol": 1e-10})
    cases[name] = {
        "classCount": classes, "probabilities": [float(p) for p in scaled.reshape(-1)], "labels": labels.tolist(),
        "calibrationError": float(multiclass_calibration_error(probabilities, target, classes, n_bins=15, norm="l1")),
        "brierScore": float(((scaled - numpy.eye(classes)[labels]) ** 2).sum(axis=1).mean()),
        "negativeLogLikelihood": likelihood, "temperature": 1 / best.x, "lossAtTemperature": best.fun}
    print(name, {key: value for key, value in cases[name].items() if not isinstance(value, list)})
(pathlib.Path(__file__).parent / "expected.json").write_text(json.dumps(cases) + "\n")
