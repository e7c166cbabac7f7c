"""How well what can be measured without the source's data orders what was forgotten, over a sweep of fine-tunings.

python study_gauge.py --lethe .build/release/lethe [--predicted]
A small convolutional network is trained on five classes of Fashion-MNIST and fine-tuned on the other five, 36 times: six methods, three rates, two
lengths. For each measure at the last epoch: Spearman's rank correlation with the points of source accuracy that were lost, and a 95 % interval by a
bootstrap over runs. `--predicted` adds what `diagnose` predicts from the source's Fisher information, which needs the source's data and takes longest.
"""

import argparse
import itertools
import json
import math
import subprocess
import tempfile

import numpy as np

METHODS = {
    "plain": [], "l2-sp 0.1": ["--regularizer", "l2-sp:alpha=0.1"], "l2-sp 1": ["--regularizer", "l2-sp:alpha=1"],
    "lwf": ["--regularizer", "lwf"], "first layer frozen": ["--freeze", "features.0"], "weight decay": ["--weight-decay", "0.01"],
}
RATES, EPOCHS = ["0.002", "0.01", "0.03"], ["1", "3"]
SOURCE, TARGET = "fashion-mnist:0-4", "fashion-mnist:5-9"


def ranks(values):
    order = np.argsort(values, kind="stable")
    result = np.empty(len(values))
    result[order] = np.arange(len(values))
    for value in set(values):
        same = [index for index, other in enumerate(values) if other == value]
        result[same] = result[same].mean()
    return result


def spearman(first, second):
    return float(np.corrcoef(ranks(list(first)), ranks(list(second)))[0, 1])


def interval(first, second, draws=2000):
    generator = np.random.default_rng(0)
    first, second = np.array(first), np.array(second)
    found = []
    for _ in range(draws):
        chosen = generator.integers(len(first), size=len(first))
        if len(set(first[chosen])) > 1 and len(set(second[chosen])) > 1:
            found.append(spearman(first[chosen], second[chosen]))
    return np.quantile(found, [0.025, 0.975])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lethe", required=True)
    parser.add_argument("--predicted", action="store_true")
    options = parser.parse_args()

    def lethe(*words):
        return subprocess.run([options.lethe, *words], check=True, capture_output=True, text=True).stdout

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        base, source = f"{folder}/base.h5", f"{folder}/source"
        lethe("new", "cnn", "--classes", "5", "-o", base)
        lethe("train", base, "--data", SOURCE, "--examples", "5000", "--epochs", "4", "--lr", "0.02", "-o", source, "--quiet")
        for number, (method, rate, epochs) in enumerate(itertools.product(METHODS, RATES, EPOCHS)):
            run = f"{folder}/run-{number}"
            found = json.loads(lethe(
                "finetune", source, "--source", SOURCE, "--target", TARGET, "--examples", "2000", "--epochs", epochs, "--lr", rate, "--seed", str(number),
                "-o", run, "--quiet", "--json", *METHODS[method]))
            alike = json.loads(lethe("cka", run, "--data", TARGET, "--json"))
            last = found["epochs"][-1]
            moved = [layer["l2"] for layer in found["drift"]["layers"] if not layer.get("task")]
            row = {
                "forgotten": 100 * found["forgetting"]["final"], "KL on the target's inputs": last["gauge"]["value"],
                "weight drift": math.sqrt(sum(value**2 for value in moved)),
                "1 − CKA on the target's inputs": 1 - float(np.nanmean(np.diag(np.array(alike["cka"], float)))),
            }
            if options.predicted:
                layers = json.loads(lethe("diagnose", run, "--json", "--quiet"))["layers"]
                row["predicted loss (source's data)"] = sum(layer["predictedLoss"] for layer in layers if layer["predictedLoss"] is not None)
            rows.append(row)
            print(f"{method:20} rate {rate:6} epochs {epochs}: " + ", ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)

    lost = [row["forgotten"] for row in rows]
    print(f"\n{len(rows)} runs, {min(lost):.1f} to {max(lost):.1f} points forgotten")
    for name in list(rows[0])[1:]:
        values = [row[name] for row in rows]
        low, high = interval(values, lost)
        print(f"{name:34} rank correlation {spearman(values, lost):.2f} (95 % interval {low:.2f} to {high:.2f})")


main()
