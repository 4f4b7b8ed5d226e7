"""The arithmetic that all networks share: one header for a C compiler, kept here in pieces.

No other module: each header beside this file is one piece (`rounding.h`, `rows.h`, `sums.h`, …),
and `__init__.py` joins them in an order.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["PIECES", "define_lanes", "kernels"]

PIECES = (
    "platform",  # compilers, cores, and the types of events, rows and lanes
    "rounding",  # of one number: saturation, wrapping, shifts, roots and ratios
    "lanes_dsp",  # eight neurons at a time, two to a word, with the DSP extension
    "lanes_plain",  # the same without it
    "sums",  # eight sums in the making, as the core adds them fastest
    "rows",  # rows of weights, added up for the events of a list
    "half_rows",  # the same of weights of four bits, two to a byte
    "products",  # weights times a value, added up in 32 bits
    "events",  # lists of who fired
)
"""The pieces, in the order in which each needs only those before it."""

_LANES = ("#ifndef SNNCC_LANES", "#endif")


@cache
def kernels() -> str:
    """The text of `snncc_kernels.h`."""
    return "".join(_read(piece) for piece in PIECES)


def define_lanes() -> str:
    """The type of lanes, as the kernels define it where nothing before them did."""
    platform = _read("platform")
    start = platform.index(_LANES[0])
    return platform[start : platform.index(_LANES[1], start) + len(_LANES[1])]


def _read(piece: str) -> str:
    return (files(__name__) / f"{piece}.h").read_text(encoding="utf-8")
