"""Pace: whether a board makes its ticks in time, of instructions that its emulated twin counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import mean
from typing import TYPE_CHECKING

from snncc.backends import Json
from snncc.cost import Derived
from snncc.ir import DeviceError, Values

from .board_run import TICK_BEGINS, TICK_ENDS, Player
from .core_time import time_instructions

if TYPE_CHECKING:
    from snncc.boards import Board

COUNTED_TICKS = 16


@dataclass(frozen=True)
class Pace:
    """What ticks take on a board's core, beside what a tick stands for.

    Memory that makes a core wait is not known here: a board that keeps up by these may still be
    too slow.

    Attributes:
        board: its name.
        hertz: its clock; None where time means nothing, as in an emulator.
        usual: instructions of a tick, the mean of those counted.
        most: instructions of the longest of them.
        tick_seconds: what a tick stands for.
        ticks: milliseconds of a usual tick; None without a clock.
        longest: milliseconds of the longest; None without a clock.
    """

    board: str
    hertz: float | None
    usual: float
    most: float
    tick_seconds: float
    ticks: Derived | None
    longest: Derived | None

    @classmethod
    def of(cls, board: Board, usual: float, most: float, tick_seconds: float) -> Pace:
        """The pace of ticks whose instructions were counted: their mean, and the most."""
        if board.clock_hz is None:
            return cls(board.name, None, usual, most, tick_seconds, None, None)
        ticks, longest = (time_instructions(n, board.core, board.clock_hz) for n in (usual, most))
        return cls(board.name, board.clock_hz, usual, most, tick_seconds, ticks, longest)

    @property
    def counted(self) -> dict[str, Json]:
        """What a bundle's report keeps of it: the rest follows from the board."""
        return {"instructions_per_tick": self.usual, "most_instructions_per_tick": self.most}

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
        return None  # there is no emulator here
    counted = run.count_between(TICK_BEGINS, TICK_ENDS)
    return Pace.of(ours, mean(counted), max(counted), tick_seconds) if counted else None
