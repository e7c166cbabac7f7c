"""Writes the first 50 training and 20 test images of each Fashion-MNIST class, in file order, as gzip IDX files.

python make_fashion_mnist_small.py [FASHION_MNIST_FOLDER]
"""

import gzip
import pathlib
import sys

import numpy as np

source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist")
here = pathlib.Path(__file__).parent


def read(name):
    data = gzip.decompress((source / name).read_bytes())
    shape = [int.from_bytes(data[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def write(name, array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    (here / name).write_bytes(gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0))


for split, per_class in (("train", 50), ("t10k", 20)):
    images, labels = read(f"{split}-images-idx3-ubyte.gz"), read(f"{split}-labels-idx1-ubyte.gz")
    chosen = np.sort(np.concatenate([np.flatnonzero(labels == label)[:per_class] for label in range(10)]))
    write(f"{split}-images-idx3-ubyte.gz", images[chosen])
    write(f"{split}-labels-idx1-ubyte.gz", labels[chosen])
