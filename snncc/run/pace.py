"""Pace: whether a board makes its ticks in time, of instructions that its emulated twin counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import mean
from typing import TYPE_CHECKING

from snncc.backends import Json
from snncc.cost import Derived
from snncc.cycles import count_classes
from snncc.ir import DeviceError, Values

from .board_run import TICK_BEGINS, TICK_ENDS, Player
from .core_time import time_instructions

if TYPE_CHECKING:
    from snncc.boards import Board

COUNTED_TICKS = 16


@dataclass(frozen=True)
class Pace:
    """What ticks take on a board's core, beside what a tick stands for.

    A board that keeps up by these may still be too slow where its flash is behind a cache.

    Attributes:
        board: its name.
        hertz: its clock; None where time means nothing, as in an emulator.
        usual: instructions of a tick, the mean of those counted.
        most: instructions of the longest of them.
        tick_seconds: what a tick stands for.
        ticks: milliseconds of a usual tick; None without a clock.
        longest: milliseconds of the longest; None without a clock.
        classes: how often each class of instruction ran in some ticks.
    """

    board: str
    hertz: float | None
    usual: float
    most: float
    tick_seconds: float
    ticks: Derived | None
    longest: Derived | None
    classes: Mapping[str, float]

    @classmethod
    def of(
        cls,
        board: Board,
        counted: tuple[float, float],
        classes: Mapping[str, float],
        seconds: float,
    ) -> Pace:
        """The pace of ticks that were counted.

        Args:
            board: whose core and clock it is.
            counted: instructions of a tick, the mean and the most.
            classes: how often each class of instruction ran.
            seconds: what a tick stands for.
        """
        (usual, most), hertz = counted, board.clock_hz
        if hertz is None:
            return cls(board.name, None, usual, most, seconds, None, None, classes)
        ticks, longest = (time_instructions(n, classes, board, hertz) for n in counted)
        return cls(board.name, hertz, usual, most, seconds, ticks, longest, classes)

    @property
    def counted(self) -> dict[str, Json]:
        """What a bundle's report keeps of it: the rest follows from the board."""
        return {
            "instructions_per_tick": self.usual,
            "most_instructions_per_tick": self.most,
            "instruction_classes": dict(self.classes),
        }

    @property
    def keeps_up(self) -> bool | None:
        """Whether each tick ends within what it stands for; None where that is not certain."""
        if self.longest is None:
            return None
        if self.longest.span.low > 1e3 * self.tick_seconds:
            return False
        return True if self.longest.span.high <= 1e3 * self.tick_seconds else None

    @property
    def warning(self) -> str:
        """What to say where the board cannot keep its ticks; else nothing."""
        if self.keeps_up is not False or self.hertz is None or self.longest is None:
            return ""
        return (
            f"a tick takes {self.most:,.0f} instructions, at least {self.longest.span.low:.3g} ms "
            f"on {self.board} at {self.hertz / 1e6:g} MHz, but stands for "
            f"{1e3 * self.tick_seconds:.3g} ms: the board cannot keep up; choose a faster board "
            "or a smaller model"
        )

    def as_json(self) -> dict[str, Json]:
        """As `verify --json` prints it within `summary`."""
        return {
            "board": self.board,
            "clock_hz": self.hertz,
            "instructions_per_tick": {"mean": self.usual, "most": self.most},
            "ms_per_tick": None if self.ticks is None else self.ticks.as_json(),
            "tick_ms": 1e3 * self.tick_seconds,
            "keeps_up": self.keeps_up,
        }


def count_pace(player: Player, signal: Values, tick_seconds: float) -> Pace | None:
    """The pace of a firmware on its board; None where nothing here counts its instructions.

    Args:
        player: of a firmware for that board.
        signal: `[samples, ticks, *shape]`; the first ticks of its first sample are counted.
        tick_seconds: what a tick stands for.
    """
    from snncc.boards import board, find_emulated_twin, play

    ours = board(player.board)
    twin = find_emulated_twin(ours)
    if twin is None:
        return None
    stimulus = player.backend.stimulus(player.program, signal[:1, :COUNTED_TICKS])
    try:
        run = play(twin, replace(player.image, board=twin.name), stimulus, count_marks=None)
    except DeviceError:
        return None  # such as where no emulator is installed
    counted = run.count_between(TICK_BEGINS, TICK_ENDS)
    if not counted:
        return None
    classes = count_classes(player.image, run.blocks, twin)
    return Pace.of(ours, (mean(counted), max(counted)), classes, tick_seconds)
