"""`lethe transfer --quick` on the demo's network and the other half of Fashion-MNIST, against the same networks in eager PyTorch.

python bench_transfer.py --lethe .build/release/lethe [--pairs 2]
Whole processes in turn: seven networks (the target's own, AnB and AnB+ at three cuts), four epochs of 5,000 examples in batches of 64, the 5,000 test
examples judged before and after each. Then the whole of `--quick`, with its trials and scores.
"""

import argparse
import gzip
import subprocess
import sys
import tempfile

import numpy as np
import torch
from processes import seconds
from results import Results, training
from torch import nn

folder = "/usr/share/datasets/fashion-mnist"


def network():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 5))


def peer():
    def task(part):
        def read(name, header):
            return torch.from_numpy(np.frombuffer(gzip.open(f"{folder}/{part}-{name}-ubyte.gz").read(), np.uint8, offset=header).copy())

        labels, images = read("labels-idx1", 8).long(), read("images-idx3", 16).reshape(-1, 1, 28, 28)
        return images[labels >= 5], labels[labels >= 5] - 5

    (images, labels), (tests, answers) = task("train"), task("t10k")
    mean, deviation = (images[:10000].float() / 255).mean(), (images[:10000].float() / 255).std()
    normalized = lambda batch: (batch.float() / 255 - mean) / deviation
    chosen = torch.randperm(len(labels))[:5000]
    base = network()

    def accuracy(model):
        with torch.no_grad():
            right = sum((model(normalized(x)).argmax(1) == y).sum().item() for x, y in zip(tests.split(512), answers.split(512)))
        return right / len(answers)

    def train(copied, frozen):
        model = network()
        for index in copied:
            model[index].load_state_dict(base[index].state_dict())
            model[index].requires_grad_(not frozen)
        optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.01, momentum=0.9, fused=True)
        accuracy(model)
        for _ in range(4):
            for batch in chosen[torch.randperm(len(chosen))].split(64):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(normalized(images[batch])), labels[batch])
                loss.backward()
                optimizer.step()
                loss.item()
            last = accuracy(model)
        print(copied, frozen, last)

    train([], False)
    for cut in ([0], [0, 2], [0, 2, 6]):
        for frozen in (True, False):
            train(cut, frozen)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lethe")
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--peer", action="store_true")
    options = parser.parse_args()
    if options.peer:
        return peer()
    results = Results()
    step, forward = training(network(), torch.randn(64, 1, 28, 28), torch.zeros(64, dtype=torch.int64))
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([options.lethe, "new", "cnn", "--input", "1x28x28", "--classes", "5", "-o", f"{place}/base.h5"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([options.lethe, "train", f"{place}/base.h5", "--data", "fashion-mnist:0-4", "--epochs", "1", "--quiet", "-o", f"{place}/source"],
                       check=True, stdout=subprocess.DEVNULL)
        quick = [options.lethe, "transfer", f"{place}/source", "--target", "fashion-mnist:5-9", "--quick", "--quiet", "-o"]
        pairs = [(seconds([*quick, f"{place}/transfer{index}", "--no-scores", "--no-trials"]), seconds([sys.executable, __file__, "--peer"]))
                 for index in range(options.pairs)]
        # Of the seven, the copies with frozen blocks need no backward pass below the cut: the three of them count as forward passes.
        examples = 4 * 5000 / 64 * (4 * step + 3 * forward) + 7 * 5 * 5000 / 64 * forward
        results.add("Layer transferability, seven networks, whole process", *zip(*pairs), operations=examples)
        results.add("transfer --quick, with trials and scores", [seconds([*quick, f"{place}/whole"])])


if __name__ == "__main__":
    main()
