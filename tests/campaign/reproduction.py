"""A network at fault, as small as it still is at fault, in files that a person can run."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisException

from snncc.ir import Network, show

from . import modules
from .attempt import Record, outcome
from .case import Case, build_ops, of_modules, strategy_of
from .plan import Plan, plan
from .targets import Choice, on_target

TRIES, SECONDS = 40, 90.0
"""Smaller networks that are tried at most, and for how long."""


def reproduce(record: Record, keep: Path) -> Path | None:
    """The folder with the smallest network found that has the same fault; None where none has."""
    folder = keep / f"{record.kind}{record.number}-{record.stage}"
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + SECONDS
    found = (
        _module(record, folder, deadline)
        if record.kind == "modules"
        else _ops(record, folder, deadline)
    )
    return folder if found else None


def _fails(record: Record, make: Callable[[Path], Case]) -> bool:
    """Whether a network has the fault of a record."""
    with tempfile.TemporaryDirectory(prefix="snncc-smaller-") as name:
        place, built = Path(name), list[Case]()

        def meet() -> tuple[str, ...]:
            built.append(make(place))
            if record.stage == "import":
                return ()
            choice = Choice.drawn(record.stage, record.kind, record.number)
            return on_target(record.stage, built[0], choice, place)

        result, _, _, _ = outcome(meet, bool(built) and built[0].network.quantized)
    return result == record.result and (record.stage == "import") == (not built)


def _module(record: Record, folder: Path, deadline: float) -> bool:
    chosen, left = plan(record.number), TRIES

    def fails(smaller: Plan) -> bool:
        if time.monotonic() > deadline:
            return False
        return _fails(record, lambda place: of_modules(smaller, place))

    if not fails(chosen):
        return False
    smaller = True
    while smaller and left > 0:
        smaller = False
        for candidate in chosen.smaller():
            left -= 1
            if fails(candidate):
                chosen, smaller = candidate, True
                break
            if left <= 0:
                break
    (folder / "net.py").write_text(modules.written(chosen))
    x = modules.signal(chosen, 0)
    np.savez(folder / "x.npz", x=x, y=np.zeros(len(x), dtype=np.int64))
    _say(record, folder, "snncc build net.py:build --data x.npz")
    return True


def _ops(record: Record, folder: Path, deadline: float) -> bool:
    failing: list[Network] = []

    @seeded(record.number)
    @settings(
        max_examples=2,
        phases=[Phase.generate, Phase.shrink],
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy_of(record.number))
    def law(network: Network) -> None:
        late = failing and time.monotonic() > deadline
        if not late and _fails(record, lambda place: build_ops(record.number, network)):
            failing.append(network)
            raise AssertionError

    with contextlib.suppress(AssertionError, HypothesisException):
        law()
    if not failing:
        return False
    smallest = failing[-1]
    (folder / "net.snn").write_text(show(smallest))
    np.savez(folder / "tensors.npz", **{n: t.values for n, t in smallest.tensors.items()})
    _say(record, folder, f"python -m tests.campaign --only ops:{record.number}")
    return True


def _say(record: Record, folder: Path, command: str) -> None:
    told = {"stage": record.stage, "choice": record.choice, "told": record.told, "run": command}
    (folder / "fault.json").write_text(json.dumps(told, indent=1) + "\n")
