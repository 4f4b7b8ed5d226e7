"""How a user's model is called, one way of several: which axis is time, who keeps the states."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused

Layout: TypeAlias = Literal["time-first", "batch-first", "time-last", "step", "static"]
LAYOUTS: tuple[Layout, ...] = ("time-first", "batch-first", "time-last", "step", "static")


@dataclass(frozen=True)
class Calling:
    """A way to call a model.

    Attributes:
        layout: `time-first` forward(x[T, B, *S]); `batch-first` forward(x[B, T, *S]); `time-last`
            forward(x[B, *S, T]); `step` forward(x[B, *S]), once per tick; `static`
            forward(x[B, *S]), which presents x at each of its own ticks.
        wiring: step only: for each parameter after the first, which returned value it gets at the
            next call.
    """

    layout: Layout
    wiring: tuple[int, ...] = ()

    @property
    def time(self) -> int | None:
        """The axis of the ticks in what the model is called with; None where it has none."""
        return {"time-first": 0, "batch-first": 1, "time-last": -1}.get(self.layout)

    def feed(self, x: Tensor) -> tuple[Tensor, ...]:
        """The tensors the model is called with, from `x` [ticks, samples, *shape]."""
        match self.layout:
            case "time-first":
                return (x,)
            case "batch-first":
                return (x.transpose(0, 1).contiguous(),)
            case "time-last":
                return (x.movedim(0, -1).contiguous(),)
            case "step":
                return tuple(tick.clone() for tick in x)
            case "static":
                return (x[0].clone(),)


def call_model(
    model: nn.Module,
    calling: Calling,
    fed: Iterable[Tensor],
    keep: Callable[[object], object] = lambda returned: returned,
) -> object:
    """What the model returns; in the step layout the list of what it returns at each tick.

    Args:
        model: the user's.
        calling: how it is called.
        fed: what it is called with.
        keep: makes of a returned value what later ticks do not write into.
    """
    if calling.layout != "step":
        return keep(model(next(iter(fed))))
    returned: list[object] = []
    states: tuple[object, ...] = _first_states(model, calling)
    for x in fed:
        result = model(x, *states)
        if calling.wiring:
            assert isinstance(result, (tuple, list)), "states are passed but none are returned"
            states = tuple(result[i] for i in calling.wiring)
        returned.append(keep(result))
    return returned


def _first_states(model: nn.Module, calling: Calling) -> tuple[object, ...]:
    """What the state parameters get at the first tick.

    Their default; without one None where forward asks whether it is None, as one does that hands a
    tuple of states to its layers, and else a tensor without values, which a neuron takes for zero.
    """
    parameters = _state_parameters(model)[: len(calling.wiring)]
    asked, empty = _read_asked_for_none(model), inspect.Parameter.empty
    return tuple(
        p.default if p.default is not empty else None if p.name in asked else torch.zeros(0)
        for p in parameters
    )


def _state_parameters(model: nn.Module) -> list[inspect.Parameter]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(model.forward).parameters.values()
    return [p for p in parameters if p.kind in kinds][1:]


def step_calling(model: nn.Module) -> Calling:
    """The step layout of a model, with its states wired from results back to parameters.

    Raises:
        ImportRefused: it takes states, and it is not clear which of its results they are.
    """
    names = [p.name for p in _state_parameters(model)]
    if not names or type(model).forward is nn.Sequential.forward:
        return Calling("step")
    returned = _read_returned_names(model)
    if all(name in returned for name in names):
        return Calling("step", tuple(returned.index(name) for name in names))
    if len(returned) == len(names) + 1:
        return Calling("step", tuple(range(1, len(names) + 1)))
    if all(p.default is not inspect.Parameter.empty for p in _state_parameters(model)):
        return Calling("step")
    raise ImportRefused(
        f"{type(model).__name__}.forward takes {', '.join(names)} besides the input, and returns "
        f"{', '.join(map(repr, returned)) or 'no tuple'}: give the results the parameters' names, "
        "or loop over the ticks inside forward; where these are inputs as well, give the data an "
        f"array for each (--option inputs={','.join(inspect.signature(model.forward).parameters)})"
    )


def _read_returned_names(model: nn.Module) -> list[str]:
    """Names in the tuple that forward returns; "" where an item is not a plain name."""
    found = [n.value for n in _walk_forward(model) if isinstance(n, ast.Return)]
    if not found or not isinstance(found[-1], ast.Tuple):
        return []
    return [e.id if isinstance(e, ast.Name) else "" for e in found[-1].elts]


def _read_asked_for_none(model: nn.Module) -> set[str]:
    """Names that forward compares with None by `is` or `is not`."""
    asked: set[str] = set()
    for node in _walk_forward(model):
        match node:
            case ast.Compare(ast.Name(name), [ast.Is() | ast.IsNot()], [ast.Constant(None)]):
                asked.add(name)
            case _:
                pass
    return asked


def _walk_forward(model: nn.Module) -> list[ast.AST]:
    """The nodes of forward's source; none where there is none to be read."""
    try:
        return list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(type(model).forward)))))
    except (OSError, TypeError, SyntaxError):
        return []


class Rest:
    """The model as it was loaded: what its modules keep beside their parameters.

    Put back before each run, so that each run starts from rest.
    """

    def __init__(self, model: nn.Module) -> None:
        self._kept = [(m, _attributes(m), _buffers(m)) for m in model.modules()]

    def restore(self) -> None:
        """Puts every attribute and buffer back."""
        for module, attributes, buffers in self._kept:
            for name in set(_attributes(module)) - set(attributes):
                del module.__dict__[name]
            module.__dict__.update({k: _copy(v) for k, v in attributes.items()})
            for name in set(_buffers(module)) - set(buffers):
                delattr(module, name)
            for name, buffer in buffers.items():
                setattr(module, name, buffer.clone())


def _attributes(module: nn.Module) -> dict[str, object]:
    return {
        k: _copy(v)
        for k, v in vars(module).items()
        if k not in ("_parameters", "_buffers", "_modules", "training") and not k.endswith("_hooks")
    }


def _buffers(module: nn.Module) -> dict[str, Tensor]:
    return {k: v.clone() for k, v in module.named_buffers(recurse=False)}


def _copy(value: object) -> object:
    """Copies of tensors and containers, so that what a run writes or appends does not stay."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    return value


def clone(returned: object) -> object:
    """What a model returned, as it is now."""
    if isinstance(returned, tuple):
        return tuple(map(clone, returned))
    return _copy(returned)


def holder_of(model: nn.Module, tensor: Tensor) -> tuple[str, str]:
    """Path of the module that keeps a tensor, and the attribute's name; empty if none does."""
    for path, module in model.named_modules():
        held: Mapping[str, object] = {**vars(module), **dict(module.named_buffers(recurse=False))}
        for name, value in held.items():
            items = value if isinstance(value, (list, tuple)) else [value]
            if isinstance(value, dict) and name not in ("_parameters", "_buffers", "_modules"):
                items = list(value.values())
            if any(item is tensor for item in items):
                return path, name
    return "", ""
