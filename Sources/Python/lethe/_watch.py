"""`lethe watch` beside a training of this process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
import warnings
import weakref
from collections.abc import Sequence
from typing import Any

from ._command import CommandError, environment, path

# Exit statuses of the command.
EXCEEDED = 2
NOTHING_FOUND = 66
INTERRUPTED = 130
START_SECONDS = 30.0


class Watch:
    """Judges the checkpoints that a trainer writes to a folder, as they appear, in a process of its own.

    The arguments are the options of `lethe watch`. What it says goes to `RUN.log`, beside the run.
    """

    def __init__(
        self, *, program: str | os.PathLike[str], target: str | os.PathLike[str],
        source: str | os.PathLike[str] | None = None, run: str | os.PathLike[str],
        max_forgetting: str | float | None = None, device: str = "cpu", options: Sequence[str] = (),
    ) -> None:
        """
        program: the model before training: what `lethe.export` wrote, a checkpoint or a run.
        target, source: the task that is trained and the one that may be forgotten, as the command reads data.
        run: the folder of the run that results; one that is there goes on.
        max_forgetting: the training is to stop beyond it, as `"2pp"` or 0.02, with 95 % confidence.
        device: where the checkpoints are judged; by default not where the training is.
        options: further ones of `lethe watch`, each a word, as `["--target-head", "keep"]`.
        """
        if not os.path.exists(program):
            raise FileNotFoundError(f"program: {os.fspath(program)} is not there; lethe.export writes one")
        self.run = os.path.abspath(run)
        #: Why the training was to stop: `reason`, `checkpoint` and `run`; None where it was not.
        self.stopped: dict[str, Any] | None = None
        self._words = ["--program", os.fspath(program), "--target", os.fspath(target), "--device", device, *options]
        if source is not None:
            self._words += ["--source", os.fspath(source)]
        self._folder: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._own = tempfile.TemporaryDirectory(prefix="lethe-watch-")
        self._stop_file = os.path.join(self._own.name, "stop.json")
        if max_forgetting is not None:
            self._words += ["--max-forgetting", str(max_forgetting), "--stop-file", self._stop_file]

    @property
    def log(self) -> str:
        """The file with what the command says."""
        return f"{self.run}.log"

    def start(self, folder: str | os.PathLike[str]) -> None:
        """Begins to watch a folder, which is made where it is not there.

        Raises CommandError where the command refuses what it is given, which it says within seconds.
        """
        os.makedirs(folder, exist_ok=True)
        os.makedirs(os.path.dirname(self.run), exist_ok=True)
        self._folder = os.fspath(folder)
        self._process = self._begin()
        patience = time.monotonic() + START_SECONDS
        while not os.path.exists(f"{self.run}/run.h5") and time.monotonic() < patience:
            status = self._process.poll()
            if status is not None:
                if status not in (0, EXCEEDED):
                    raise self._failure(status)
                break
            time.sleep(0.05)

    @property
    def should_stop(self) -> bool:
        """Whether more was forgotten than allowed."""
        if self.stopped is None and os.path.exists(self._stop_file):
            with open(self._stop_file) as file:
                self.stopped = json.load(file)
        return self.stopped is not None

    def finish(self) -> None:
        """Ends once every checkpoint that is there was judged. Raises CommandError where the command failed."""
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.poll() is None and not self.should_stop:
            process.send_signal(signal.SIGINT)
        status = process.wait()
        if status in (0, INTERRUPTED, -signal.SIGINT, NOTHING_FOUND):
            status = self._begin("--once").wait()
        if status not in (0, EXCEEDED):
            raise self._failure(status)
        self.should_stop

    def cancel(self) -> None:
        """Ends at once; what was judged stays."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _begin(self, *further: str) -> subprocess.Popen[bytes]:
        words = [path(), "watch", str(self._folder), "-o", self.run, *self._words, *further]
        with open(self.log, "ab") as log:
            # A session of its own: Ctrl-C is the trainer's.
            process = subprocess.Popen(
                words, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        weakref.finalize(self, _end, process)
        return process

    def _failure(self, status: int) -> CommandError:
        with open(self.log, errors="replace") as log:
            said = log.read().strip().splitlines()
        line = next((line for line in reversed(said) if line.startswith("lethe: ")), said[-1] if said else "")
        return CommandError(f"lethe watch: {line or f'status {status}'} ({self.log})", status)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()


class Judge:
    """What the callbacks of all trainers share: process 0 watches, and all processes stop at the same step."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self._watches = False

    def begin(self, folder: str | os.PathLike[str], is_first: bool) -> None:
        self._watches = is_first
        if is_first:
            self.watch.start(folder)

    def should_stop(self) -> bool:
        from torch import distributed

        decision = self._watches and self.watch.should_stop
        if not (distributed.is_available() and distributed.is_initialized()) or distributed.get_world_size() == 1:
            return decision
        decisions = [decision]
        distributed.broadcast_object_list(decisions, src=0)
        return decisions[0]

    def finish(self) -> None:
        """A training that ended well is not made to fail by its judge."""
        try:
            self.watch.finish()
        except CommandError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)
