"""CKA of every pair of 20 layers of two ResNet-18 over 2,048 images of 32×32, from models to matrix, beside the forward passes alone.

python bench_similarity.py --lethe .build/release/lethe [--pairs 3]
lethe: whole processes, `lethe cka` against two `lethe evaluate`. PyTorch: eager, the forward passes of both models alone, and with
minibatch debiased CKA as carefully as we could (captured outputs, one Gram a layer, all pairs by one product), batches of 128.
Then lethe's peak memory for 1,024 and 2,048 images.
"""

import argparse
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np
import torch
from torch import nn

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from bench_models import resnet18  # noqa: E402
from processes import measured  # noqa: E402
from results import Results, operations  # noqa: E402

BATCH = 128


def forward(models, images, kept=None):
    start = time.perf_counter()
    with torch.no_grad():
        for batch in images.split(BATCH):
            outputs = [[] for _ in models]
            for model, captured in zip(models, outputs):
                if kept is not None:
                    hooks = [layer.register_forward_hook(lambda _, __, out, c=captured: c.append(out.flatten(1)))
                             for layer in model.modules() if isinstance(layer, nn.Conv2d)]
                model(batch)
                if kept is not None:
                    for hook in hooks:
                        hook.remove()
            if kept is not None:
                kept(outputs)
    return time.perf_counter() - start


class Debiased:
    """Sums of HSIC over batches, divided once at the end."""

    def __init__(self, count):
        self.cross, self.own = torch.zeros(count, count), [torch.zeros(count), torch.zeros(count)]

    def __call__(self, outputs):
        grams = []
        for features in outputs:
            rows = []
            for x in features:
                x = x - x.mean(0)
                gram = x @ x.T
                n = len(gram)
                gram.fill_diagonal_(0)
                means = gram.sum(0) / (n - 2)
                means -= means.sum() / (2 * (n - 1))
                gram = gram - means[:, None] - means[None, :]
                rows.append(gram.fill_diagonal_(0).flatten())
            grams.append(torch.stack(rows))
        self.cross += grams[0] @ grams[1].T
        for own, gram in zip(self.own, grams):
            own += (gram * gram).sum(1)

    def matrix(self):
        return self.cross / (self.own[0].sqrt()[:, None] * self.own[1].sqrt()[None, :])


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lethe", required=True)
    arguments.add_argument("--pairs", type=int, default=3)
    options = arguments.parse_args()
    images = torch.randn(2048, 3, 32, 32)
    models = [resnet18().eval(), resnet18().eval()]
    with tempfile.TemporaryDirectory() as folder:
        for count in (1024, 2048):
            with h5py.File(f"{folder}/{count}.h5", "w") as file:
                for part, size in (("train", 64), ("test", count)):
                    file[f"{part}/inputs/x"], file[f"{part}/labels"] = images[:size].numpy(), np.arange(size) % 10
        for seed in "12":
            subprocess.run([options.lethe, "new", "resnet18", "--form", "cifar", "--input", "3x32x32", "--classes", "10", "--seed", seed,
                            "-o", f"{folder}/{seed}.h5"], check=True, stdout=subprocess.DEVNULL)
        cka = lambda count: [options.lethe, "cka", f"{folder}/1.h5", f"{folder}/2.h5", "--data", f"{folder}/{count}.h5",
                             "--layers", "*conv*", "--layers", "*downsample.0", "--quiet", "--json"]
        rows = []
        for _ in range(options.pairs):
            passes = sum(measured([options.lethe, "evaluate", f"{folder}/{seed}.h5", "--data", f"{folder}/2048.h5", "--json"]).seconds for seed in "12")
            ours = measured(cka(2048)).seconds
            alone = forward(models, images)
            careful = Debiased(20)
            rows.append((passes, ours, alone, forward(models, images, careful)))
        passes, ours, alone, theirs = zip(*rows)
        with torch.no_grad():
            least = 2 * operations(lambda: models[0](images[:BATCH])) * len(images) / BATCH
        name, results = "CKA of 20 × 20 layers of two ResNet-18, 2,048 images", Results()
        results.add(f"{name}, whole process", ours, theirs, peer="PyTorch, in the process", operations=least)
        results.add(f"{name}, over the forward passes", ours, passes, peer="two lethe evaluate")
        results.add("The same in PyTorch, over its forward passes", theirs, alone, peer="PyTorch's forward passes")
        results.add("Largest memory of CKA, 2,048 images over 1,024", *([measured(cka(count)).resident / 2**20] for count in (2048, 1024)),
                    peer="1,024 images", unit="MiB")


if __name__ == "__main__":
    main()
