"""What one tick of the 64-128-10 network costs on each board: c99 measured, TFLite-Micro noted.

The noted figures were measured once and are not measured here: the same network sizes, int8
weights, inputs at 10 % and hidden neurons at 11 %, on the mps2-an386 in QEMU, -O2: TFLite-Micro at
commit 90b983c2, with CMSIS-NN at 4ab83cc3. Instructions are not cycles: wait states and pipelines
are not in them.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.workloads import layered, spike_trains
from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.c99.firmware import AFTER_TICK, BEFORE_TICK
from snncc.boards import Board, boards, build, driver, play
from snncc.ir import run
from snncc.ir.passes import calibrate

DENSITY = 0.1
STATE_BITS = (16, 32)
COLUMNS = 132
NOTED: tuple[dict[str, Any], ...] = (
    {
        "board": "mps2-an386",
        "core": "Cortex-M4",
        "engine": "tflm, CMSIS-NN kernels (noted)",
        "state_bits": 32,
        "instructions_per_tick": 51_526.0,
        "flash_bytes": 78_300,
        "ram_bytes": 5_112,
        "mismatches": None,
    },
    {
        "board": "mps2-an386",
        "core": "Cortex-M4",
        "engine": "tflm, reference kernels (noted)",
        "state_bits": 32,
        "instructions_per_tick": 115_395.0,
        "flash_bytes": 63_100,
        "ram_bytes": 5_064,
        "mismatches": None,
    },
)


def measure(target: Board, state_bits: int) -> dict[str, Any]:
    """Instructions per tick, and bytes of flash and RAM, of c99 at -O2 on an emulated board.

    Flash is code without the constant tables, as the noted figures are without the model; the
    program that feeds and observes the network is in it. RAM is all variables but the stack.
    """
    network, signal = layered(DENSITY), spike_trains(1, 40, 64, DENSITY)
    backend, ranges = C99Backend(), calibrate(network, signal)
    settings = Settings(state_bits=state_bits, rates=ranges.rates)
    for step in backend.passes(network, settings, ranges):
        network = step(network)
    program = backend.lower(network, settings)
    image = build(target, backend.firmware(program, ()))
    played = play(target, image, backend.stimulus(program, signal), count_marks=None)
    trace = backend.response(program, (), played.output, len(signal))
    return {
        "board": target.name,
        "core": target.core,
        "engine": "c99",
        "state_bits": state_bits,
        "instructions_per_tick": float(np.mean(played.count_between(BEFORE_TICK, AFTER_TICK))),
        "flash_bytes": image.code_bytes,
        "ram_bytes": image.ram_bytes,
        "constant_bytes": image.weight_bytes,
        "mismatches": run(network, signal).compare(trace)[0],
    }


def cases() -> Iterator[dict[str, Any]]:
    """Every board in reach, c99 first, then what is noted of TFLite-Micro."""
    for target in boards():
        if target.emulated and driver(target).detect(target) is None:
            for bits in STATE_BITS:
                yield measure(target, bits)
    yield from NOTED


def main() -> None:
    """Print the table; with --json FILE also write it there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = list(cases())
    heads = ("board", "core", "engine", "state", "instructions per tick", "flash", "RAM")
    table = Table(*heads, title="64-128-10 LIF network, inputs at 10 %, -O2")
    for row in rows:
        table.add_row(
            row["board"],
            row["core"],
            row["engine"],
            f"{row['state_bits']} bits",
            f"{row['instructions_per_tick']:,.0f}",
            f"{row['flash_bytes']:,} B",
            f"{row['ram_bytes']:,} B",
        )
    console = Console()
    if not console.is_terminal:
        console.width = COLUMNS  # a file wraps nothing
    console.print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
