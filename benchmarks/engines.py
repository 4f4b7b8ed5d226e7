"""How fast a test split is evaluated: native engine, reference interpreter, eager snnTorch."""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.workloads import available
from snncc import zoo
from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.importing import import_model
from snncc.ir import run
from snncc.ir.passes import calibrate

CALIBRATION_SAMPLES = 32
SAMPLES_MOST = 500  # of a test split; WISDM's has thousands
STATE_BITS = (16, 32)
T = TypeVar("T")


def best(times: int, compute: Callable[[], T]) -> tuple[float, T]:
    """Shortest of so many runs in seconds, and the result."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        result = compute()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def measure(name: str, state_bits: int) -> dict[str, Any]:
    """Seconds of each engine for the test split of a zoo model, on every core.

    Compilation and import are not in it; all else that turns the user's array into an answer is.
    """
    torch.set_num_threads(os.cpu_count() or 1)
    model = import_model(f"zoo:{name}", None, None, {})
    assert model.samples is not None, "the zoo brings its own test data"
    network, signal = model.imported.network, model.samples.signal[:SAMPLES_MOST]
    ranges = calibrate(network, signal[:CALIBRATION_SAMPLES])
    backend, settings = C99Backend(), Settings(state_bits=state_bits, rates=ranges.rates)
    for step in backend.passes(network, settings, ranges):
        network = step(network)
    program = backend.lower(network, settings)
    backend.simulate(program, signal[:1], ())  # compiles
    native, answer = best(5, lambda: backend.simulate(program, signal, ()))
    reference, expected = best(1, lambda: run(network, signal))
    module = zoo.load(name)
    batch = torch.from_numpy(np.swapaxes(signal, 0, 1).astype(np.float32))
    with torch.inference_mode():
        eager, _ = best(3, lambda: module(batch))
    return {
        "model": name,
        "state_bits": state_bits,
        "samples": len(signal),
        "ticks": int(signal.shape[1]),
        "native_seconds": native,
        "reference_seconds": reference,
        "eager_seconds": eager,
        "reference_over_native": reference / native,
        "eager_over_native": eager / native,
        "mismatches": expected.compare(answer)[0],
    }


def main() -> None:
    """Print the table; with --json FILE also write it there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = [measure(name, bits) for name in available() for bits in STATE_BITS]
    heads = ("model", "state", "samples", "native", "reference", "eager", "differing spikes")
    table = Table(*heads, title=f"seconds for a test split, {os.cpu_count()} cores")
    for row in rows:
        table.add_row(
            row["model"],
            f"{row['state_bits']} bits",
            f"{row['samples']:,} x {row['ticks']}",
            f"{row['native_seconds']:.3f}",
            f"{row['reference_seconds']:.2f} ({row['reference_over_native']:.0f}x)",
            f"{row['eager_seconds']:.2f} ({row['eager_over_native']:.1f}x)",
            f"{row['mismatches']}",
        )
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    if any(row["mismatches"] for row in rows):
        raise SystemExit("an engine's spikes differ from the reference")


if __name__ == "__main__":
    main()
