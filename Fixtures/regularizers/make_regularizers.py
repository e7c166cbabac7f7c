"""Records eight steps of SGD under each regularizer, differentiated by PyTorch in float64, for the tests to compare with.

python make_regularizers.py      needs torch, numpy and h5py
"""

import pathlib

import h5py
import numpy as np
import torch
import torch.nn.functional as F

WIDTH, HIDDEN, SOURCE_CLASSES, TARGET_CLASSES = 12, 8, 4, 3
STEPS, BATCH, RATE = 8, 8, 0.1
W, B, V, C = "layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"

torch.manual_seed(20180611)
torch.set_default_dtype(torch.float64)


def draw(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).float().double()  # exact in float32


initial = {W: draw(HIDDEN, WIDTH, scale=0.3), B: draw(HIDDEN, scale=0.1)}
initial |= {V: draw(TARGET_CLASSES, HIDDEN, scale=0.3), C: draw(TARGET_CLASSES, scale=0.1)}
source_head = {V: draw(SOURCE_CLASSES, HIDDEN, scale=0.5), C: draw(SOURCE_CLASSES, scale=0.1)}
source_x, source_y = draw(BATCH, WIDTH), torch.arange(BATCH) % SOURCE_CLASSES
target_x, target_y = draw(STEPS * BATCH, WIDTH), torch.randint(TARGET_CLASSES, (STEPS * BATCH,))


def hidden(w, x):
    return F.linear(x, w[W], w[B])


def logits(w, head, x):
    return F.linear(F.relu(hidden(w, x)), head[V], head[C])


# -- How much each weight matters ----------------------------------------------------------------------------------


def importances(measure, batch=4):
    w = {name: initial[name].clone().requires_grad_() for name in (W, B)}
    total = {name: torch.zeros_like(w[name]) for name in w}

    def add(scalar, transform, weight=1.0):
        for name, grad in zip(w, torch.autograd.grad(scalar, list(w.values()), retain_graph=True)):
            total[name] += weight * transform(grad)

    if measure == "batched":
        parts = list(zip(source_x.split(batch), source_y.split(batch)))
        for x, y in parts:
            add(F.cross_entropy(logits(w, source_head, x), y), torch.square)
        return {name: value / len(parts) for name, value in total.items()}
    for x, y in zip(source_x, source_y):
        z = logits(w, source_head, x[None])
        if measure == "exact":
            for label, p in enumerate(z.softmax(1)[0].detach()):
                add(z.log_softmax(1)[0, label], torch.square, p)
        elif measure == "empirical":
            add(z.log_softmax(1)[0, y], torch.square)
        else:
            add(z.square().sum(), torch.abs)
    return {name: value / len(source_x) for name, value in total.items()}


# -- Penalties, as loss terms --------------------------------------------------------------------------------------


def displacement(w, name):
    return w[name] - initial[name]


def fresh(w, beta=0.01):
    return beta / 2 * w[V].square().sum()


def l2(w, head, x, rows):
    return 0.05 / 2 * (w[W].square().sum() + w[V].square().sum())


def l2_sp(w, head, x, rows):
    return 0.5 / 2 * displacement(w, W).square().sum() + fresh(w)


def l1_sp(w, head, x, rows):
    return 0.02 * displacement(w, W).abs().sum() + fresh(w)


def group_lasso(squares, alpha):
    sums = squares.sum(1)
    norms = torch.where(sums > 0, sums, torch.ones_like(sums)).sqrt() * (sums > 0)  # slope 0 at the kink
    return alpha * squares.shape[1] ** 0.5 * norms.sum()


def gl_sp(w, head, x, rows):
    return group_lasso(displacement(w, W).square(), 0.01) + fresh(w)


fisher = {measure: importances(measure) for measure in ("exact", "empirical", "batched", "sensitivity")}


def gl_sp_fisher(w, head, x, rows):
    return group_lasso((fisher["exact"][W] + 0.1) * displacement(w, W).square(), 0.02) + fresh(w)


def quadratic(w, values, names=(W, B)):
    return sum((values[name] * displacement(w, name).square()).sum() for name in names)


def l2_sp_fisher(w, head, x, rows):
    values = {W: fisher["exact"][W] + 0.1}
    return 5 / 2 * quadratic(w, values, (W,)) + fresh(w)


def ewc_exact(w, head, x, rows):
    return 20 / 2 * quadratic(w, fisher["exact"])


def ewc_empirical(w, head, x, rows):
    return 5 / 2 * quadratic(w, fisher["empirical"])


def ewc_batched(w, head, x, rows):  # as Avalanche: without the half
    return 20 * quadratic(w, fisher["batched"])


def mas(w, head, x, rows):
    return 0.5 * quadratic(w, fisher["sensitivity"])


def distillation(w, head, x, strength):
    before = (logits(initial, source_head, x) / 2).log_softmax(1)
    now = (logits(w, head, x) / 2).log_softmax(1)
    return strength * F.kl_div(now, before, reduction="batchmean", log_target=True)


def lwf(w, head, x, rows):
    return distillation(w, head, x, 3)


def lwf_t2(w, head, x, rows):
    return distillation(w, head, x, 4)


def divergence(before, now):
    return F.kl_div(now.log_softmax(1), before.log_softmax(1), reduction="batchmean", log_target=True)


def kl(w, head, x, rows):
    return 2 * divergence(logits(initial, source_head, x), logits(w, head, x))


def kl_reverse(w, head, x, rows):
    return 2 * 1.5**2 * divergence(logits(w, head, x) / 1.5, logits(initial, source_head, x) / 1.5)


def kl_source(w, head, x, rows):  # the reservoir has as many examples as the batch: all are asked about
    return kl(w, head, source_x, rows)


def relative_distance(w, x):
    total = 0
    for layer in (hidden, lambda w, x: F.relu(hidden(w, x))):
        before = layer(initial, x)
        total = total + (layer(w, x) - before).square().sum() / before.square().sum()
    return total / 2


def ldifs(w, head, x, rows):
    return 3 * relative_distance(w, x)


def ldifs_plain(w, head, x, rows):
    joined = [torch.cat([hidden(v, x), F.relu(hidden(v, x))], 1) for v in (w, initial)]
    return 0.2 * (joined[0] - joined[1]).square().sum(1).mean()


def delta(w, head, x, rows):
    return 0.05 / 2 * (hidden(w, x) - hidden(initial, x)).square().sum() + fresh(w)


def attention():
    def loss(w):
        return F.cross_entropy(logits(w, source_head, source_x), source_y)

    rises = []
    for channel in range(HIDDEN):
        without = {W: initial[W].clone(), B: initial[B].clone()}
        without[W][channel], without[B][channel] = 0, 0
        rises.append(loss(without) - loss(initial))
    return HIDDEN * torch.stack(rises).softmax(0)


def delta_attention(w, head, x, rows):
    return 0.05 / 2 * (attention() * (hidden(w, x) - hidden(initial, x)).square()).sum() + fresh(w)


def bss(w, head, x, rows):
    return 0.1 * torch.linalg.svdvals(F.relu(hidden(w, x)))[-2:].square().sum()


def replay(w, head, x, rows):  # the reservoir has as many examples as the batch: all are replayed
    return 0.7 * F.cross_entropy(logits(w, head, source_x), source_y)


def replay_examples(w, head, x, rows):  # eight replayed beside eight: each counts as one of the target's
    return 0.7 * F.cross_entropy(logits(w, head, source_x), source_y, reduction="sum") / BATCH


def derpp(w, head, x, rows):  # the reservoir has one example, eight times: both draws are of it
    x, y = source_x[:1], source_y[:1]
    z = logits(w, head, x)
    return 0.4 * F.mse_loss(z, logits(initial, source_head, x)) + 0.6 * F.cross_entropy(z, y)


def several(w, head, x, rows):
    return l2_sp(w, head, x, rows) + lwf(w, head, x, rows) + replay(w, head, x, rows)


# name: the penalty, whether the source head is trained, the specifications as a user writes them
CASES = {
    "l2": (l2, False, "l2:beta=0.05"),
    "l2-sp": (l2_sp, False, "l2-sp:alpha=0.5,beta=0.01"),
    "l1-sp": (l1_sp, False, "l1-sp:alpha=0.02,beta=0.01"),
    "gl-sp": (gl_sp, False, "gl-sp:alpha=0.01,beta=0.01"),
    "gl-sp-fisher": (gl_sp_fisher, False, "gl-sp-fisher:alpha=0.02,beta=0.01,epsilon=0.1"),
    "l2-sp-fisher": (l2_sp_fisher, False, "l2-sp-fisher:alpha=5,beta=0.01,epsilon=0.1"),
    "ewc-exact": (ewc_exact, False, "ewc:lambda=20"),
    "ewc-empirical": (ewc_empirical, False, "ewc:lambda=5,fisher=empirical"),
    "ewc-batched": (ewc_batched, False, "ewc:lambda=20,fisher=batched,batch=4"),
    "mas": (mas, False, "mas:lambda=0.5"),
    "lwf": (lwf, True, "lwf:lambda=3,temperature=2"),
    "lwf-fixed": (lwf, False, "lwf:lambda=3,temperature=2,head=fixed"),
    "lwf-t2": (lwf_t2, True, "lwf:lambda=1,temperature=2,t2=1"),
    "kl": (kl, True, "kl:lambda=2"),
    "kl-reverse": (kl_reverse, True, "kl:lambda=2,temperature=1.5,t2=1,direction=reverse"),
    "kl-source": (kl_source, True, "kl:lambda=2,inputs=source"),
    "kl-proxy": (kl_source, False, "kl:lambda=2,inputs=proxy,head=fixed"),
    "ldifs": (ldifs, False, "ldifs:lambda=3,layers=layers.0+layers.1"),
    "ldifs-plain": (ldifs_plain, False, "ldifs:lambda=0.2,layers=layers.0+layers.1,scale=none"),
    "delta": (delta, False, "delta:alpha=0.05,beta=0.01,layers=layers.0"),
    "delta-attention": (delta_attention, False, "delta:alpha=0.05,beta=0.01,layers=layers.0,attention=1"),
    "bss": (bss, False, "bss:eta=0.1,k=2"),
    "replay": (replay, True, "replay:lambda=0.7,share=0.5"),
    "replay-examples": (replay_examples, True, "replay:lambda=0.7,share=0.5,mean=examples"),
    "der++": (derpp, True, "der++:alpha=0.4,beta=0.6"),
    "several": (several, True, "l2-sp:alpha=0.5,beta=0.01 lwf:lambda=3,temperature=2 replay:lambda=0.7,share=0.5"),
    "asft": (kl, True, "kl:lambda=2"),
}


# whose task loss is weighed by each answer's probability
WEIGHED = {"asft"}


def task_loss(scores, labels, is_weighed):
    losses = F.cross_entropy(scores, labels, reduction="none")
    return (losses * torch.exp(-losses.detach())).mean() if is_weighed else losses.mean()


def train(penalty, trains_head, is_weighed):
    w = {name: value.clone().requires_grad_() for name, value in initial.items()}
    head = {name: value.clone().requires_grad_(trains_head) for name, value in source_head.items()}
    trained = list(w.values()) + (list(head.values()) if trains_head else [])
    penalties = []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        term = penalty(w, head, target_x[rows], rows)
        loss = task_loss(logits(w, w, target_x[rows]), target_y[rows], is_weighed) + term
        penalties.append(term.item())
        grads = torch.autograd.grad(loss, trained)
        with torch.no_grad():
            for value, grad in zip(trained, grads):
                value -= RATE * grad
    return w, head, penalties


def path_integral():
    """SI while the source task is learnt, from the same weights: eight steps on the same batch."""
    w = {name: value.clone().requires_grad_() for name, value in initial.items() if name in (W, B)}
    head = {name: value.clone().requires_grad_() for name, value in source_head.items()}
    omega = {name: torch.zeros_like(w[name]) for name in w}
    for _ in range(STEPS):
        loss = F.cross_entropy(logits(w, head, source_x), source_y)
        values = list(w.values()) + list(head.values())
        grads = torch.autograd.grad(loss, values)
        with torch.no_grad():
            for value, grad in zip(values, grads):
                value -= RATE * grad
            for (name, _), grad in zip(w.items(), grads):
                omega[name] -= grad * (-RATE * grad)
    return {name: omega[name].clamp(min=0) / ((w[name] - initial[name]).square() + 0.1) for name in w}


def write(group, tensors):
    for name, value in tensors.items():
        group[name] = value.detach().numpy().astype(np.float32)


# -- Running statistics measured anew ------------------------------------------------------------------------------


def statistics(file):
    torch.set_default_dtype(torch.float32)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 3, bias=False), torch.nn.BatchNorm2d(3, momentum=None), torch.nn.ReLU(),
        torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4, momentum=None),
    )  # fmt: skip
    images = torch.randn(30, 2, 8, 8) * 2 + 1
    for start in range(0, 30, 8):  # the last batch has 6
        network(images[start : start + 8])
    group = file.create_group("statistics")
    group["images"] = images.numpy()
    for name, value in network.state_dict().items():
        group[name] = value.numpy()


path = pathlib.Path(__file__).parent / "regularizers.h5"
with h5py.File(path, "w") as file:
    file.attrs["torch_version"] = str(torch.__version__)
    write(file.create_group("initial"), initial)
    write(file.create_group("source_head"), source_head)
    file["source_x"], file["source_y"] = source_x.numpy().astype(np.float32), source_y.numpy()
    file["target_x"], file["target_y"] = target_x.numpy().astype(np.float32), target_y.numpy()
    for name, (penalty, trains_head, specification) in CASES.items():
        w, head, penalties = train(penalty, trains_head, name in WEIGHED)
        group = file.create_group(f"cases/{name}")
        if name in WEIGHED:
            group.attrs["loss"] = "dft"
        group.attrs["specification"] = specification
        group["penalties"] = np.array(penalties)
        write(group.create_group("final"), w)
        write(group.create_group("source_head"), head)
    write(file.create_group("si"), path_integral())
    statistics(file)
