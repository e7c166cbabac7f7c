"""The peer of bench.py: one epoch on Fashion-MNIST in eager PyTorch, with its fused SGD.

python peer.py cnn|mlp plain|l2-sp
"""

import gzip
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

folder = "/usr/share/datasets/fashion-mnist"


def network(kind):
    if kind == "mlp":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 5),
    )


def task(part, classes):
    def read(name, header):
        return torch.from_numpy(np.frombuffer(gzip.open(f"{folder}/{part}-{name}-ubyte.gz").read(), np.uint8, offset=header).copy())

    labels, images = read("labels-idx1", 8).long(), read("images-idx3", 16).reshape(-1, 1, 28, 28)
    return images[labels < classes], labels[labels < classes]


def main(kind, loss_kind):
    classes = 5 if kind == "cnn" else 10
    (images, labels), (tests, answers) = task("train", classes), task("t10k", classes)
    mean, deviation = (images[:10000].float() / 255).mean(), (images[:10000].float() / 255).std()
    model = network(kind)
    kernels = [p for p in model.parameters() if p.ndim >= 2]
    start = [p.detach().clone() for p in kernels]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, fused=True)

    def normalized(batch):
        return (batch.float() / 255 - mean) / deviation

    def accuracy():
        with torch.no_grad():
            return sum((model(normalized(x)).argmax(1) == y).sum().item() for x, y in zip(tests.split(512), answers.split(512)))

    accuracy()
    for batch in torch.randperm(len(labels)).split(64):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(normalized(images[batch])), labels[batch])
        if loss_kind == "l2-sp":
            loss = loss + 0.05 * sum(((p - q) ** 2).sum() for p, q in zip(kernels[:-1], start)) + 0.005 * (kernels[-1] ** 2).sum()
        loss.backward()
        optimizer.step()
        loss.item()
    print(accuracy() / len(answers))


if __name__ == "__main__":
    main(*sys.argv[1:3])
