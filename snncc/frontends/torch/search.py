"""Finds how a model is to be called, by trying; of failures the most telling is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from torch import nn

from snncc.ir import ImportRefused

from .assembly import OtherLayout, Traced, Wanted
from .calling import LAYOUTS, Calling, Layout, step_calling
from .expr import BatchTorn
from .neurons import Found
from .trace import TICKS, ForwardFailed, trace

LONGEST = 2000
"""Ticks beyond which an attribute is not taken for the length of a loop."""


@dataclass(frozen=True)
class Attempt:
    """One way to call the model, and why it is none."""

    layout: Layout
    reason: Exception

    @property
    def rank(self) -> int:
        """How telling the reason is; the largest is shown."""
        if isinstance(self.reason, BatchTorn):
            return 1
        if isinstance(self.reason, OtherLayout):
            often = self.reason.ran > self.reason.ticks > 1
            return 2 if often and self.reason.ran % self.reason.ticks == 0 else 0
        return 3 if isinstance(self.reason, ImportRefused) else 0


def found(
    model: nn.Module,
    neurons: Mapping[str, Found],
    wanted: Wanted,
    layout: Layout | None,
    ticks: int | None,
) -> tuple[Calling, Traced]:
    """The first way of calling the model in which it is one network.

    Args:
        layout: the only one to try; None to try all.
        ticks: of the data, for models that fix the length of their loop.

    Raises:
        ImportRefused: there is none; says why the most promising one is none.
    """
    attempts: list[Attempt] = []
    for name in (layout,) if layout else LAYOUTS:
        try:
            calling = step_calling(model) if name == "step" else Calling(name)
            return calling, _traced(model, neurons, calling, wanted, ticks)
        except (ImportRefused, OtherLayout, ForwardFailed) as reason:
            attempts.append(Attempt(name, reason))
    best = max(attempts, key=lambda a: a.rank)
    if isinstance(best.reason, ImportRefused):
        raise best.reason
    if best.rank:
        raise ImportRefused(str(best.reason)) from best.reason
    tried = "; ".join(f"{a.layout}: {str(a.reason).splitlines()[0]}" for a in attempts)
    raise ImportRefused(
        f"{type(model).__name__} takes input {list(wanted.shape)} per tick in no layout: {tried}"
    ) from best.reason


def _traced(
    model: nn.Module,
    neurons: Mapping[str, Found],
    calling: Calling,
    wanted: Wanted,
    ticks: int | None,
) -> Traced:
    """The network; a model that loops a fixed number of times gets as many ticks of input."""
    try:
        return trace(model, neurons, calling, wanted)
    except (OtherLayout, ForwardFailed) as reason:
        if calling.layout in ("step", "static"):
            raise
        for length in _lengths(model, reason, ticks):
            try:
                return replace(trace(model, neurons, calling, wanted, length), ticks=length)
            except (OtherLayout, ForwardFailed):
                continue
        raise


def _lengths(model: nn.Module, reason: Exception, ticks: int | None) -> Sequence[int]:
    """Numbers of ticks that the model may have been written for, the likeliest first."""
    ran = [reason.ran] if isinstance(reason, OtherLayout) and reason.ran > 1 else []
    named = [
        value
        for module in model.modules()
        for key, value in vars(module).items()
        if isinstance(value, int) and re.search(r"step|tick|time|len|^t$", key, re.IGNORECASE)
    ]
    wanted = (*ran, *([ticks] if ticks else []), *named)
    return [n for n in dict.fromkeys(wanted) if 2 < n <= LONGEST and n != TICKS]
