"""Seconds of `lethe diagnose`, whole processes: of the demo's run, of a CNN on Fashion-MNIST, of a ResNet-18 in CIFAR form with 10 and with
1,000 classes, and of a sentence encoder of 22 million weights.

python bench_diagnose.py --lethe .build/release/lethe [--times 1] [--only demo,cnn,resnet18,resnet18-1000,encoder]
There is no peer. The networks learned their tasks before, drawn ones but for Fashion-MNIST; one that lost nothing would have nothing to
diagnose, which ends the benchmark. Every cause, probe and remedy is looked at, of 1,000 examples of each task but where said. The encoder
needs transformers.
"""

import argparse
import importlib.util
import json
import subprocess
import tempfile
import time

import h5py
import numpy as np
import torch
from results import Results


def quietly(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def drawn(path, inputs, classes, trained=320, tested=1000):
    """A file of examples whose classes can be told: each has a pattern of its own, beside noise."""
    random = np.random.default_rng(len(path))
    with h5py.File(path, "w") as file:
        for part, count in (("train", trained), ("test", tested)):
            labels = np.arange(count) % classes
            name, values = inputs(random, labels)
            file[f"{part}/inputs/{name}"], file[f"{part}/labels"] = values, labels


def images(seed):
    patterns = np.random.default_rng(seed).normal(size=(1000, 3, 32, 32)).astype(np.float32)
    return lambda random, labels: ("x", patterns[labels] + random.normal(0, 0.5, (len(labels), 3, 32, 32)).astype(np.float32))


def words(seed):
    starts = np.random.default_rng(seed).integers(0, 30000, (1000, 8))

    def draw(random, labels):
        ids = random.integers(0, 30000, (len(labels), 64))
        ids[:, :8] = starts[labels]
        return "input_ids", ids.astype(np.int32)

    return draw


def demo(lethe, folder):
    quietly(lethe, "demo", "-o", f"{folder}/demo")
    return f"{folder}/demo/plain"


def cnn(lethe, folder):
    base, tasks = f"{folder}/cnn.h5", ["--source", "fashion-mnist:0-4", "--target", "fashion-mnist:5-9"]
    quietly(lethe, "new", "cnn", "--classes", "5", "-o", base)
    quietly(lethe, "train", base, "--data", "fashion-mnist:0-4", "--epochs", "1", "--lr", "0.03", "-o", f"{folder}/cnn-source")
    quietly(lethe, "finetune", f"{folder}/cnn-source", *tasks, "--epochs", "1", "--lr", "0.03", "-o", f"{folder}/cnn-run")
    return f"{folder}/cnn-run"


def tuned(lethe, folder, base, inputs, classes, epochs, *options):
    """A run of a network that learned one drawn task in so many epochs and then another in one."""
    data = [f"{base}-{task}.h5" for task in ("old", "new")]
    for seed, path in enumerate(data):
        drawn(path, inputs(seed), classes, trained=max(320, 2 * classes))
    more = ["--batch-size", "32", *options]
    quietly(lethe, "train", f"{base}.h5", "--data", data[0], "--epochs", str(epochs), *more, "-o", f"{base}-source")
    quietly(lethe, "finetune", f"{base}-source", "--source", data[0], "--target", data[1], "--epochs", "1", *more, "-o", f"{base}-run")
    return f"{base}-run"


def resnet18(lethe, folder, classes=10):
    base = f"{folder}/resnet18-{classes}"
    quietly(lethe, "new", "resnet18", "--form", "cifar", "--classes", str(classes), "-o", f"{base}.h5")
    return tuned(lethe, folder, base, images, classes, 3, "--lr", "0.05")


def encoder(lethe, folder):
    from transformers import BertConfig, BertModel

    class Classifier(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = BertModel(BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536))
            self.classifier = torch.nn.Linear(384, 10)

        def forward(self, input_ids):
            return self.classifier(self.bert(input_ids=input_ids).last_hidden_state.mean(1))

    torch.manual_seed(0)
    shapes = ({0: torch.export.Dim.DYNAMIC},)
    torch.export.save(torch.export.export(Classifier().train(), (torch.zeros(2, 64, dtype=torch.int64),), dynamic_shapes=shapes), f"{folder}/encoder.pt2")
    quietly(lethe, "import", f"{folder}/encoder.pt2", "-o", f"{folder}/encoder.h5")
    return tuned(lethe, folder, f"{folder}/encoder", words, 10, 5, "--lr", "1e-4", "--optimizer", "adamw")


jobs = {
    "demo": ("lethe demo's run", demo, []),
    "cnn": ("a CNN's run on Fashion-MNIST", cnn, []),
    "resnet18": ("a ResNet-18's (CIFAR form), 1,000 examples", resnet18, ["--samples", "1000"]),
    "resnet18-1000": ("the same of 1,000 classes", lambda *a: resnet18(*a, classes=1000), ["--samples", "1000"]),
    "encoder": ("a sentence encoder of 22 million weights, 1,000 examples", encoder, ["--samples", "1000"]),
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lethe", required=True)
    arguments.add_argument("--times", type=int, default=1)
    arguments.add_argument("--only", default=",".join(jobs))
    options = arguments.parse_args()
    results = Results()
    for job in options.only.split(","):
        title, make, more = jobs[job]
        if job == "encoder" and not importlib.util.find_spec("transformers"):
            print("diagnosis of a sentence encoder: not measured, as transformers is not there (pip install transformers)")
            continue
        with tempfile.TemporaryDirectory() as folder:
            run, found = make(options.lethe, folder), []
            for index in range(options.times):
                start = time.perf_counter()
                said = subprocess.run([options.lethe, "diagnose", run, *more, "--json", "-o", f"{folder}/{index}.html"], check=True, capture_output=True)
                found.append(time.perf_counter() - start)
                assert json.loads(said.stdout)["layers"], f"nothing was diagnosed: {title}"
        results.add(f"Diagnosis of {title}", found)


if __name__ == "__main__":
    main()
