"""flash: program a board with a bundle's firmware, and compare its spikes with the check spikes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import mean

from snncc.backends import Json
from snncc.bundle import Bundle
from snncc.ir import SpikesDiffer, Trace

from .board_run import Player
from .lowered import Lowered


@dataclass(frozen=True)
class FlashReport:
    """What flashing a board has shown."""

    board: str
    flash_bytes: int | None = None  # None where a board's own software places the program
    ram_bytes: int | None = None
    programmed: bool = False
    verified: bool = False  # read back; some boards are write-only
    spikes: int | None = None
    mismatches: int | None = None
    instructions_per_tick: float | None = None

    def as_json(self) -> dict[str, Json]:
        """The report as JSON."""
        return dict(self.__dict__)


def flash(
    bundle: Bundle,
    board: str | None = None,
    port: str | None = None,
    *,
    check: bool = False,
    dry_run: bool = False,
) -> FlashReport:
    """Programs a board, reads its memory back, and with `check` replays the check spikes on it.

    A device that loads and runs in one go always replays them.

    Raises:
        UsageError: the target builds no firmware.
        CapacityError: the firmware does not fit the board.
        DeviceError: the board cannot be reached, or kept other bytes than it was given.
        SpikesDiffer: the board's spikes are not the expected ones.
    """
    signal, expected = bundle.check()
    runner = Lowered.of(bundle).device(board, port, tuple(expected.wires) if check else ())
    if isinstance(runner, Player):
        image = runner.image
        report = FlashReport(runner.board, image.flash_bytes, image.ram_bytes)
    else:
        report = FlashReport(runner.backend.device)
    if dry_run:
        return report
    if isinstance(runner, Player) and not check:
        return replace(report, programmed=True, verified=runner.flash())
    played = runner.play(signal, counted=signal.shape[0] * signal.shape[1])
    return replace(
        report,
        programmed=True,
        verified=True,
        spikes=_compare(expected, played.trace, report.board),
        mismatches=0,
        instructions_per_tick=mean(played.instructions) if played.instructions else None,
    )


def _compare(expected: Trace, found: Trace, board: str) -> int:
    """How many spikes both traces have. Raises: SpikesDiffer."""
    count, first = expected.compare(found)
    if count:
        raise SpikesDiffer(
            f"{count} values on {board} differ from the check spikes, first at {first}"
        )
    return sum(int((expected[wire] != 0).sum()) for wire in found.wires)
