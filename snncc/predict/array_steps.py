"""What the steps that go through arrays of values do in a tick, counted."""

from __future__ import annotations

from math import prod
from typing import Any

from snncc.backends.c99 import Program

from .amounts import Amounts
from .statements import count_words
from .wire_activity import Activity


def count_spread(step: Any, activity: Activity, program: Program) -> Amounts:
    """Synapses walked from what comes in."""
    wire = next(w for w in program.wires if w.name == step.source.wire)
    walk, listed = step.walk, wire.kind == "events"
    taken = activity.count_events(step.source)
    if not listed:
        taken = activity.count_nonzero(step.source, wire.size)
    found = Amounts({"call": 1.0, "value": 0 if listed else wire.size, "taken": taken})
    found["bias.table" if step.bias.table else "bias"] = step.targets
    if hasattr(walk, "outputs"):
        found["line"] = taken
        found["four"] = taken * (walk.outputs // 4)
        found["one"] = taken * (walk.outputs % 4)
        found["repeated"] = taken * (walk.rows > 1)
    elif hasattr(walk, "starts"):
        starts = next(t for t in program.tables if t.name == walk.starts).values
        found["listed"] = taken * float(starts[-1]) / max(len(starts) - 1, 1)
    else:
        taps, met = prod(walk.kernel), prod(walk.positions) / prod(walk.size)
        met = taps * min(1.0, met)
        found["tap"], found["synapse"] = taken * taps, taken * met * walk.out
    return found


def count_dot(step: Any, activity: Activity, program: Program) -> Amounts:
    """A product for each weight, spike or not."""
    outputs = step.rows * step.outputs
    kind = "apart_" if step.across else ""
    return Amounts(
        {
            "call": 1.0,
            "row": step.rows,
            f"{kind}output": outputs,
            f"{kind}four": outputs * (step.inputs // 4),
            f"{kind}one": outputs * (step.inputs % 4),
            "bias": outputs * bool(step.bias.table),
        }
    )


def count_loop(step: Any, activity: Activity, program: Program) -> Amounts:
    """Elements, and what the expression for each is made of."""
    elements = prod(step.extents)
    found = Amounts({"call": 1.0, "element": elements, "load": elements * len(step.sources)})
    found["outer"] = sum(prod(step.extents[:k]) for k in range(1, len(step.extents)))
    tables = sum(bool(constant.table) for _, constant in step.parameters)
    found["table"] = elements * tables
    for word, times in count_words((*step.statements, step.expression)).items():
        found[word] += elements * times
    hot = not step.statements and elements >= 1024
    found["rolled"] = 0 if hot else elements
    return found


def count_matrix_product(step: Any, activity: Activity, program: Program) -> Amounts:
    """Products of two signals; a zero on the left costs nothing."""
    rows = step.batch * step.rows
    taken = activity.count_nonzero(step.left, rows * step.terms)
    return Amounts(
        {
            "call": 1.0,
            "row": rows,
            "zero": rows * step.columns,
            "term": rows * step.terms,
            "taken": taken,
            "product": taken * step.columns,
        }
    )


def count_normalise(step: Any, activity: Activity, program: Program) -> Amounts:
    """Values of rows, and the rows: a square root each."""
    return Amounts({"call": 1.0, "row": step.rows, "value": step.rows * step.size})


def count_pool_window(step: Any, activity: Activity, program: Program) -> Amounts:
    """Windows, and the values in them."""
    outputs = step.channels * prod(step.positions)
    kind = "largest" if step.largest else "sum"
    return Amounts(
        {
            "call": 1.0,
            "output": outputs,
            "line": outputs * step.kernel[0],
            f"{kind}.place": outputs * prod(step.kernel),
        }
    )
