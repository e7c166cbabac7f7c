"""Annotations and two detectors' results in COCO's form, and what pycocotools 2.0.11 makes of them.

    pip install numpy pycocotools
    python make_detections.py

Boxes are drawn: of all sizes, some on the edges between sizes, some of objects that are crowds, some equal scores, some
images with more than a hundred detections, a category without objects, one without detections.
"""
import contextlib
import io
import json
import pathlib

import numpy
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

here = pathlib.Path(__file__).parent
random = numpy.random.default_rng(20)
IMAGES, CATEGORIES = 64, [(3, "cat"), (1, "dog"), (7, "owl"), (9, "nothing"), (12, "missed")]
NAMES = ["AP", "AP50", "AP75", "AP small", "AP medium", "AP large", "AR 1", "AR 10", "AR 100", "AR small", "AR medium",
         "AR large"]


def box():
    side = float(random.choice([8, 20, 32, 50, 96, 150])) * (1 if random.random() < 0.3 else random.uniform(0.7, 1.4))
    width, height = side * random.uniform(0.8, 1.25), side
    if random.random() < 0.2:
        width = height
    return [round(float(v), 2) for v in (random.uniform(0, 300), random.uniform(0, 300), width, height)]


annotations = []
for image in range(IMAGES):
    for category, name in CATEGORIES:
        if name == "nothing":
            continue
        for _ in range(random.poisson(0.3 if name == "missed" else 1.4)):
            place = box()
            area = place[2] * place[3] * (1 if random.random() < 0.5 else random.uniform(0.5, 1))
            annotations.append({"id": len(annotations), "image_id": 100 + image, "category_id": category, "bbox": place,
                                "area": round(float(area), 3), "iscrowd": int(random.random() < 0.12)})
truth = {"images": [{"id": 100 + image, "width": 480, "height": 480} for image in reversed(range(IMAGES))],
         "categories": [{"id": number, "name": name} for number, name in CATEGORIES], "annotations": annotations}


def detections(missing, spread, false, ranks):
    found = []
    for annotation in annotations:
        if annotation["category_id"] == 12:
            continue
        for _ in range(3 if annotation["iscrowd"] else random.choice([1, 1, 1, 2])):
            if random.random() < missing:
                continue
            x, y, width, height = annotation["bbox"]
            near = [x + random.normal(0, spread * width), y + random.normal(0, spread * height),
                    width * random.uniform(1 - spread, 1 + spread), height * random.uniform(1 - spread, 1 + spread)]
            found.append((annotation["image_id"], annotation["category_id"], near,
                          round(float(random.beta(4, 2)), ranks)))
    for image in range(IMAGES):
        many = 130 if image == 5 else random.poisson(false)
        for _ in range(many):
            kind = 3 if image == 5 else int(random.choice([3, 1, 7, 9]))
            found.append((100 + image, kind, box(), round(float(random.beta(1.5, 3)), ranks)))
    order = random.permutation(len(found))
    return [{"image_id": found[i][0], "category_id": found[i][1],
             "bbox": [round(float(v), 2) for v in found[i][2]], "score": found[i][3]} for i in order]


def summary(results):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = json.loads(json.dumps(truth))
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(json.loads(json.dumps(results))), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    names = {number: name for number, name in CATEGORIES}
    by_category = {}
    for place, number in enumerate(evaluation.params.catIds):
        own = precision[:, :, place]
        by_category[names[number]] = float(own[own > -1].mean()) if (own > -1).any() else None
    stats = {name: None if value == -1 else float(value) for name, value in zip(NAMES, evaluation.stats)}
    return {"stats": stats, "categories": by_category}


before, after = detections(0.1, 0.06, 2, 2), detections(0.2, 0.12, 3, 1)
for name, content in [("instances", truth), ("before", before), ("after", after),
                      ("expected", {"before": summary(before), "after": summary(after)})]:
    (here / f"{name}.json").write_text(json.dumps(content) + "\n")
print(json.dumps(summary(before)), json.dumps(summary(after)))
