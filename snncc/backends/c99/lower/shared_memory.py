"""Wires that are done before others begin share memory. Never: what a step computes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from ..program import Program, Readout
from ..step_wires import list_filled, read_by
from ..storage import SHARED_ALIGNMENT, Wire


@dataclass(frozen=True)
class _Span:
    """The steps from that which fills a wire first to that which reads it last."""

    wire: Wire
    first: int
    last: int

    @property
    def steps(self) -> range:
        """Those during which the wire is needed."""
        return range(self.first, self.last + 1)


def share_memory(program: Program, apart: Collection[Readout] = ()) -> Program:
    """The program with a place in shared memory for each wire that need not outlive its tick.

    The largest wire is placed first, each at the lowest place that is free during its steps.

    Args:
        program: with steps in order.
        apart: what stays readable after the tick, besides the outputs.
    """
    kept = {r.reading.wire for r in (*program.outputs, *apart)}
    spans = [span for span in _find_spans(program) if span.wire.name not in kept]
    places = _place_wires(sorted(spans, key=lambda span: -span.wire.bytes))
    wires = tuple(replace(w, place=places.get(w.name)) for w in program.wires)
    return replace(program, wires=wires)


def _find_spans(program: Program) -> Iterator[_Span]:
    """The wires that no tick leaves to the next, each with the steps that need it."""
    filled: dict[str, list[int]] = {}
    read: dict[str, list[int]] = {}
    late = {r.reading.wire for r in program.traced if r.reading.delay}
    for number, step in enumerate(program.steps):
        for name in list_filled(step):
            filled.setdefault(name, []).append(number)
        for reading in read_by(step):
            read.setdefault(reading.wire, []).append(number)
            late |= {reading.wire} if reading.delay else set()
    for wire in program.wires:
        if wire.borrowed or wire.slots > 1 or wire.name in late or wire.name not in filled:
            continue
        yield _Span(wire, filled[wire.name][0], max(filled[wire.name] + read.get(wire.name, [])))


def _place_wires(spans: list[_Span]) -> Mapping[str, int]:
    """Where each wire begins, in bytes."""
    taken: dict[int, dict[str, tuple[int, int]]] = {}  # step → wire needed then → where it lies
    places: dict[str, int] = {}
    for span in spans:
        meeting: dict[str, tuple[int, int]] = {}
        for step in span.steps:
            meeting |= taken.get(step, {})
        place = 0
        for start, end in sorted(meeting.values()):
            if place + span.wire.bytes <= start:
                break
            place = max(place, -(-end // SHARED_ALIGNMENT) * SHARED_ALIGNMENT)
        places[span.wire.name] = place
        for step in span.steps:
            taken.setdefault(step, {})[span.wire.name] = place, place + span.wire.bytes
    return places
