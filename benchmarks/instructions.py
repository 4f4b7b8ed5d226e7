"""Instructions of a tick predicted from counts, beside what emulated cores take.

Fitting measures small networks with random weights (`workloads/small_layers.py`), each step of each
on each core, and finds the coefficients that are nearest, none below zero. Models of the zoo are
measured for comparison alone.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.optimize import nnls

from benchmarks.workloads.small_layers import NAMES, small_network
from benchmarks.workloads.step_instructions import count_step_instructions
from snncc.backends import Settings
from snncc.backends.c99 import C99Backend, Program
from snncc.boards import board, compiler_version
from snncc.build.lowering import lower_network
from snncc.datasets import calibration
from snncc.importing import import_model
from snncc.ir import Network, Values
from snncc.ir.passes import calibrate
from snncc.predict import Activity, count_steps, predict_instructions
from snncc.zoo import names

BOARDS = {
    "Cortex-M4": "nucleo-l4r5zi-emulated",
    "Cortex-M0+": "pico-emulated",
    "RV32IMC": "esp32-c3-emulated",
}
"""Core → the emulated board with the most memory."""
BITS = (16, 32)
TICKS, SAMPLES, SHORT = 24, 2, 8  # of the zoo's samples; of shorter ones there are two
CALIBRATION_SAMPLES = 64
COEFFICIENTS = Path(__file__).parents[1] / "snncc" / "predict" / "coefficients.json"
ROWS = Path("build/instructions")
LEAST = 100.0  # instructions of a step: a smaller one need not be met more closely
RIDGE = 1e-3  # in relative errors: what a coefficient without evidence costs

Counted = tuple[str, dict[str, float], float]
"""Kind of a step, what it does, and the instructions that it took."""


def lower(network: Network, fitted: Values, bits: int) -> tuple[Network, Program]:
    """A network in integers, and its C."""
    backend, ranges = C99Backend(), calibrate(network, fitted)
    settings = Settings(state_bits=bits, rates=ranges.rates)
    lowered = lower_network(
        backend, network, settings, lambda s: backend.passes(network, s, ranges)
    )
    return lowered.network, lowered.program


def measure_small(name: str) -> Iterator[tuple[str, Counted]]:
    """Core, and what was counted of each step, of a small network."""
    network, signal = small_network(name)
    for bits in BITS:
        whole, program = lower(network, signal, bits)
        counts = count_steps(program, Activity.of(whole, signal))
        for core, place in BOARDS.items():
            _, spent = count_step_instructions(program, signal, board(place))
            for (kind, each), took in zip(counts, spent, strict=True):
                yield core, (kind, dict(each), took)


def fit(rows: Sequence[Counted]) -> dict[str, float]:
    """Instructions of one of each count: least squares of relative errors, none below zero."""
    found = sorted({name for _, counts, _ in rows for name, times in counts.items() if times})
    took = np.array([each for _, _, each in rows])
    weight = 1 / np.maximum(took, LEAST)
    table = np.array([[counts.get(name, 0.0) for name in found] for _, counts, _ in rows])
    table *= weight[:, None]
    largest = table.max(axis=0)
    table = np.vstack((table / largest, RIDGE * np.eye(len(found))))
    goal = np.concatenate((took * weight, np.zeros(len(found))))
    coefficients, _ = nnls(table, goal)
    return {
        name: float(f"{value:.4g}")
        for name, value in zip(found, coefficients / largest, strict=True)
        if value > 0
    }


def keep_measured(name: str, folder: Path) -> list[tuple[str, Counted]]:
    """What `measure_small` gives; from its file in the folder, where there is one."""
    path = folder / f"{name}.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(list(measure_small(name))))
    return [
        (core, (kind, counts, took)) for core, (kind, counts, took) in json.loads(path.read_text())
    ]


def fit_all(chosen: Sequence[str], folder: Path) -> dict[str, Any]:
    """What `coefficients.json` holds."""
    rows: dict[str, dict[str, list[Counted]]] = defaultdict(lambda: defaultdict(list))
    for name in chosen:
        for core, counted in keep_measured(name, folder):
            rows[core][counted[0]].append(counted)
    cores = {
        core: {kind: fit(counted) for kind, counted in sorted(kinds.items())}
        for core, kinds in rows.items()
    }
    source = (
        "python -m benchmarks.instructions --fit: "
        f"{len(chosen)} small networks with random weights, {compiler_version('')}, -Os, emulated"
    )
    return {"source": source, "cores": cores}


def compare(name: str) -> Iterator[dict[str, Any]]:
    """A model of the zoo on each core: predicted beside counted."""
    model = import_model(f"zoo:{name}", None, None, {})
    known = calibration(f"zoo:{name}", None, model.samples, CALIBRATION_SAMPLES)
    assert known is not None and model.samples is not None, "the zoo brings its own data"
    samples = SAMPLES if model.samples.signal.shape[1] <= SHORT else 1
    signal = model.samples.signal[:samples, :TICKS]
    for bits in BITS:
        whole, program = lower(model.imported.network, known.signal, bits)
        for core, place in BOARDS.items():
            counted, _ = count_step_instructions(program, signal, board(place))
            predicted = predict_instructions(program, whole, signal, core)
            assert predicted is not None, "every kind of step was fitted"
            yield {
                "model": name,
                "state_bits": bits,
                "core": core,
                "counted": counted,
                "predicted": predicted.total,
                "error": predicted.total / counted - 1,
            }


def main() -> None:
    """Compare the zoo's models; with --fit, measure small networks and write coefficients first."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--fit", action="store_true", help=f"write {COEFFICIENTS.name} again")
    parser.add_argument(
        "--measure", nargs="*", default=(), help="measure these small networks only"
    )
    parser.add_argument("--rows", type=Path, default=ROWS, help="what was measured, a file each")
    parser.add_argument("--models", nargs="*", choices=names(), default=names())
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    for name in arguments.measure:
        keep_measured(name, arguments.rows)
    if arguments.measure:
        return
    if arguments.fit:
        COEFFICIENTS.write_text(json.dumps(fit_all(NAMES, arguments.rows), indent=1) + "\n")
    rows = [row for name in arguments.models for row in compare(name)]
    heads = ("model", "state", "core", "counted", "predicted", "error")
    table = Table(*heads, title="instructions of a tick, emitted C at -Os")
    for row in rows:
        table.add_row(
            row["model"],
            f"{row['state_bits']} bits",
            row["core"],
            f"{row['counted']:,.0f}",
            f"{row['predicted']:,.0f}",
            f"{row['error']:+.1%}",
        )
    Console(width=110).print(table)
    if rows:
        print(f"largest error {max(abs(row['error']) for row in rows):.1%}")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
