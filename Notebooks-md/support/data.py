"""Writes a lesson's data into the folder it works in, as HDF5.

data.py fashion [FILE TRAIN TEST]
                              fashion.h5 (FILE), images of Fashion-MNIST, 400 (TRAIN) to learn from and 200 (TEST) to test
                              of each of its ten classes
data.py shifted KIND FILE     FILE, the same images with noise, blurred, inverted (a negative) or faded
data.py digits                digits.h5, handwritten digits at the same size

With LETHE_LESSON=small a third of the images is taken; where Debian's dataset is not installed, the 700 of Fixtures.
"""

import gzip
import os
import pathlib
import sys

import h5py
import numpy

root = pathlib.Path(__file__).resolve().parents[2]
small = os.environ.get("LETHE_LESSON") == "small"
names = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def main(what, *arguments):
    {"fashion": fashion, "shifted": shifted, "digits": digits}[what](*arguments)


def fashion(file="fashion.h5", train="400", test="200"):
    folder = pathlib.Path(os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist"))
    if not folder.exists():
        folder = root / "Fixtures/fashion-mnist-small"
    parts = {}
    for part, prefix, count in (("train", "train", sampled(train)), ("test", "t10k", sampled(test))):
        images = idx(folder / f"{prefix}-images-idx3-ubyte")[:, None]
        labels = idx(folder / f"{prefix}-labels-idx1-ubyte")
        chosen = numpy.sort(numpy.concatenate([numpy.flatnonzero(labels == name)[:count] for name in range(10)]))
        parts[part] = images[chosen], labels[chosen]
    write(file, pathlib.Path(file).stem, names, parts)


def sampled(count):
    return int(count) // 3 if small else int(count)


def shifted(kind, file):
    """The same images and labels under another light: what `kind` says is done to bytes 0 to 255."""
    with h5py.File("fashion.h5") as data:
        parts = {part: (data[f"{part}/inputs/input"][:], data[f"{part}/labels"][:]) for part in ("train", "test")}
    random = numpy.random.default_rng(0)
    change = {
        "noise": lambda images: images + random.normal(0, 100, images.shape),
        "blur": blurred,
        "inverted": lambda images: 255.0 - images,
        "faded": lambda images: 150 + images * 0.3,
    }[kind]
    parts = {part: (change(images.astype(float)).clip(0, 255).astype("u1"), labels) for part, (images, labels) in parts.items()}
    write(file, pathlib.Path(file).stem, names, parts)


def blurred(images, radius=3):
    """The mean over a square of 2 radius + 1 pixels a side."""
    padded = numpy.pad(images, ((0, 0), (0, 0), (radius, radius), (radius, radius)), mode="edge")
    offsets = range(2 * radius + 1)
    rows, columns = images.shape[2:]
    return sum(padded[:, :, y : y + rows, x : x + columns] for y in offsets for x in offsets) / len(offsets) ** 2


def digits():
    """8 × 8 digits in the middle of 28 × 28, each pixel three times three."""
    with h5py.File(root / "Fixtures/digits/digits.h5") as data:
        images, labels = data["images"][:], data["labels"][:]
    large = numpy.pad(images.repeat(3, 1).repeat(3, 2), ((0, 0), (2, 2), (2, 2)))[:, None]
    split = len(labels) * 2 // 3
    parts = {"train": (large[: sampled(split)], labels[: sampled(split)]), "test": (large[split:], labels[split:])}
    write("digits.h5", "digits", [f"digit {n}" for n in range(10)], parts)


def idx(path):
    """The array of an IDX file, plain or compressed."""
    compressed = path.with_name(path.name + ".gz")
    content = gzip.decompress(compressed.read_bytes()) if compressed.exists() else path.read_bytes()
    axes = content[3]
    shape = numpy.frombuffer(content, ">i4", axes, 4)
    return numpy.frombuffer(content, "u1", offset=4 + 4 * axes).reshape(shape)


def write(file, name, class_names, parts):
    with h5py.File(file, "w") as data:
        data.attrs["name"] = name
        data["class_names"] = class_names
        for part, (images, labels) in parts.items():
            data[f"{part}/inputs/input"], data[f"{part}/labels"] = images, labels.astype("i8")
    counts = ", ".join(f"{len(labels):,} {part}" for part, (_, labels) in parts.items())
    print(f"{file}: {counts} images of {len(class_names)} classes")


if __name__ == "__main__":
    main(*sys.argv[1:])
