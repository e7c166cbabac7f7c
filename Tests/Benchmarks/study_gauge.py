"""How well what can be measured without the source's data orders what was forgotten, over sweeps of fine-tunings.

python study_gauge.py --lethe .build/release/lethe [--task images|language] [--predicted]
images: a small convolutional network is trained on five classes of Fashion-MNIST and fine-tuned on the other five, 36 times: six methods, three rates,
two lengths. language: a small GPT-2 learns bytes of English sayings and is fine-tuned on Python's standard library (Fixtures/texts), likewise. For each
measure at the last epoch: Spearman's rank correlation with what was lost of the source's score, and a 95 % interval by a bootstrap over runs.
`--predicted` adds what `diagnose` predicts from the source's Fisher information, which needs the source's data and takes longest.
"""

import argparse
import itertools
import json
import math
import pathlib
import subprocess
import tempfile

import h5py
import numpy as np

TEXTS = pathlib.Path(__file__).parents[2] / "Fixtures/texts"


def images(lethe, folder):
    source, target = "fashion-mnist:0-4", "fashion-mnist:5-9"
    lethe("new", "cnn", "--classes", "5", "-o", f"{folder}/base.h5")
    lethe("train", f"{folder}/base.h5", "--data", source, "--examples", "5000", "--epochs", "4", "--lr", "0.02", "-o", f"{folder}/source", "--quiet")
    return source, target, ["--examples", "2000"], []


def language(lethe, folder):
    for name, text in (("english", "fortunes"), ("python", "python")):
        lethe("data", "convert", str(TEXTS / f"{text}.txt"), "--tokenizer", "bytes", "--blocks", "--length", "64", "--test", "0.2", "-o", f"{folder}/{name}.h5")
    lethe("import", str(TEXTS / "gpt2.pt2"), "-o", f"{folder}/base.h5")
    lethe("train", f"{folder}/base.h5", "--data", f"{folder}/english.h5", "--optimizer", "adamw", "--lr", "0.003", "--epochs", "10", "--batch-size", "16", "--threads", "1",
          "-o", f"{folder}/source", "--quiet")
    return f"{folder}/english.h5", f"{folder}/python.h5", ["--optimizer", "adamw", "--batch-size", "16", "--threads", "1"], ["--pool", "tokens", "--threads", "1"]


# the task, the rates, the layer that one method freezes, what a unit of the score's loss counts as, and its name
TASKS = {
    "images": (images, ["0.002", "0.01", "0.03"], "features.0", 100, "points of accuracy"),
    "language": (language, ["0.0003", "0.001", "0.003"], "model.transformer.h.0", 1, "nats a token"),
}
EPOCHS = ["1", "3"]


def few(path, made):
    """A file of the first 100 training examples of another, of which predicted loss is, and 50 test examples: heads are fitted sooner."""
    with h5py.File(path) as data, h5py.File(made, "w") as own:
        def copy(name, found):
            if isinstance(found, h5py.Dataset):
                count = {"train": 100, "test": 50}.get(name.split("/")[0])
                own[name] = found[:count] if count else found[()]
            else:
                own.require_group(name).attrs.update(found.attrs)

        data.visititems(copy)
        # Of the checksums, which are of the whole file.
        own.attrs.update({key: value for key, value in data.attrs.items() if key != "digest"})
    return made


def methods(layer):
    return {
        "plain": [], "l2-sp 0.1": ["--regularizer", "l2-sp:alpha=0.1"], "l2-sp 1": ["--regularizer", "l2-sp:alpha=1"],
        "lwf": ["--regularizer", "lwf"], "first layer frozen": ["--freeze", layer], "weight decay": ["--weight-decay", "0.01"],
    }


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
    parser.add_argument("--task", choices=list(TASKS), default="images")
    parser.add_argument("--predicted", action="store_true")
    options = parser.parse_args()
    prepare, rates, layer, unit, name_of_unit = TASKS[options.task]

    def lethe(*words):
        return subprocess.run([options.lethe, *words], check=True, stdout=subprocess.PIPE, text=True).stdout

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        source, target, training, pooling = prepare(lethe, folder)
        if options.predicted:
            lethe("data", "convert", source, "-o", f"{folder}/whole.h5")
            small = few(f"{folder}/whole.h5", f"{folder}/few.h5")
        for number, ((method, words), rate, epochs) in enumerate(itertools.product(methods(layer).items(), rates, EPOCHS)):
            run = f"{folder}/run-{number}"
            found = json.loads(lethe(
                "finetune", f"{folder}/source", "--source", source, "--target", target, "--epochs", epochs, "--lr", rate, "--seed", str(number),
                "-o", run, "--quiet", "--json", *training, *words))
            alike = json.loads(lethe("cka", run, "--data", target, "--json", *pooling))
            last = found["epochs"][-1]
            moved = [layer["l2"] for layer in found["drift"]["layers"] if not layer.get("task")]
            row = {
                "forgotten": unit * found["forgetting"]["final"], "KL on the target's inputs": last["gauge"]["value"],
                "weight drift": math.sqrt(sum(value**2 for value in moved)),
                "1 − CKA on the target's inputs": 1 - float(np.nanmean(np.diag(np.array(alike["cka"], float)))),
            }
            if options.predicted:
                before, after = sorted(pathlib.Path(run, "checkpoints").glob("epoch-*.h5"))[:: int(epochs)]
                layers = json.loads(lethe(
                    "diagnose", "--before", str(before), "--after", str(after), "--source", small, "--no-probes", "--json", "--quiet",
                    "-o", f"{folder}/page.html"))["layers"]
                row["predicted loss (source's data)"] = sum(layer["predictedLoss"] for layer in layers if layer["predictedLoss"] is not None)
            rows.append(row)
            print(f"{method:20} rate {rate:6} epochs {epochs}: " + ", ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)

    lost = [row["forgotten"] for row in rows]
    print(f"\n{len(rows)} runs, {min(lost):.3g} to {max(lost):.3g} {name_of_unit} forgotten")
    for name in list(rows[0])[1:]:
        values = [row[name] for row in rows]
        low, high = interval(values, lost)
        print(f"{name:34} rank correlation {spearman(values, lost):.2f} (95 % interval {low:.2f} to {high:.2f})")


main()
