"""Writes digits.h5, the data of `lethe demo`: the digits of Fixtures/digits in an order drawn once, 1,300 to train and 497 to test.

python make_digits.py        needs numpy and h5py
"""

import pathlib

import h5py
import numpy

here = pathlib.Path(__file__).parent
with h5py.File(here.parents[1] / "Fixtures/digits/digits.h5") as file:
    images, labels = file["images"][:][:, None], file["labels"][:].astype("i4")
order = numpy.random.default_rng(0).permutation(len(labels))
with h5py.File(here / "digits.h5", "w") as file:
    file.attrs["name"] = "digits"
    file["class_names"] = [str(digit) for digit in range(10)]
    for part, rows in {"train": order[:1300], "test": order[1300:]}.items():
        file.create_dataset(f"{part}/inputs/input", data=images[rows], compression="gzip", compression_opts=9, shuffle=True)
        file.create_dataset(f"{part}/labels", data=labels[rows], compression="gzip", compression_opts=9)
