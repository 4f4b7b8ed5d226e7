"""The user's own neurons, as `snncc.frontends.neuron` describes them; no library is known here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import cast
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from snncc.frontends import MARK, SELDOM, Description
from snncc.ir import ImportRefused, Op, Param, describe_unknown, op_class

from ..expressions.expr import Expr
from .library import Fire, Library, NeuronKind, Site

ASIDE = ("initial", "floor")
"""Fields that a description need not name: the state's first value, and a rarity."""


@dataclass(frozen=True, eq=False)
class OwnNeurons(Library):
    """The classes that the user has described."""

    def find(self, module: nn.Module, path: str) -> NeuronKind | None:
        """What a module is here; None if its class was not described.

        Raises:
            ImportRefused: it is of a class derived from a described one, with a forward of its own.
        """
        described = description(module)
        if described is None:
            return None
        if type(module).forward is not cast("type[nn.Module]", described.owner).forward:
            raise ImportRefused(
                f"it is derived from {described.owner.__name__} and has a forward of its own; "
                "describe it as well"
            )
        if described.hidden and module not in FIRST:
            absent = [key for key in described.states if not hasattr(module, key)]
            if absent:
                own = ", ".join(
                    k for k in vars(module) if not k.startswith("_") and k != "training"
                )
                raise ImportRefused(
                    f"the description of {described.owner.__name__} names a state "
                    f"'{absent[0]}', and the module has no attribute of that name (it has: "
                    f"{own or 'none'}); name the one that contains the state, or set it in __init__"
                )
            FIRST[module] = {key: getattr(module, key) for key in described.states}
        return _kind(described)


FIRST: WeakKeyDictionary[nn.Module, Mapping[str, object]] = WeakKeyDictionary()
"""Module → the attributes that are its states, as they were when the model was loaded."""


def description(module: nn.Module) -> Description | None:
    """What was said of a module's class."""
    return cast("Description | None", getattr(type(module), MARK, None))


def read_fields(module: nn.Module) -> dict[str, object]:
    """The fields of a module's op, `gain` included, as its description gives them.

    Raises:
        ImportRefused: the description does not state all fields of the op, or too many.
    """
    described = description(module)
    assert described is not None, "asked for a class that is not described"
    known = {f.name: f for f in fields(op_class(described.op))}
    own = dict(described.fields(module))
    where = f"the description of {described.owner.__name__}"
    for name in own:
        if name not in known and name != "gain":
            raise ImportRefused(f"{where}: {describe_unknown('field', name, [*known, 'gain'])}")
    given = {**{k: v for k, v in SELDOM.items() if k in known}, **own}
    missing = [
        name
        for name, each in known.items()
        if name not in given and name not in ASIDE and each.default is MISSING
    ]
    if missing:
        raise ImportRefused(f"{where} does not state {', '.join(missing)} of {described.op}")
    return given


def gain_of(module: nn.Module) -> Tensor:
    """What the current is multiplied by."""
    return torch.as_tensor(read_fields(module).get("gain", 1.0), dtype=torch.float64).detach()


def _kind(described: Description) -> NeuronKind:
    every = op_class(described.op).stated
    numbers = {name for name, field in every.items() if field.form == Param}
    begins = "initial" in every  # else all states of the op begin at zero

    def op(site: Site) -> Op:
        given = {k: v for k, v in read_fields(site.module).items() if k != "gain"}
        first = {described.states[key]: value for key, value in site.initial.items()}
        if begins and "v" in first:
            given["initial"] = first.pop("v")
        for state, value in first.items():
            if bool(torch.any(value != 0)):
                raise ImportRefused(f"state '{state}' does not start at zero")
        params = {
            name: site.param(torch.as_tensor(value, dtype=torch.float64).detach(), name)
            if name in numbers
            else value
            for name, value in {**({"initial": 0.0} if begins else {}), **given}.items()
        }
        return site.loom.weaver.op(described.op, **params)

    op.__doc__ = f"{described.op}, as described"
    signals = {"spk": "", **described.states}
    return NeuronKind(tuple(described.states), signals, op, _drive, lambda site: 1.0)


def _drive(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    gain = gain_of(site.module)
    if not bool((gain != 1).any()):
        return current
    return site.loom.weaver.apply("product", (current, site.signal(gain)))


def _forward(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    described = description(module)
    assert described is not None, "asked for a class that is not described"
    if described.time_axis is not None:
        return _walk_ticks(module, kind, fire, described.time_axis)
    return (
        _hide_states(module, kind, fire) if described.hidden else _pass_states(module, kind, fire)
    )


def _walk_ticks(
    module: nn.Module, kind: NeuronKind, fire: Fire, axis: int
) -> Callable[[Tensor], Tensor]:
    """All ticks in one call, from rest."""

    def forward(currents: Tensor) -> Tensor:
        ticks = currents.unbind(axis)
        states = {key: torch.zeros_like(ticks[0]) for key in kind.keys}
        rows: list[Tensor] = []
        for current in ticks:
            spikes, states = fire(module, current, states)
            rows.append(spikes)
        return torch.stack(rows, axis)

    return forward


def _hide_states(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    described = description(module)
    assert described is not None, "asked for a class that is not described"

    def forward(current: Tensor) -> object:
        states = {key: _state(getattr(module, key), current) for key in kind.keys}
        spikes, after = fire(module, current, states)
        for key, state in after.items():
            setattr(module, key, state)
        results = tuple(after[key] for key in described.returned)
        return (spikes, *results) if results else spikes

    return forward


def _pass_states(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    """States one by one, or all in one tuple where forward takes one argument for several."""
    bundled = len(kind.keys) > 1 and len(inspect.signature(type(module).forward).parameters) == 3

    def forward(current: Tensor, *given: object, **named: object) -> tuple[object, ...]:
        if bundled:
            whole = [*given, *named.values()][:1]
            given, named = tuple(cast("Sequence[object]", whole[0] or ())) if whole else (), {}
        passed = {**dict(zip(kind.keys, given, strict=False)), **named}
        states = {key: _state(passed.get(key), current) for key in kind.keys}
        spikes, after = fire(module, current, states)
        results = tuple(after[key] for key in kind.keys)
        return (spikes, results) if bundled else (spikes, *results)

    return forward


def _state(state: object, current: Tensor) -> Tensor:
    """A state as a tensor; one that is not there yet is zero, a number is that of all neurons."""
    if isinstance(state, Tensor) and state.numel():
        return state
    first = float(state) if isinstance(state, (int, float)) else 0.0
    return torch.full_like(current, first)


def _find_name(module: nn.Module) -> str | None:
    return None if description(module) is None else type(module).__name__


def _rest(model: nn.Module) -> None:
    for module in model.modules():
        for key, value in FIRST.get(module, {}).items():
            setattr(module, key, value.clone() if isinstance(value, Tensor) else value)


def _spikes(module: nn.Module, returned: object) -> tuple[Tensor, ...]:
    first = cast("Sequence[object]", returned)[0] if isinstance(returned, tuple) else returned
    assert isinstance(first, Tensor), f"{type(module).__name__} returned no tensor"
    described = description(module)
    if described is not None and described.time_axis is not None:
        return first.unbind(described.time_axis)
    return (first,)


LIBRARY = OwnNeurons(
    package="",
    name="its own classes",
    version="",
    known=("",),
    folder=Path("own neurons"),
    kinds={},
    refused={},
    named=_find_name,
    objection=lambda module: "",
    forward=_forward,
    rest=_rest,
    spikes=_spikes,
)
