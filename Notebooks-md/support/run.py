"""Runs lessons as a reader would, cell after cell, in JupyterLab's kernel, and holds them to what they say.

run.py [--html FOLDER] [--times] LESSON.md…

- A cell that fails, fails the lesson.
- An exercise is a starter cell, a cell that begins with `check`, and a folded solution. As it stands the check has to say
  "not yet"; with the solution's cells run after it, "right".
- Decimal numbers in the text have to be within 2 % of one that a cell before has printed. Formulas ($…$) and `code` are
  left out. With LETHE_LESSON=small the numbers are others, and are not compared.

With --html each lesson is written there with its outputs, and an index. With --times each cell says how many seconds it
took, and how many of processors.
"""

import argparse
import os
import pathlib
import re
import sys
import time

import jupytext
import nbclient
import nbformat

SOLUTION = re.compile(r"^<details>\s*<summary>Solution", re.MULTILINE)
FENCE = re.compile(r"^```bash[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_PROSE = re.compile(r"```.*?```|\$\$.*?\$\$|\$[^$\n]*\$|`[^`]*`|\]\([^)]*\)|<[^>]*>", re.DOTALL)
DECIMAL = re.compile(r"(?<![\w.])\d[\d,]*\.\d+(?![\w.]*\w)")


class Failed(Exception):
    """What is wrong with a lesson, in a line or two."""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lessons", nargs="+", type=pathlib.Path)
    parser.add_argument("--html", type=pathlib.Path)
    parser.add_argument("--times", action="store_true")
    arguments = parser.parse_args()
    failures, began = 0, time.monotonic()
    written = []
    for lesson in arguments.lessons:
        start = time.monotonic()
        try:
            notebook = run(lesson, arguments.times)
            if arguments.html:
                import pages

                written.append(pages.write_lesson(lesson, notebook, arguments.html))
            verify(notebook)
            print(f"{lesson.stem}: {time.monotonic() - start:.0f} s", flush=True)
        except Failed as failure:
            failures += 1
            print(f"{lesson.stem}: {failure}", file=sys.stderr, flush=True)
    if written:
        pages.write_index(written, arguments.html)
    print(f"{len(arguments.lessons) - failures} of {len(arguments.lessons)} lessons, {time.monotonic() - began:.0f} s")
    sys.exit(failures > 0)


def run(lesson, says_times=False):
    """The notebook with its outputs, and those of the solutions' cells."""
    notebook = with_solutions(jupytext.read(lesson))
    client = nbclient.NotebookClient(
        notebook, timeout=900, kernel_name="bash", allow_errors=True, resources={"metadata": {"path": str(lesson.parent)}}
    )
    if says_times:
        began = {}
        client.on_cell_execute = lambda cell, cell_index: began.update(wall=time.monotonic(), used=processor_seconds())
        client.on_cell_executed = lambda cell, cell_index, execute_reply: print(
            f"{lesson.stem[:2]} cell {cell_index:3d} {time.monotonic() - began['wall']:7.1f} s"
            f" {processor_seconds() - began['used']:7.1f} s of processors  {cell.source.splitlines()[0][:70]}",
            flush=True,
        )
    client.execute()
    return notebook


def processor_seconds():
    """User and system time of all that this process has started, from Linux's /proc."""
    ticks, parents = {}, {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It has ended.
        process = int(stat.parent.name)
        parents[process], ticks[process] = int(fields[1]), sum(map(int, fields[11:15]))
    family = {os.getpid()}
    while grown := {process for process, parent in parents.items() if parent in family} - family:
        family |= grown
    return sum(ticks[process] for process in family) / os.sysconf("SC_CLK_TCK")


def verify(notebook):
    for number, cell in enumerate(notebook.cells):
        require_success(cell, number)
    require_exercises(notebook)
    if os.environ.get("LETHE_LESSON") != "small":
        require_numbers(notebook)


def with_solutions(notebook):
    """Behind each folded solution its cells, and the check once more."""
    cells, check = [], None
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "code" and cell.source.startswith("check "):
            check = cell
        if cell.cell_type == "markdown" and SOLUTION.search(cell.source):
            sources = FENCE.findall(cell.source)
            if not sources or check is None:
                raise Failed("a solution without code, or without a check before it")
            for source in [*sources, check.source]:
                added = nbformat.v4.new_code_cell(source.rstrip())
                added.metadata["solution"] = True
                cells.append(added)
            check.metadata["exercise"] = True
            check = None
    notebook.cells = cells
    return notebook


def printed(cell):
    """What a cell printed, and the text of the HTML that it shows."""
    texts = []
    for output in cell.get("outputs", []):
        texts.append(output.get("text", ""))
        shown = output.get("data", {}).get("text/html", "")
        texts.append(re.sub(r"<[^>]*>", " ", re.sub(r'(src|srcdoc)="[^"]*"', "", shown)))
    return "".join(texts)


def require_success(cell, number):
    if any(output.output_type == "error" for output in cell.get("outputs", [])):
        raise Failed(f"cell {number} failed:\n{cell.source}\n{printed(cell)[-800:]}")


def require_exercises(notebook):
    for cell in notebook.cells:
        said = printed(cell)
        if "exercise" in cell.metadata and "✗" not in said:
            raise Failed(f"the exercise is solved as it stands:\n{cell.source}\n{said}")
        if "solution" in cell.metadata and cell.source.startswith("check ") and ("✗" in said or "✓" not in said):
            raise Failed(f"the solution does not pass:\n{cell.source}\n{said}")


def require_numbers(notebook):
    known = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            known |= {number(text) for text in re.findall(r"\d[\d,]*\.\d+|\d+", printed(cell))}
            continue
        for text in DECIMAL.findall(NOT_PROSE.sub(" ", cell.source)) if known else []:
            said = number(text)
            tolerance = max(0.02 * said, 1.01 * 10.0 ** -len(text.split(".")[1]))
            if not any(abs(said - value) <= tolerance for value in known):
                line = next(line for line in cell.source.splitlines() if text in line)
                raise Failed(f"no cell before printed {text}: {line.strip()[:160]}")


def number(text):
    return float(text.replace(",", ""))


if __name__ == "__main__":
    main()
