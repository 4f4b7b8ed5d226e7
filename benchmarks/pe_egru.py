"""An EGRU that reads text on emulated cores of SpiNNaker 2, beside the published deployment.

The character model of the zoo in integers, its C on emulated Cortex-M4F cores, events along
our tables, states carried on: 1,000 symbols of its text's test part. Every score of every tick must
be the reference's, and so every symbol that it foretells.

Published are the figures of K. K. Nazeer et al., "Language Modeling on a SpiNNaker 2 Neuromorphic
Chip", 2023, arXiv:2312.09084: another, larger EGRU, three layers on WikiText-2, 95 % of its weights
pruned, float32 on the cores, measured on the chip. What emulated cores cannot tell, seconds and
joules, has no figure of ours beside it. With --published-size an EGRU of its three layers, pruned
alike, is laid out as well, with random weights, for a few ticks of random values.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.workloads.egru import VALUES
from snncc.backends import Settings
from snncc.backends.spinnaker2 import Spinnaker2Backend
from snncc.backends.spinnaker2.chip.target import DATA_BYTES_PER_CORE
from snncc.backends.spinnaker2.kernel import lower, measure_load, play
from snncc.importing import import_model
from snncc.ir import Network, Values, run
from snncc.ir.passes import Ranges, calibrate

MODEL = "zoo:egru-text"
TOKENS = 1000
COUNTED_TOKENS = 20  # counting instructions takes time
CALIBRATION_SAMPLES = 32
ATOMS = (0, 64, 32, 16)  # units of a layer on a core, at most
RANDOM_TICKS = 12
COLUMNS = 140
PUBLISHED: dict[str, Any] = {
    "deployment": "published, on the chip",
    "cores": 150,
    "fullest_core_data_bytes": 88_300,
    "limit_core_bytes": 96_000,
    "joules_per_inference": 0.0653,
    "source": "arXiv:2312.09084",
}


def text(windows: Values) -> Values:
    """The text that overlapping windows were cut from: one-hot symbols `[1, ticks, symbols]`."""
    stride = next(
        step
        for step in range(1, windows.shape[1])
        if np.array_equal(windows[0, step:], windows[1, :-step])
    )
    each = windows.shape[1] // stride
    apart = windows[::each]
    return apart.reshape(1, -1, windows.shape[-1])


def quantized(network: Network, ranges: Ranges, settings: Settings) -> Network:
    """The network as the target's own passes make it."""
    for step in Spinnaker2Backend().passes(network, settings, ranges):
        network = step(network)
    return network


def measure(network: Network, signal: Values, settings: Settings) -> dict[str, Any]:
    """What one number of cores takes for the text, and whether every token is the reference's."""
    program = lower(network, settings)
    start = time.perf_counter()
    played = play(program, signal)
    seconds = time.perf_counter() - start
    counted = play(program, signal[:, :COUNTED_TOKENS], count=True)
    expected = run(network, signal).output
    found = played.trace.output
    load = measure_load(program, replace(played, instructions=counted.instructions)).counts
    return {
        "deployment": f"atoms={settings.options['atoms']}"
        if "atoms" in settings.options
        else "full cores",
        "cores": len(program.codes),
        "fullest_core_data_bytes": max(played.data_bytes),
        "limit_core_bytes": DATA_BYTES_PER_CORE,
        **load,
        "tokens": found.shape[1],
        "other_tokens": int(np.sum(expected.argmax(axis=-1) != found.argmax(axis=-1))),
        "other_scores": int(np.sum(expected != found)),
        "seconds_emulated": round(seconds, 1),
    }


def published_size() -> dict[str, Any]:
    """As `measure`, for random weights in the published deployment's layers."""
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(2, RANDOM_TICKS, VALUES)).astype(np.float32)
    layers = "benchmarks.workloads.egru:pruned"
    model = import_model(layers, None, None, {"layout": "time-first"}, signal)
    ranges = calibrate(model.imported.network, signal)
    settings = Settings(options={"kernel": "own"}, rates=ranges.rates)
    network = quantized(model.imported.network, ranges, settings)
    found = measure(network, signal[:1], settings)
    return {**found, "deployment": "published size, random weights"}


def main() -> None:
    """Print the table; with --json FILE also write it there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--tokens", type=int, default=TOKENS)
    parser.add_argument("--published-size", action="store_true", help="takes some minutes")
    arguments = parser.parse_args()
    model = import_model(MODEL, None, None, {})
    assert model.samples is not None, "the zoo brings its own test data"
    windows = model.samples.signal
    signal = text(windows)[:, : arguments.tokens]
    ranges = calibrate(model.imported.network, windows[:CALIBRATION_SAMPLES])
    rows: list[dict[str, Any]] = []
    for atoms in ATOMS:
        options = {"kernel": "own"} | ({"atoms": str(atoms)} if atoms else {})
        settings = Settings(options=options, rates=ranges.rates)
        network = quantized(model.imported.network, ranges, settings)
        rows.append(measure(network, signal, settings))
    if arguments.published_size:
        rows.append(published_size())
    heads = ("", "cores", "SRAM of the fullest", "events a token", "packets", "arrivals")
    more = ("instructions", "in a row", "other tokens", "J")
    table = Table(*heads, *more, title=f"{MODEL} on SpiNNaker 2, {arguments.tokens:,} tokens")
    for row in rows:
        table.add_row(
            row["deployment"],
            f"{row['cores']}",
            f"{row['fullest_core_data_bytes']:,} of {row['limit_core_bytes']:,}",
            f"{row['events']:.1f}",
            f"{row['packets']:.1f}",
            f"{row['arrivals']:.1f}",
            f"{row['instructions']:,.0f}",
            f"{row['instructions_in_a_row']:,.0f}",
            f"{row['other_tokens']}",
            "",
        )
    table.add_row(
        PUBLISHED["deployment"],
        f"{PUBLISHED['cores']}",
        f"{PUBLISHED['fullest_core_data_bytes']:,} of {PUBLISHED['limit_core_bytes']:,}",
        *[""] * 6,
        f"{PUBLISHED['joules_per_inference']}",
    )
    Console(width=COLUMNS).print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps([*rows, PUBLISHED], indent=1) + "\n")
    if any(row["other_scores"] for row in rows):
        raise SystemExit("an emulated core's codes differ from the reference")


if __name__ == "__main__":
    main()
