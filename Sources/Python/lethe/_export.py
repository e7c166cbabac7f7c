"""A PyTorch model as a file that the command reads."""

from __future__ import annotations

import copy
import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.export import Dim, ExportedProgram

from ._command import command

#: What a batch of Hugging Face has besides the model's inputs.
LABELS = ("labels", "label", "label_ids")
WRAPPERS = {"OptimizedModule": "_orig_mod", "DataParallel": "module", "DistributedDataParallel": "module"}
TOKEN_TYPES = (torch.int64, torch.int32, torch.bool)


class ExportError(ValueError):
    """The model cannot be brought over as it is; the text says what of it, and what helps."""


def export(
    model: torch.nn.Module, example: Any, path: str | os.PathLike[str], *, training: bool = False,
    sequence: bool | None = None,
) -> str:
    """Writes a model to a `.pt2` file by `torch.export`, with a batch of any size, and returns the file's path.

    What `lethe import`, `finetune` and `watch` then call its layers, parameters and inputs is what they are called in the
    model. The model is left as it was: its mode, its device, its configuration.

    model: a module; wrappers (DistributedDataParallel, torch.compile) are taken off. One on a GPU is copied to the CPU.
    example: a batch of its inputs: a tensor, a sequence of positional ones, or a mapping of named ones, as a tokenizer or a
      collator gives; labels in it are left out. A single example is taken twice, as torch.export takes 1 for a constant.
    training: keeps what only training has and an evaluated model has lost, as stochastic depth and attention's dropout.
    sequence: whether the second axis of inputs of tokens ([batch, length], integers) may have any length; by default where
      the model allows it, with a warning where not.

    Raises ExportError with what stands in the way: control flow that depends on the data, a size that the model itself
    fixes, a program that computes something else for another batch.
    """
    network = _unwrapped(model)
    if any(tensor.device.type != "cpu" for tensor in network.state_dict().values()):
        network = copy.deepcopy(network).to("cpu")
    inputs = {name: _at_least_two(value) for name, value in _inputs(example).items()}
    if not any(_is_batch(value) for value in inputs.values()):
        raise ExportError("example: expected a batch of inputs, with the examples along the first axis of each tensor")
    length = {True: Dim.DYNAMIC, False: None, None: Dim.AUTO}[sequence]
    with _as_exported(network, training):
        program = _exported(network, inputs, {name: _free(value, length) for name, value in inputs.items()})
        if not training:
            _compare(network, program.module(), inputs)
    if sequence is None:
        _say_fixed_lengths(program)
    _write(program, os.fspath(path))
    _say_refused_operators(os.fspath(path))
    return os.fspath(path)


def _unwrapped(model: Any) -> torch.nn.Module:
    if not isinstance(model, torch.nn.Module):
        raise ExportError(f"model: expected a torch.nn.Module, found {type(model).__name__}")
    inner = WRAPPERS.get(type(model).__name__)
    return model if inner is None else _unwrapped(getattr(model, inner))


def _inputs(example: Any) -> dict[str | int, Any]:
    """Inputs by their names, or by their positions."""
    if isinstance(example, torch.Tensor):
        return {0: example}
    if isinstance(example, Mapping):
        return {name: value for name, value in example.items() if name not in LABELS}
    if isinstance(example, Sequence) and not isinstance(example, str):
        return dict(enumerate(example))
    raise ExportError(f"example: expected a tensor, a sequence or a mapping of tensors, found {type(example).__name__}")


def _arguments(inputs: dict[str | int, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (
        tuple(value for name, value in inputs.items() if isinstance(name, int)),
        {name: value for name, value in inputs.items() if isinstance(name, str)})


def _is_batch(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dim() > 0


def _at_least_two(value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    value = value.detach().to("cpu")
    return torch.cat([value, value]) if _is_batch(value) and value.shape[0] == 1 else value


def _free(value: Any, length: Any) -> dict[int, Any] | None:
    """Which axes of an input may have any size."""
    if not _is_batch(value):
        return None
    is_tokens = value.dim() == 2 and value.dtype in TOKEN_TYPES
    return {0: Dim.DYNAMIC, 1: length} if is_tokens and length is not None else {0: Dim.DYNAMIC}


@contextmanager
def _as_exported(network: torch.nn.Module, training: bool) -> Iterator[None]:
    """In the wanted mode, and without the cache that a language model of transformers returns for the next token."""
    modes = {module: module.training for module in network.modules()}
    configurations = [module.config for module in network.modules() if getattr(module, "config", None) is not None]
    caches = [(found, found.use_cache) for found in configurations if hasattr(found, "use_cache")]
    network.train(training)
    for configuration, _ in caches:
        configuration.use_cache = False
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        # Backwards, as one configuration may be that of several modules.
        for configuration, cache in reversed(caches):
            configuration.use_cache = cache


def _exported(
    network: torch.nn.Module, inputs: dict[str | int, Any], shapes: dict[str | int, Any],
) -> ExportedProgram:
    positional, named = _arguments(inputs)
    by_position, by_name = _arguments(shapes)
    try:
        return torch.export.export(network, positional, named or None, dynamic_shapes=by_name or by_position)
    except Exception as error:
        raise ExportError(_reason(error)) from error


def _reason(error: Exception) -> str:
    text = str(error)
    first = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    if "onstraints violated" in text or "specialized" in text:
        return f"the model fixes a size that was to be free, as a size written into its code does: {first}"
    if "data-dependent" in text:
        return f"the model decides by its data, as `if x.sum() > 0` does; torch.where computes both ways: {first}"
    return f"torch.export cannot follow the model: {first}"


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [tensor for part in value for tensor in _tensors(part)] if isinstance(value, (list, tuple)) else []


def _compare(network: torch.nn.Module, program: Any, inputs: dict[str | int, Any]) -> None:
    """Asks both about a batch of another size."""
    positional, named = _arguments(
        {name: torch.cat([value, value[:1]]) if _is_batch(value) else value for name, value in inputs.items()})
    with torch.no_grad():
        wanted, again = (_tensors(network(*positional, **named)) for _ in range(2))
        found = _tensors(program(*positional, **named))
    if [tensor.shape for tensor in wanted] != [tensor.shape for tensor in found]:
        raise ExportError("the program gives outputs of other shapes than the model for a batch of another size")
    for one, two, other in zip(wanted, again, found):
        if torch.equal(one, two) and not _are_close(one.double(), other.double()):
            raise ExportError("the program computes something else than the model for a batch of another size")


def _are_close(one: torch.Tensor, two: torch.Tensor) -> bool:
    scale = one[one.isfinite()].abs().max().item() if one.isfinite().any() else 0.0
    return torch.allclose(one, two, rtol=1e-2, atol=1e-3 * scale, equal_nan=True)


def _say_fixed_lengths(program: ExportedProgram) -> None:
    names = set(program.graph_signature.user_inputs)
    for node in program.graph.nodes:
        value = node.meta.get("val")
        if node.op == "placeholder" and node.name in names and isinstance(value, torch.Tensor):
            # A size that is fixed is a number here, one that is free a symbol.
            if value.dim() == 2 and value.dtype in TOKEN_TYPES and str(value.shape[1]).isdigit():
                warnings.warn(f"{node.name}: the model fixes its length at {value.shape[1]}", stacklevel=3)


def _write(program: ExportedProgram, path: str) -> None:
    folder, name = os.path.split(os.path.abspath(path))
    unfinished = os.path.join(folder, f".{name}.{os.getpid()}.pt2")
    try:
        torch.export.save(program, unfinished)
        os.replace(unfinished, path)
    finally:
        if os.path.exists(unfinished):
            os.remove(unfinished)


def _say_refused_operators(path: str) -> None:
    refused = json.loads(command("inspect", path, "--json")).get("refusedOperators", [])
    if refused:
        names = sorted({entry["operator"] for entry in refused})
        warnings.warn(
            f"{path}: calls {', '.join(names)}, which lethe runs only with --allow-operator NAME", stacklevel=3)
