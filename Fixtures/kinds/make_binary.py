"""A network with one output for yes or no, data of two classes, and what PyTorch makes of them.

python make_binary.py: writes binary.pt2, binary.h5 and binary.json beside itself. Needs torch and h5py. Loss and gradients are
those of `binary_cross_entropy_with_logits`, the exact Fisher the expectation over the model's own yes and no.
"""

import json
import os

import h5py
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

os.chdir(os.path.dirname(os.path.abspath(__file__)))
torch.manual_seed(3)
rng = np.random.default_rng(3)
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1)).eval()
inputs = rng.standard_normal((124, 6)).astype("f4")
labels = (inputs @ rng.standard_normal(6) + 0.5 * rng.standard_normal(124) > 0).astype("i8")
with h5py.File("binary.h5", "w") as f:
    for part, rows in (("train", slice(0, 60)), ("test", slice(60, 124))):
        f[f"{part}/inputs/input"] = inputs[rows]
        f[f"{part}/labels"] = labels[rows]
    f["class_names"] = np.array(["ham", "spam"], dtype=h5py.string_dtype())
torch.export.save(
    torch.export.export(model, (torch.tensor(inputs[:4]),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)),
    "binary.pt2")
x, y = torch.tensor(inputs[60:]), torch.tensor(labels[60:]).float()
logits = model(x)[:, 0]
loss = F.binary_cross_entropy_with_logits(logits, y)
names, parameters = zip(*model.named_parameters())
slopes = torch.autograd.grad(loss, parameters)
fisher = {name: torch.zeros_like(p, dtype=torch.float64) for name, p in zip(names, parameters)}
for row in x:
    logit = model(row[None])[0, 0]
    probability = torch.sigmoid(logit).item()
    for answer, share in ((1.0, probability), (0.0, 1 - probability)):
        own = F.binary_cross_entropy_with_logits(model(row[None])[0, 0], torch.tensor(answer))
        for name, slope in zip(names, torch.autograd.grad(own, parameters)):
            fisher[name] += share * slope.double() ** 2 / len(x)
with open("binary.json", "w") as f:
    json.dump(
        {
            "loss": loss.item(),
            "accuracy": ((logits > 0) == (y == 1)).double().mean().item(),
            "right": [int(r) for r in (logits > 0) == (y == 1)],
            "gradients": {n: g.double().norm().item() for n, g in zip(names, slopes)},
            "fisher": {n: v.sum().item() for n, v in fisher.items()},
        }, f, indent=1)
