"""check.py WHAT CONDITION HINT: says whether an exercise is done, with what was found; always ends with status 0.

CONDITION is Python with the functions below, each of which asks lethe: nothing about a run is computed here.
"""

import csv
import functools
import json
import subprocess
import sys
import tempfile
import textwrap


class NotThere(Exception):
    """What lethe says of a run that cannot be read, as of an exercise that was not begun."""


@functools.cache
def ask(*arguments):
    """The JSON of `lethe ARGUMENTS --json`."""
    done = subprocess.run(["lethe", *arguments, "--json", "--quiet"], capture_output=True, text=True)
    if done.returncode:
        raise NotThere(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout)


def result(run):
    return ask("report", run, "-o", "check.html")["groups"][0]


def forgotten(run):
    """What the source lost: percentage points, or nats a token."""
    return seen(f"{run} forgot", result(run)["forgetting"]["mean"] * scale(run))


def source(run):
    """The source's score after fine-tuning: percent, or nats a token."""
    return seen(f"source after {run}", result(run)["source"]["values"][0] * scale(run))


def target(run):
    """The target's score after fine-tuning: percent, or nats a token."""
    return seen(f"target after {run}", result(run)["target"]["values"][0] * scale(run))


def cka(run, layer):
    """The similarity of a layer's features before and after, on the source; as the run's chart shows it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["lethe", "report", run, "-o", f"{folder}/page.html", "--files", folder, "--quiet"], check=True, capture_output=True)
        with open(f"{folder}/cka.csv", newline="") as file:
            values = {row["layer"]: float(row["cka"]) for row in csv.DictReader(file)}
    if layer not in values:
        raise NotThere(f"{run} has no CKA of {layer}")
    found.append(f"CKA of {layer} in {run}: {values[layer]:.2f}")
    return values[layer]


def score(model, data):
    """A checkpoint's score on the test examples: percent, or nats a token."""
    told = ask("evaluate", model, "--data", data)
    return seen(f"{model} on {data}", told["nats_per_token"] if "nats_per_token" in told else 100 * told["accuracy"])


def learnt(data):
    """How many tokens of each training example are learnt."""
    import h5py

    with h5py.File(data) as file:
        return seen("tokens learnt", [int((labels >= 0).sum()) for labels in file["train/labels"][:]])


def scale(run):
    """Fractions are told as percent."""
    return 1 if result(run)["source"].get("score", {}).get("unit") == "natsPerToken" else 100


found = []


def seen(name, value):
    found.append(f"{name}: {value:.3g}" if isinstance(value, float) else f"{name}: {value}")
    return value


def main(what, condition, hint):
    names = {function.__name__: function for function in (ask, forgotten, source, target, cka, score, learnt, seen)}
    try:
        holds = eval(condition, names)
    except NotThere as error:
        return say(f"✗ not yet: {what}. {error}")
    except (OSError, subprocess.CalledProcessError, KeyError, IndexError, TypeError, ValueError, SyntaxError, NameError) as error:
        return say(f"✗ not yet: {what}. The answer cannot be read: {error}")
    numbers = f" ({'; '.join(found)})" if found else ""
    say(f"✓ right: {what}{numbers}" if holds else f"✗ not yet: {what}{numbers}. {hint}")


def say(sentence):
    """In lines that a notebook shows whole: it breaks longer ones within words."""
    print(textwrap.fill(sentence, 100, break_long_words=False, break_on_hyphens=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
