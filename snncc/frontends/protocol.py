"""What a frontend is: MODEL → network, proven equal to the model itself. No frontend in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from snncc.ir import Network, Shape, Trace, Values

TICK_SECONDS = 1e-3
"""Length of a tick where a source does not state it; `--option tick` sets another afterwards."""


@dataclass(frozen=True)
class ImportRequest:
    """What the user named.

    Attributes:
        source: MODEL as typed, such as `model.py:build` or `net.nir`.
        weights: file with trained weights; None where the source brings its own.
        signal: example data `[samples, ticks, *shape]`; None where none were given.
        options: KEY=VALUE as given on the command line; unknown ones are refused.
        ticks: how many the user wants, who may give no data; None where that is not said.
        name: what the network is called; empty where the source says it.
        parts: of a model with several inputs, one after the other on the last axis of the signal:
            name → shape at a tick. Whether a frontend reads them is its own affair: networks with
            several inputs get one signal afterwards.
        trained: whether the model brings the weights that the user means, as one in memory does.
    """

    source: str
    weights: Path | None
    signal: Values | None
    options: Mapping[str, str]
    ticks: int | None = None
    name: str = ""
    parts: Mapping[str, Shape] = field(default_factory=dict[str, Shape])
    trained: bool = False


class Eager(Protocol):
    """The user's own model, run as the user would run it, in float64."""

    def __call__(self, signal: Values) -> Trace:
        """Spikes of every neuron and the outputs, on wires named as in the imported network.

        Args:
            signal: `[samples, ticks, *shape]`.
        """
        ...


@runtime_checkable
class WatchedEager(Eager, Protocol):
    """A model whose neurons can be watched while it runs, so that no spikes need be kept."""

    def watch(self, signal: Values, ticks: int, each: Callable[[Trace], None]) -> Values:
        """One score per class `[samples, classes]`, as the network's decoder makes them.

        Args:
            signal: `[samples, ticks, *shape]`.
            ticks: of a window.
            each: is given the spikes of every neuron, on wires named as in the imported network,
                window after window.
        """
        ...


@runtime_checkable
class HoldingEager(WatchedEager, Protocol):
    """A model that may hold in memory what it computes, until its last tick is done.

    Attributes:
        holds_ticks: whether it does, and takes fewer ticks as well.
    """

    holds_ticks: bool


@dataclass(frozen=True)
class Imported:
    """A model as a network, with the model beside it.

    Attributes:
        network: float; verified; equal to the model on every wire that `eager` records.
        eager: runs the model itself; None where the source is a network already.
        notes: what the user should know, a sentence each (a converted dtype, an ignored buffer).
    """

    network: Network
    eager: Eager | None
    notes: tuple[str, ...] = ()


class Frontend(Protocol):
    """Reads models of one kind.

    Attributes:
        options: names of the `--option` keys it understands → what they mean.
    """

    options: Mapping[str, str]

    def accepts(self, source: str) -> bool:
        """Whether the source is of this frontend's kind; looks at the text alone."""
        ...

    def load(self, request: ImportRequest) -> Imported:
        """The model as a network, after it has been compared with the model itself.

        Raises:
            ImportRefused: the model has something that cannot be expressed exactly; names module,
                file and line.
            UsageError: the source, the weights or an option do not exist.
        """
        ...


@runtime_checkable
class TimedFrontend(Frontend, Protocol):
    """A frontend whose sources state how long a tick is; `--option tick` does not go with them."""

    states_tick: bool


@runtime_checkable
class ReadingFrontend(Frontend, Protocol):
    """A frontend that can tell which models it reads as data; from others code is expected."""

    def executes(self, source: str) -> bool:
        """Whether loading a source runs code that the source names; looks at the text alone."""
        ...
