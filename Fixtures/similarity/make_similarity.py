"""Similarities of the same features by other tools, for the tests to compare with.

    python make_similarity.py    # needs numpy, h5py, torch, and torch_cka 0.21 and ckatorch 1.0.3 from PyPI

Two small random networks see the same 202 examples. `torch_cka` and `ckatorch` are the packages themselves, on batches of 64
(the last one of 10). `google` and `anatome` are written here in NumPy after their published definitions:
google-research/representation_similarity (demo.ipynb: cka, gram_linear, gram_rbf with threshold 0.5, center_gram) and
moskomule/anatome 015ccc4 (distance.py: linear_cka_distance, svcca_distance with accept_rate 0.99, pwcca_distance,
orthogonal_procrustes_distance, each as one minus the distance). `plain_*` are the measures as their papers have them.
"""

from pathlib import Path

import ckatorch.core
import h5py
import numpy as np
import torch
import torch_cka
from torch import nn

torch.manual_seed(4)
count, size = 202, 64
inputs = torch.randn(count, 10)
names = ["0", "2", "4"]


def network(widths):
    layers = []
    for before, after in zip([10] + widths, widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers)


first, second = network([12, 20, 8]), network([12, 16, 8])
with torch.no_grad():
    second[0].weight.copy_(first[0].weight + 0.2 * torch.randn(12, 10))
    first[2].bias.add_(1)
    second[2].bias.add_(1)


def features(model):
    found, value = [], inputs
    with torch.no_grad():
        for index, layer in enumerate(model):
            value = layer(value)
            if str(index) in names:
                # As a hook sees it before the ReLU that follows.
                found.append(value.numpy().copy())
    return found


a, b = features(first), features(second)


def over(function):
    return np.array([[function(x.astype(np.float64), y.astype(np.float64)) for y in b] for x in a])


def centered(x):
    return x - x.mean(0)


def gram_rbf(x, threshold):
    products = x @ x.T
    squares = np.diag(products)
    distances = -2 * products + squares[:, None] + squares[None, :]
    return np.exp(-distances / (2 * threshold**2 * np.median(distances)))


def center_gram(gram, unbiased):
    gram, n = gram.copy(), len(gram)
    if unbiased:
        np.fill_diagonal(gram, 0)
        means = gram.sum(0) / (n - 2)
        means -= means.sum() / (2 * (n - 1))
    else:
        means = gram.mean(0)
        means -= means.mean() / 2
    gram -= means[:, None] + means[None, :]
    if unbiased:
        np.fill_diagonal(gram, 0)
    return gram


def google(kernel, unbiased):
    def cka(x, y):
        k, l = center_gram(kernel(x), unbiased).ravel(), center_gram(kernel(y), unbiased).ravel()
        return k @ l / np.linalg.norm(k) / np.linalg.norm(l)

    return over(cka)


def cca(x, y):
    """Coefficients of x, and correlations."""
    u, s, v = np.linalg.svd(centered(x), full_matrices=False)
    w, _, _ = np.linalg.svd(centered(y), full_matrices=False)
    left, correlations, _ = np.linalg.svd(u.T @ w, full_matrices=False)
    return v.T / s @ left, correlations


def reduced(x, rate, power, keeps_last):
    _, s, v = np.linalg.svd(x, full_matrices=False)
    share = np.cumsum(s**power) / np.sum(s**power)
    return x @ v[: int(np.sum(share < rate)) + keeps_last].T


def svcca(x, y, anatome):
    if anatome:
        x, y = reduced(x, 0.99, 1, 0), reduced(y, 0.99, 1, 0)
    else:
        x, y = reduced(centered(x), 0.99, 2, 1), reduced(centered(y), 0.99, 2, 1)
    return cca(x, y)[1].sum() / min(x.shape[1], y.shape[1])


def pwcca(x, y, anatome):
    coefficients, correlations = cca(x, y)
    if anatome:
        weights = np.abs(x @ coefficients).sum(0)
    else:
        weights = np.abs((centered(x) @ coefficients).T @ centered(x)).sum(1)
    return weights[: len(correlations)] @ correlations / weights[: len(correlations)].sum()


def procrustes(x, y):
    x, y = centered(x), centered(y)
    return np.linalg.norm(x.T @ y, "nuc") / np.linalg.norm(x) / np.linalg.norm(y)


def anatome_cka(x, y):
    x, y = centered(x), centered(y)
    return np.linalg.norm(y.T @ x) ** 2 / np.linalg.norm(x.T @ x) / np.linalg.norm(y.T @ y)


def ckatorch_batches(x, y):
    # The package takes equal batches: the last, short one is left out here.
    whole = count // size * size
    return ckatorch.core.cka_batch(
        torch.tensor(x[:whole]).reshape(-1, size, x.shape[1]), torch.tensor(y[:whole]).reshape(-1, size, y.shape[1])
    ).item()


# In float64: in float32 its Gram matrices of features that are not centred lose the fourth digit here.
torch.set_default_dtype(torch.float64)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs.double()), batch_size=size)
tool = torch_cka.CKA(first.double(), second.double(), model1_layers=names, model2_layers=names, device="cpu")
tool.compare(loader)

linear, rbf = (lambda x: x @ x.T), (lambda x: gram_rbf(x, 0.5))
with h5py.File(Path(__file__).with_name("similarity.h5"), "w") as file:
    for index in range(3):
        file[f"a/{index}"], file[f"b/{index}"] = a[index], b[index]
    file["torch_cka"] = tool.export()["CKA"].numpy().astype(np.float64)
    file["ckatorch"] = over(ckatorch_batches)
    for estimator, unbiased in (("biased", False), ("debiased", True)):
        file[f"google_linear_{estimator}"] = google(linear, unbiased)
        file[f"google_rbf_{estimator}"] = google(rbf, unbiased)
    file["anatome_cka"] = over(anatome_cka)
    file["anatome_svcca"] = over(lambda x, y: svcca(x, y, True))
    file["anatome_pwcca"] = over(lambda x, y: pwcca(x, y, True))
    file["anatome_procrustes"] = over(procrustes)
    file["plain_svcca"] = over(lambda x, y: svcca(x, y, False))
    file["plain_pwcca"] = over(lambda x, y: pwcca(x, y, False))
    file["plain_procrustes"] = over(procrustes)
