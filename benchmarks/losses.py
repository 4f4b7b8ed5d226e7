"""What integers lose of every zoo model on every target, on its test split, and how long it takes.

No program runs: `verify` and docs/results.md show that it computes what its integers do.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build import LoweredNetwork, lower_network
from snncc.build.calibration_data import learn_ranges
from snncc.build.choose_integers import TRAINING_SAMPLES
from snncc.calibration import search_integers
from snncc.datasets import calibration
from snncc.importing import import_model
from snncc.ir import Network, SnnccError, Values, plugins
from snncc.ir.passes import Ranges
from snncc.loss import Loss, measure
from snncc.zoo import names

CALIBRATION_SAMPLES = 64  # of the training data
BAR = 0.5  # points that 8-bit weights may lose
COLUMNS = (
    "model", "target", "states", "samples", "float", "integers", "points", "same answers",
    "least alike", "passes", "search",
)  # fmt: skip

Row = dict[str, Any]


def measure_model(
    name: str, targets: list[str], weight_bits: int, most: int, searches: bool
) -> Iterator[Row]:
    """A row for each target and width of states, and one after a search if that is asked for."""
    model = import_model(f"zoo:{name}", None, None, {})
    network, samples = model.imported.network, model.samples
    assert samples is not None, "a trained model of the zoo has test data"
    some = samples.spread(most)
    began = time.perf_counter()
    known = calibration(f"zoo:{name}", None, samples, CALIBRATION_SAMPLES)
    assert known is not None, "and training data"
    ranges = learn_ranges(network, known)[0]
    calibrated = time.perf_counter() - began
    seen = calibration(f"zoo:{name}", None, samples, TRAINING_SAMPLES)
    assert seen is not None, "as before"
    for target in targets:
        for state_bits in (32, 16):
            row: Row = {
                "model": name,
                "target": target,
                "weight_bits": weight_bits,
                "state_bits": state_bits,
                "samples": len(some),
                "calibration_seconds": round(calibrated, 2),
            }
            began = time.perf_counter()
            try:
                whole = lower(network, target, Settings(weight_bits, state_bits), ranges)
            except SnnccError as error:
                yield {**row, "refused": str(error).splitlines()[0]}
                continue
            row["passes_seconds"] = round(time.perf_counter() - began, 2)
            yield {**row, **tell(measure(network, whole.network, some.signal, some.labels))}
            if not searches:
                continue
            began, used = time.perf_counter(), time.process_time()
            searched, note = search(network, target, whole, ranges, seen.signal)
            row["search_seconds"] = round(time.perf_counter() - began, 1)
            row["search_processor_seconds"] = round(time.process_time() - used, 1)
            loss = measure(network, searched, some.signal, some.labels)
            yield {**row, "search": note, **tell(loss)}


def lower(
    network: Network, target: str, settings: Settings, ranges: Ranges
) -> LoweredNetwork[object]:
    """What a target's passes make of a float network, and its program."""
    chosen = backend(target)
    return lower_network(chosen, network, settings, lambda way: chosen.passes(network, way, ranges))


def search(
    network: Network, target: str, whole: LoweredNetwork[object], ranges: Ranges, signal: Values
) -> tuple[Network, str]:
    """The integers after a calibration that searches on samples, and what it says of it."""

    def lower_again(known: Ranges) -> Network:
        return lower(network, target, whole.settings, known).network

    found = search_integers(network, whole.steps, lower_again, ranges, signal)
    if found is None:
        return whole.network, "takes too long"
    return lower_again(found.ranges), str(found)


def tell(loss: Loss) -> Row:
    """What a row says of a loss."""
    shares = [(each.equal / max(1, each.values), each.node) for each in loss.layers]
    share, node = min(shares, default=(1.0, ""))
    return {
        "accuracy": dict(loss.accuracy),
        "points": loss.drop,
        "agreement": loss.agreement,
        "least_alike": {"node": node, "agreement": share},
        "layers": {each.node: each.equal / max(1, each.values) for each in loss.layers},
    }


def show(row: Row) -> list[str]:
    """The cells of a row, in the order of the columns."""
    cells = [row["model"], row["target"], str(row["state_bits"]), str(row["samples"])]
    if "refused" in row:
        return [*cells, row["refused"][:70], *[""] * 6]
    least = row["least_alike"]
    sample = 100 / row["samples"]
    beyond = " !" if row["points"] > max(BAR, sample) + 1e-9 else ""
    return [
        *cells,
        f"{row['accuracy']['float']:.2%}",
        f"{row['accuracy']['quantized']:.2%}",
        f"{-row['points'] + 0.0:+.2f}{beyond}",
        f"{row['agreement']:.2%}",
        f"{least['agreement']:.2%} %{least['node']}" if least["node"] else "",
        f"{row['passes_seconds']} s",
        f"{row['search_processor_seconds']} s" if "search" in row else "",
    ]


def main() -> None:
    """Measures the models named, or all trained ones, for the targets named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=names())
    parser.add_argument("--target", action="append", help="may be repeated")
    parser.add_argument("--weight-bits", type=int, default=8)
    parser.add_argument("--samples", type=int, default=1_000, help="of the test split, spread")
    parser.add_argument("--search", action="store_true", help="also with a search: more rows")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    targets = asked.target or list(plugins("snncc.backends"))
    rows: list[Row] = []
    for name in asked.models:
        for row in measure_model(name, targets, asked.weight_bits, asked.samples, asked.search):
            rows.append(row)
            if asked.json:
                asked.json.write_text(json.dumps(rows, indent=2))
    table = Table(*COLUMNS, title=f"{asked.weight_bits}-bit weights; ! beyond {BAR} points")
    for row in rows:
        table.add_row(*show(row))
    Console(width=180).print(table)


if __name__ == "__main__":
    main()
