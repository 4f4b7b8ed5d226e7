"""Pages of docs/ made from the code: ops.md, passes.md, encoders.md and support.md.

`python -m snncc.report.pages` writes them again; a test holds them to the code.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from functools import partial
from itertools import groupby
from pathlib import Path

from snncc.files import write_file
from snncc.ir import OPS, Measure, Op, Pads, Param, Ref, collect_fields
from snncc.ir.ops import Spiking
from snncc.ir.passes import PASSES, Effect, Pass

from .encoders_page import encoders_page
from .support import support_page

MADE_BY = "Made by `python -m snncc.report.pages`"
MADE = f"<!-- {MADE_BY} from the docstrings in {{place}}. Change them, not this page. -->"
FAMILIES = {
    "pointwise": "Element by element",
    "linear": "Synapses",
    "pool": "Pools",
    "layout": "Layout",
    "requantized": "Real values in formats of their own",
    "dynamic": "Products of signals",
    "event": "Graded events",
    "neuron": "Neurons",
    "dual": "Neurons with two currents",
}
EFFECTS = {
    Effect.EXACT: "every trace stays as it is",
    Effect.SHIFTED: "outputs come a known number of ticks later, otherwise as they were",
    Effect.APPROXIMATE: "values change within what the pass says below",
}


def ops_page() -> str:
    """Markdown of docs/ops.md: every op with its equations, fields, states and roles."""
    lines = [
        MADE.format(place="`snncc/ir/ops`"),
        "",
        "# Ops",
        "",
        "What a node can compute in one tick. An op reads its inputs and its own state and makes a "
        "new state and one output; delays belong to the wires, not to the ops. Shapes are those of "
        "one sample. *Roles* are what a number format can be given to ([numbers](numbers.md)); the "
        "reset orders are explained under [time](time.md).",
    ]
    ops = sorted(OPS.values(), key=lambda op: ([*FAMILIES].index(_family(op)), op.keyword))
    families = {family: [*members] for family, members in groupby(ops, key=_family)}
    lines += ["", "| group | ops |", "|---|---|"]
    for family, members in families.items():
        links = ", ".join(f"[`{op.keyword}`](#{op.keyword})" for op in members)
        lines.append(f"| {FAMILIES[family]} | {links} |")
    for family, members in families.items():
        lines += ["", f"## {FAMILIES[family]}"]
        if family == "neuron":
            lines += ["", "### All spiking neurons", "", *_describe(Spiking, fields(Spiking))]
        for op in members:
            lines += ["", *_op(op)]
    return "\n".join(lines) + "\n"


def _family(kind: type[Op]) -> str:
    return kind.__module__.rpartition(".")[2]


def _op(kind: type[Op]) -> Iterator[str]:
    yield f"### `{kind.keyword}`"
    yield ""
    shared = {f.name for f in fields(Spiking)} if issubclass(kind, Spiking) else set[str]()
    yield from _describe(kind, [f for f in fields(kind) if f.name not in shared])
    if shared:
        yield ""
        yield "Besides, it states what [all spiking neurons](#all-spiking-neurons) state."


def passes_page() -> str:
    """Markdown of docs/passes.md: every pass with its claim and its options, in their order."""
    lines = [
        MADE.format(place="`snncc/ir/passes`"),
        "",
        "# Passes",
        "",
        "A pass is a function from network to network. Each claims what it may do to a trace. The "
        "tests hold it to that on random networks, and every build on the check signal:",
        "",
        *(f"* **{effect.value}**: {meaning}" for effect, meaning in EFFECTS.items()),
        "",
        "A pipeline is written as text, options in braces, and runs from left to right: "
        "`fold-norm,quantize{weight_bits=4},retime{hop=2}`. The order below is the one in which "
        "passes are meant to run; each says why it is where it is.",
    ]
    for kind in PASSES.values():
        lines += ["", *_pass(kind)]
    return "\n".join(lines) + "\n"


def _pass(kind: type[Pass]) -> Iterator[str]:
    yield f"## `{kind.name}`"
    yield ""
    what = "spikes" if kind.of_spikes else "outputs and spikes"
    least = f", at least {kind.agreement:.1%} of {what} stay" if kind.agreement < 1 else ""
    yield f"*{kind.effect.value}{least}*"
    yield ""
    yield from _describe(kind)
    options = [f for f in fields(kind) if f.type in ("int", "float", "str")]
    if options:
        yield ""
        yield from _table(options)


def _describe(kind: type[object], stated: Sequence[Field[object]] = ()) -> Iterator[str]:
    """The docstring: its first line as a sentence, what follows as it stands in the code.

    Then, in the same block, the fields: those in a row that take the same, together.
    """
    text = inspect.getdoc(kind)
    assert text, f"{kind.__name__} says nothing of itself"
    first, *rest = text.splitlines()
    yield first
    if rest:
        yield ""
        yield "```text"
        yield from rest[1:]
        if stated and not any(line.startswith("input ") for line in rest):
            yield ""
        label = "fields"
        for taken, together in groupby(stated, key=partial(_describe_values, kind)):
            yield f"{label:<8}{', '.join(f.name for f in together)}: {taken}"
            label = ""
        yield "```"


def _describe_values(kind: type[object], row: Field[object]) -> str:
    """What a field is and takes, and what it is where it is left out."""
    assert issubclass(kind, Op)
    field = collect_fields(kind)[row.name]
    options, form = field.dimension.options, str(FORMS.get(field.form, ""))
    taken = f"one of {', '.join(options)}" if options else form
    default = "" if row.default is MISSING else f"; {row.default} where it is left out"
    measure = field.dimension.measure
    called = "" if measure in (Measure.CHOICE, Measure.EXTENT) else f"{measure.value}, "
    return called + taken + default


def _table(rows: Sequence[Field[object]]) -> Iterator[str]:
    yield "| field | takes | default |"
    yield "|---|---|---|"
    for row in rows:
        default = "" if row.default is MISSING else f"`{row.default}`"
        yield f"| `{row.name}` | {OPTIONS[str(row.type)]} | {default} |"


FORMS: Mapping[object, str] = {
    Param: "one number or a tensor that broadcasts to the signal",
    Ref: "a tensor",
    Ref | None: "a tensor or nothing",
    str: "a word",
    int: "an integer",
    float: "one number",
    tuple[int, ...]: "integers, one for each axis",
    Pads: "pairs (before, after), one for each axis",
}
OPTIONS = {"int": "an integer", "float": "a number", "str": "a word"}

PAGES: Mapping[str, Callable[[], str]] = {
    "ops.md": ops_page,
    "passes.md": passes_page,
    "encoders.md": lambda: encoders_page(MADE.format(place="`snncc/encoders`")),
    "support.md": support_page,
}


def write(folder: Path) -> None:
    """Writes all pages into a folder."""
    for name, page in PAGES.items():
        write_file(folder / name, page().encode(), mark=MADE_BY)


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
