"""What a training takes of memory, disk, network and time, by a few constants fitted on small runs here and tried on others; then what
large ones would take. SCALING.md has the figures and says what they mean.

python scaling.py --lethe .build/release/lethe --measure     runs the small ones, fits, tries, keeps it in results/scaling.json
python scaling.py                                            prints the tables of SCALING.md from what is kept
python scaling.py --write                                    puts them there

Networks are decoders as GPT-2 is in outline, and the built-in ResNets. Memory is the largest resident set of `lethe train`, of one
thread; disk what the run's folder has; network what goes out over the loopback while two processes train; time the processor seconds of
an epoch.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from results import machine, operations, rates, slug

here = pathlib.Path(__file__).parent
kept = here / "results" / "scaling.json"
page = here / "SCALING.md"
MiB, GiB = 2**20, 2**30


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
    steps: int = 3

    @property
    def name(self):
        more = [self.optimizer] + ["l2-sp"] * self.held + [f"lora {self.adapters}"] * (self.adapters > 0) + ["checkpointing"] * self.again
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
    def tokens(self):
        return self.batch * self.length

    def activations(self):
        """Numbers that a block keeps for the way back, and those that stand at the head: what a token has, times tokens."""
        block = 16 * self.width * self.tokens
        blocks = self.layers * self.width * self.tokens + block if self.again else self.layers * block
        return blocks, self.words * self.tokens

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
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        assert status == 0, command
        seconds.append(usage.ru_utime + usage.ru_stime)
    disk = sum(path.stat().st_size for path in pathlib.Path(f"{folder}/run").rglob("*") if not path.is_symlink())
    return {"memory": usage.ru_maxrss * 1024, "disk": disk, "step": (seconds[1] - seconds[0]) / run.steps, "operations": each}


# What constants are fitted on, and what they are tried on.
fitted = [
    Decoder(2, 128, 2000, 64, 4), Decoder(4, 256, 4000, 128, 8), Decoder(8, 256, 4000, 128, 16), Decoder(4, 512, 8000, 128, 8),
    Decoder(6, 384, 16000, 128, 8), Decoder(4, 512, 8000, 256, 8, "adamw"),
]
tried = [
    Decoder(10, 320, 6000, 128, 8), Decoder(6, 640, 8000, 128, 8, "adamw"), Decoder(8, 384, 8000, 256, 8, "adamw", held=True),
    Decoder(6, 512, 8000, 512, 4), Decoder(8, 512, 8000, 256, 8, again=True), Decoder(8, 512, 8000, 128, 8, "adamw", adapters=8),
    Decoder(12, 768, 16000, 128, 4, "adamw"),
]


def parts(run):
    """What memory is made of: a process, weights with their copies, activations of blocks, and those at the head."""
    blocks, head = run.activations()
    return [1.0, 4.0 * (run.weights + run.copies() * run.trained), 4.0 * blocks, 4.0 * head]


def fit(found):
    import numpy as np

    rows = np.array([parts(run) for run in fitted])
    memory = np.array([found[run.name]["memory"] for run in fitted])
    # Relative errors count alike for small runs and for large ones.
    constants = np.linalg.lstsq(rows / memory[:, None], np.ones(len(rows)), rcond=None)[0]
    bytes_of_weights = np.array([4.0 * run.weights for run in fitted])
    disk = np.array([found[run.name]["disk"] for run in fitted])
    files = np.linalg.lstsq(np.stack([np.ones(len(rows)), bytes_of_weights], 1) / disk[:, None], np.ones(len(rows)), rcond=None)[0]
    return {"memory": constants.tolist(), "disk": files.tolist()}


def predicted(run, constants):
    return sum(a * b for a, b in zip(constants["memory"], parts(run)))


def show(found, constants):
    lines = ["| Run | Memory | predicted | off by |", "| --- | --- | --- | --- |"]
    for group, runs in (("fitted", fitted), ("tried", tried)):
        for run in runs:
            real, said = found[run.name]["memory"], predicted(run, constants)
            lines.append(f"| {group}: {run.name} | {real / MiB:,.0f} MiB | {said / MiB:,.0f} MiB | {100 * (said / real - 1):+.1f} % |")
    return "\n".join(lines)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lethe")
    arguments.add_argument("--measure", action="store_true")
    options = arguments.parse_args()
    known = json.loads(kept.read_text()) if kept.exists() else {}
    if options.measure:
        found = {}
        for run in fitted + tried:
            with tempfile.TemporaryDirectory() as folder:
                # In a process of its own: a child's largest resident set counts what its parent had when it was started.
                output = subprocess.run([sys.executable, __file__, "--lethe", options.lethe, "--one", json.dumps(dataclasses.asdict(run))],
                                        check=True, capture_output=True, text=True)
                found[run.name] = json.loads(output.stdout)
                print(run.name, found[run.name], flush=True)
        known = {"machine": machine(), "found": found}
        kept.write_text(json.dumps(known, indent=1) + "\n")
    print(show(known["found"], fit(known["found"])))


if __name__ == "__main__":
    if "--one" in sys.argv:
        run = Decoder(**json.loads(sys.argv[-1]))
        with tempfile.TemporaryDirectory() as place:
            print(json.dumps(measure(sys.argv[sys.argv.index("--lethe") + 1], run, place)))
    else:
        main()
