"""The Fisher information of tasks that are no classification, the expectation over the model's own labels, in PyTorch.

python make_fisher.py: reads the models and data beside it, writes fisher.json: of the first four training examples the mean of
E ‖∂loss/∂w‖² by parameter, summed over its elements; the loss is a mean over all that counts, labels are drawn one by one.
"""

import json
import os

import h5py
import torch
import torch.nn.functional as F

os.chdir(os.path.dirname(os.path.abspath(__file__)))
found = {}
for name, axis in {"tags": 2, "pixels": 1, "many": None}.items():
    model = torch.export.load(f"{name}.pt2").module()
    with h5py.File(f"{name}.h5") as f:
        x = torch.tensor(next(iter(f["train/inputs"].values()))[:4])
        y = torch.tensor(f["train/labels"][:4]).long()
    named = dict(model.named_parameters())
    sums = {n: 0.0 for n in named}

    def add(value, weight):
        slopes = torch.autograd.grad(value, list(named.values()), retain_graph=True, allow_unused=True)
        for n, slope in zip(named, slopes):
            if slope is not None:
                sums[n] += weight * slope.double().square().sum().item() / 4

    for row in range(4):
        out = model(x[row : row + 1])[0]
        if axis is None:
            for label, logit in enumerate(out):
                for value in (0.0, 1.0):
                    p = torch.sigmoid(logit if value else -logit).item()
                    loss = F.binary_cross_entropy_with_logits(logit, torch.tensor(value)) / out.numel()
                    add(loss, p)
            continue
        logs = F.log_softmax(out.movedim(axis - 1, -1), -1).reshape(-1, out.shape[axis - 1])
        right = y[row].reshape(-1)
        counted = ((right != -100) & (right != 255)).nonzero()[:, 0]
        for place in counted:
            for label in range(logs.shape[1]):
                add(logs[place, label] / len(counted), logs[place, label].exp().item())
    found[name] = sums
with open("fisher.json", "w") as f:
    json.dump(found, f, indent=1)
