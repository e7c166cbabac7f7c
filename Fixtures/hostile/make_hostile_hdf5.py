"""HDF5 files that must be refused, each in one line: python make_hostile_hdf5.py (h5py and numpy).

Each is small, and says something of itself that a reader must not follow.
"""

import pathlib

import h5py
import numpy

folder = pathlib.Path(__file__).parent


def make(name):
    return h5py.File(folder / f"{name}.h5", "w", libver=("v108", "v110"))


# Raw numbers that lie in another file.
with make("external-storage") as file:
    file.create_dataset("weight", (4,), "f4", external=[("/etc/hostname", 0, 16)])

# Numbers of a dataset that is not there: libhdf5 gives zeros.
with make("virtual") as file:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("missing.h5", "weight", (4,))
    file.create_virtual_dataset("weight", layout)

# Links that lead out of the folder, or nowhere.
for name, target in [("link-absolute", "/etc/hostname"), ("link-parent", "../weights/expected.h5"), ("link-missing", "no-such.h5"), ("link-pipe", "pipe.h5")]:
    with make(name) as file:
        file["weight"] = h5py.ExternalLink(target, "/weight")

# A group that lies within itself, by a soft link and by a hard one; and two links that lead back at every level.
with make("cycle-soft") as file:
    file["weight"] = numpy.zeros(4, "f4")
    file["group/again"] = h5py.SoftLink("/")
with make("cycle-hard") as file:
    file["group/weight"] = numpy.zeros(4, "f4")
    file["group/again"] = file["group"]
with make("cycle-twice") as file:
    for level in range(40):
        group = file.require_group(f"g{level}")
        for name in "ab":
            group[name] = h5py.SoftLink(f"/g{level + 1}")
    file["g40/weight"] = numpy.zeros(4, "f4")

# Layers of Keras that lie within each other, twice at every level.
with make("cycle-keras") as file:
    file["layers/dense/vars/0"] = numpy.zeros((2, 2), "f4")
    for name in "ab":
        file[f"layers/dense/{name}"] = h5py.SoftLink("/layers")

# Groups within groups; the smallest form, so that the file stays small.
with make("nested") as file:
    group = file
    for _ in range(200):
        group = group.create_group("g")
    group["weight"] = numpy.zeros(4, "f4")

# Sizes beyond what is stored.
with make("huge-unwritten") as file:
    file.create_dataset("weight", (1 << 40,), "f4")
with make("huge-chunks") as file:
    file.create_dataset("weight", (500_000_000,), "f4", chunks=(1_000_000,), compression="gzip")[:1] = 1
with make("huge-chunk") as file:
    file.create_dataset("weight", (4,), "f4", maxshape=(None,), chunks=(1 << 28,), compression="gzip")
with make("huge-text") as file:
    file.create_dataset("names", (4,), "S1000000000")


def dataset(name, labels, inputs):
    with make(name) as file:
        for split in ("train", "test"):
            file[f"{split}/labels"] = labels
            file[f"{split}/inputs/input"] = inputs


inputs = numpy.arange(16, dtype="f4").reshape(4, 4)
# One number that would make a thousand million classes.
dataset("data-label", numpy.array([0, 1, 0, 1_000_000_000], "i8"), inputs)
for name, value in [("data-nan", numpy.nan), ("data-infinite", -numpy.inf)]:
    bad = inputs.copy()
    bad[2, 1] = value
    dataset(name, numpy.array([0, 1, 0, 1], "i8"), bad)

# A heap of texts of variable length, which has no checksum: its first text is 16 MiB longer than the file. libhdf5
# 1.10 ends by a signal.
with make("heap") as file:
    for layer in range(3):
        group = file.create_group(f"layer{layer}")
        group.attrs["names"] = [f"weight{number}" for number in range(5)]
        group["weight"] = numpy.zeros(4, "f4")
damaged = bytearray((folder / "heap.h5").read_bytes())
# The heap's own header has 16 bytes, and each text one of which the last 8 are its length.
damaged[damaged.index(b"GCOL") + 16 + 8 + 3] = 1
(folder / "heap.h5").write_bytes(damaged)
