"""What a training takes of memory, disk and network, by a few constants fitted on small runs here and tried on others; then what large
ones would take. SCALING.md has the figures and says what they mean.

python scaling.py --lethe .build/release/lethe --measure     runs the small ones, fits, tries, keeps it in scaling.json
python scaling.py                                            prints the tables of SCALING.md from what is kept
python scaling.py --write                                    puts them there

Networks are decoders as GPT-2 is in outline. Memory is the largest resident set of `lethe train`, of one thread; disk what the run's
folder has; network what goes out over the loopback while two processes train. The processor seconds of a step and its operations are
kept too, and nothing is made of them yet.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from processes import measured
from results import machine, operations

here = pathlib.Path(__file__).parent
kept = here / "scaling.json"
page = here / "SCALING.md"
MiB, GiB = 2**20, 2**30
begin, end = "<!-- made by scaling.py -->", "<!-- end -->"


@dataclasses.dataclass
class Decoder:
    """A language model that is trained on batches of texts."""

    layers: int
    width: int
    words: int
    length: int
    batch: int
    optimizer: str = "sgd"
    held: bool = False  # by L2-SP
    adapters: int = 0  # of rank
    again: bool = False  # gradient checkpointing
    shards: int = 1  # processes that have a part of the weights each; the batch is of all together
    steps: int = 3

    @property
    def name(self):
        more = [self.optimizer] + ["l2-sp"] * self.held + [f"lora {self.adapters}"] * (self.adapters > 0) + ["checkpointing"] * self.again + [f"sharded over {self.shards}"] * (self.shards > 1)
        return f"decoder {self.layers} × {self.width}, {self.words:,} words, {self.batch} × {self.length}, {', '.join(more)}"

    @property
    def weights(self):
        block = 12 * self.width**2 + 13 * self.width
        return self.layers * block + 2 * self.words * self.width + self.length * self.width + self.words

    @property
    def trained(self):
        if not self.adapters:
            return self.weights
        return self.layers * self.adapters * 16 * self.width + self.words * self.width + self.words

    @property
    def adapted(self):
        return self.layers * 12 * self.width**2 if self.adapters else 0

    @property
    def tokens(self):
        return self.batch * self.length

    def activations(self):
        """Numbers that a block keeps for the way back, and those that stand at the head: what a token has, times tokens."""
        tokens = self.tokens / self.shards
        block = 16 * self.width * tokens
        blocks = self.layers * self.width * tokens + block if self.again or self.shards > 1 else self.layers * block
        return blocks, self.words * tokens

    def gathered(self):
        """Weights that are whole at a time where they are sharded: those of the block that has most."""
        return max(self.words * self.width, 12 * self.width**2)

    def copies(self):
        """Of the trained weights beside themselves: gradients, the optimizer's, and what is pulled to."""
        return 1 + {"sgd": 1, "adamw": 2}[self.optimizer] + self.held


def build(run):
    import torch
    from torch import nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.places = nn.Embedding(run.words, run.width), nn.Embedding(run.length, run.width)
            layer = nn.TransformerEncoderLayer(
                run.width, max(1, run.width // 64), 4 * run.width, dropout=0, activation="gelu", batch_first=True, norm_first=True)
            self.blocks = nn.ModuleList([nn.TransformerEncoder(layer, 1, enable_nested_tensor=False) for _ in range(run.layers)])
            self.head = nn.Linear(run.width, run.words)

        def forward(self, input_ids):
            x = self.words(input_ids) + self.places(torch.arange(run.length, device=input_ids.device))
            mask = nn.Transformer.generate_square_subsequent_mask(run.length, device=input_ids.device)
            for block in self.blocks:
                x = block(x, mask=mask, is_causal=True)
            return self.head(x)

    torch.manual_seed(0)
    return Model().train()


def measure(lethe, run, folder):
    """Bytes of memory and of disk, processor seconds of a step and its operations, of a run."""
    import h5py
    import torch

    model, ids = build(run), torch.randint(0, run.words, (run.batch, run.length))
    exported = torch.export.export(model, (ids[:2] if run.batch > 1 else ids.expand(2, -1),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    torch.export.save(exported, f"{folder}/model.pt2")
    each = operations(lambda: torch.nn.functional.cross_entropy(model(ids).flatten(0, 1), ids.flatten()).backward())
    weights = sum(p.numel() for p in model.parameters())
    assert weights == run.weights, (weights, run.weights)
    del model, exported
    subprocess.run([lethe, "import", f"{folder}/model.pt2", "-o", f"{folder}/base.h5", "--force"], check=True, stdout=subprocess.DEVNULL)
    seconds = []
    for steps in (1, 1 + run.steps):
        with h5py.File(f"{folder}/data.h5", "w") as file:
            for part, count in (("train", steps * run.batch), ("test", 1)):
                texts = torch.randint(0, run.words, (count, run.length)).int().numpy()
                file[f"{part}/inputs/input_ids"], file[f"{part}/labels"] = texts, texts
        command = [lethe, "train", f"{folder}/base.h5", "--data", f"{folder}/data.h5", "--epochs", "1", "--batch-size", str(run.batch),
                   "--optimizer", run.optimizer, "--lr", "1e-4", "--quiet", "--threads", "1", "--force", "-o", f"{folder}/run"]
        command += ["--regularizer", "l2-sp"] * run.held + ["--gradient-checkpointing"] * run.again
        command += ["--lora", f"rank={run.adapters}"] if run.adapters else []
        if run.shards > 1:
            command = [sys.executable, "-m", "torch.distributed.run", "--no-python", "--nproc-per-node", str(run.shards), *command, "--shard"]
        used = measured(command, {**os.environ, "OMP_NUM_THREADS": "1"})
        seconds.append(used.processor)
    return {"memory": used.resident, "disk": size(f"{folder}/run"), "step": (seconds[1] - seconds[0]) / run.steps, "operations": each}


def size(folder):
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if not path.is_symlink())


# What constants are fitted on, and what they are tried on.
fitted = [
    Decoder(2, 128, 2000, 64, 4), Decoder(4, 256, 4000, 128, 8), Decoder(8, 256, 4000, 128, 16), Decoder(4, 512, 8000, 128, 8),
    Decoder(6, 384, 16000, 128, 8), Decoder(4, 512, 8000, 256, 8, "adamw"),
]
tried = [
    Decoder(10, 320, 6000, 128, 8), Decoder(6, 640, 8000, 128, 8, "adamw"), Decoder(8, 384, 8000, 256, 8, "adamw", held=True),
    Decoder(6, 512, 8000, 512, 4), Decoder(8, 512, 8000, 256, 8, again=True), Decoder(8, 512, 8000, 128, 8, "adamw", adapters=8),
    Decoder(12, 768, 16000, 128, 4, "adamw"), Decoder(4, 256, 4000, 2048, 2),
    Decoder(12, 768, 16000, 128, 4, "adamw", shards=2), Decoder(8, 768, 8000, 128, 4, "adamw", held=True, shards=2),
]


def measure_photos(lethe, folder):
    """Bytes of memory that a photo of a folder takes before it is read: of 20,000 more of them, each trained on by name alone."""
    import base64

    pixel = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
    subprocess.run([lethe, "new", "mlp", "--input", "1x1x1", "--hidden", "2", "--classes", "2", "-o", f"{folder}/base.h5"],
                   check=True, stdout=subprocess.DEVNULL)
    found = []
    for count in (10_000, 30_000):
        for part, photos in (("train", count), ("test", 4)):
            for photo in range(photos):
                place = pathlib.Path(folder, str(count), part, "ab"[photo % 2])
                place.mkdir(parents=True, exist_ok=True)
                (place / f"n{photo % 2:08}_{photo}.png").write_bytes(pixel)
        found.append(measured([lethe, "train", f"{folder}/base.h5", "--data", f"{folder}/{count}", "--epochs", "1", "--examples", "64",
                               "--quiet", "-o", f"{folder}/run{count}"]).resident)
    return (found[1] - found[0]) / 20_000


def measure_network(lethe, folder, runs=Decoder(4, 256, 4000, 64, 4)):
    """Bytes that each of two processes sends in a step, by the loopback's counter in a network of their own; of ten steps more."""
    import h5py
    import torch

    model, ids = build(runs), torch.zeros(2, runs.length, dtype=torch.int64)
    torch.export.save(torch.export.export(model, (ids,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)), f"{folder}/model.pt2")
    subprocess.run([lethe, "import", f"{folder}/model.pt2", "-o", f"{folder}/base.h5"], check=True, stdout=subprocess.DEVNULL)
    sent = []
    for steps in (2, 12):
        with h5py.File(f"{folder}/data.h5", "w") as file:
            for part, count in (("train", steps * runs.batch), ("test", 1)):
                texts = torch.randint(0, runs.words, (count, runs.length)).int().numpy()
                file[f"{part}/inputs/input_ids"], file[f"{part}/labels"] = texts, texts
        script = ("ip link set lo up; \"$@\" >/dev/null; awk '/lo:/ {print $10}' /proc/net/dev")
        command = ["unshare", "-n", "sh", "-c", script, "sh", sys.executable, "-m", "torch.distributed.run", "--no-python", "--nproc-per-node", "2",
                   lethe, "train", f"{folder}/base.h5", "--data", f"{folder}/data.h5", "--epochs", "1", "--batch-size", str(runs.batch),
                   "--threads", "1", "--quiet", "-o", f"{folder}/run{steps}"]
        output = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        sent.append(int(output.stdout))
    return {"sent": (sent[1] - sent[0]) / 10 / 2, "weights": runs.weights}


def memory(run, constants):
    """The larger of what there is in a step, with what is kept for the way back, and at the end of an epoch, where the checkpoint is
    written from a copy."""
    process, block, head = constants
    blocks, heads = run.activations()
    if run.shards > 1:
        # Of the block whose weights are whole at the time: these, their gradients, and what is received of the others' gradients.
        parts = 4 * (1 + run.copies() + run.held) * run.weights / run.shards
        return process * MiB + parts + 4 * 3 * run.gathered() + 4 * block * blocks + 4 * head * heads
    # Weights twice: the model's, and the pages of the checkpoint it came from. What is adapted once more, as adapters are added to it.
    always = 4 * (2 * run.weights + run.adapted + run.copies() * run.trained)
    # Where L2-SP's pull is measured, on a few steps of an epoch, it is a gradient of its own, beside the graph.
    step = always + 4 * run.held * run.trained + 4 * block * blocks + 4 * head * heads
    end = always + 4 * run.weights
    return process * MiB + max(step, end)


def fit(found):
    """The constants whose largest relative error on the fitted runs is least."""
    grid = ((process, block / 10, head / 4) for process in range(60, 360, 10) for block in range(4, 40) for head in range(0, 40))
    return min(grid, key=lambda constants: max(abs(memory(run, constants) / found[run.name]["memory"] - 1) for run in fitted))


def disk(run, epochs=1, kept=None):
    """Checkpoints of every epoch and of epoch 0, or of so many of the last; and what the optimizer keeps, to resume."""
    checkpoints = epochs + 1 if kept is None else min(epochs + 1, kept + 1)
    return 4 * (checkpoints * run.weights + (run.copies() - 1 - run.held) * run.trained)


def show(known):
    found, constants = known["found"], fit(known["found"])
    lines = ["| Run | Memory, MiB | predicted | off by | Disk, MiB | predicted |", "| --- | --- | --- | --- | --- | --- |"]
    for group, runs in (("fitted", fitted), ("tried", tried)):
        for run in runs:
            real, said = found[run.name]["memory"], memory(run, constants)
            lines.append(f"| {group}: {run.name} | {real / MiB:,.0f} | {said / MiB:,.0f} | {100 * (said / real - 1):+.1f} % "
                         f"| {found[run.name]['disk'] / MiB:,.0f} | {disk(run) / MiB:,.0f} |")
    lines += ["", f"Constants: {constants[0]} MiB of a process; {constants[1]:.1f} of what a block keeps by the count above, "
                  f"{constants[2]:.2f} of what the head does.", ""]
    large = [
        ("everything trains", Decoder(32, 4096, 32000, 2048, 1, "adamw")),
        ("with L2-SP", Decoder(32, 4096, 32000, 2048, 1, "adamw", held=True)),
        ("sharded over 8 processes, 8 texts: each of them", Decoder(32, 4096, 32000, 2048, 8, "adamw", shards=8)),
        ("with gradient checkpointing", Decoder(32, 4096, 32000, 2048, 1, "adamw", again=True)),
        ("adapters of rank 8", Decoder(32, 4096, 32000, 2048, 1, "adamw", adapters=8)),
        ("adapters, a context of 8,192, checkpointing", Decoder(32, 4096, 32000, 8192, 1, "adamw", adapters=8, again=True)),
    ]
    lines += ["| 7 billion weights, one text of 2,048 | Memory, GiB | A run of 3 epochs, GiB | of 1,000 epochs | keeping the last alone |",
              "| --- | --- | --- | --- | --- |"]
    for name, run in large:
        lines.append(f"| {name} | {memory(run, constants) / GiB:,.0f} | {disk(run, 3) / GiB:,.0f} | {disk(run, 1000) / GiB:,.0f} "
                     f"| {disk(run, 1000, 1) / GiB:,.0f} |")
    if "network" in known:
        sent, weights = known["network"]["sent"], known["network"]["weights"]
        lines += ["", f"Two processes with {weights / 1e6:.1f} million weights sent {sent / MiB:.1f} MiB each a step; the gradients are "
                      f"{4 * weights / MiB:.1f} MiB, so {sent / (4 * weights):.2f} times those."]
    if "photo" in known:
        lines += ["", f"A photo of a folder takes {known['photo']:,.0f} bytes before it is read: ImageNet's 1,281,167 "
                      f"{known['photo'] * 1281167 / MiB:,.0f} MiB."]
    return "\n".join(lines)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lethe")
    arguments.add_argument("--measure", action="store_true")
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    known = json.loads(kept.read_text()) if kept.exists() else {"found": {}}
    if options.measure:
        known["machine"] = machine()
        for run in fitted + tried:
            with tempfile.TemporaryDirectory() as folder:
                known["found"][run.name] = measure(options.lethe, run, folder)
            print(run.name, known["found"][run.name], flush=True)
        for name, action in (("photo", measure_photos), ("network", measure_network)):
            with tempfile.TemporaryDirectory() as folder:
                known[name] = action(options.lethe, folder)
            print(name, known[name], flush=True)
        kept.write_text(json.dumps(known, indent=1) + "\n")
    print(show(known))
    if options.write:
        text = page.read_text()
        first, last = text.index(begin) + len(begin), text.index(end)
        page.write_text(text[:first] + "\n" + show(known) + "\n" + text[last:])


if __name__ == "__main__":
    main()
