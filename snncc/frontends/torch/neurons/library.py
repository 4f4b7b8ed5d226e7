"""What the importer must know of a library of neurons: the form in which the tables are written.

A table is a module of this folder. It states each class of neurons as a `NeuronKind` and all of
them as one `Library`, under the name `LIBRARY`; `libraries.TABLES` says for which package it
is. A row is the class's name, its states in the order in which the module handles them, and a
function that builds the op from the live object, whose docstring opens with the equation and ends
with its source. The classes that no op expresses are in the table too, each with the reason.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TypeAlias

import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused, Op, Param

from ..expressions.axes import Axis, cell
from ..expressions.axis_ops import Loom
from ..expressions.expr import Expr

SpikeFunction: TypeAlias = Callable[[Tensor], Tensor]
"""How far potentials are above their threshold → spikes, 0 or 1."""
Fire: TypeAlias = Callable[
    [nn.Module, Tensor, Mapping[str, Tensor]], tuple[Tensor, dict[str, Tensor]]
]
"""Stands for one tick of a population: module, input and states → spikes and new states."""


@dataclass(frozen=True, eq=False)
class Site:
    """One population as it is imported: its module, and how its tensors are laid out.

    Attributes:
        axes: of the input; parameters broadcast against it as PyTorch broadcasts.
        initial: what the states start from.
    """

    module: nn.Module
    loom: Loom
    axes: tuple[Axis, ...]
    initial: Mapping[str, Tensor] = field(default_factory=dict[str, Tensor])

    def param(self, value: Tensor | float, role: str) -> Param:
        """A number or tensor of the module as a parameter of an op."""
        cells = self.loom.numbers(torch.as_tensor(value, dtype=torch.float64), self.axes)
        return self.loom.weaver.param(self.loom.weaver.evaluate_at_rest(cell(cells)), role)

    def signal(self, value: Tensor | float) -> Expr:
        """A number or tensor of the module as a constant signal."""
        return cell(self.loom.numbers(torch.as_tensor(value, dtype=torch.float64), self.axes))


@dataclass(frozen=True, eq=False)
class NeuronKind:
    """One class of neurons.

    Attributes:
        keys: names of the states as the module takes and returns them, in that order.
        signals: name → state of the op ("" for its spikes); those that are not spikes are the
            neuron's memory and must come back as it left them.
        op: the neuron with the module's parameters.
        drive: the current of one tick, recurrent connections included.
        gain: what a spike counts; 1 for most.
    """

    keys: tuple[str, ...]
    signals: Mapping[str, str]
    op: Callable[[Site], Op]
    drive: Callable[[Site, Expr, Mapping[str, Expr]], Expr]
    gain: Callable[[Site], Tensor | float]

    @property
    def law(self) -> str:
        """The equation, in one line."""
        return (self.op.__doc__ or "").partition("\n")[0]

    @property
    def memory(self) -> tuple[str, ...]:
        """The names of the states that are the neuron's own."""
        return tuple(key for key in self.keys if self.signals[key])


@dataclass(frozen=True, eq=False)
class Library:
    """A library of neurons: which modules are its own, and how to stand in for them.

    Attributes:
        package: what a user imports, such as `snntorch`.
        name: for messages, such as `snnTorch`.
        version: the installed release.
        known: beginnings of the releases whose equations were compared with the ops.
        folder: its source files are not the user's code.
        kinds: class → what it is here.
        refused: class → why it has no exact counterpart; a reason for what is in neither table
            is under "".
        named: the class of neurons that a module is of; None if it is not of this library.
        objection: why a neuron of a class in `kinds` cannot be expressed; empty if it can.
        forward: a replacement of the module's forward that calls `Fire` for the dynamics, once per
            tick, and keeps the library's calling convention.
        rest: puts all modules of the library in a model to the state before tick 0.
        spikes: the spikes in what a call of a neuron returned, one tensor for each tick of the
            call, counted as its op counts them.
        building: within it the user's factory is called.
        sized: tells the modules of a model how many samples a call has, where they need it.
        states: buffers in which a saved module may hold its states; a network starts at rest.
    """

    package: str
    name: str
    version: str
    known: tuple[str, ...]
    folder: Path
    kinds: Mapping[str, NeuronKind]
    refused: Mapping[str, str]
    named: Callable[[nn.Module], str | None]
    objection: Callable[[nn.Module], str]
    forward: Callable[[nn.Module, NeuronKind, Fire], Callable[..., object]]
    rest: Callable[[nn.Module], None]
    spikes: Callable[[nn.Module, object], Sequence[Tensor]]
    building: Callable[[], AbstractContextManager[None]] = nullcontext
    sized: Callable[[nn.Module, int], None] = lambda model, samples: None
    states: frozenset[str] = frozenset()

    def find(self, module: nn.Module, path: str) -> NeuronKind | None:
        """What a module is here; None if it is not a neuron of this library.

        Raises:
            ImportRefused: it is one, and has no exact counterpart.
        """
        name = self.named(module)
        if name is None:
            return None
        if _is_changed(type(module), self.package):
            raise ImportRefused(
                f"it is derived from {name} of {self.name} and may change it; say what it computes "
                "with @neuron (docs/own-neurons.md)"
            )
        for own in vars(module):
            # Rockpool gives its modules another `parameters`, which no tick calls.
            calls = own == "forward" or not hasattr(nn.Module, own)
            if calls and isinstance(getattr(type(module), own, None), FunctionType):
                raise ImportRefused(
                    f"its '{own}' was replaced, and {name} is imported as {self.name} has it; "
                    "derive a class, and say what it computes with @neuron (docs/own-neurons.md)"
                )
        where = f"{self.package}.{name}"
        if name not in self.kinds:
            unnamed = f"{self.refused['']} (known: {', '.join(self.kinds)})"
            reason = self.refused.get(name, unnamed)
            instead = "" if "; " in reason else f"; {self._instead()}"
            raise ImportRefused(f"{where}: {reason}{instead}")
        if not self.version.startswith(self.known):
            releases = " or ".join(r.rstrip(".") for r in self.known)
            raise ImportRefused(
                f"the equations of {where} {self.version} have not been compared; install "
                f"{releases}, whose are known"
            )
        objection = self.objection(module)
        if objection:
            raise ImportRefused(f"{where}: {objection}")
        return self.kinds[name]

    def _instead(self) -> str:
        return f"use {' or '.join(list(self.kinds)[:2])}, or another one of docs/support.md"


HARMLESS = frozenset(
    {"__module__", "__qualname__", "__doc__", "__annotations__", "__firstlineno__"}
    | {"__static_attributes__", "__init__", "__repr__", "extra_repr"}
)
"""What a class may define without changing what its neurons do."""


def _is_changed(kind: type, package: str) -> bool:
    """Whether a class defines more than how it is built, beyond the library's class it is of."""
    for each in kind.__mro__:
        if each.__module__.partition(".")[0] == package:
            return False
        if set(vars(each)) - HARMLESS:
            return True
    return True


@dataclass(frozen=True, eq=False)
class Found:
    """A neuron module of the user's model."""

    module: nn.Module
    kind: NeuronKind
    library: Library


def class_among(module: nn.Module, bases: tuple[type, ...], package: str) -> str | None:
    """The library's class that a module is of or derived from; None where it is of none.

    Args:
        bases: what all neurons of the library are derived from.
        package: the library's.
    """
    if not isinstance(module, bases):
        return None
    own = [c for c in type(module).__mro__ if c.__module__.partition(".")[0] == package]
    return own[0].__name__


def folder_of(package: ModuleType) -> Path:
    """Where a package's source files lie, from the package or one of its modules."""
    root = sys.modules[package.__name__.partition(".")[0]]
    return Path(root.__path__[0])


def comparison(spike_function: SpikeFunction) -> str:
    """How a neuron compares potential and threshold, found out by asking its spike function.

    The function is given how far the potential is above the threshold.

    Raises:
        ImportRefused: it is not a step from 0 to 1.
    """
    shifts = torch.tensor([[-1.0, -1e-9, 0.0, 1e-9, 1.0]], dtype=torch.float64)
    with torch.no_grad():
        spikes = spike_function(shifts)
    levels = [float(s) for s in spikes[0]]
    for rule, step in ((">", [0, 0, 0, 1, 1]), (">=", [0, 0, 1, 1, 1])):
        if levels == step:
            return rule
    raise ImportRefused(
        f"the spike function gives {levels} at {shifts[0].tolist()} from the threshold; "
        "expected a step from 0 to 1"
    )
