"""Frozen values that say what each core runs, where, and how its events travel; no decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from snncc.backends import Port
from snncc.backends.c99 import Program as Code
from snncc.ir import Decode, Shape

from ..program import Whole
from ..route import Routing
from ..traffic import Traffic
from .parts import HOST, Parts, Stretch

HOST_KEY = 0xFFFF_FF00  # of events from outside; cores' keys end below
INBOX_EVENTS = OUTBOX_EVENTS = 64  # kernel/pe.h: PE_INBOX, PE_OUTBOX
EVENT_BYTES = 12  # kernel/pe.h: pe_event
STRETCH_BYTES = 20  # kernel/pe.h: pe_stretch
WIDTHS: Mapping[str, int] = {"int8_t": 1, "uint8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4}


@dataclass(frozen=True)
class Wire:
    """What can be recorded: `text` is the use's, and the stretches that make it up."""

    text: str
    shape: Shape
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, eq=False)
class Program:
    """A network on the cores of SpiNNaker 2, each with C of its own.

    Attributes:
        inputs: of the network, in order.
        outputs: wires, in order.
        traced: wires that can be recorded, the outputs included.
        parts: what each core computes and hears.
        codes: the C of each core.
        memory: of each core, what takes how many bytes of its data memory.
        traffic: events between cores, as expected.
        routing: where the cores run, and how events get from one to the other.
        warnings: a sentence for each limit that may be passed on data.
    """

    name: str
    tick: float
    decode: Decode
    inputs: tuple[Port, ...]
    outputs: tuple[Wire, ...]
    traced: tuple[Wire, ...]
    parts: Parts
    codes: tuple[Code, ...]
    memory: tuple[Mapping[str, int], ...]
    traffic: Traffic
    routing: Routing
    warnings: tuple[str, ...]

    @cached_property
    def firsts(self) -> tuple[Whole, ...]:
        """Of each core's outputs the first address, then the end: int64 [outputs + 1]."""
        return tuple(
            _firsts([prod(readout.shape) for readout in code.outputs]) for code in self.codes
        )

    @cached_property
    def entries(self) -> Whole:
        """Of the host's inputs the first address, then the end: int64 [inputs + 1]."""
        return _firsts([prod(port.shape) for port in self.inputs])

    def key(self, core: int) -> int:
        """The key of a core's events, or of the host's."""
        return HOST_KEY if core == HOST else int(self.routing.keys[core])

    def address(self, stretch: Stretch) -> int:
        """The address of the first element of a stretch among all that its sender puts out."""
        firsts = self.entries if stretch.core == HOST else self.firsts[stretch.core]
        return int(firsts[stretch.output]) + stretch.first

    @cached_property
    def heard(self) -> frozenset[tuple[int, int]]:
        """Core and output of all that a core hears."""
        ports = [stretches for core in self.parts.cores for stretches in core.ports]
        return frozenset((s.core, s.output) for stretches in ports for s in stretches)

    @cached_property
    def reached(self) -> Mapping[int, Whole]:
        """Core → cores to which lists and router tables take its events; the host's hearers."""
        offsets, targets = self.routing.delivered()
        found = dict(enumerate(np.split(targets, offsets[1:-1])))
        hearers = [
            number
            for number, core in enumerate(self.parts.cores)
            if any(s.core == HOST for stretches in core.ports for s in stretches)
        ]
        return {**found, HOST: np.array(hearers, dtype=np.int64)}

    def bytes_of(self, core: int) -> int:
        """Bytes of a core's data memory that are taken."""
        return sum(self.memory[core].values())


def _firsts(sizes: list[int]) -> Whole:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])
