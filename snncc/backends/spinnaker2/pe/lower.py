"""Network → Program: parts, their C, their places and the ways between them. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from math import prod
from types import MappingProxyType

import numpy as np

from snncc.backends import Port, Settings
from snncc.backends.c99 import Program as Code
from snncc.backends.c99 import data_bytes, embedded
from snncc.ir import CapacityError, Network, Overflow, Quantity, Rounding, Use
from snncc.ir.ops import Input

from ..choices import Choices
from ..machine import machine
from ..place import place, sequential
from ..route import Routing, route
from ..target import (
    DATA_BYTES_PER_CORE,
    STACK_BYTES,
    USABLE_CORES_PER_BOARD,
    USABLE_CORES_PER_CHIP,
)
from ..traffic import Traffic
from .cut import partition
from .parts import HOST, Core, Parts
from .program import EVENT_BYTES, INBOX_EVENTS, OUTBOX_EVENTS, STRETCH_BYTES, WIDTHS, Program, Wire

GUESSED_RATE = 0.1  # events per element and tick where calibration says nothing
# Both boxes, and what the kernel keeps beside them.
EVENTS_BYTES = INBOX_EVENTS * EVENT_BYTES + OUTBOX_EVENTS * 8 + 64


def lower(network: Network, settings: Settings) -> Program:
    """The program of a quantized network, on as few cores as its parts need.

    Raises:
        LoweringRefused: by rule id and node, what C cannot compute exactly.
        CapacityError: S010, one unit exceeds a core; S011, cores; S016, keys or router tables.
    """
    choices = Choices.of(settings)

    def room(part: Network) -> int:
        code = embedded(_counting(part), choices.rates)
        return data_bytes(code) + _fixed_bytes(code)

    spare = 0
    while True:
        parts = partition(network, room, DATA_BYTES_PER_CORE - spare, choices.atoms)
        program = assembled(parts, settings)
        # How many stretches a core hears is known only when all are cut.
        more = max(map(program.bytes_of, range(len(parts.cores)))) - DATA_BYTES_PER_CORE
        if more <= 0 or spare + more > DATA_BYTES_PER_CORE // 2:
            return require_room(program)
        spare += more


def assembled(parts: Parts, settings: Settings) -> Program:
    """The program of a network that is in parts.

    Raises:
        LoweringRefused: what C cannot compute exactly.
        CapacityError: S011, cores; S016, keys or router tables.
    """
    choices = Choices.of(settings)
    network = parts.network
    codes = tuple(_code(core, number, choices) for number, core in enumerate(parts.cores))
    traffic = _traffic(parts, choices.rates)
    return Program(
        name=re.sub(r"\W", "_", network.name) or "network",
        tick=network.tick,
        decode=network.decode,
        inputs=tuple(_port(network, node.name) for node in network.inputs),
        outputs=tuple(_wire(parts, str(use)) for use in network.outputs),
        traced=tuple(_wire(parts, text) for text in parts.wires),
        parts=parts,
        codes=codes,
        memory=tuple(_memory(core, code) for core, code in zip(parts.cores, codes, strict=True)),
        traffic=traffic,
        routing=_routed(traffic, choices),
        warnings=(),
    )


def _code(core: Core, number: int, choices: Choices) -> Code:
    part = _counting(core.network)
    return embedded(replace(part, name=f"core{number}"), choices.rates)


def _counting(part: Network) -> Network:
    """The part itself; where it only moves spikes, with the format that says so."""
    if part.quantized:
        return part
    first = part.inputs[0]
    assert isinstance(first.op, Input) and first.op.spiking, "real values have formats"
    bit = Quantity(1, signed=False, unit=0, rounding=Rounding.HALF_EVEN, overflow=Overflow.TRAP)
    port = replace(
        first, op=Input(first.op.shape, "real"), formats=MappingProxyType({"value": bit})
    )
    return replace(part, nodes=tuple(port if node is first else node for node in part.nodes))


def _fixed_bytes(code: Code) -> int:
    ports = sum(-(-prod(p.shape) * WIDTHS[p.ctype] // 8) * 8 for p in code.ports)
    return ports + EVENTS_BYTES + STACK_BYTES


def _memory(core: Core, code: Code) -> Mapping[str, int]:
    lines = sum(len(stretches) for stretches in core.ports)
    return {
        "constants": code.weight_bytes,
        "state": data_bytes(code) - code.weight_bytes,
        "ports": _fixed_bytes(code) - EVENTS_BYTES - STACK_BYTES,
        "stretches": lines * STRETCH_BYTES,
        "events": EVENTS_BYTES,
        "stack": STACK_BYTES,
    }


def require_room(program: Program) -> Program:
    """The program, whose cores have room for their data.

    Raises:
        CapacityError: S010, one of them does not.
    """
    for number, memory in enumerate(program.memory):
        needed = sum(memory.values())
        if needed > DATA_BYTES_PER_CORE:
            most = max(memory, key=lambda name: memory[name])
            raise CapacityError(
                f"S010 core {number} needs {needed:,} bytes of data memory, {memory[most]:,} of "
                f"them for {most}; it has {DATA_BYTES_PER_CORE:,}; use fewer weight bits, or "
                "fewer neurons per core with --option atoms=N"
            )
    return program


def _traffic(parts: Parts, rates: Mapping[str, float]) -> Traffic:
    """Who hears whom, and how many events to expect."""
    hearers: defaultdict[int, set[int]] = defaultdict(set)
    heard: set[tuple[int, int]] = set()
    for number, core in enumerate(parts.cores):
        for stretch in (s for stretches in core.ports for s in stretches):
            if stretch.core != HOST:
                hearers[stretch.core].add(number)
                heard.add((stretch.core, stretch.output))
    expected = np.zeros(len(parts.cores))
    for number, output in sorted(heard):
        network = parts.cores[number].network
        use = network.outputs[output]
        expected[number] += prod(network.shapes[use.source]) * _rate(network, use, rates)
    links = sorted((number, each) for number, some in hearers.items() for each in some)
    sources, targets = np.array(links, dtype=np.int64).reshape(-1, 2).T
    return Traffic(expected, np.searchsorted(sources, np.arange(len(parts.cores) + 1)), targets)


def _rate(network: Network, use: Use, rates: Mapping[str, float]) -> float:
    """Events per element and tick: all of what is no spike."""
    firing = not use.state and any(node.name == use.source for node in network.firing)
    return rates.get(use.source, GUESSED_RATE) if firing else 1.0


def _routed(traffic: Traffic, choices: Choices) -> Routing:
    boards = choices.boards
    usable = boards * USABLE_CORES_PER_BOARD or USABLE_CORES_PER_CHIP
    if traffic.cores > usable:
        has = f"{boards} board(s) have" if boards else "a chip has"
        raise CapacityError(
            f"S011: the network needs {traffic.cores} cores, {has} {usable} for it; allow "
            f"{-(-traffic.cores // USABLE_CORES_PER_BOARD)} with --option boards=N"
        )
    put = sequential if choices.place == "sequential" else place
    return route(traffic, put(traffic, machine(boards)))


def _port(network: Network, name: str) -> Port:
    format = network[name].formats.get("value")
    kept = format if isinstance(format, Quantity) else None
    return Port(name, network.shapes[name], kept)


def _wire(parts: Parts, text: str) -> Wire:
    source = text.removeprefix("%").partition(".")[0]
    return Wire(text, parts.network.shapes[source], parts.wires[text])
