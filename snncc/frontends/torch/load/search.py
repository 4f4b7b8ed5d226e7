"""Which way of calling a model is right, found by trying; of failures the most telling is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from torch import nn

from snncc.ir import ImportRefused

from ..expressions.expr import BatchTorn, Starting
from ..lift.assembly import OtherLayout, Traced, Wanted
from ..neurons.library import Found
from ..record.calling import LAYOUTS, Calling, Layout, step_calling
from .trace_model import TICKS, ForwardFailed, trace

LONGEST = 2000
"""Ticks beyond which an attribute is not taken for the length of a loop."""

LONGER = 3
"""How often as many ticks are recorded where a wire is read more than a tick or two late."""


SLIPS = (AttributeError, NameError)
"""What is wrong with the code itself, in whatever layout its input comes."""


@dataclass(frozen=True)
class Attempt:
    """One way to call the model, and why it does not work."""

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


def find_calling(
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
        ImportRefused: there is none; says why the most promising one does not work.
    """
    attempts: list[Attempt] = []
    ways: list[tuple[Calling, Exception]] = []
    for name in (layout,) if layout else LAYOUTS:
        try:
            calling = step_calling(model) if name == "step" else Calling(name)
        except ImportRefused as unwired:
            attempts.append(Attempt(name, unwired))
            continue
        traced = _try(model, neurons, calling, wanted, TICKS)
        if isinstance(traced, Traced):
            return calling, traced
        attempts.append(Attempt(name, traced))
        ways.append((calling, traced))
    # Only now those that loop a fixed number of times: to record many ticks takes its time.
    for calling, reason in ways:
        for length in _lengths(model, calling, reason, ticks):
            traced = _try(model, neurons, calling, wanted, length)
            if isinstance(traced, Traced):
                return calling, replace(traced, ticks=length)
            attempts.append(Attempt(calling.layout, traced))
    raise _choose_refusal(model, wanted, attempts)


Failures: TypeAlias = Sequence[tuple[Layout, ForwardFailed]]


def _try(
    model: nn.Module, neurons: Mapping[str, Found], calling: Calling, wanted: Wanted, ticks: int
) -> Traced | Exception:
    try:
        return trace(model, neurons, calling, wanted, ticks)
    except Starting as reason:
        if ticks != TICKS:
            return reason
        longer = _try(model, neurons, calling, wanted, LONGER * TICKS)
        return reason if isinstance(longer, Starting) else longer
    except (ImportRefused, OtherLayout, ForwardFailed) as reason:
        return reason


def _choose_refusal(model: nn.Module, wanted: Wanted, attempts: Sequence[Attempt]) -> ImportRefused:
    best = max(attempts, key=lambda a: a.rank)
    if isinstance(best.reason, ImportRefused):
        return best.reason
    if best.rank:
        return ImportRefused(str(best.reason))
    alike = len({str(a.reason) for a in attempts}) == 1 < len(attempts)
    failed: Failures = [
        (a.layout, a.reason) for a in attempts if isinstance(a.reason, ForwardFailed)
    ]
    for layout, reason in failed:
        if alike or (layout != "step" and isinstance(reason.__cause__, SLIPS)):
            return ImportRefused(f"{reason.place}: {reason}")
    for sized in (_describe_misfit(model, wanted, failed), _find_fixing_view(failed)):
        if sized:
            return ImportRefused(sized)
    first = {a.layout: str(a.reason).splitlines()[0] for a in reversed(attempts)}
    tried = "; ".join(f"{name}: {first[name]}" for name in LAYOUTS if name in first)
    return ImportRefused(
        f"{type(model).__name__} takes input {list(wanted.shape)} per tick in no layout: {tried}"
    )


MISFIT = re.compile(r"shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)")
FIXED = re.compile(r"shape '(\[[-\d, ]+\])' is invalid for input of size")


def _describe_misfit(model: nn.Module, wanted: Wanted, failed: Failures) -> str:
    """The linear layer that does not fit what it is given, if it is the same in most layouts."""
    found = [m.groups() for _, r in failed if (m := MISFIT.search(str(r)))]
    sizes = [(given, into, out) for _, given, into, out in found]
    given, into, out = max(sizes, key=sizes.count, default=("", "", ""))
    if sizes.count((given, into, out)) < 2:
        return ""
    paths = [
        f"'{path}'"
        for path, layer in model.named_modules()
        if isinstance(layer, nn.Linear)
        and (str(layer.in_features), str(layer.out_features)) == (into, out)
    ]
    where = f"module {' or '.join(paths)} (Linear)" if paths else "a product with a matrix"
    return (
        f"{where} takes {into} values and is given {given}, with input {list(wanted.shape)} per "
        "tick; correct its size, or the shape of the input"
    )


def _find_fixing_view(failed: Failures) -> str:
    """The view that fixes a size which depends on how the model is called, if one does."""
    for _, reason in failed:
        if found := FIXED.search(str(reason)):
            return (
                f"{reason.place}: a view as {found[1]} fixes the number of samples or ticks; take "
                "these from x.shape, as the model is run with other batches here"
            )
    return ""


def _lengths(
    model: nn.Module, calling: Calling, reason: Exception, ticks: int | None
) -> Sequence[int]:
    """Numbers of ticks that the model may have been written for, the likeliest first."""
    if calling.time is None or isinstance(reason, ImportRefused):
        return ()
    ran = [reason.ran] if isinstance(reason, OtherLayout) and reason.ran > 1 else []
    named = [
        value
        for module in model.modules()
        for key, value in vars(module).items()
        if isinstance(value, int) and re.search(r"step|tick|time|len|^t$", key, re.IGNORECASE)
    ]
    wanted = (*ran, *([ticks] if ticks else []), *named)
    return [n for n in dict.fromkeys(wanted) if 2 < n <= LONGEST and n != TICKS]
