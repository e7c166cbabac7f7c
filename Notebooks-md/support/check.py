"""check.py WHAT CONDITION HINT: says whether an exercise is done, with what was found; always ends with status 0.

CONDITION is Python with the functions below, each of which asks lethe: nothing about a run is computed here.
"""

import functools
import json
import subprocess
import sys


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
    """What the source lost, in percentage points of accuracy, or in nats a token."""
    return seen(f"{run} forgot", result(run)["forgetting"]["mean"] * scale(run))


def source(run):
    """The source's score after fine-tuning, in percent where it is accuracy."""
    return seen(f"source after {run}", result(run)["source"]["accuracy"] * scale(run))


def target(run):
    """The target's score after fine-tuning, in percent where it is accuracy."""
    return seen(f"target after {run}", result(run)["target"]["accuracy"] * scale(run))


def scale(run):
    return 100 if result(run).get("score", {}).get("unit", "%") == "%" else 1


found = []


def seen(name, value):
    found.append(f"{name}: {value:.1f}" if isinstance(value, float) else f"{name}: {value}")
    return value


def main(what, condition, hint):
    names = {function.__name__: function for function in (ask, forgotten, source, target, seen)}
    try:
        holds = eval(condition, names)
    except NotThere as error:
        return print(f"✗ not yet: {what}. {error}")
    except (KeyError, IndexError, TypeError, ValueError, SyntaxError, NameError) as error:
        return print(f"✗ not yet: {what}. The answer cannot be read: {error}")
    numbers = f" ({'; '.join(found)})" if found else ""
    print(f"✓ right: {what}{numbers}" if holds else f"✗ not yet: {what}{numbers}. {hint}")


if __name__ == "__main__":
    main(*sys.argv[1:])
