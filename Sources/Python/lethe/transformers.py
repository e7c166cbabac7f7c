"""A callback for `transformers.Trainer`."""

from __future__ import annotations

from typing import Any

import transformers

from ._watch import Judge, Watch


class WatchCallback(transformers.TrainerCallback):
    """Lets `lethe watch` judge each checkpoint that the trainer writes to its `output_dir`, and stops the training where
    more is forgotten than allowed.

        callback = WatchCallback(program="model.pt2", source="old.h5", target="new.h5", run="run", max_forgetting="2pp")
        Trainer(…, callbacks=[callback]).train()

    The options are those of `lethe.Watch`. After the training `callback.watch.stopped` says whether and why it was stopped,
    and `lethe.read_run("run")` what was measured.
    """

    def __init__(self, **options: Any) -> None:
        self.watch = Watch(**options)
        self._judge = Judge(self.watch)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._judge.begin(args.output_dir, is_first=state.is_world_process_zero)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._judge.should_stop():
            control.should_training_stop = True

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._judge.finish()
