"""Whole runs, from the start of the process to its end: `lethe train` against the same in PyTorch, in turn.

python bench.py --lethe .build/release/lethe [--pairs 3]
One epoch of the small CNN on Fashion-MNIST classes 0-4, plain and with L2-SP (a loss term in PyTorch), and one of a
784-256-10 network on all 60,000 images; then the CNN's again while two other processes keep two cores busy. `--help` alone, last.
"""

import argparse
import contextlib
import pathlib
import subprocess
import sys
import tempfile

import torch
from peer import network
from processes import seconds
from results import Results, training

peer = pathlib.Path(__file__).with_name("peer.py")


@contextlib.contextmanager
def company(count):
    """Processes that compute without a pause, beside what is measured."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: sum(range(10 ** 6))"]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def work(kind):
    """Operations of an epoch and of the test images judged before and after it."""
    model, examples, tests = network(kind), *((30000, 5000) if kind == "cnn" else (60000, 10000))
    step, forward = training(model, torch.randn(64, 1, 28, 28), torch.zeros(64, dtype=torch.int64))
    return examples / 64 * step + 2 * tests / 64 * forward


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lethe", required=True)
    arguments.add_argument("--pairs", type=int, default=3)
    options = arguments.parse_args()
    results, penalty = Results(), ["--regularizer", "l2-sp:alpha=0.1,beta=0.01"]
    with tempfile.TemporaryDirectory() as folder:
        for kind, loss, busy, data, classes, name in (
            ("cnn", "plain", 0, "fashion-mnist:0-4", 5, "Small CNN, an epoch, whole process"),
            ("cnn", "l2-sp", 0, "fashion-mnist:0-4", 5, "Small CNN with L2-SP, an epoch, whole process"),
            ("mlp", "plain", 0, "fashion-mnist", 10, "784-256-10 network, an epoch of 60,000 images, whole process"),
            ("cnn", "plain", 2, "fashion-mnist:0-4", 5, "Small CNN, the same beside two busy processes"),
            ("cnn", "l2-sp", 2, "fashion-mnist:0-4", 5, "Small CNN with L2-SP, the same beside two busy processes"),
        ):
            base = f"{folder}/{kind}.h5"
            subprocess.run([options.lethe, "new", kind, "--classes", str(classes), "--force", "-o", base], check=True, stdout=subprocess.DEVNULL)
            ours = [options.lethe, "train", base, "--data", data, "--epochs", "1", "--lr", "0.03", "--quiet", "--force", "-o", f"{folder}/run"]
            ours += penalty if loss == "l2-sp" else []
            with company(busy):
                pairs = [(seconds(ours), seconds([sys.executable, peer, kind, loss])) for _ in range(options.pairs)]
            results.add(name, *zip(*pairs), operations=0 if busy else work(kind))
        results.add("lethe --help", [1000 * seconds([options.lethe, "--help"]) for _ in range(21)], unit="ms")


if __name__ == "__main__":
    main()
