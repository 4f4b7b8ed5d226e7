"""Network → Program: parts, their C, their places and the ways between them. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from snncc.backends import Port, Settings
from snncc.backends.c99 import Program as Code
from snncc.backends.c99 import embed_program
from snncc.ir import CapacityError, Network, Quantity

from ..chip.machine import machine
from ..chip.target import DATA_BYTES_PER_CORE, USABLE_CORES_PER_BOARD, USABLE_CORES_PER_CHIP
from ..placement.placement import place, sequential
from ..placement.traffic import Traffic
from ..routing.route import Routing, route
from ..settings import Choices
from .events import estimate_traffic
from .partition.core_parts import Core, Parts
from .partition.partition import partition
from .program import INBOX_LEAST, Program, Wire, count_fixed_bytes
from .sparse_rows import with_sparse_rows

SPARE_BYTES = 1024  # at least so many more are kept free when a core was too full

UNASKED = (
    "py-spinnaker2's applications refuse this network, so its cores run our own kernel, for which "
    "there is no loader yet; --option kernel=stock says what they refuse"
)


def lower(network: Network, settings: Settings) -> Program:
    """The program of a quantized network, on as few cores as its parts need.

    Raises:
        LoweringRefused: by rule id and node, what C cannot compute exactly.
        CapacityError: S010, one unit exceeds a core; S011, cores; S016, keys or router tables.
    """
    choices = Choices.of(settings)

    def room(part: Network) -> int:
        code = embed_program(with_sparse_rows(part), choices.rates)
        return sum(count_fixed_bytes(code, INBOX_LEAST).values())

    spare = 0
    while True:
        parts = partition(network, room, DATA_BYTES_PER_CORE - spare, choices.atoms)
        program = assemble_program(parts, settings)
        over = [
            core for core in range(len(parts.cores)) if program.bytes_of(core) > DATA_BYTES_PER_CORE
        ]
        if not over or spare > DATA_BYTES_PER_CORE // 2:
            return require_room(program)
        # What a core receives, and how much of it as it computes, is known only when all are cut.
        spare = max(spare + SPARE_BYTES, *(_count_unforeseen(program, core) for core in over))


def _count_unforeseen(program: Program, core: int) -> int:
    """Bytes that a core takes beyond what its part alone told."""
    foreseen = sum(count_fixed_bytes(program.codes[core], INBOX_LEAST).values())
    return program.bytes_of(core) - foreseen


def assemble_program(parts: Parts, settings: Settings) -> Program:
    """The program of a network that is in parts.

    Raises:
        LoweringRefused: what C cannot compute exactly.
        CapacityError: S011, cores; S016, keys or router tables.
    """
    choices = Choices.of(settings)
    network = parts.network
    codes = tuple(_code(core, number, choices) for number, core in enumerate(parts.cores))
    traffic = estimate_traffic(parts, choices.rates)
    return Program(
        name=re.sub(r"\W", "_", network.name) or "network",
        tick=network.tick,
        decode=network.decode,
        inputs=tuple(_port(network, node.name) for node in network.inputs),
        outputs=tuple(_wire(parts, str(use)) for use in network.outputs),
        traced=tuple(_wire(parts, text) for text in parts.wires),
        parts=parts,
        codes=codes,
        traffic=traffic,
        routing=_route(traffic, choices),
        warnings=() if settings.options.get("kernel") == "own" else (UNASKED,),
    )


def _code(core: Core, number: int, choices: Choices) -> Code:
    part = replace(core.network, name=f"core{number}")
    return embed_program(with_sparse_rows(part), choices.rates)


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
                f"them for {most}, and has {DATA_BYTES_PER_CORE:,}; use fewer --weight-bits, or "
                "fewer neurons per core with --option atoms=N"
            )
    return program


def _route(traffic: Traffic, choices: Choices) -> Routing:
    boards = choices.boards
    usable = boards * USABLE_CORES_PER_BOARD or USABLE_CORES_PER_CHIP
    if traffic.cores > usable:
        has = f"{boards} board(s) have" if boards else "a chip has"
        raise CapacityError(
            f"S011: the network needs {traffic.cores} cores, {has} {usable} for it; use "
            f"--option boards={-(-traffic.cores // USABLE_CORES_PER_BOARD)}"
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
