"""What a call takes, counted: lines of Python, bytes; and how that grows. No stage in here."""

from __future__ import annotations

import math
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import Any

APART = "/unicorn/", "/boards/emulator.py"
"""Files whose lines are an emulated core's work, which is counted in its instructions."""


@dataclass(frozen=True)
class Work:
    """What one run of a stage took.

    Attributes:
        lines: of Python that were executed; the same in every run.
        peak_bytes: the most memory of Python objects and arrays at a time.
        made: what it returned, if that is a number: bytes written, or instructions of a core.
        seconds: of the processor; the one thing that is measured and not counted.
    """

    lines: int
    peak_bytes: int
    made: int
    seconds: float


def count_lines(call: Callable[[], object]) -> int:
    """Lines of Python that a call executes in this thread, a loop's as often as they are."""
    counted = 0

    def local(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal counted
        if event == "line":
            counted += 1
        return local

    _trace(call, local)
    return counted


def count_places(call: Callable[[], object]) -> Counter[tuple[str, int]]:
    """File and line → how often a call executes it in this thread."""
    lines: Counter[tuple[str, int]] = Counter()

    def local(frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            lines[frame.f_code.co_filename, frame.f_lineno] += 1
        return local

    _trace(call, local)
    return lines


def _trace(call: Callable[[], object], local: Callable[[FrameType, str, object], Any]) -> None:
    """Makes a call, and tells `local` what happens in each of its frames that counts."""
    before = sys.gettrace()

    def begin(frame: FrameType, event: str, argument: object) -> Any:
        return None if _is_apart(frame.f_code.co_filename) else local

    sys.settrace(begin)
    try:
        call()
    finally:
        sys.settrace(before)


@cache
def _is_apart(file: str) -> bool:
    return any(part in file for part in APART)


def count_bytes(call: Callable[[], object]) -> int:
    """The most bytes that a call has in use at a time; NumPy tells its arrays (tracemalloc)."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def measure(call: Callable[[], object]) -> Work:
    """The work of a call, which is made three times."""
    start = time.process_time()
    found = call()
    seconds = time.process_time() - start
    made = found if isinstance(found, int) else 0
    return Work(count_lines(call), count_bytes(call), made, seconds)


def steepness(sizes: Sequence[int], amounts: Sequence[float]) -> float:
    """The exponent with which both what is added and the whole grow from decade to decade.

    What is added alone misleads where the amount is the largest of several, one of which does not
    grow (peaks of memory), or comes in steps (samples that run together); the whole alone, where a
    constant outweighs what grows.
    """
    ratio = math.log(sizes[-1] / sizes[-2])
    whole = math.log(max(amounts[-1], 1) / max(amounts[-2], 1)) / ratio
    return min(exponent(sizes, amounts), whole)


def exponent(sizes: Sequence[int], amounts: Sequence[float]) -> float:
    """Growth beyond a constant: of y = a + b x**k, the k between the three largest sizes.

    It follows from how much is added from size to size, so that what every run takes does not hide
    it; sizes are a geometric row. What adds less than a twentieth does not count as growth.
    """
    first, second, third = amounts[-3:]
    ratio = math.log(sizes[-1] / sizes[-2])
    if third - second <= third / 20:
        return 0.0
    if second - first <= second / 20:
        return math.log(third / second) / ratio
    return math.log((third - second) / (second - first)) / ratio
