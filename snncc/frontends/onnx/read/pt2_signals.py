"""A program of several signals as one of a single signal, which contains them one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

from snncc.ir import ImportRefused, Origin, Shape

from .pt2_archive import Program
from .pt2_schema import Argument, Call, Name

WHOLE = "signals"


def join_inputs(program: Program, parts: Mapping[str, Shape]) -> Program:
    """The program with one input in the place of several, in front of all others.

    Args:
        program: of one tick.
        parts: input → its shape at a tick, in the order in which the data have them.

    Raises:
        ImportRefused: an input of the program has another shape than the data.
    """
    whole = WHOLE
    while whole in program.shapes:
        whole += "_"
    calls: list[Call] = []
    start = 0
    for name, shape in parts.items():
        if program.shapes[name][1:] != shape:
            own = list(program.shapes[name][1:])
            raise ImportRefused(
                f"input '{name}' takes {own} at a tick, the data have {list(shape)}"
            )
        stop, flat = start + prod(shape), f"{whole}.{name}"
        calls.append(_call("slice", "Tensor", (Name(whole), 1, start, stop), flat))
        calls.append(_call("view", "", (Name(flat), (-1, *shape)), name))
        start = stop
    samples = program.shapes[next(iter(parts))][0]
    return replace(
        program,
        calls=(*calls, *program.calls),
        inputs=(whole, *(name for name in program.inputs if name not in parts)),
        shapes={**program.shapes, whole: (samples, start)},
    )


def _call(name: str, overload: str, args: tuple[Argument, ...], output: str) -> Call:
    return Call(name, overload, args, {}, (output,), Origin(), ())
