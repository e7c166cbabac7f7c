"""The command `lethe`: where it is, what it is given, what it says."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sysconfig
from typing import Any

DISTRIBUTION = "lethe-forgetting"


class CommandError(RuntimeError):
    """The command failed; the text is its own line, `status` its exit status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def version() -> str:
    """The version of the installed wheel; `0` where the package is used without one."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "0"


def path() -> str:
    """The file of the command: the one of this wheel, else the one that the shell would find.

    Raises FileNotFoundError where there is none.
    """
    try:
        files = importlib.metadata.files(DISTRIBUTION) or []
        own = [str(file.locate()) for file in files if file.name == "lethe" and "bin" in file.parts]
    except importlib.metadata.PackageNotFoundError:
        own = []
    own.append(os.path.join(sysconfig.get_path("scripts"), "lethe"))
    for candidate in own:
        if os.access(candidate, os.X_OK):
            return os.path.realpath(candidate)
    found = shutil.which("lethe")
    if found is None:
        raise FileNotFoundError(f"no command lethe in {sysconfig.get_path('scripts')} or on the PATH")
    return found


def environment() -> dict[str, str]:
    """The environment of the command: `LIBTORCH` is this Python's torch where it has one and none was chosen."""
    variables = dict(os.environ)
    spec = importlib.util.find_spec("torch")
    if not variables.get("LIBTORCH") and spec is not None and spec.origin is not None:
        variables["LIBTORCH"] = os.path.dirname(spec.origin)
    return variables


def command(*arguments: Any) -> str:
    """Runs `lethe` with arguments and returns what it printed, without its progress.

    Raises CommandError with the command's own line and its exit status where that is not 0.
    """
    done = subprocess.run(
        [path(), *map(str, arguments)], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise CommandError(said[-1] if said else f"lethe ended with status {done.returncode}", done.returncode)
    return done.stdout
