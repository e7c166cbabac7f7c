"""What a model said before held to, of each kind of task, eight steps of gradient descent in PyTorch.

python make_distillation.py: reads the models and data beside it, writes distillation.json. Source and target share the head; what
the model said before is held by KL at temperature 2 (numbers: by squared differences), averaged over all that counts; by the
reverse KL at temperature 1; and, of classes, by the forward KL beside a loss that weighs each answer by its own probability
(ASFT).
"""

import json
import os

import h5py
import torch
import torch.nn.functional as F

os.chdir(os.path.dirname(os.path.abspath(__file__)))
STRENGTH, BATCH, STEPS = 4.0, 6, 8
RATES = {"lm": 0.5, "tags": 0.5, "pixels": 0.5, "many": 0.5, "numbers": 0.01}


def classes(axis):
    def divergence(now, before):
        p, q = F.log_softmax(now, axis), F.log_softmax(before, axis)
        return F.kl_div(p, q, log_target=True, reduction="none").sum(axis)

    return divergence


def labels(now, before):
    p, q = torch.distributions.Bernoulli(logits=now), torch.distributions.Bernoulli(logits=before)
    return torch.distributions.kl_divergence(q, p)


def shifted(y):
    return torch.cat([y[:, 1:], torch.full_like(y[:, :1], -100)], 1)


def counted(y):
    return (y != -100) & (y != 255)


def masked_loss(axis, of=lambda y: y):
    def loss(out, y, is_weighed):
        target = of(y).clone()
        target[~counted(target)] = -100
        if not is_weighed:
            return F.cross_entropy(out.movedim(axis, 1), target)
        losses = F.cross_entropy(out.movedim(axis, 1), target, reduction="none")[target != -100]
        return (losses * torch.exp(-losses).detach()).mean()

    return loss


KINDS = {
    "lm": (masked_loss(2, shifted), classes(2), lambda y: counted(shifted(y))),
    "tags": (masked_loss(2), classes(2), counted),
    "pixels": (masked_loss(1), classes(1), counted),
    "many": (lambda o, y, _: F.binary_cross_entropy_with_logits(o, y.float()), labels, None),
    "numbers": (lambda o, y, _: F.mse_loss(o, y.float().reshape(o.shape)), lambda n, b: (n - b) ** 2, None),
}
# what a user writes, the temperature, whether KL(now ‖ before), whether answers are weighed
CASES = {
    "lwf": ("lwf:lambda=4", 2.0, False, False),
    "reverse": ("kl:lambda=4,direction=reverse", 1.0, True, False),
    "asft": ("kl:lambda=4", 1.0, False, True),
}


def steps(name, temperature, is_reverse, is_weighed):
    loss_of, divergence, counts = KINDS[name]
    temperature = 1.0 if name == "numbers" else temperature
    model = torch.export.load(f"{name}.pt2").module()
    with h5py.File(f"{name}.h5") as f:
        x = torch.tensor(next(iter(f["train/inputs"].values()))[:])
        y = torch.tensor(f["train/labels"][:])
    y = y.long() if name != "numbers" else y
    with torch.no_grad():
        before = model(x)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATES[name])
    losses, penalties = [], []
    for step in range(STEPS):
        rows = slice(BATCH * step, BATCH * (step + 1))
        out = model(x[rows])
        pair = (before[rows] / temperature, out / temperature)
        task, all_of = loss_of(out, y[rows], is_weighed), divergence(*(pair if is_reverse else pair[::-1]))
        penalty = STRENGTH * (all_of.mean() if counts is None else all_of[counts(y[rows])].mean())
        losses.append(task.item())
        penalties.append(penalty.item())
        optimizer.zero_grad()
        (task + penalty).backward()
        optimizer.step()
    return {"losses": losses, "penalties": penalties}


found = {}
for name in KINDS:
    for case, (specification, *setting) in CASES.items():
        if case == "asft" and name in ("many", "numbers"):
            continue
        found[f"{name}/{case}"] = {
            "rate": RATES[name], "regularizer": specification, **({"loss": "dft"} if setting[-1] else {}), **steps(name, *setting)}
with open("distillation.json", "w") as f:
    json.dump(found, f, indent=1)
