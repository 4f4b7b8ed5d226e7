"""What the emitted C costs on an emulated Cortex-M4: instructions per tick, code, RAM."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.workloads import available, l2mu, layered, spike_trains
from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.c99.firmware import AFTER_TICK, BEFORE_TICK
from snncc.boards import Build, board, build, play
from snncc.importing import import_model
from snncc.ir import Network, Values, run
from snncc.ir.passes import calibrate

BOARD = "cortex-m4-emulated"
ZOO_SAMPLES = 4
DENSITIES = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
ENTRIES = ("init", "reset", "tick", "read")


def measure(
    network: Network,
    signal: Values,
    state_bits: int = 16,
    optimize: str = "s",
    *,
    fitted: Values | None = None,
    core: str = BOARD,
) -> dict[str, Any]:
    """Instructions per tick, code and RAM bytes of a float network, built and played on a board.

    Code is that of the functions of the header and of all that they call; RAM is the state
    without the caller's input array. Neither counts the stack.

    Args:
        network: in real numbers.
        signal: what is played.
        state_bits: of the integers.
        optimize: as in -O.
        fitted: what the integers are fitted to, where that is not the signal.
        core: name of the emulated board.
    """
    backend, target = C99Backend(), board(core)
    ranges = calibrate(network, signal if fitted is None else fitted)
    settings = Settings(state_bits=state_bits, rates=ranges.rates)
    for step in backend.passes(network, settings, ranges):
        network = step(network)
    program = backend.lower(network, settings)
    image = build(target, backend.firmware(program, ()), Build(optimize=optimize))
    played = play(target, image, backend.stimulus(program, signal), count_marks=None)
    trace = backend.response(program, (), played.output, len(signal))
    ours = {f"{program.name}_{entry}" for entry in ENTRIES}
    others = {"main", "memset", "memcpy", f"{program.name}_observe"}
    code = {
        name: size
        for address, size, name in image.symbols
        if address < image.flash_bytes and not name.startswith(("board_", "vectors"))
        if name in ours or (name not in others and not _table(program, name))
    }
    ticks = played.count_between(BEFORE_TICK, AFTER_TICK)
    return {
        "instructions_per_tick": float(np.mean(ticks)),
        "most_instructions": int(max(ticks)),
        "code_bytes": sum(code.values()),
        "ram_bytes": backend.report(program)["state_bytes"],
        "constant_bytes": program.weight_bytes,
        "flash_bytes": image.flash_bytes,
        "mismatches": run(network, signal).compare(trace)[0],
        "rates": {name: round(rate, 4) for name, rate in ranges.rates.items()},
    }


def _table(program: Any, name: str) -> bool:
    return any(table.name == name for table in program.tables) or name in ("which", "bytes")


def cases() -> Iterator[dict[str, Any]]:
    """Every measurement, one after the other."""
    for density in DENSITIES:
        signal = spike_trains(2, 60, 64, density)
        row = measure(layered(density), signal)
        yield {"network": f"64-128-10, inputs {density:.0%}", "state_bits": 16, **row}
    row = measure(layered(0.1), spike_trains(2, 60, 64, 0.1), 32)
    yield {"network": "64-128-10, inputs 10%", "state_bits": 32, **row}
    cell, signal = l2mu(), spike_trains(2, 60, 12, 0.227)
    for bits in (16, 32):
        row = measure(cell, signal, bits)
        yield {"network": "L2MU 12-(70x7)-120-7", "state_bits": bits, **row}
    for name in available():
        model = import_model(f"zoo:{name}", None, None, {})
        assert model.samples is not None, "the zoo brings its own test data"
        signal = model.samples.signal[:ZOO_SAMPLES]
        for bits in (16, 32):
            row = measure(model.imported.network, signal, bits)
            yield {"network": name, "state_bits": bits, **row}


def main() -> None:
    """Print the table; with --json FILE also write it there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = list(cases())
    title = f"emitted C on {BOARD}, -Os"
    table = Table("network", "state", "instructions per tick", "code", "RAM", title=title)
    for row in rows:
        table.add_row(
            row["network"],
            f"{row['state_bits']} bits",
            f"{row['instructions_per_tick']:,.0f}",
            f"{row['code_bytes']:,} B",
            f"{row['ram_bytes']:,} B",
        )
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    if any(row["mismatches"] for row in rows):
        raise SystemExit("the board's spikes differ from the reference")


if __name__ == "__main__":
    main()
