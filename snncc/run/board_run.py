"""Player: a program on one board, built once and played as often as needed. No bundles in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean
from typing import TYPE_CHECKING, Any

from snncc.backends import CompilerBackend, FirmwareBackend, Json
from snncc.cycles import count_classes
from snncc.ir import Trace, Values

if TYPE_CHECKING:
    from snncc.boards import Image

TICK_BEGINS, TICK_ENDS = 1, 2  # what the firmware announces around each tick
SILENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Played:
    """What a board answered.

    Attributes:
        trace: its outputs.
        instructions: of each tick that was counted.
        classes: how often each class of instruction ran meanwhile; empty where nothing tells.
    """

    trace: Trace
    instructions: Sequence[int]
    classes: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass
class Player:
    """A program on one board, built once and played as often as needed."""

    backend: FirmwareBackend[Any]
    program: Any
    board: str
    record: tuple[str, ...] = ()
    port: str | None = None
    image: Image = field(init=False)

    def __post_init__(self) -> None:
        from snncc.boards import Build, board, build

        sources = self.backend.firmware(self.program, self.record)
        # Flash is what small parts lack: a quarter less code for some tenth more instructions.
        options = Build(optimize="s", compiler=self.compiler)
        self.image = build(board(self.board), sources, options)

    @property
    def compiler(self) -> str:
        """Name of the GCC that the user asked for; empty: snncc's own Clang."""
        if isinstance(self.backend, CompilerBackend):
            return self.backend.compiler(self.program)
        return ""

    def sizes(self) -> dict[str, Json]:
        """The board's name, the firmware's compiler, and its bytes in flash and RAM."""
        from snncc.boards import compiler_version

        image = self.image
        return {
            "name": self.board,
            "compiler": compiler_version(self.compiler),
            "flash_bytes": image.flash_bytes,
            "ram_bytes": image.ram_bytes,
            "stack_bytes": image.stack_bytes,
            "code_bytes": image.code_bytes,
            "weight_bytes": image.weight_bytes,
        }

    def flash(self) -> bool:
        """Whether the board's memory could be read back; it holds and runs the firmware now.

        Raises:
            DeviceError: the board is absent, or kept other bytes than it was given.
        """
        from snncc.boards import board, program

        return program(board(self.board), self.image, port=self.port)

    def measure(self, signal: Values) -> dict[str, Json]:
        """Sizes and instructions of the firmware as it ships, which sends nothing but outputs."""
        plain = replace(self, record=()) if self.record else self
        samples, ticks = signal.shape[:2]
        played = plain.play(signal, counted=samples * ticks)
        instructions = played.instructions
        each = mean(instructions) if instructions else None
        return {
            **plain.sizes(),
            "instructions_per_tick": each,
            "most_instructions_per_tick": max(instructions, default=None),
            "instructions_per_inference": None if each is None else each * ticks,
            "instruction_classes": dict(played.classes),
            "counted_samples": samples,
        }

    def play(
        self,
        signal: Values,
        *,
        counted: int = 0,
        progress: Callable[[int], None] | None = None,
    ) -> Played:
        """The board's answer to a signal `[samples, ticks, *shape]`.

        Args:
            signal: as the model takes it.
            counted: count instructions for this many ticks; counting slows an emulator down.
            progress: called with the number of samples whose stimulus is through.

        Raises:
            DeviceError: the board is absent, or did not end well.
        """
        from snncc.boards import board, play

        stimulus = self.backend.stimulus(self.program, signal)
        each = max(len(stimulus) // len(signal), 1)
        where = board(self.board)
        run = play(
            where,
            self.image,
            stimulus,
            port=self.port,
            count_marks=2 * counted,
            seconds=SILENCE_SECONDS,
            progress=None if progress is None else lambda through: progress(through // each),
        )
        trace = self.backend.response(self.program, self.record, run.output, len(signal))
        instructions = run.count_between(TICK_BEGINS, TICK_ENDS)
        return Played(trace, instructions, count_classes(self.image, run.blocks, where))
