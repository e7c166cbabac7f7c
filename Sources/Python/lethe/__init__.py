"""Lethe from Python: a model for the command, its judgement while a trainer trains, and what a run measured.

Everything is computed by the command `lethe`; this package writes what it reads and reads what it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._command import CommandError, command, version
from ._runs import Run, read_run
from ._watch import Watch

if TYPE_CHECKING:
    from ._export import ExportError, export

__version__ = version()
__all__ = ["CommandError", "ExportError", "Run", "Watch", "command", "export", "read_run"]


def __getattr__(name: str) -> Any:
    # Only these need torch, which takes seconds to load.
    if name in ("ExportError", "export"):
        from . import _export

        return getattr(_export, name)
    raise AttributeError(f"module 'lethe' has no attribute '{name}'")
