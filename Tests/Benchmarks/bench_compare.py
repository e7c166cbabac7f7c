"""Two files of 100,000 predictions: `lethe compare` against pandas with SciPy, and of detections against pycocotools.

python bench_compare.py --lethe .build/release/lethe [--pairs 3]
Whole processes, drawn files. Of classes with probabilities: McNemar's exact test, 10,000 resamples of what flipped, calibration error and
Brier score. Of scores in groups: 2,000 resamples of the mean and 2,000 exchanges of sign. Of detections pycocotools' summary of both
files and no interval: lethe adds 1,000 resamples of the images and 1,000 exchanges. The peer does the same arithmetic, vectorized.
What is missing of pandas, SciPy or pycocotools leaves its part out, and says so.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from results import Results

ROWS = 100_000

LABELS = """
import sys
import numpy, pandas
from scipy.stats import binomtest
random = numpy.random.default_rng(0)
before, after = (pandas.read_csv(path) for path in sys.argv[1:3])
both = before.merge(after.drop(columns="label"), on="id", suffixes=("", "_after"))
was, now = both.pred == both.label, both.pred_after == both.label
lost, gained = int((was & ~now).sum()), int((~was & now).sum())
p = binomtest(lost, lost + gained).pvalue
drawn = random.multinomial(len(both), [lost / len(both), gained / len(both), 1 - (lost + gained) / len(both)], size=10000)
low, high = numpy.quantile((drawn[:, 0] - drawn[:, 1]) / len(both), [0.025, 0.975])
for end in ["", "_after"]:
    rows = both[[f"prob_{k}{end}" for k in range(10)]].to_numpy()
    best = rows.argmax(1)
    sure, right = rows[numpy.arange(len(rows)), best], best == both.label
    bins = numpy.clip((sure * 15).astype(int), 0, 14)
    ece = abs(numpy.bincount(bins, sure - right, 15)).sum() / len(rows)
    brier = ((rows - numpy.eye(10)[both.label]) ** 2).sum(1).mean()
print((lost - gained) / len(both), p, low, high, ece, brier, was.groupby(both.label).mean().size)
"""

SCORES = """
import sys
import numpy, pandas
random = numpy.random.default_rng(0)
before, after = (pandas.read_csv(path) for path in sys.argv[1:3])
both = before.merge(after.drop(columns="group"), on="id", suffixes=("", "_after"))
worse = (both.score - both.score_after).to_numpy()
means = [worse[random.integers(0, len(worse), len(worse))].mean() for _ in range(2000)]
low, high = numpy.quantile(means, [0.025, 0.975])
def exchanged(values):
    signs = [(random.integers(0, 2, len(values), dtype=numpy.int8) * 2 - 1) @ values for _ in range(2000)]
    return (1 + (numpy.abs(signs) >= abs(values.sum())).sum()) / 2001
p = exchanged(worse)
groups = both.assign(worse=worse).groupby("group").worse.apply(lambda g: exchanged(g.to_numpy()))
print(worse.mean(), low, high, p, groups.size)
"""

DETECTIONS = """
import sys
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
truth = COCO(sys.argv[3])
for path in sys.argv[1:3]:
    evaluation = COCOeval(truth, truth.loadRes(path), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
"""


def write_labels(folder, random):
    labels = random.integers(0, 10, ROWS)
    for name, noise in [("before", 1.0), ("after", 1.3)]:
        logits = 2.5 * np.eye(10)[labels] + noise * random.normal(size=(ROWS, 10))
        rows = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        rows = np.round(rows, 6)
        rows /= rows.sum(1, keepdims=True)
        with open(folder / f"labels_{name}.csv", "w") as file:
            file.write("id,label,pred," + ",".join(f"prob_{k}" for k in range(10)) + "\n")
            for row in range(ROWS):
                file.write(f"{row},{labels[row]},{rows[row].argmax()}," + ",".join(f"{p:.7f}" for p in rows[row]) + "\n")


def write_scores(folder, random):
    base = random.normal(1, 0.5, ROWS)
    for name, shift in [("before", 0), ("after", 0.01)]:
        values = base + random.normal(shift, 0.1, ROWS)
        with open(folder / f"scores_{name}.csv", "w") as file:
            file.write("id,score,group\n")
            file.writelines(f"{row},{values[row]:.6f},g{row % 20}\n" for row in range(ROWS))


def write_detections(folder, random, images=5000, categories=20):
    annotations = []
    for image in range(1, images + 1):
        for _ in range(int(random.integers(1, 8))):
            x, y, width, height = (float(v) for v in (*random.uniform(0, 400, 2), *random.uniform(10, 150, 2)))
            annotations.append({
                "id": len(annotations) + 1, "image_id": image, "category_id": int(random.integers(1, categories + 1)),
                "bbox": [x, y, width, height], "area": width * height, "iscrowd": 0})
    (folder / "instances.json").write_text(json.dumps({
        "info": {}, "images": [{"id": i} for i in range(1, images + 1)], "annotations": annotations,
        "categories": [{"id": c, "name": f"c{c}"} for c in range(1, categories + 1)]}))
    for name, noise in [("before", 4), ("after", 6)]:
        found = []
        for truth in annotations:
            for copy in range(5):
                box = np.array(truth["bbox"]) + random.normal(0, noise * (1 + copy), 4)
                box[2:] = np.maximum(box[2:], 4)
                found.append({
                    "image_id": truth["image_id"], "category_id": truth["category_id"],
                    "bbox": [round(float(v), 2) for v in box], "score": round(float(random.random()), 4)})
        (folder / f"detections_{name}.json").write_text(json.dumps(found[:ROWS]))


def seconds(command):
    start = time.perf_counter()
    process = subprocess.run(command, capture_output=True, text=True)
    return (time.perf_counter() - start, process.stderr) if process.returncode else (time.perf_counter() - start, None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lethe", required=True)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    random, results = np.random.default_rng(0), Results()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_labels(folder, random)
        write_scores(folder, random)
        write_detections(folder, random)
        for kind, peer, ending, more in [
                ("labels", LABELS, "csv", []), ("scores", SCORES, "csv", []),
                ("detections", DETECTIONS, "json", [str(folder / "instances.json")])]:
            files = [str(folder / f"{kind}_{part}.{ending}") for part in ("before", "after")]
            own = [options.lethe, "compare", *files, *(["--annotations", *more] if more else [])]
            times = {"lethe": [], "peer": []}
            for _ in range(options.pairs):
                for who, command in [("lethe", own), ("peer", [sys.executable, "-c", peer, *files, *more])]:
                    taken, fault = seconds(command)
                    if fault is None:
                        times[who].append(taken)
                    else:
                        print(f"{kind}: {who}: {fault.strip().splitlines()[-1]}", file=sys.stderr)
            names = {"labels": "100,000 classes with probabilities", "scores": "100,000 scores in groups", "detections": "100,000 detections"}
            results.add(f"Comparing two files of {names[kind]}", times["lethe"], times["peer"],
                        peer="pycocotools, no interval" if more else "pandas and SciPy")


if __name__ == "__main__":
    main()
