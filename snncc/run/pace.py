"""Whether a board makes its ticks in time: counted on its emulated twin. No bundles in here."""

from __future__ import annotations

from dataclasses import replace

from snncc.ir import DeviceError, Values

from .board_run import TICK_BEGINS, TICK_ENDS, Player

COUNTED_TICKS = 16
# Instructions that a core may begin in one cycle; the others one at most (their Technical Reference
# Manuals: Cortex-M7 DDI 0489, Cortex-M33 100230, Cortex-M55 101051).
TWO_AT_ONCE = frozenset(("Cortex-M7", "Cortex-M33", "Cortex-M55"))


def pace_warning(player: Player, signal: Values, tick_seconds: float) -> str:
    """What to say where the player's board cannot keep its ticks; else nothing.

    Nothing also where a board has no clock or no twin that counts. Memory that makes a core wait is
    not known here: a board without a warning may still be too slow.

    Args:
        player: of a firmware for that board.
        signal: `[samples, ticks, *shape]`; the first ticks of its first sample are counted.
        tick_seconds: what a tick stands for.
    """
    from snncc.boards import board, find_emulated_twin, play

    ours = board(player.board)
    twin = find_emulated_twin(ours)
    if ours.clock_hz is None or twin is None:
        return ""
    stimulus = player.backend.stimulus(player.program, signal[:1, :COUNTED_TICKS])
    try:
        run = play(twin, replace(player.image, board=twin.name), stimulus, count_marks=None)
    except DeviceError:
        return ""  # there is no emulator here
    most = max(run.count_between(TICK_BEGINS, TICK_ENDS), default=0)
    least = most / (ours.clock_hz * (2 if ours.core in TWO_AT_ONCE else 1))
    if least <= tick_seconds:
        return ""
    return (
        f"a tick takes {most:,} instructions, at least {1e3 * least:.3g} ms on {ours.name} at "
        f"{ours.clock_hz / 1e6:g} MHz, but stands for {1e3 * tick_seconds:.3g} ms: "
        "the board cannot keep up; choose a faster board or a smaller model"
    )
