"""What the other steps that go through lists of events do in a tick, counted."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from snncc.backends.c99 import Program

from .amounts import Amounts
from .population_steps import count_gathers
from .wire_activity import LANES, Activity


def count_row_sums(step: Any, activity: Activity, program: Program) -> Amounts:
    """Rows gathered into a wire."""
    groups = step.blocks * step.groups
    found = Amounts({"call": 1.0, "group": groups, "block": step.blocks if step.blocks > 1 else 0})
    found.add(count_gathers(step, groups, activity))
    found["bias"] = groups * bool(step.bias.table or step.bias.value)
    whole = step.neurons // step.blocks % LANES == 0 and _find_type(program, step) == "int16_t"
    found["store" if whole else "store.neuron"] = groups if whole else step.neurons
    return found


def _find_type(program: Program, step: Any) -> str:
    return next(wire.ctype for wire in program.wires if wire.name == step.target)


def count_scatter(step: Any, activity: Activity, program: Program) -> Amounts:
    """Taps of each event added to the pixels that they meet."""
    groups, runs = step.groups, step.runs
    events = activity.count_events(step.source)
    found = Amounts({"call": 1.0, "word": prod(runs.positions) * groups * LANES // 2})
    if runs.kernel == (1, 1) and runs.size == runs.positions:
        found.add(Amounts({"point": events, "point.row": events * groups}))
        found["point.divide"] = events * _count_divisions(prod(runs.size))
        return found
    lines, taps, _ = count_met(step, activity.count_each(step.source), program)
    found.add(Amounts({"event": events, "line": lines, "row": taps * groups}))
    found["divide"] = events * _count_divisions(prod(runs.size), runs.size[1])
    return found


def count_products(step: Any, activity: Activity, program: Program) -> Amounts:
    """Taps of each value, times it, added to sums of 32 bits."""
    runs, wire = step.runs, next(w for w in program.wires if w.name == step.source.wire)
    listed = wire.kind == "events"
    each = (activity.count_each if listed else activity.nonzero_each)(step.source)
    taken = activity.count_events(step.source)
    if not listed:
        taken = activity.count_nonzero(step.source, wire.size)
    each = np.ones(wire.size) if each is None else each
    lines, _, lengths = count_met(step, each, program)
    size = step.groups * prod(runs.positions) * step.out
    found = Amounts({"call": 1.0, "value": 0 if listed else wire.size, "taken": taken})
    found["line"] = lines
    for length, times in lengths.items():
        found["four"] += times * (length * step.out // 4)
        found["one"] += times * (length * step.out % 4)
    found["word" if not (step.bias.table or step.bias.value) else "bias"] = size
    found["divide"] = taken * _count_divisions(prod(runs.size), runs.size[1])
    if step.groups > 1:
        found["divide"] += taken * _count_divisions(step.into)
    return found


def count_pool_events(step: Any, activity: Activity, program: Program) -> Amounts:
    """Windows that each event marks."""
    wire = next(w for w in program.wires if w.name == step.target)
    lines, taps, _ = count_met(step, activity.count_each(step.source), program)
    events = activity.count_events(step.source)
    found = Amounts({"call": 1.0, "event": events, "line": lines, "place": taps})
    found["word"] = wire.bytes // wire.slots // 4
    found["divide"] = events * _count_divisions(prod(step.runs.size), step.runs.size[1])
    return found


def count_met(step: Any, each: Any, program: Program) -> tuple[float, float, dict[int, float]]:
    """Lines and taps that what comes in meets in a tick, and length of a line → how often.

    Args:
        step: with `runs`.
        each: float64 `[channels * lines * columns]`, how often each element comes in.
        program: with the tables of the runs.
    """
    tables = {table.name: table for table in program.tables}
    runs = (tables[name].values.reshape(-1, 3) for name in (step.runs.lines, step.runs.columns))
    down, along = (each[:, 2] for each in runs)
    height, width = step.runs.size
    if each is None:
        return 0.0, 0.0, {}
    here = each.reshape(-1, height, width).sum(axis=0)
    lines = here * down[:height, None]
    lengths = {
        int(length): float(lines[:, along[:width] == length].sum()) for length in set(along[:width])
    }
    return float(lines.sum()), sum(n * k for n, k in lengths.items()), lengths


def _count_divisions(*divisors: int) -> int:
    """Divisions that do not become shifts; each of a place and of what is left."""
    return sum(2 for each in divisors if each & (each - 1))


def count_settle(step: Any, activity: Activity, program: Program) -> Amounts:
    """Sums in lanes put in the order of the signal."""
    groups = -(-step.channels // LANES)
    biased = bool(step.bias.table or step.bias.value)
    return Amounts(
        {
            "call": 1.0,
            "pixel": step.pixels,
            "group": step.pixels * groups,
            "value": step.pixels * step.channels,
            "bias": step.pixels * step.channels * biased,
        }
    )


def count_scan(step: Any, activity: Activity, program: Program) -> Amounts:
    """Values looked at, four at a time where they are bytes."""
    wire = next(w for w in program.wires if w.name == step.source.wire)
    listed = activity.count_events(step.source)
    if wire.ctype != "uint8_t" or wire.size < 4:
        return Amounts({"call": 1.0, "value": wire.size, "listed": listed})
    words = activity.count_words(step.source)
    found = Amounts({"call": 1.0, "word": wire.size // 4, "found": words, "listed": listed})
    found["value"] = wire.size % 4
    return found


def count_renumber(step: Any, activity: Activity, program: Program) -> Amounts:
    """Events that receive another number."""
    found = Amounts({"call": 1.0, "list": len(step.sources)})
    for reading, numbering in step.sources:
        events = activity.count_events(reading)
        found["event"] += events
        inner = prod(numbering.extents)
        for axis, extent in enumerate(numbering.extents):
            found["axis"] += events
            if axis:
                found["divide"] += events * bool(inner & (inner - 1))
            inner //= extent
            found["divide"] += events * bool(inner & (inner - 1))
    return found


def count_unpack(step: Any, activity: Activity, program: Program) -> Amounts:
    """Events that become values."""
    wire = next(w for w in program.wires if w.name == step.target)
    events = activity.count_events(step.source)
    return Amounts({"call": 1.0, "word": wire.bytes // wire.slots // 4, "event": events})


def count_keep(step: Any, activity: Activity, program: Program) -> Amounts:
    """Values copied."""
    return Amounts(
        {"call": 1.0, "value": next(w.size for w in program.wires if w.name == step.target)}
    )
