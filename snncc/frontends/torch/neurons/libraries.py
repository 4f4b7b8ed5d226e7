"""The libraries of neurons that are known, loaded only where the user's model loaded them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec

from torch import nn

from snncc.ir import ImportRefused, Problem

from . import own
from .library import Found, Library

TABLES = ("snntorch", "spikingjelly", "norse", "sinabs", "rockpool")
"""Packages of libraries; the module of that name in this folder has its table."""

WITHOUT_TABLE = frozenset({"lava", "bindsnet"})
"""Libraries of neurons that are known by name only: traced as plain code, they would mislead."""


@dataclass(frozen=True)
class Row:
    """One class of neurons, as the documentation lists it.

    Attributes:
        library: with the releases that were compared, such as `snnTorch 0.9, 1.0`.
        name: of the class, with its package.
        law: its equation; where it is refused, the reason.
        exact: whether it is imported.
    """

    library: str
    name: str
    law: str
    exact: bool


def load_libraries() -> tuple[Library, ...]:
    """The user's own classes, and the tables of those libraries that have been imported by now.

    A release that has no table is plain code: it matters to a model that runs its neurons alone.
    """
    tables = (_table(package) for package in TABLES if package in sys.modules)
    return (own.LIBRARY, *(table for table in tables if isinstance(table, Library)))


def explain_unknown_release(model: nn.Module) -> str:
    """Why the modules of one of the model's libraries are plain code; empty where none are."""
    for package in TABLES:
        used = any(type(m).__module__.partition(".")[0] == package for m in model.modules())
        table = _table(package) if used and package in sys.modules else None
        if isinstance(table, str):
            return table
    return ""


def building() -> ExitStack:
    """A context in which a model of the loaded libraries can be built on any machine."""
    stack = ExitStack()
    for library in load_libraries():
        stack.enter_context(library.building())
    return stack


def rows() -> Iterator[Row]:
    """Every class of every table whose library is installed; imports the libraries."""
    for package in TABLES:
        if find_spec(package) is None:
            continue
        library = _table(package)
        if isinstance(library, str):
            continue
        title = f"{library.name} {', '.join(release.rstrip('.') for release in library.known)}"
        for name, kind in library.kinds.items():
            yield Row(title, f"{package}.{name}", kind.law, exact=True)
        for name, reason in library.refused.items():
            if name:
                yield Row(title, f"{package}.{name}", reason, exact=False)


def _table(package: str) -> Library | str:
    """The table of a library; where it does not fit the installed release, a sentence of that."""
    try:
        library = import_module(f".{package}", __package__).LIBRARY
    except (ImportError, AttributeError) as error:
        return (
            f"the installed {package} is not a release whose neurons are known ({error}); "
            "they are in docs/support.md"
        )
    assert isinstance(library, Library), f"the table of {package} has no LIBRARY"
    return library


class UnknownNeurons(ImportRefused):
    """Some neurons of a model are known, and have no exact counterpart.

    Attributes:
        found: path → neuron, for all others.
    """

    def __init__(self, found: Mapping[str, Found], refused: Sequence[Problem]) -> None:
        super().__init__(*refused)
        self.found = found


def neurons_of(model: nn.Module, libraries: Sequence[Library]) -> dict[str, Found]:
    """Path → neuron, for every module that one of the libraries knows.

    Raises:
        UnknownNeurons: a library knows a module and cannot express it, or a module belongs to a
            library of neurons that has no table here; names all of these.
    """
    found: dict[str, Found] = {}
    refused: list[Problem] = []
    for path, module in model.named_modules():
        if any(path.startswith(f"{whole.module}.") for whole in refused):
            continue  # a part of what is refused
        try:
            neuron = _neuron(module, path, libraries)
        except ImportRefused as refusal:
            kind = type(module).__name__
            place = f"module '{path}' ({kind})"
            refused += [replace(p, op=kind, place=place, module=path) for p in refusal.problems]
            continue
        if neuron is not None:
            found[path] = neuron
    if refused:
        raise UnknownNeurons(found, refused)
    return found


def _neuron(module: nn.Module, path: str, libraries: Sequence[Library]) -> Found | None:
    origin = type(module).__module__.partition(".")[0]
    if origin in WITHOUT_TABLE:
        raise ImportRefused(
            f"it is of {origin}, which has no table here; use a neuron of {', '.join(TABLES)}, or "
            "describe this one with @neuron (docs/own-neurons.md)"
        )
    for library in libraries:
        kind = library.find(module, path)
        if kind is not None:
            return Found(module, kind, library)
    return None


def states_of(neurons: Mapping[str, Found]) -> frozenset[str]:
    """Names of the buffers in which a model keeps its neurons' states."""
    return frozenset(
        f"{path}.{name}"
        for path, found in neurons.items()
        for name, _ in found.module.named_buffers(recurse=False)
        if name in found.library.states
    )
