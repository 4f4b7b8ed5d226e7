"""flash: program a board with a bundle's firmware, and compare its spikes with the check spikes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import mean

from snncc.backends import DeviceBackend, FirmwareBackend, Json
from snncc.bundle import Bundle
from snncc.ir import SpikesDiffer, Trace, UsageError

from .board_run import Player
from .engines import backend_of, board_of


@dataclass(frozen=True)
class FlashReport:
    """What flashing a board has shown."""

    board: str
    flash_bytes: int | None  # None where a board's own software places the program
    ram_bytes: int | None
    programmed: bool
    verified: bool  # read back; some boards are write-only
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

    Raises:
        UsageError: the target builds no firmware.
        CapacityError: the firmware does not fit the board.
        DeviceError: the board cannot be reached, or kept other bytes than it was given.
        SpikesDiffer: the board's spikes are not the expected ones.
    """
    backend = backend_of(bundle)
    if isinstance(backend, DeviceBackend):
        return _performed(bundle, backend, board, port, dry_run)
    if not isinstance(backend, FirmwareBackend):
        raise UsageError(f"target {bundle.target} builds no firmware; flash a c99 bundle")
    program = backend.lower(bundle.network, bundle.settings)
    signal, expected = bundle.check()
    record = tuple(expected.wires) if check else ()
    player = Player(backend, program, board_of(bundle, board), record, port)
    sizes = player.board, player.image.flash_bytes, player.image.ram_bytes
    if dry_run:
        return FlashReport(*sizes, programmed=False, verified=False)
    if not check:
        return FlashReport(*sizes, programmed=True, verified=player.flash())
    played = player.play(signal, counted=signal.shape[0] * signal.shape[1])
    total = _compared(expected, played.trace, player.board)
    return FlashReport(
        *sizes,
        programmed=True,
        verified=True,
        spikes=total,
        mismatches=0,
        instructions_per_tick=mean(played.instructions) if played.instructions else None,
    )


def _performed(
    bundle: Bundle, backend: DeviceBackend[object], board: str | None, port: str | None, dry: bool
) -> FlashReport:
    """Runs the check signal on a device that loads and runs in one go; always compares."""
    device = backend.device
    if board not in (None, device):
        raise UsageError(f"target {bundle.target} runs on board {device}, not on '{board}'")
    program = backend.lower(bundle.network, bundle.settings)
    if dry:
        return FlashReport(device, None, None, programmed=False, verified=False)
    if port is None:
        raise UsageError(f"board {device} is reached over a network: give its address with --port")
    signal, expected = bundle.check()
    total = _compared(expected, backend.perform(program, signal, port), device)
    done = FlashReport(device, None, None, programmed=True, verified=True)
    return replace(done, spikes=total, mismatches=0)


def _compared(expected: Trace, found: Trace, board: str) -> int:
    """How many spikes both traces have. Raises: SpikesDiffer."""
    count, first = expected.compared(found)
    if count:
        raise SpikesDiffer(
            f"{count} values on {board} differ from the check spikes, first at {first}"
        )
    return sum(int((expected[wire] != 0).sum()) for wire in found.wires)
