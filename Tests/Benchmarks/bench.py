"""Whole runs, from the start of the process to its end: `lethe train` against the same in PyTorch, in turn.

python bench.py --lethe .build/release/lethe [--pairs 3]
One epoch of the small CNN on Fashion-MNIST classes 0-4, plain and with L2-SP (a loss term in PyTorch), and one of a
784-256-10 network on all 60,000 images. Prints medians and ratios.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

peer = pathlib.Path(__file__).with_name("peer.py")


def seconds(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lethe", required=True)
    arguments.add_argument("--pairs", type=int, default=3)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for network, name, data, classes, extra in (
            ("cnn", "plain", "fashion-mnist:0-4", 5, []),
            ("cnn", "l2-sp", "fashion-mnist:0-4", 5, ["--regularizer", "l2-sp:alpha=0.1,beta=0.01"]),
            ("mlp", "plain", "fashion-mnist", 10, []),
        ):
            base = f"{folder}/{network}-{name}.h5"
            subprocess.run([options.lethe, "new", network, "--classes", str(classes), "-o", base], check=True, stdout=subprocess.DEVNULL)
            pairs = []
            for index in range(options.pairs):
                ours = [options.lethe, "train", base, "--data", data, "--epochs", "1", "--lr", "0.03", "--quiet"]
                output = f"{folder}/{network}-{name}{index}"
                pairs.append((seconds(ours + extra + ["-o", output]), seconds([sys.executable, peer, network, name])))
            ours, theirs = (statistics.median(column) for column in zip(*pairs))
            ratio = statistics.median(a / b for a, b in pairs)
            print(f"{network} {name:6} lethe {ours:6.2f} s   PyTorch {theirs:6.2f} s   ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
