"""Program → Trace: every core an emulated Cortex-M4F, events taken along the router tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from types import MappingProxyType

import numpy as np

from snncc.backends import choose_readouts, encode_inputs
from snncc.boards import BareCore, Linked, board, link
from snncc.ir import CapacityError, Integers, Trace, Values

from ..chip.target import DATA_BYTES_PER_CORE, SRAM_BYTES_PER_CORE
from .emit_core import SCRIPT, core_files, kernel
from .partition.core_parts import HOST
from .program import OUTBOX_EVENTS, Program, Wire

CORE = "cortex-m4-emulated"  # chip: Cortex-M4F; its memory is not this board's
IMAGES_KEPT = 256
Events = tuple[Integers, Integers]  # addresses, values


@dataclass(frozen=True)
class Played:
    """What the cores did.

    Attributes:
        trace: of the outputs and what was recorded.
        sent: events that left each core: int64 [samples, ticks, cores].
        delivered: events that arrived at each core: int64 [samples, ticks, cores].
        strange: of these, those that the core has no use for: int64 [samples, ticks, cores].
        instructions: executed by each core; empty where they were not counted.
        data_bytes: of each core's memory, as linked.
        code_bytes: the same.
    """

    trace: Trace
    sent: Integers
    delivered: Integers
    strange: Integers
    instructions: Integers
    data_bytes: tuple[int, ...]
    code_bytes: tuple[int, ...]


def play(
    program: Program,
    signal: Values | Mapping[str, Values],
    record: Sequence[str] = (),
    *,
    count: bool = False,
) -> Played:
    """What the cores compute for `signal` `[samples, ticks, *shape]`, event by event.

    Args:
        program: whose C is compiled for the cores.
        signal: as for `run`; by input name, or of the only input.
        record: wires in addition to the outputs.
        count: whether instructions are counted, which takes time.

    Raises:
        UsageError: the signal has another shape, or a wire cannot be recorded.
        ToolchainError: there is no C compiler.
        CapacityError: a core's code and data exceed its memory.
        DeviceError: there is no emulator, or a core took an exception.
    """
    wires = choose_readouts(program.outputs, program.traced, record)
    fed = encode_inputs(program.inputs, signal)
    samples, ticks = next(iter(fed.values())).shape[:2]
    chip = Chip(program, wires, count=count)
    rows = {
        wire.text: np.zeros((samples, ticks, prod(wire.shape)), dtype=np.int64) for wire in wires
    }
    shape = (samples, ticks, len(program.codes))
    counts = [np.zeros(shape, dtype=np.int64) for _ in range(4)]
    for sample in range(samples):
        chip.begin()
        for tick in range(ticks):
            seen = chip.tick({name: values[sample, tick] for name, values in fed.items()})
            for text, values in seen.items():
                rows[text][sample, tick] = values
            for kept, now in zip(counts, chip.counts, strict=True):
                kept[sample, tick] = now
    found = {wire.text: rows[wire.text].reshape(samples, ticks, *wire.shape) for wire in wires}
    sent, delivered, strange, instructions = counts
    return Played(
        trace=Trace(MappingProxyType(found), tuple(wire.text for wire in program.outputs)),
        sent=sent,
        delivered=delivered,
        strange=strange,
        instructions=instructions if count else np.zeros((0, 0, 0), dtype=np.int64),
        data_bytes=tuple(core.data_bytes for core in chip.cores),
        code_bytes=tuple(core.code_bytes for core in chip.cores),
    )


class Chip:
    """All cores with their memories, tick by tick."""

    def __init__(self, program: Program, wires: Sequence[Wire], *, count: bool = False) -> None:
        """Compiles and loads every core; arguments and what is raised as for `play`."""
        self._program, self._wires = program, wires
        needed = program.heard | {(s.core, s.output) for wire in wires for s in wire.stretches}
        self._outputs = [
            [output for output in range(len(code.outputs)) if (number, output) in needed]
            for number, code in enumerate(program.codes)
        ]
        self.cores = [_Core(program, number, count) for number in range(len(program.codes))]
        self.counts = [np.zeros(len(self.cores), dtype=np.int64) for _ in range(4)]

    def begin(self) -> None:
        """As before the first tick."""
        for core in self.cores:
            core.begin()

    def tick(self, fed: Mapping[str, Values]) -> Mapping[str, Values]:
        """Wires by their text, flat, after a tick with codes of the inputs, by name."""
        program = self._program
        for kept in self.counts:
            kept[:] = 0
        entered = np.concatenate([fed[port.name].reshape(-1) for port in program.inputs])
        address = np.flatnonzero(entered)
        self._deliver(HOST, (address, entered[address].astype(np.int64)))
        seen: dict[int, Values] = {HOST: entered}
        for segment in range(program.parts.segments):
            here = [n for n, core in enumerate(program.parts.cores) if core.segment == segment]
            sent: dict[int, Events] = {}
            for number in here:
                seen[number], sent[number] = self._compute(number)
            for number in here:
                self._deliver(number, sent[number])
        self.counts[3][:] = [core.count_executed() for core in self.cores]
        return {
            wire.text: np.concatenate(
                [
                    seen[s.core][program.address(s) :][: s.count]
                    for s in sorted(wire.stretches, key=lambda s: s.at)
                ]
            )
            for wire in self._wires
        }

    def _compute(self, number: int) -> tuple[Values, Events]:
        """What a core put out in this tick, and the events of it that others receive."""
        program, core = self._program, self.cores[number]
        core.compute()
        dense = np.zeros(program.firsts[number][-1], dtype=np.int64)
        heard: list[Events] = []
        for output in self._outputs[number]:
            addresses, values = core.send(output)
            dense[addresses] = values
            if (number, output) in program.heard:
                heard.append((addresses, values))
        if not heard:
            return dense, (dense[:0], dense[:0])
        addresses, values = (np.concatenate(each) for each in zip(*heard, strict=True))
        self.counts[0][number] = len(addresses)
        return dense, (addresses, values)

    def _deliver(self, sender: int, events: Events) -> None:
        """Events to all cores to which lists and tables take the sender's key."""
        if len(events[0]):
            for number in self._program.reached[sender].tolist():
                self.counts[1][number] += len(events[0])
                self.counts[2][number] += self.cores[number].receive(
                    self._program.key(sender), events
                )


class _Core:
    """One processing element: 128 KiB of memory, its code and its data."""

    def __init__(self, program: Program, number: int, count: bool) -> None:
        machine, image = board(CORE), _link(program, number)
        begin, end = image.symbols["_data_begin"], image.symbols["_data_end"]
        self.code_bytes, self.data_bytes = image.sections[".text"][1], end - begin
        _require_room(number, self.code_bytes, self.data_bytes, end)
        self._core = BareCore(machine, image, SRAM_BYTES_PER_CORE, begin)
        self._core.count(on=count)
        self._counted, self._inbox = 0, program.inboxes[number]
        self._stack = image.symbols["_stack_top"]
        self._places = _Places(image)

    def begin(self) -> None:
        self._call("pe_begin")

    def compute(self) -> None:
        self._call("pe_compute")

    def send(self, output: int) -> Events:
        """Addresses and values of an output's events of this tick: int64 [events] each."""
        found: list[Events] = []
        while True:
            events = self._call("pe_send", output)
            found.append(
                (
                    np.frombuffer(self._read(self._places.addresses, events), "<u4").astype(int),
                    np.frombuffer(self._read(self._places.values, events), "<i4").astype(int),
                )
            )
            if events < OUTBOX_EVENTS:
                addresses, values = zip(*found, strict=True)
                return np.concatenate(addresses), np.concatenate(values)

    def receive(self, key: int, events: Events) -> int:
        """Takes events; returns how many have no receiver here."""
        addresses, values = events
        block = np.empty((len(addresses), 3), dtype="<u4")
        block[:, 0], block[:, 1] = key, addresses
        block[:, 2] = values.astype("<i4").view("<u4")
        strange = 0
        for first in range(0, len(block), self._inbox):
            some = block[first : first + self._inbox]
            self._core.write(self._places.inbox, some.tobytes())
            strange += self._call("pe_receive", len(some))
        return strange

    def count_executed(self) -> int:
        """Instructions since this was asked last."""
        before, self._counted = self._counted, self._core.instructions
        return self._counted - before

    def _call(self, function: str, *arguments: int) -> int:
        return self._core.call(function, *arguments, stack=self._stack)

    def _read(self, address: int, words: int) -> bytes:
        return self._core.read(address, 4 * words) if words else b""


@lru_cache(maxsize=IMAGES_KEPT)
def _link(program: Program, number: int) -> Linked:
    """The image of a core; a program is a value, so its images can be used again."""
    return link(board(CORE), {**kernel(), **core_files(program, number)}, SCRIPT)


class _Places:
    """Addresses of what the kernel shares with the outside."""

    def __init__(self, image: Linked) -> None:
        self.inbox = image.symbols["pe_inbox"]
        self.addresses = image.symbols["pe_addresses"]
        self.values = image.symbols["pe_values"]


def _require_room(number: int, code: int, data: int, end: int) -> None:
    if data > DATA_BYTES_PER_CORE or end > SRAM_BYTES_PER_CORE:
        raise CapacityError(
            f"S010 core {number}: {code:,} bytes of code and {data:,} of data end at {end:,}, and "
            f"a core has {SRAM_BYTES_PER_CORE:,} bytes, {DATA_BYTES_PER_CORE:,} of them for data; "
            "use fewer --weight-bits, or fewer neurons per core with --option atoms=N"
        )
