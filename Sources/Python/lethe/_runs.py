"""What a run measured, as pandas frames."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._command import command

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Run:
    """What `lethe report` writes of a run, a sequence, a sweep or a transfer."""

    #: The numbers by the name of their file: `metrics`, `summary`, `drift`, `cka`, `steps`, `sweep`, …
    frames: dict[str, pandas.DataFrame]
    #: The object that `lethe report --json` prints, without the files.
    summary: dict[str, Any]

    @property
    def epochs(self) -> pandas.DataFrame:
        """A row for each epoch of a run; epoch 0 is the model before training."""
        return self["metrics"]

    def __getitem__(self, name: str) -> pandas.DataFrame:
        """The frame of a name; KeyError with the names that there are."""
        if name not in self.frames:
            raise KeyError(f"{name}: this has {', '.join(sorted(self.frames))}")
        return self.frames[name]


def read_run(path: str | os.PathLike[str]) -> Run:
    """Reads a run, or the folder of a sequence, a sweep or a transfer, through `lethe report`.

    Raises CommandError with the command's own words where it is none, ImportError without pandas.
    """
    import pandas

    with tempfile.TemporaryDirectory(prefix="lethe-") as folder:
        printed = command(
            "report", os.fspath(path), "-o", f"{folder}/report.html", "--files", f"{folder}/files", "--json", "--quiet")
        frames = {
            name.removesuffix(".csv"): pandas.read_csv(f"{folder}/files/{name}")
            for name in sorted(os.listdir(f"{folder}/files")) if name.endswith(".csv")
        }
    summary = {name: value for name, value in json.loads(printed).items() if name not in ("report", "files")}
    return Run(frames, summary)
