"""Heads fitted anew of each kind of task, in PyTorch, float64.

python make_refits.py: reads the models and data beside it, writes refits.json: of each strength of the penalty the test loss and
score with a head that is fitted to what enters it on all training places that count. Features are standardized, scaled alone
where the head has no bias; `mean loss + penalty / 2 ‖W‖²` (numbers: `mean squared error + penalty ‖W‖²`), the bias not
penalized, by torch.optim.LBFGS. Of the language model W is what is added to the head that is there.
"""

import json
import os

import h5py
import torch
import torch.fx
import torch.nn.functional as F

os.chdir(os.path.dirname(os.path.abspath(__file__)))
PENALTIES = [1.0, 1e-1, 1e-2, 1e-3]
LAST = (torch.ops.aten.linear.default, torch.ops.aten.conv2d.default)


class Tap(torch.fx.Interpreter):
    """Keeps what enters the last linear layer, and its weights."""

    def call_function(self, target, args, kwargs):
        if target in LAST:
            self.entered, self.weight = args[0], args[1]
            self.bias = args[2] if len(args) > 2 else None
        return super().call_function(target, args, kwargs)


def entering(model, x):
    tap = Tap(model)
    with torch.no_grad():
        tap.run(x)
    h = tap.entered.movedim(1, -1) if tap.entered.dim() == 4 else tap.entered
    width = h.shape[-1]
    return h.double(), tap.weight.detach().double().reshape(-1, width), tap.bias


def read(name, part):
    with h5py.File(f"{name}.h5") as f:
        x = torch.tensor(next(iter(f[f"{part}/inputs"].values()))[:])
        y = torch.tensor(f[f"{part}/labels"][:])
    if name == "lm":
        y = torch.cat([y[:, 1:], torch.full_like(y[:, :1], -100)], 1)
    if name == "pixels":
        y = torch.where(y == 255, -100, y.long())
    return x, y if y.is_floating_point() else y.long()


def fit(h, loss_of, outputs, penalty, has_bias, known=0.0):
    mean = h.mean(0) if has_bias else torch.zeros_like(h[0])
    z = (h - mean) / (h - mean).square().mean(0).sqrt().clamp(min=1e-8)
    scale = (h - mean).square().mean(0).sqrt().clamp(min=1e-8)
    w = torch.zeros(outputs, h.shape[1], dtype=torch.float64, requires_grad=True)
    b = torch.zeros(outputs, dtype=torch.float64, requires_grad=has_bias)
    optimizer = torch.optim.LBFGS(
        [w, b] if has_bias else [w], max_iter=2000, tolerance_grad=1e-11, tolerance_change=0, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = loss_of(z @ w.T + b + known, w, penalty)
        loss.backward()
        return loss

    optimizer.step(closure)
    weight = w.detach() / scale
    return weight, (b - weight @ mean).detach()


def mean_iou(said, right):
    shares = []
    for label in range(3):
        a, b = said == label, right == label
        if (a | b).any():
            shares.append((a & b).sum().item() / (a | b).sum().item())
    return sum(shares) / len(shares)


def average_precision(scores, right):
    found = []
    for label in range(right.shape[1]):
        order = scores[:, label].argsort(descending=True)
        hits = right[order, label]
        precision = hits.cumsum(0) / torch.arange(1, len(hits) + 1)
        found.append((precision * hits).sum().item() / hits.sum().item())
    return sum(found) / len(found)


found = {}
for name in ["lm", "tags", "pixels", "many", "numbers"]:
    model = torch.export.load(f"{name}.pt2").module()
    (x, y), (test_x, test_y) = read(name, "train"), read(name, "test")
    h, head, bias = entering(model, x)
    test_h, _, _ = entering(model, test_x)
    places = name in ("lm", "tags", "pixels")
    if places:
        h, y, test_h, test_y = (t.flatten(0, t.dim() - 2) if t.is_floating_point() else t.flatten() for t in (h, y, test_h, test_y))
        h, y, test_h, test_y = h[y != -100], y[y != -100], test_h[test_y != -100], test_y[test_y != -100]
    else:
        y, test_y = y.double().reshape(len(y), -1), test_y.double().reshape(len(test_y), -1)
    known = head if name == "lm" else torch.zeros_like(head)

    def loss_of(out, w, penalty):
        if places:
            return F.cross_entropy(out, y) + penalty / 2 * w.square().sum()
        if name == "many":
            # Two classes a label, each with its own weights: both halves of the difference are penalized.
            return F.binary_cross_entropy_with_logits(out, y, reduction="none").mean(0).sum() + penalty / 4 * w.square().sum()
        return F.mse_loss(out, y) + penalty * w.square().sum()

    found[name] = {}
    for penalty in PENALTIES:
        weight, offset = fit(h, loss_of, len(head), penalty, bias is not None, h @ known.T)
        out = test_h @ (weight + known).T + offset
        if places:
            loss = F.cross_entropy(out, test_y).item()
            said = out.argmax(1)
            score = {"lm": loss, "tags": (said == test_y).double().mean().item(), "pixels": mean_iou(said, test_y)}[name]
        elif name == "many":
            loss = F.binary_cross_entropy_with_logits(out, test_y).item()
            score = average_precision(out, test_y)
        else:
            loss = F.mse_loss(out, test_y).item()
            score = loss ** 0.5
        found[name][str(penalty)] = {"loss": loss, "score": score}
with open("refits.json", "w") as f:
    json.dump(found, f, indent=1)
