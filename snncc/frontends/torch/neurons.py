"""What the importer must know of a class of neurons, in which libraries' tables are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused, Op, Param

from .expr import Expr
from .grid import Axis, Loom, cell

Fire: TypeAlias = Callable[
    [nn.Module, Tensor, Mapping[str, Tensor]], tuple[Tensor, dict[str, Tensor]]
]
"""Stands for one tick of a population: module, input and states → spikes and new states."""


WITHOUT_TABLE = {"spikingjelly", "norse", "sinabs", "rockpool", "lava", "slayer", "bindsnet"}
"""Libraries of neurons that are known by name only: traced as plain code, they would mislead."""


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
        cells = self.loom.numbers(torch.as_tensor(value), self.axes)
        return self.loom.weaver.param(self.loom.weaver.at_rest(cell(cells)), role)

    def signal(self, value: Tensor | float) -> Expr:
        """A number or tensor of the module as a constant signal."""
        return cell(self.loom.numbers(torch.as_tensor(value), self.axes))


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
    def memory(self) -> tuple[str, ...]:
        """The names of the states that are the neuron's own."""
        return tuple(key for key in self.keys if self.signals[key])


@dataclass(frozen=True, eq=False)
class Library:
    """A library of neurons: which modules are its own, and how to stand in for them.

    Attributes:
        name: for messages.
        version: the installed release.
        folder: its source files are nobody's own code.
        find: the kind of a module; None if it is no neuron of this library.
        forward: a replacement of the module's forward that calls `Fire` for the dynamics and keeps
            the library's calling convention.
        rest: puts a module to the state before tick 0.
        spikes: the spikes in what a call of the module returned.
    """

    name: str
    version: str
    folder: str
    find: Callable[[nn.Module, str], NeuronKind | None]
    forward: Callable[[nn.Module, NeuronKind, Fire], Callable[..., object]]
    rest: Callable[[nn.Module], None]
    spikes: Callable[[object], Tensor]


@dataclass(frozen=True, eq=False)
class Found:
    """A neuron module of the user's model."""

    module: nn.Module
    kind: NeuronKind
    library: Library


def neurons_of(model: nn.Module, libraries: Sequence[Library]) -> dict[str, Found]:
    """Path → neuron, for every module that one of the libraries knows.

    Raises:
        ImportRefused: a library knows the module and cannot express it, or the module belongs to a
            library of neurons that has no table here.
    """
    found: dict[str, Found] = {}
    for path, module in model.named_modules():
        origin = type(module).__module__.partition(".")[0]
        if origin in WITHOUT_TABLE:
            raise ImportRefused(
                f"module '{path}' is a {origin} {type(module).__name__}; only neurons of "
                f"{', '.join(library.name for library in libraries)} are known here"
            )
        for library in libraries:
            kind = library.find(module, path)
            if kind is not None:
                found[path] = Found(module, kind, library)
                break
    return found
