"""Instructions of each step of a tick, counted on an emulated core; fits nothing."""

from __future__ import annotations

import bisect
from collections import Counter
from typing import Any

import numpy as np

from snncc.backends.c99 import C99Backend, Program
from snncc.backends.c99.emit.emit import WRITERS
from snncc.backends.c99.event_steps import Keep, Population, Scan, Unpack
from snncc.backends.c99.firmware import AFTER_TICK, BEFORE_TICK
from snncc.backends.c99.program import Step
from snncc.backends.c99.value_steps import Loop
from snncc.boards import Board, Build, Image, build
from snncc.boards.conversation import converse
from snncc.boards.emulator import EmulatedBoard, EmulatedCore
from snncc.ir import Values

SECONDS = 600.0


def name_function(step: Step, index: int) -> str:
    """The C function of a step, as `snncc/backends/c99/emit` calls it."""
    match step:
        case Scan():
            return f"{step.source.wire}_scan"
        case Unpack():
            return f"{step.source.wire}_unpack"
        case Keep():
            return f"{step.target}_keep"
        case Loop():
            return f"{step.node}_loop{index}"
        case Population():
            return f"{step.node}_update"
        case _:
            return f"{step.node}_{WRITERS[type(step)][0]}"


class StepCore(EmulatedCore):
    """A core that counts what each of some functions takes, with all that it calls."""

    def __init__(self, uc: Any, board: Board, image: Image, functions: frozenset[str]) -> None:
        symbols = sorted(image.symbols)
        self._starts = [address for address, _, _ in symbols]
        self._names = [name for _, _, name in symbols]
        self._functions, self._inside = functions, ""
        self._owners: dict[int, str] = {}
        self.spent: Counter[str] = Counter()
        super().__init__(uc, board, image, SECONDS)

    def _count_block(self, uc: Any, address: int, size: int, more: object) -> None:
        before = self._executed
        super()._count_block(uc, address, size, more)
        if address not in self._owners:
            name = self._names[bisect.bisect_right(self._starts, address) - 1]
            self._owners[address] = name if name in self._functions else ""
        self._inside = self._owners[address] or self._inside
        self.spent[self._inside] += self._executed - before


def count_step_instructions(
    program: Program, signal: Values, board: Board
) -> tuple[float, list[float]]:
    """Instructions of a tick, and of each step; the last is the tick's own.

    Args:
        program: lowered.
        signal: `[samples, ticks, *shape]`.
        board: an emulated one.
    """
    backend = C99Backend()
    image = build(board, backend.firmware(program, ()), Build(optimize="s"))
    steps = [name_function(step, index) for index, step in enumerate(program.steps)]
    tick = f"{program.name}_tick"
    others = {f"{program.name}_{entry}" for entry in ("reset", "init", "observe")}
    others |= {name for _, _, name in image.symbols if name == "main" or name.startswith("board_")}
    emulated = EmulatedBoard(board)
    emulated.program(image)
    uc = emulated._uc
    uc.mem_write(board.ram_origin, bytes(board.ram_bytes))
    core = StepCore(uc, board, image, frozenset((*steps, tick, *others)))
    with core.watch_silence():
        run = converse(core, board, image, backend.stimulus(program, signal), None, None)
    ticks = signal.shape[0] * signal.shape[1]
    total = float(np.mean(run.count_between(BEFORE_TICK, AFTER_TICK)))
    return total, [core.spent[name] / ticks for name in (*steps, tick)]
