"""Outcome: how a build or a verification ends: accuracy, memory, pace, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from snncc.backend_and_frontend import backend
from snncc.backends import FirmwareBackend, Json
from snncc.bundle import Bundle
from snncc.ir import UsageError
from snncc.loss import Loss

from .pace import Pace

if TYPE_CHECKING:
    from snncc.boards import Board

Given: TypeAlias = Mapping[str, Path | str | None]
"""Option of the command line → what it was given."""

COUNTED: Mapping[str, tuple[str, str, str]] = {
    "constant_bytes": ("constants", "bytes", ""),
    "model_bytes": ("model", "bytes", ""),
    "state_bytes": ("state", "bytes", ""),
    "arena_bytes": ("arena", "bytes", ""),
    "cores": ("cores", "", "limit_cores_per_chip"),
    "fullest_core_bytes": ("fullest core", "bytes", "limit_core_bytes"),
}
"""Figure of a target's report → what people call it, its unit, and the figure that limits it."""
NOTICEABLE_POINTS = 1.0  # lost: from here on it is worth asking which layer loses them


@dataclass(frozen=True)
class Taken:
    """What a program takes of something.

    Attributes:
        name: flash, RAM, cores and the like.
        amount: that it takes.
        limit: how much there is; None where that is not known.
        unit: of both; empty for what is counted.
    """

    name: str
    amount: int
    limit: int | None
    unit: str

    @property
    def share(self) -> float | None:
        """Of what there is."""
        return self.amount / self.limit if self.limit else None

    def as_json(self) -> dict[str, Json]:
        """As `verify --json` prints it within `summary`."""
        return {"name": self.name, "amount": self.amount, "limit": self.limit, "unit": self.unit}


@dataclass(frozen=True)
class Target:
    """What ran where a program belongs.

    Attributes:
        board: that was asked for; None for the bundle's own.
        facts: sizes and instructions of the firmware; empty where none ran.
        absent: why nothing ran; empty if it did.
    """

    board: str | None
    facts: Mapping[str, Json]
    absent: str


@dataclass(frozen=True)
class Outcome:
    """How a build or a verification ends.

    Attributes:
        accuracy: `float` and `quantized`; empty without labels.
        agreement: share of samples that integers answer as floats do; None where not measured.
        samples: that both are of.
        taken: memory and cores, beside what there is.
        pace: of the firmware on its board; None where nothing counted it.
        next: the command to go on with; empty where the failure itself says it.
    """

    bundle: str
    target: str
    accuracy: Mapping[str, float]
    agreement: float | None
    samples: int
    taken: tuple[Taken, ...]
    pace: Pace | None
    next: str

    def as_json(self) -> dict[str, Json]:
        """As `verify --json` prints it under `summary`."""
        return {
            "accuracy": dict(self.accuracy),
            "agreement": self.agreement,
            "samples": self.samples,
            "taken": [each.as_json() for each in self.taken],
            "pace": None if self.pace is None else self.pace.as_json(),
            "next": self.next,
        }


def conclude_build(bundle: Bundle, given: Given) -> Outcome:
    """How a build ends: what its bundle's report says, and to verify it.

    Args:
        bundle: that was built.
        given: option → what it was given to build.
    """
    report = bundle.report
    lost = cast("dict[str, Json]", report.get("loss") or {})
    return Outcome(
        str(bundle.path),
        bundle.target,
        cast("dict[str, float]", lost.get("accuracy") or {}),
        cast("float | None", lost.get("agreement")),
        cast("int", lost.get("samples") or 0),
        _list_taken(report),
        _read_pace(report, bundle.network.tick),
        _command("verify", bundle, _select(given, "--weights", "--data")),
    )


def conclude_verify(
    bundle: Bundle, loss: Loss, samples: int, target: Target, given: Given
) -> Outcome:
    """How a verification ends that has found no difference, as far as it came.

    Args:
        bundle: that was verified.
        loss: what its integers lose.
        samples: that the loss is of.
        target: what ran where the program belongs.
        given: option → what it was given to verify.
    """
    report: Mapping[str, Json] = bundle.report
    if target.facts:
        report = {**report, "board": dict(target.facts), "pace": dict(target.facts)}
    return Outcome(
        str(bundle.path),
        bundle.target,
        loss.accuracy,
        loss.agreement,
        samples,
        _list_taken(report),
        _read_pace(report, bundle.network.tick),
        _advise(bundle, loss, target, given),
    )


def _advise(bundle: Bundle, loss: Loss, target: Target, given: Given) -> str:
    """What to do with a bundle that differs nowhere."""
    named = target.board or bundle.manifest.board
    if target.absent:
        twin = _find_twin(named)
        again = (*_select(given, "--model", "--weights", "--data"), "--board", twin)
        return _command("verify", bundle, again) if twin else ""
    if loss.drop >= NOTICEABLE_POINTS:
        return _command("inspect", bundle, ("--loss",))
    if isinstance(backend(bundle.target), FirmwareBackend) and (real := _find_real(named)):
        return _command("flash", bundle, ("--board", real, "--check"))
    return _command("estimate", bundle, _select(given, "--data"))


def _find_twin(named: str | None) -> str:
    """Name of the emulated board that stands in for a real one; empty if there is none."""
    from snncc.boards import board, find_emulated_twin

    twin = find_emulated_twin(board(named)) if named else None
    return twin.name if twin and twin.name != named else ""


def _find_real(named: str | None) -> str:
    """The board itself, or that in whose place an emulated one is; empty where there is none."""
    from snncc.boards import board, boards

    if named is None or not board(named).emulated:
        return named or ""
    real = named.removesuffix("-emulated")
    return real if any(each.name == real for each in boards()) else ""


def _command(name: str, bundle: Bundle, more: Sequence[str]) -> str:
    return shlex.join(("snncc", name, str(bundle.path), *more))


def _select(given: Given, *options: str) -> tuple[str, ...]:
    pairs = ((option, str(given[option])) for option in options if given.get(option) is not None)
    return tuple(part for pair in pairs for part in pair)


def _list_taken(report: Mapping[str, Json]) -> tuple[Taken, ...]:
    """What a report counts that is limited, or is memory."""
    facts = report.get("board")
    if isinstance(facts, dict):
        return _list_on_board(facts)
    found = [
        Taken(name, amount, _read_limit(report, limit), unit)
        for key, (name, unit, limit) in COUNTED.items()
        if isinstance(amount := report.get(key), int)
    ]
    chips = report.get("chips")
    for name, chip in chips.items() if isinstance(chips, dict) else ():
        if isinstance(chip, dict) and chip.get("fits") and isinstance(chip["cores"], int):
            limit = cast("int", chip["limit_cores"])
            found.append(Taken(f"cores of {name}", chip["cores"], limit, ""))
    return tuple(found)


def _read_limit(report: Mapping[str, Json], key: str) -> int | None:
    """A limit of a report; of a chip's cores, that of all its chips."""
    limit, chips = report.get(key), report.get("chips", 1)
    if not isinstance(limit, int):
        return None
    return limit * chips if key.endswith("_per_chip") and isinstance(chips, int) else limit


def _list_on_board(facts: Mapping[str, Json]) -> tuple[Taken, ...]:
    board = _find_board(facts)
    flash, ram, stack = (facts.get(f"{name}_bytes") for name in ("flash", "ram", "stack"))
    if not isinstance(flash, int) or not isinstance(ram, int):
        return ()
    ram += stack if isinstance(stack, int) else 0
    limits = (None, None) if board is None else (board.flash_bytes, board.ram_bytes)
    return Taken("flash", flash, limits[0], "bytes"), Taken("RAM", ram, limits[1], "bytes")


def _find_board(facts: Mapping[str, Json]) -> Board | None:
    """The board of a report; None where this release has no such board."""
    from snncc.boards import board

    try:
        return board(str(facts.get("name")))
    except UsageError:
        return None


def _read_pace(report: Mapping[str, Json], tick_seconds: float) -> Pace | None:
    facts, counted = report.get("board"), report.get("pace")
    if not isinstance(facts, dict) or not isinstance(counted, dict):
        return None
    usual, most = (counted.get(f"{kind}instructions_per_tick") for kind in ("", "most_"))
    board = _find_board(facts)
    if board is None or not isinstance(usual, int | float) or not isinstance(most, int | float):
        return None
    classes = cast("dict[str, float]", counted.get("instruction_classes") or {})
    return Pace.of(board, (usual, most), classes, tick_seconds)
