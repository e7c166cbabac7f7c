"""Writes digits.h5: the 1,797 handwritten digits of UCI that scikit-learn's wheel carries, 8 × 8, brought to bytes.

    python make_digits.py        needs scikit-learn
"""

import h5py
import numpy
from sklearn.datasets import load_digits

digits = load_digits()
with h5py.File("digits.h5", "w") as file:
    images = (digits.images * (255 / 16)).round().astype("u1")
    file.create_dataset("images", data=images, compression="gzip", compression_opts=9, shuffle=True)
    file.create_dataset("labels", data=digits.target.astype("u1"), compression="gzip")
