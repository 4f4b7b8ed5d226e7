"""What a recording consists of: values, calls, what tensors stand for; nothing is recorded here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from torch import Tensor

from snncc.ir import Origin

from .precision import narrow

Tree: TypeAlias = object
"""Nested tuples, lists and mappings."""


@dataclass(frozen=True, slots=True)
class Var:
    """A tensor value in the recording: an index into `Recording.values`."""

    index: int


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a tensor value.

    Attributes:
        shape: as PyTorch counts it, batch and ticks included.
        live: whether it depends on the input or on a neuron.
        constant: the numbers, where it does not.
    """

    shape: tuple[int, ...]
    live: bool
    constant: Tensor | None


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of the recording; `args` hold `Var`, Python values and lists of these."""

    name: str
    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    outputs: tuple[Var, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class View:
    """One step from a base tensor to a view of it."""

    name: str
    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    index: int


@dataclass(eq=False, slots=True)
class Base:
    """The memory behind a tensor and its views.

    Attributes:
        tensor: all of it.
        var: what it contains at this version.
    """

    tensor: Tensor
    var: Var
    version: int = 0


@dataclass(eq=False, slots=True)
class Binding:
    """What a tensor object stands for at the moment."""

    base: Base
    path: tuple[View, ...]
    var: Var
    version: int


COMPARISONS = ("gt", "ge", "lt", "le", "heaviside", "sign")
"""Operations in which neurons written by hand fire."""


@dataclass(frozen=True, slots=True)
class Site:
    """One comparison of a run.

    Attributes:
        place: as `Places.find_site` gives it.
        number: which comparison there it is.
    """

    place: str
    number: int


@dataclass(eq=False)
class Recording:
    """Calls in the order of execution, and the values they speak of.

    Attributes:
        sites: result of a comparison → where it was made.
    """

    calls: list[Call] = field(default_factory=list[Call])
    values: list[Value] = field(default_factory=list[Value])
    sites: dict[int, Site] = field(default_factory=dict[int, Site])

    def constant(self, var: Var) -> Tensor | None:
        """The numbers of a value that depends on no signal, float64; None for a signal."""
        constant = self.values[var.index].constant
        return constant.detach().double() if narrow(constant) else constant


def tensors_of(tree: Tree) -> Iterator[Tensor]:
    """Every tensor in nested tuples, lists and dicts."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, Mapping):
        yield from tensors_of(tuple(tree.values()))
    elif isinstance(tree, (list, tuple)):
        for item in tree:
            yield from tensors_of(item)


def variables(tree: Tree) -> Iterator[Var]:
    """Every variable in nested tuples."""
    if isinstance(tree, Var):
        yield tree
    elif isinstance(tree, tuple):
        for item in tree:
            yield from variables(item)
