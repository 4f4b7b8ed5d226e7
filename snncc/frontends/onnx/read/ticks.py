"""Values of a model that is run tick by tick, put together into windows; runs nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from snncc.ir import Decode, Tally, Trace, Values

Rows = Iterable[Mapping[str, Values]]
"""For each tick, name → values `[samples, *shape]`."""


def join_samples(parts: Sequence[Iterable[Mapping[str, Values]]]) -> Iterator[Mapping[str, Values]]:
    """The ticks of all samples, from those of some samples each."""
    for each in zip(*parts, strict=True):
        yield {name: np.concatenate([part[name] for part in each]) for name in each[0]}


def join_ticks(rows: Rows, ticks: int) -> Iterator[dict[str, Values]]:
    """Name → `[samples, ticks, *shape]`, so many ticks at a time, the last ones fewer."""
    left = iter(rows)
    while some := [*islice(left, ticks)]:
        yield {name: np.stack([row[name] for row in some], axis=1) for name in some[0]}


def watch(
    rows: Rows,
    outputs: tuple[str, ...],
    decode: Decode,
    ticks: int,
    each: Callable[[Trace], None],
) -> Values:
    """The scores `[samples, classes]` of wires tick by tick; `each` is given every window."""
    tally = Tally(decode)
    for wires in join_ticks(rows, ticks):
        trace = Trace(wires, outputs)
        tally.add(trace)
        each(trace)
    return tally.scores()
