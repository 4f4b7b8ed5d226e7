"""Frozen values that say what each core runs, where, and how its events travel; no decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from snncc.backends import Port
from snncc.backends.c99 import Program as Code
from snncc.backends.c99 import data_bytes
from snncc.ir import Decode, Integers, Shape

from ..chip.target import STACK_BYTES, WORD_BYTES
from ..placement.traffic import Traffic
from ..routing.route import Routing
from .partition.core_parts import HOST, Parts, Stretch
from .port_ranges import Heard, list_heard

HOST_KEY = 0xFFFF_FF00  # of events from outside; cores' keys end below
INBOX_LEAST = 64  # ours: so many are taken at once
KERNEL_BYTES = 64  # what the kernel keeps beside, with padding
OUTBOX_EVENTS = 64  # kernel/pe.h: PE_OUTBOX
EVENT_BYTES = 12  # sources/pe.h: pe_event
STRETCH_BYTES = 20  # sources/pe.h: pe_stretch
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
        parts: what each core computes and receives.
        codes: the C of each core.
        traffic: events between cores, as expected.
        routing: where the cores run, and how events get from one to the other.
        warnings: what the user should know of it.
    """

    name: str
    tick: float
    decode: Decode
    inputs: tuple[Port, ...]
    outputs: tuple[Wire, ...]
    traced: tuple[Wire, ...]
    parts: Parts
    codes: tuple[Code, ...]
    traffic: Traffic
    routing: Routing
    warnings: tuple[str, ...]

    @cached_property
    def firsts(self) -> tuple[Integers, ...]:
        """Of each core's outputs the first address, then the end: int64 [outputs + 1]."""
        return tuple(
            _find_firsts([prod(readout.shape) for readout in code.outputs]) for code in self.codes
        )

    @cached_property
    def entries(self) -> Integers:
        """Of the host's inputs the first address, then the end: int64 [inputs + 1]."""
        return _find_firsts([prod(port.shape) for port in self.inputs])

    def folder(self, core: int) -> str:
        """Where the files of a core are."""
        return f"core{core:03}"

    def key(self, core: int) -> int:
        """The key of a core's events, or of the host's."""
        return HOST_KEY if core == HOST else int(self.routing.keys[core])

    def address(self, stretch: Stretch) -> int:
        """The address of the first element of a stretch among all that its sender puts out."""
        firsts = self.entries if stretch.core == HOST else self.firsts[stretch.core]
        return int(firsts[stretch.output]) + stretch.first

    @cached_property
    def heard(self) -> frozenset[tuple[int, int]]:
        """Core and output of all that a core receives."""
        ports = [stretches for core in self.parts.cores for stretches in core.ports]
        return frozenset((s.core, s.output) for stretches in ports for s in stretches)

    @cached_property
    def reached(self) -> Mapping[int, Integers]:
        """Core → cores to which lists and router tables take its events; the host's hearers."""
        offsets, targets = self.routing.trace_deliveries()
        found = dict(enumerate(np.split(targets, offsets[1:-1])))
        hearers = [
            number
            for number, core in enumerate(self.parts.cores)
            if any(s.core == HOST for stretches in core.ports for s in stretches)
        ]
        return {**found, HOST: np.array(hearers, dtype=np.int64)}

    def table(self, core: int) -> Heard:
        """What a core receives, as it searches it."""
        return self._tables[core]

    @cached_property
    def _tables(self) -> tuple[Heard, ...]:
        return tuple(
            list_heard(
                [
                    (self.key(stretch.core), self.address(stretch), port, stretch)
                    for port, stretches in enumerate(core.ports)
                    for stretch in stretches
                ]
            )
            for core in self.parts.cores
        )

    @cached_property
    def inboxes(self) -> tuple[int, ...]:
        """Events that each core has room for: all that may arrive while it computes, or more.

        That is all that cores of the same segment put out; in other segments it only listens.
        """
        most = [
            sum(
                int(np.diff(self.firsts[n])[k])
                for k in range(len(code.outputs))
                if (n, k) in self.heard
            )
            for n, code in enumerate(self.codes)
        ]
        cores = self.parts.cores
        arriving = np.zeros(len(cores), dtype=np.int64)
        for sender, receivers in self.reached.items():
            for number in receivers.tolist() if sender != HOST else ():
                if cores[number].segment == cores[sender].segment:
                    arriving[number] += most[sender]
        return tuple(max(INBOX_LEAST, each) for each in arriving.tolist())

    @cached_property
    def memory(self) -> tuple[Mapping[str, int], ...]:
        """Of each core, what takes how many bytes of its data memory, at most."""
        return tuple(
            {
                **count_fixed_bytes(code, self.inboxes[core]),
                "stretches": len(self.table(core)) * STRETCH_BYTES,
            }
            for core, code in enumerate(self.codes)
        )

    def bytes_of(self, core: int) -> int:
        """Bytes of a core's data memory that are taken."""
        return sum(self.memory[core].values())


def count_fixed_bytes(code: Code, inbox: int) -> Mapping[str, int]:
    """Bytes of a core's data memory by use, but for the table of what it receives."""
    return {
        "constants": code.weight_bytes,
        "state": data_bytes(code) - code.weight_bytes,
        "ports": sum(-(-prod(p.shape) * WIDTHS[p.ctype] // 8) * 8 for p in code.ports),
        "events": inbox * EVENT_BYTES + OUTBOX_EVENTS * 2 * WORD_BYTES + KERNEL_BYTES,
        "stack": STACK_BYTES,
    }


def _find_firsts(sizes: list[int]) -> Integers:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])
