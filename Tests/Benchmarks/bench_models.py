"""An epoch of training of programs that came from PyTorch, against eager PyTorch: a ResNet-18 on 32×32 images and a small BERT.

python bench_models.py --lethe .build/release/lethe [--pairs 3]
Seconds of the second epoch, without evaluation, the same batches of 64 (images, SGD) and 32 (words, AdamW), fused optimizers in both;
the ResNet plain and with L2-SP (a loss term in PyTorch), and what L2-SP costs beside the plain epoch of the same side.

Then the whole process of `lethe finetune --feature-extraction` on the ResNet, three epochs, both tasks evaluated at each and
before the first, against PyTorch with the body in evaluation mode under no_grad and the head trained.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time

import h5py
import torch
from processes import seconds
from results import Results, training
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.relu, self.downsample = nn.ReLU(inplace=True), None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        kept = x if self.downsample is None else self.downsample(x)
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + kept)


def resnet18():
    blocks, width = [], 64
    for outputs, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        blocks.append(Block(width, outputs, stride))
        width = outputs
    return nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class Bert(nn.Module):
    """Four layers of width 128, two heads, as "BERT-mini" in outline."""

    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(1000, 128), nn.Embedding(64, 128)
        layer = nn.TransformerEncoderLayer(128, 2, 512, dropout=0.1, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        self.classifier = nn.Linear(128, 10)

    def forward(self, input_ids):
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        return self.classifier(self.encoder(self.words(input_ids) + self.places(places))[:, 0])


cases = {
    "resnet18": (resnet18, lambda n: torch.randn(n, 3, 32, 32), 512, 64, ["--lr", "0.01"]),
    "bert": (Bert, lambda n: torch.randint(0, 1000, (n, 64)), 512, 32, ["--lr", "0.001", "--optimizer", "adamw"]),
}


titles = {"resnet18": "ResNet-18 at 32 × 32", "bert": "Small BERT"}


def make(name, folder):
    build, draw, count, _, _ = cases[name]
    torch.manual_seed(0)
    program = torch.export.export(build().train(), (draw(2),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    torch.export.save(program, f"{folder}/{name}.pt2")
    with h5py.File(f"{folder}/{name}.h5", "w") as file:
        for part, size in (("train", count), ("test", 64)):
            file[f"{part}/inputs/x"], file[f"{part}/labels"] = draw(size).numpy(), torch.arange(size) % 10


def eager(name, folder, kind):
    build, _, _, batch, options = cases[name]
    with h5py.File(f"{folder}/{name}.h5") as file:
        inputs, labels = (torch.from_numpy(file[f"train/{key}"][()]) for key in ("inputs/x", "labels"))
    torch.manual_seed(0)
    model, rate = build().train(), float(options[1])
    if kind == "channels-last":
        model, inputs = model.to(memory_format=torch.channels_last), inputs.to(memory_format=torch.channels_last)
    if "adamw" in options:
        optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0, fused=True)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, fused=True)
    kernels = [p for p in model.parameters() if p.ndim >= 2]
    before = [p.detach().clone() for p in kernels]
    for epoch in range(2):
        start = time.perf_counter()
        for rows in torch.randperm(len(labels)).split(batch):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs[rows]), labels[rows])
            if kind == "l2-sp":
                loss = loss + 0.05 * sum(((p - q) ** 2).sum() for p, q in zip(kernels, before))
            loss.backward()
            optimizer.step()
            loss.item()
        seconds = time.perf_counter() - start
    print(seconds)


def extract(folder):
    def read(task, part):
        with h5py.File(f"{folder}/{task}.h5") as file:
            return [torch.from_numpy(file[f"{part}/{key}"][()]) for key in ("inputs/x", "labels")]

    inputs, labels = read("target", "train")
    torch.manual_seed(0)
    model = resnet18().eval().requires_grad_(False)
    body, old, new = model[:-1], model[-1], nn.Linear(512, 10)
    optimizer = torch.optim.SGD(new.parameters(), lr=0.01, momentum=0.9, fused=True)

    def judge():
        with torch.no_grad():
            for task, head in (("target", new), ("source", old)):
                tests, answers = read(task, "test")
                print(sum((head(body(x)).argmax(1) == y).sum().item() for x, y in zip(tests.split(512), answers.split(512))))

    judge()
    for epoch in range(3):
        for rows in torch.randperm(len(labels)).split(64):
            with torch.no_grad():
                features = body(inputs[rows])
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(new(features), labels[rows])
            loss.backward()
            optimizer.step()
            loss.item()
        judge()


def work(name):
    """Operations of a training step and of a forward pass of a batch."""
    build, draw, _, batch, _ = cases[name]
    return training(build().train(), draw(batch), torch.zeros(batch, dtype=torch.int64))


def compare_extraction(results, options, folder):
    for task in ("source", "target"):
        shutil.copy(f"{folder}/resnet18.h5", f"{folder}/{task}.h5")
    pairs = []
    for index in range(options.pairs):
        ours = [options.lethe, "finetune", f"{folder}/resnet18-base.h5", "--source", f"{folder}/source.h5", "--target", f"{folder}/target.h5",
                "--feature-extraction", "--epochs", "3", "--batch-size", "64", "--lr", "0.01", "--quiet", "-o", f"{folder}/extraction{index}"]
        pairs.append((seconds(ours), seconds([sys.executable, __file__, "--extract", folder])))
    # Each body's pass over an example is needed once: three epochs train the head on features.
    _, forward = work("resnet18")
    results.add("ResNet-18 feature extraction, 3 epochs, whole process", *zip(*pairs), operations=forward * (512 + 2 * 64) / 64)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lethe")
    arguments.add_argument("--pairs", type=int, default=3)
    arguments.add_argument("--eager", nargs=3, metavar=("NAME", "FOLDER", "KIND"), help="only PyTorch's side")
    arguments.add_argument("--extract", metavar="FOLDER", help="only PyTorch's side of the feature extraction")
    options = arguments.parse_args()
    if options.eager:
        return eager(*options.eager)
    if options.extract:
        return extract(options.extract)
    results = Results()
    with tempfile.TemporaryDirectory() as folder:
        for name, (_, _, count, batch, rate) in cases.items():
            make(name, folder)
            base, title = f"{folder}/{name}-base.h5", titles[name]
            subprocess.run([options.lethe, "import", f"{folder}/{name}.pt2", "-o", base], check=True, stdout=subprocess.DEVNULL)
            kinds = ["plain", "l2-sp", "channels-last"] if name == "resnet18" else ["plain"]
            ours, theirs = {kind: [] for kind in kinds}, {kind: [] for kind in kinds}
            for index in range(options.pairs):
                for kind in kinds:
                    if kind != "channels-last":
                        pull = ["--regularizer", "l2-sp:alpha=0.1,beta=0.1"] if kind == "l2-sp" else []
                        output = subprocess.run(
                            [options.lethe, "train", base, "--data", f"{folder}/{name}.h5", "--epochs", "2", "--batch-size", str(batch),
                             *rate, *pull, "--json", "-o", f"{folder}/{name}-{kind}{index}"], check=True, capture_output=True, text=True)
                        ours[kind].append(json.loads(output.stdout)["epochs"][2]["seconds"])
                    output = subprocess.run(
                        [sys.executable, __file__, "--eager", name, folder, kind], check=True, capture_output=True, text=True)
                    theirs[kind].append(float(output.stdout))
            least = work(name)[0] * count / batch
            results.add(f"{title}, an epoch of {count}", ours["plain"], theirs["plain"], operations=least)
            if name == "resnet18":
                results.add(f"{title}, the same against channels-last", ours["plain"], theirs["channels-last"], peer="PyTorch, channels-last")
                results.add(f"{title} with L2-SP, an epoch of {count}", ours["l2-sp"], theirs["l2-sp"], operations=least)
                results.add(f"{title}, L2-SP over plain", ours["l2-sp"], ours["plain"], peer="lethe without it")
        compare_extraction(results, options, folder)


if __name__ == "__main__":
    main()
