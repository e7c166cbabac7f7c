"""Weights of 100 million parameters: `lethe import` against PyTorch's loading, and `lethe drift` against reading both files.
What comparing the checksums costs: `lethe evaluate` of the checkpoint, and of a copy without any checksums.

python bench_files.py --lethe .build/release/lethe [--pairs 5]
Whole processes, in turn; files are in the page cache. Memory is the largest resident set, mapped pages of the file included.
`load alone` is PyTorch's call without the start of Python and the import of torch, which `process` has.
"""

import argparse
import ctypes
import ctypes.util
import mmap
import os
import shutil
import sys
import tempfile
import time

from processes import measured
from results import Results

# What a child prints: the seconds of the call alone.
loading = {
    "pt": "torch.load(path, weights_only=True)",
    "safetensors": "safetensors.torch.load_file(path)",
    "pt2": "torch.export.load(path)",
}


def make(folder):
    import safetensors.torch
    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(*[torch.nn.Linear(2000, 2000) for _ in range(25)], torch.nn.Linear(2000, 10))
    program = torch.export.export(model.eval(), (torch.randn(2, 2000),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    torch.export.save(program, f"{folder}/model.pt2")
    torch.save(model.state_dict(), f"{folder}/weights.pt")
    safetensors.torch.save_file(model.state_dict(), f"{folder}/weights.safetensors")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.01 * torch.randn_like(parameter)
    torch.save(model.state_dict(), f"{folder}/after.pt")


def forget(path):
    """Lets go of a file's pages, so that it is read from the disk next."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def strip(checked, bare):
    """A copy of a checkpoint without the checksum at its end and those of its tensors: nothing in it is compared."""
    import h5py

    shutil.copyfile(checked, bare)
    with h5py.File(bare, "r+") as file:
        file.attrs.pop("digest")
        file.visititems(lambda _, item: item.attrs.pop("xxh3", None) and None)
    # h5py cuts off what follows the data when it closes a file.
    assert open(bare, "rb").read().rfind(b"\nlethe XXH3-128\n") < 0


class Hash(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def hashing(path):
    """Seconds of the checksum alone, by the library that Lethe calls, of a mapped file in the page cache."""
    digest = ctypes.CDLL(ctypes.util.find_library("xxhash")).XXH3_128bits
    digest.restype, digest.argtypes = Hash, [ctypes.c_void_p, ctypes.c_size_t]
    with open(path, "rb") as file:
        start = time.perf_counter()
        with mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE) as mapped:
            digest(ctypes.addressof((ctypes.c_char * len(mapped)).from_buffer(mapped)), len(mapped))
        return time.perf_counter() - start


def checking(results, lethe, folder, pairs):
    """What comparing checksums adds to the time of loading a model, evaluated on a few rows."""
    checked, bare, rows = f"{folder}/out.h5", f"{folder}/bare.h5", f"{folder}/rows.csv"
    strip(checked, bare)
    with open(rows, "w") as file:
        file.write(",".join([f"x{column}" for column in range(2000)] + ["label"]) + "\n")
        for row in range(50):
            file.write(",".join([str((row * 7 + column) % 11) for column in range(2000)] + [str(row % 10)]) + "\n")
    for place in ("page cache", "disk"):
        times = {checked: [], bare: []}
        for _ in range(pairs):
            for path in times:
                forget(path) if place == "disk" else open(path, "rb").read()
                times[path].append(measured([lethe, "evaluate", path, "--data", rows, "--json"]).seconds)
        results.add(f"A checkpoint of {os.path.getsize(checked) / 1e6:.0f} MB from the {place}, checksums compared",
                    times[checked], times[bare], peer="the same without checksums")
    results.add("Its checksum alone", [hashing(checked) for _ in range(pairs)], moved=os.path.getsize(checked))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lethe")
    arguments.add_argument("--pairs", type=int, default=5)
    options = arguments.parse_args()
    results = Results()
    with tempfile.TemporaryDirectory() as folder:
        make(folder)
        for name, file in (("pt", "weights.pt"), ("safetensors", "weights.safetensors"), ("pt2", "model.pt2")):
            path, output = f"{folder}/{file}", f"{folder}/out.h5"
            ours = [options.lethe, "import", f"{folder}/model.pt2"] + (["--weights", path] if name != "pt2" else [])
            script = (f"import sys, time, torch, safetensors.torch; path = sys.argv[1]; start = time.perf_counter(); "
                      f"{loading[name]}; print(time.perf_counter() - start)")
            rows = []
            for _ in range(options.pairs):
                if os.path.exists(output):
                    os.remove(output)
                mine, theirs = measured(ours + ["-o", output]), measured([sys.executable, "-c", script, path])
                rows.append((mine.seconds, theirs.seconds, float(theirs.output), mine.resident / os.path.getsize(path)))
            mine, process, alone, memory = zip(*rows)
            job = f"Import of 100 million weights, .{name}"
            results.add(f"{job}, whole process", mine, process, peer=loading[name].split("(")[0], moved=2 * os.path.getsize(path))
            # A file of safetensors is mapped by the call, and read by nobody.
            if name != "safetensors":
                results.add(f"{job}, over the call alone", mine, alone, peer=loading[name].split("(")[0] + ", the call alone")
            results.add(f"{job}, largest memory", memory, unit="× the file")
        checking(results, options.lethe, folder, options.pairs)
        pair = [f"{folder}/weights.pt", f"{folder}/after.pt"]
        rows = []
        for _ in range(options.pairs):
            mine, read = measured([options.lethe, "drift", *pair]), measured(["sh", "-c", 'cat "$0" "$1" > /dev/null', *pair])
            rows.append((mine.seconds, read.seconds, mine.resident))
        mine, read, memory = zip(*rows)
        results.add("Drift of two .pt of 100 million weights", mine, read, peer="cat of both", moved=2 * os.path.getsize(pair[0]))
        results.add("The same, largest memory", [x / 2**20 for x in memory], unit="MiB")


if __name__ == "__main__":
    main()
