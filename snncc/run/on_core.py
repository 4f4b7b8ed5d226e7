"""OnCore: what a firmware takes on the core of a board: counted, predicted, timed; no energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import cast

from snncc.backends import Json
from snncc.boards import Board, find_emulated_twin
from snncc.boards import board as find_board
from snncc.cost import Derived
from snncc.ir import CapacityError, DeviceError, Values
from snncc.predict import Predicted, predict_program

from .core_time import time_instructions
from .lowered import Lowered, board_of

MOST_PREDICTED = 50_000_000  # values of all nodes that are in memory at a time


@dataclass(frozen=True)
class OnCore:
    """What a firmware takes on the core of a board.

    Attributes:
        board: its name; empty where nothing is known of it.
        hertz: its clock.
        instructions: of a tick, counted on the core that is emulated in its place.
        predicted: the same, of counts alone.
        ticks: milliseconds of one.
        memory: bytes, and the board's.
        notes: what is not known, a sentence each.
    """

    board: str = ""
    hertz: float | None = None
    instructions: float | None = None
    predicted: Predicted | None = None
    ticks: Derived | None = None
    memory: Mapping[str, Json] = field(default_factory=dict[str, Json])
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, lowered: Lowered, signal: Values, name: str | None, hertz: float | None = None
    ) -> OnCore:
        """What the firmware of a bundle takes for a signal `[samples, ticks, *shape]`.

        Args:
            lowered: of a target that builds firmware.
            signal: on which it is counted.
            name: of the board; by default as `board_of` finds it.
            hertz: its clock; by default that of the catalogue.

        Raises:
            UsageError: no board has that name.
        """
        board = find_board(board_of(lowered.bundle, name))
        hertz = hertz or board.clock_hz
        found = cls(board.name, hertz, predicted=_predict(lowered, signal, board.core))
        found, classes = found._count(lowered, signal, board)
        instructions = found.instructions
        if instructions is None and found.predicted is not None:
            instructions = found.predicted.total
            found = found._note("the time is that of predicted instructions")
        if instructions is None:
            return found
        if hertz is None:
            return found._note(f"{board.name} has no clock: give --board NAME, or --current")
        return replace(found, ticks=time_instructions(instructions, classes, board, hertz))

    def _note(self, sentence: str) -> OnCore:
        return replace(self, notes=(*self.notes, sentence))

    def _count(
        self, lowered: Lowered, signal: Values, board: Board
    ) -> tuple[OnCore, Mapping[str, float]]:
        """The same with what an emulator counts, and by class of instruction."""
        twin = find_emulated_twin(board)
        if twin is None:
            absent = f"no emulator takes {board.name}'s place"
            return self._note(f"instructions are not counted: {absent}"), {}
        try:
            facts = lowered.target((), twin.name).measure(signal)
        except CapacityError as error:
            return self._note(f"{error}; name a larger board with --board"), {}
        except DeviceError as error:
            return self._note(str(error)), {}
        memory: dict[str, Json] = {key: facts[key] for key in ("flash_bytes", "ram_bytes")}
        memory |= {"flash_limit_bytes": board.flash_bytes, "ram_limit_bytes": board.ram_bytes}
        found, each = replace(self, memory=memory), facts["instructions_per_tick"]
        if not isinstance(each, float | int):
            return found._note(f"the driver of {twin.name} counts no instructions"), {}
        classes = cast("dict[str, float]", facts["instruction_classes"])
        return replace(found, instructions=float(each)), classes


def _predict(lowered: Lowered, signal: Values, core: str) -> Predicted | None:
    """Instructions of counts; None where these would take too much memory."""
    network = lowered.bundle.network
    values = sum(prod(network.shapes[node.name]) for node in network) * prod(signal.shape[:2])
    if values > MOST_PREDICTED:
        return None
    return predict_program(lowered.program, network, signal, core)
