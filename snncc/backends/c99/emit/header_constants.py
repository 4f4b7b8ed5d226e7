"""What a program says of itself in its header: constants, names of classes. Never: a function."""

from __future__ import annotations

from importlib.metadata import version
from math import frexp, prod

from snncc.projects import integer

from ..program import Port, Program


def identity(program: Program) -> list[str]:
    """Which model this is, and by what it was written."""
    upper, delivery = program.name.upper(), program.delivery
    return [
        f'#define {upper}_VERSION "{delivery.version}"',
        f'#define {upper}_SNNCC_VERSION "{version("snncc")}"',
        "/* SHA-256 of the network's text and tensors: equal for equal models. */",
        f"#define {upper}_DIGEST \\",
        f'    "{program.digest}"',
    ]


def define_timing(program: Program) -> list[str]:
    """How long a tick is, and how many a sample has."""
    upper, delivery = program.name.upper(), program.delivery
    lines = [
        f"#define {upper}_TICK_SECONDS {program.tick!r}",
        f"#define {upper}_TICK_MICROSECONDS {round(program.tick * 1e6)}u",
    ]
    if delivery.guessed:
        return lines
    what = "all of them show the same values" if delivery.held else "each shows values of its own"
    return [
        *lines,
        f"/* Ticks of a sample in the model's data; {what}. */",
        f"#define {upper}_TICKS {delivery.ticks}u",
    ]


def input_constants(program: Program, port: Port) -> list[str]:
    """Size of an input, and how its codes count."""
    prefix = f"{program.name}_{port.node}".upper()
    lines = [f"#define {prefix}_SIZE {prod(port.shape)}u"]
    if port.format is None or not isinstance(port.format.unit, int):
        return lines
    return [
        *lines,
        f"#define {prefix}_FRACTION_BITS {port.format.unit}",
        f"#define {prefix}_LEAST {integer(port.format.low)}",
        f"#define {prefix}_LARGEST {integer(port.format.high)}",
    ]


def score_constants(program: Program) -> list[str]:
    """How many scores there are, and what one of their codes is worth."""
    upper, unit = program.name.upper(), program.outputs[0].unit
    lines = [f"#define {upper}_CLASSES {prod(program.outputs[0].shape)}u"]
    if program.outputs[0].spikes or unit is None:
        return lines
    significand, exponent = frexp(unit)
    lines.append("/* A score times this is the model's value. */")
    lines.append(f"#define {upper}_SCORE_UNIT {unit!r}")
    if significand == 0.5:
        lines.append(f"#define {upper}_SCORE_FRACTION_BITS {1 - exponent}")
    return lines
