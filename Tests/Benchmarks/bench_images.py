"""A folder of photos: an epoch of `lethe train` against torchvision's `ImageFolder` and a `DataLoader` with two workers.

python bench_images.py --lethe .build/release/lethe [--photos 4000] [--pairs 3]
The tutorial's pictures: RandomResizedCrop(224) and a flip in training, Resize(256) and CenterCrop(224) in evaluation, of
JPEGs of 500 × 375 pixels. The network is as small as one can be, so that what is measured is the loading, beside steps
that cost next to nothing. Seconds are those of the epoch; `process` those from start to end, and memory the largest
resident set, with PyTorch's workers added. Then the memory of `lethe train` on few photos and on many.
Needs torchvision; where there is none, says so and ends.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

from processes import measured
from results import Results

mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def vision():
    """torchvision, whose compiled operators need not be those of this torch: only their names are asked for."""
    import torch

    try:
        import torchvision
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        vision.library = library
        import torchvision
    return torchvision


def network():
    from torch import nn

    return nn.Sequential(nn.AvgPool2d(56), nn.Flatten(), nn.Linear(48, 2))


def make(folder, photos):
    """Waves of colour and noise, half of each class; a fiftieth is to test on."""
    import numpy as np
    import torch
    from PIL import Image

    random = np.random.default_rng(7)
    y, x = np.mgrid[0:375, 0:500]
    for number in range(photos):
        part = "test" if number % 100 < 2 else "train"
        place = f"{folder}/photos/{part}/{'ab'[number % 2]}"
        os.makedirs(place, exist_ok=True)
        scale = random.uniform(4, 40, 6)
        waves = np.stack([np.sin(x / scale[i] + y / scale[i + 3]) for i in range(3)], -1)
        grain = random.normal(0, 12, (375, 500, 1))
        pixels = np.clip(127 + 90 * waves + grain, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(f"{place}/{number:06}.jpg", quality=90)
    program = torch.export.export(
        network().eval(), (torch.randn(2, 3, 224, 224),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    torch.export.save(program, f"{folder}/model.pt2")


def peer(folder):
    """An epoch in PyTorch; prints its seconds."""
    import resource

    import torch
    import torch.nn.functional as F

    torchvision = vision()
    from torchvision import transforms as T

    last = [T.ToTensor(), T.Normalize(mean, deviation)]
    train = torchvision.datasets.ImageFolder(
        f"{folder}/photos/train", T.Compose([T.RandomResizedCrop(224), T.RandomHorizontalFlip()] + last))
    test = torchvision.datasets.ImageFolder(
        f"{folder}/photos/test", T.Compose([T.Resize(256), T.CenterCrop(224)] + last))
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    start = time.perf_counter()
    for images, labels in torch.utils.data.DataLoader(train, 64, shuffle=True, num_workers=2):
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
    with torch.no_grad():
        for images, labels in torch.utils.data.DataLoader(test, 64, num_workers=2):
            model(images)
    seconds = time.perf_counter() - start
    own, workers = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"seconds": seconds, "resident": 1024 * (own + 2 * workers)}))


def training(lethe, base, photos, output):
    command = [lethe, "train", base, "--data", photos, "--resize", "256", "--image-size", "224", "--batch-size", "64"]
    command += ["--augment", "random-resized-crop", "--augment", "flip", "--lr", "0.001", "--epochs", "1", "--json"]
    used = measured(command + ["-o", output])
    return used, json.loads(used.output)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lethe")
    arguments.add_argument("--photos", type=int, default=4000)
    arguments.add_argument("--pairs", type=int, default=3)
    arguments.add_argument("--make", metavar="FOLDER", help="only make the files")
    arguments.add_argument("--peer", metavar="FOLDER", help="only train in PyTorch")
    options = arguments.parse_args()
    if options.make:
        return make(options.make, options.photos)
    if options.peer:
        return peer(options.peer)
    try:
        vision()
    except ModuleNotFoundError:
        print("images: torchvision is not installed, so nothing is compared with it")
        return
    with tempfile.TemporaryDirectory() as folder:
        many, few = f"{folder}/many", f"{folder}/few"
        for place, count in ((many, options.photos), (few, max(100, options.photos // 8))):
            os.makedirs(place)
            subprocess.run([sys.executable, __file__, "--make", place, "--photos", str(count)], check=True)
        base = f"{folder}/base.h5"
        subprocess.run(
            [options.lethe, "import", f"{many}/model.pt2", "--mean", ",".join(map(str, mean)), "--std",
             ",".join(map(str, deviation)), "-o", base], check=True, stdout=subprocess.DEVNULL)
        rows = []
        for index in range(options.pairs):
            ours, found = training(options.lethe, base, f"{many}/photos", f"{folder}/run{index}")
            theirs = measured([sys.executable, __file__, "--peer", many])
            answer = json.loads(theirs.output)
            rows.append((found["epochs"][-1]["seconds"], ours.seconds, ours.resident, answer["seconds"], theirs.seconds, answer["resident"]))
        ours, process, resident, theirs, other, workers = zip(*rows)
        results, name, loader = Results(), f"{options.photos:,} photos", "PyTorch with two workers"
        results.add(f"{name}, an epoch of loading", ours, theirs, peer=loader)
        results.add(f"{name}, whole process", process, other, peer=loader)
        results.add(f"{name}, largest memory", [x / 2**20 for x in resident], [x / 2**20 for x in workers], peer=loader, unit="MiB")
        small = training(options.lethe, base, f"{few}/photos", f"{folder}/run-few")[0].resident
        fewer = f"{max(100, options.photos // 8):,} photos"
        results.add(f"Memory, {name} over {fewer}", [resident[0] / 2**20], [small / 2**20], peer=fewer, unit="MiB")


if __name__ == "__main__":
    main()
