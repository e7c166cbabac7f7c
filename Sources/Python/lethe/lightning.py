"""A callback for Lightning's Trainer, under either of its names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lightning.pytorch import Callback
else:
    try:
        from lightning.pytorch import Callback
    except ImportError:
        from pytorch_lightning import Callback

from ._watch import Judge, Watch


class WatchCallback(Callback):
    """Lets `lethe watch` judge each checkpoint that the trainer's ModelCheckpoint writes, and stops the training where more
    is forgotten than allowed.

        callback = WatchCallback(program="model.pt2", source="old.h5", target="new.h5", run="run", max_forgetting="2pp")
        Trainer(…, callbacks=[callback, ModelCheckpoint(…)]).fit(module, loader)

    The options are those of `lethe.Watch`; `folder` where checkpoints go elsewhere than to the first ModelCheckpoint's.
    After the training `callback.watch.stopped` says whether and why it was stopped, and `lethe.read_run("run")` what was
    measured.
    """

    def __init__(self, *, folder: str | os.PathLike[str] | None = None, **options: Any) -> None:
        self.watch = Watch(**options)
        self._folder = folder
        self._judge = Judge(self.watch)

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        folder = self._folder or getattr(trainer.checkpoint_callback, "dirpath", None)
        if folder is None:
            raise ValueError("this trainer writes no checkpoints: give it a ModelCheckpoint, or the callback a folder")
        self._judge.begin(folder, is_first=trainer.is_global_zero)

    def on_train_batch_end(self, trainer: Any, *args: Any, **kwargs: Any) -> None:
        if self._judge.should_stop():
            trainer.should_stop = True

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        self._judge.finish()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self.watch.cancel()
