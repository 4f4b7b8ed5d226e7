"""Lowered: a bundle's program, and the one choice of where it runs: here, in a kit, on a board."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from snncc.backend_and_frontend import backend
from snncc.backends import (
    Backend,
    DeviceBackend,
    FirmwareBackend,
    Json,
    RuntimeBackend,
    StreamBackend,
)
from snncc.bundle import Bundle
from snncc.ir import Trace, UsageError, Values

from .board_run import Played, Player

DEFAULT_BOARD = "cortex-m4-emulated"
Advance = Callable[[int], None]
"""Is called with a number of samples, or of their ticks, that are done."""


def backend_of(bundle: Bundle) -> Backend[object]:
    """The backend that built the bundle."""
    return backend(bundle.target)


def board_of(bundle: Bundle, name: str | None = None) -> str:
    """Name of the board to run on: as asked for, as built for, or the emulated M4."""
    return name or bundle.manifest.board or DEFAULT_BOARD


class Runner(Protocol):
    """A program where it can run."""

    def play(self, signal: Values, *, counted: int = 0, progress: Advance | None = None) -> Played:
        """The answer to a signal `[samples, ticks, *shape]`.

        Args:
            signal: as the model takes it.
            counted: count the instructions of this many ticks, where something counts them.
            progress: called with the samples that are done, where it takes long.

        Raises:
            DeviceError: what it runs on is absent, failed or hung.
        """
        ...

    def measure(self, signal: Values) -> dict[str, Json]:
        """Sizes and instructions of the program as it ships, on a signal; empty if unknown."""
        ...


@dataclass(frozen=True)
class Computed:
    """A program that a function of this machine computes."""

    compute: Callable[[Values], Trace]

    def play(self, signal: Values, *, counted: int = 0, progress: Advance | None = None) -> Played:
        return Played(self.compute(signal), ())

    def measure(self, signal: Values) -> dict[str, Json]:
        return {}


@dataclass(frozen=True)
class Device:
    """A program on a device that its target's kit reaches over a network, loaded with each run."""

    backend: DeviceBackend[Any]
    program: Any
    port: str | None

    def play(self, signal: Values, *, counted: int = 0, progress: Advance | None = None) -> Played:
        if self.port is None:
            raise UsageError(
                f"board {self.backend.device} is reached over a network: give its address with "
                "--port"
            )
        return Played(self.backend.perform(self.program, signal, self.port), ())

    def measure(self, signal: Values) -> dict[str, Json]:
        return {}


@dataclass(frozen=True)
class Lowered:
    """The program of a bundle: lowering is pure, so it is the one that was built."""

    bundle: Bundle
    backend: Backend[Any]
    program: Any

    @classmethod
    def of(cls, bundle: Bundle) -> Lowered:
        """The bundle's network, lowered by the backend that built it."""
        chosen = backend_of(bundle)
        return cls(bundle, chosen, chosen.lower(bundle.network, bundle.settings))

    def native(self, record: tuple[str, ...]) -> Runner:
        """The program as it is computed on this machine, without a vendor's kit."""
        return Computed(lambda signal: self.backend.simulate(self.program, signal, record))

    def play_parts(self, record: tuple[str, ...], signal: Values) -> Callable[[slice], Trace]:
        """What `native` answers, asked for some ticks after the other, from the first on.

        A backend whose simulation takes no parts computes all of them when it is first asked.

        Raises:
            DeviceError: here, or when it is asked; this machine lacks what it runs on.
        """
        if isinstance(self.backend, StreamBackend):
            play = self.backend.stream(self.program, record)
            return lambda ticks: play(signal[:, ticks])
        whole: list[Trace] = []

        def play_part(ticks: slice) -> Trace:
            if not whole:
                whole.append(self.backend.simulate(self.program, signal, record))
            return whole[0].cut(ticks)

        return play_part

    @property
    def takes_parts(self) -> bool:
        """Whether what runs on this machine takes a signal in parts."""
        return isinstance(self.backend, StreamBackend)

    def target(self, record: tuple[str, ...], board: str | None = None) -> Runner:
        """The program where it belongs: in the target's kit, or as firmware on a board.

        Where the target has neither, it is what this machine computes.

        Raises:
            CapacityError: the firmware does not fit the board.
            DeviceError: no compiler builds it here.
        """
        runs, program = self.backend, self.program
        if isinstance(runs, RuntimeBackend):
            return Computed(lambda signal: runs.play(program, signal, record))
        if isinstance(runs, FirmwareBackend):
            return Player(runs, program, board_of(self.bundle, board), record)
        return self.native(record)

    def device(
        self, board: str | None, port: str | None, record: tuple[str, ...]
    ) -> Player | Device:
        """The program on hardware, or on what stands in for a board: what `flash` programs.

        Args:
            board: its name; without it that of the bundle.
            port: where it is reached; a board at a known place needs none.
            record: wires that a firmware sends besides the outputs.

        Raises:
            UsageError: the target runs on no such board, or builds no firmware.
            CapacityError: the firmware does not fit the board.
        """
        runs = self.backend
        if isinstance(runs, DeviceBackend):
            if board not in (None, runs.device):
                raise UsageError(
                    f"target {self.bundle.target} runs on board {runs.device}, not on '{board}'"
                )
            return Device(runs, self.program, port)
        if isinstance(runs, FirmwareBackend):
            return Player(runs, self.program, board_of(self.bundle, board), record, port)
        raise UsageError(f"target {self.bundle.target} builds no firmware; flash a c99 bundle")
