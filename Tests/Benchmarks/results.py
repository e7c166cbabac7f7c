"""What the benchmarks found, printed, kept by machine in `results/`, and put into README's table.

python results.py --readme     README's table anew, from `results/`
python results.py --check      exit status 1 where README's table is another
Every job is done by Lethe and by its peer in turn. A ratio is the median of the pairs', ours over the peer's, so below one is faster.
A limit is what this machine needs at least: the operations of the job over the rate of a large matrix product, or the bytes that have to
move over the rate of a copy, whichever is longer, both measured in the minutes of the job; operations are those that PyTorch's own
counter finds in the peer's passes (products and convolutions).
"""

import argparse
import dataclasses
import datetime
import json
import pathlib
import re
import statistics
import subprocess
import sys
import time

here = pathlib.Path(__file__).parent
root = here.parent.parent
folder = here / "results"
# In README's table though nothing stands beside them; what else has no peer is in `results/` alone.
alone = ("Diagnosis", "lethe")
begin, end = "<!-- benchmarks: made by Tests/Benchmarks/results.py -->", "<!-- end of benchmarks -->"


@dataclasses.dataclass
class Job:
    name: str
    peer: str
    ours: list  # seconds of each repetition, or another unit of which less is better
    theirs: list
    limit: float | None  # seconds
    date: str
    commit: str
    torch: str
    unit: str = "s"

    @property
    def ratios(self):
        return [a / b for a, b in zip(self.ours, self.theirs)]

    @property
    def distance(self):
        return None if self.limit is None else statistics.median(self.ours) / self.limit

    def line(self):
        text = f"{self.name}: lethe {spread(self.ours, self.unit)}"
        if self.theirs:
            text += f", {self.peer} {spread(self.theirs, self.unit)}, ratio {spread(self.ratios, digits=2)}"
        if self.limit is not None:
            text += f", limit {number(self.limit)} s, {self.distance:.1f} × it"
        return text

    def row(self):
        def cell(values, unit="", digits=None):
            return spread(values, unit, digits) if values else "–"

        limit = "–" if self.limit is None else f"{self.distance:.1f}"
        return f"| {self.name} | {self.peer or '–'} | {cell(self.ours, self.unit)} | {cell(self.theirs, self.unit)} | " \
               f"{cell(self.ratios, digits=2)} | {limit} |"


def number(value, digits=None):
    if digits is not None:
        return f"{value:.{digits}f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def spread(values, unit="", digits=None):
    """The median, and from where to where."""
    unit = f" {unit}" if unit else ""
    middle = number(statistics.median(values), digits) + unit
    return middle if len(values) == 1 else f"{middle} ({number(min(values), digits)} to {number(max(values), digits)})"


def machine():
    with open("/proc/cpuinfo") as file:
        lines = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    with open("/proc/meminfo") as file:
        memory = round(int(file.readline().split()[1]) / 2**20)
    return {"processor": lines[0] if lines else "unknown processor", "cores": len(lines), "memory": f"{memory} GiB"}


def slug(found):
    return re.sub(r"[^a-z0-9]+", "-", f"{found['processor']} {found['cores']} cores".lower()).strip("-")


def rates():
    """Operations a second of a product of two 2048 × 2048 matrices, and bytes a second of a copy of 256 MB, read and written; best of five."""
    import torch

    left, right, large = torch.randn(2048, 2048), torch.randn(2048, 2048), torch.zeros(2**26)
    other = torch.empty_like(large)

    def best(action):
        found = []
        for _ in range(5):
            start = time.perf_counter()
            action()
            found.append(time.perf_counter() - start)
        return min(found)

    return 2 * 2048**3 / best(lambda: left @ right), 2 * large.nbytes / best(lambda: other.copy_(large))


def operations(action):
    """Those of the products and convolutions that `action` runs, by PyTorch's counter."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        action()
    return counter.get_total_flops()


def training(model, inputs, targets, loss=None):
    """Operations of one step, forwards and backwards, and of one forward pass without gradients."""
    import torch

    loss = loss or torch.nn.functional.cross_entropy
    step = operations(lambda: loss(model(inputs), targets).backward())
    with torch.no_grad():
        return step, operations(lambda: model(inputs))


class Results:
    """Those of one machine, one script's jobs added as they are measured."""

    def __init__(self):
        self.machine = machine()
        self.path = folder / f"{slug(self.machine)}.json"
        self.jobs = load(self.path)[1] if self.path.exists() else {}

    def add(self, name, ours, theirs=(), peer="PyTorch", operations=0, moved=0, unit="s"):
        import torch

        limit = None
        if operations or moved:
            products, copies = rates()
            limit = max(operations / products, moved / copies)
        git = subprocess.run(["git", "-C", root, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
        job = Job(name, peer if theirs else "", list(ours), list(theirs), limit, datetime.date.today().isoformat(), git,
                  torch.__version__.split("+")[0], unit)
        self.jobs[name] = job
        print(job.line(), flush=True)
        folder.mkdir(exist_ok=True)
        text = json.dumps({"machine": self.machine, "jobs": [dataclasses.asdict(job) for job in self.jobs.values()]}, indent=1)
        self.path.write_text(text + "\n")


def load(path):
    found = json.loads(path.read_text())
    return found["machine"], {job["name"]: Job(**job) for job in found["jobs"]}


def table():
    parts = []
    for path in sorted(folder.glob("*.json")):
        where, jobs = load(path)
        dates = sorted({job.date for job in jobs.values()})
        versions = ", ".join(sorted({job.torch for job in jobs.values()}))
        days = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
        parts.append(f"{where['processor']}, {where['cores']} cores, {where['memory']}; torch {versions}; {days}:\n")
        parts.append("| Job | Peer | Lethe | The peer | Ratio | Times the limit |\n| --- | --- | --- | --- | --- | --- |\n"
                     + "\n".join(job.row() for job in jobs.values() if job.theirs or job.name.startswith(alone)) + "\n")
    return "\n".join(parts)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--readme", action="store_true")
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()
    readme = root / "README.md"
    text = readme.read_text()
    first, last = text.find(begin), text.find(end)
    if first < 0 or last < first:
        sys.exit(f"README.md: no table between “{begin}” and “{end}”")
    made = text[:first + len(begin)] + "\n" + table() + text[last:]
    if options.check and made != text:
        sys.exit("README.md: the table of benchmarks is not that of Tests/Benchmarks/results: python Tests/Benchmarks/results.py --readme")
    if options.readme:
        readme.write_text(made)


if __name__ == "__main__":
    main()
