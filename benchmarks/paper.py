"""The table that a paper can quote: each model of the zoo, and beside it its dense counterpart.

Names are those of NeuroBench 2.3 (footprint, activation sparsity, effective operations) and of
MLPerf Tiny (accuracy, energy of an inference). The counterpart has the same layers and weights, on
the same core, by the same compiler; where the model has spiking neurons, it has rectifiers. It is
not trained, so it has no accuracy to compare. An image that does not move is shown to it once. A
model with feedback has none.

Energies are the range of two conventions of papers, from operations in 45 nm at 8 bits alone to
operations and memory at 32 bits, none of them measured; cycles are our model's.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from snncc.boards import board
from snncc.build import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.datasets import find_samples
from snncc.ir import Network, SnnccError, Values, show, verify
from snncc.ir.ops import Relu
from snncc.run import Estimate, estimate
from snncc.zoo import names

BOARD = "nucleo-l4r5zi"
PROFILES = ("horowitz-45nm-int8", "step-memory")
COUNTERPART_SAMPLES = 8  # that its integers are fitted to
COLUMNS = {
    "network": "network",
    "accuracy": "accuracy",
    "footprint_bytes": "footprint [B]",
    "activation_sparsity": "sparsity",
    "dense": "dense operations",
    "effective_acs": "effective ACs",
    "effective_macs": "effective MACs",
    "instructions": "instructions",
    "cycles": "model cycles",
    "microjoules": "energy [µJ]",
}


def measure(bundle: Path, data: Path | None, name: str, ticks: int | None = None) -> dict[str, Any]:
    """A line of the table.

    Args:
        bundle: built for c99.
        data: its samples; None: the zoo's.
        name: of the line.
        ticks: of an inference; None: those of a sample.
    """
    found = estimate(Bundle.open(bundle), data, PROFILES, board=BOARD)
    share = 1.0 if ticks is None else ticks / found.counts.ticks
    of = (ticks or found.counts.ticks) * 1.0
    assert found.instructions is not None, "an emulator counts the board's instructions"
    assert found.ticks is not None, "the board has a clock"
    clock_hz = board(BOARD).clock_hz
    assert clock_hz is not None, "and cycles are counted by it"
    updates = found.counts.total("updates")
    energies = [each.total.times(share) for each in found.priced]
    return {
        "network": name,
        "accuracy": found.accuracy,
        "footprint_bytes": _add_footprint(found),
        "activation_sparsity": 1 - found.counts.total("spikes") / updates if updates else None,
        "dense": found.counts.total("dense") * share,
        "effective_acs": found.counts.total("accumulates") * share,
        "effective_macs": found.counts.total("multiplies") * share,
        "instructions": found.instructions * of,
        "cycles": found.ticks.span.times(of * 1e-3 * clock_hz).as_json(),
        "microjoules": {
            "low": min(each.low for each in energies),
            "high": max(each.high for each in energies),
            "profiles": list(PROFILES),
        },
        "ticks": of,
        "board": found.board,
    }


def _add_footprint(found: Estimate) -> int:
    """Flash and RAM of the firmware."""
    parts = [found.memory[key] for key in ("flash_bytes", "ram_bytes")]
    return sum(part for part in parts if isinstance(part, int))


def make_dense(network: Network) -> Network | None:
    """The counterpart of a float network; None where signals are fed back."""
    if any(use.delay for node in network for use in node.inputs):
        return None
    nodes = tuple(
        replace(node, op=Relu(), formats={}) if node.op.spiking and node.op.states else node
        for node in network
    )
    text = show(replace(network, nodes=nodes))
    used = {name: values for name, values in network.tensors.items() if f"@{name}" in text}
    return verify(replace(network, nodes=nodes, tensors=used))


def save(network: Network, signal: Values, folder: Path) -> tuple[Path, Path]:
    """Paths of a network and of its data."""
    path, data = folder / "dense.snn", folder / "data.npz"
    path.write_text(show(network, tensors=True))
    np.savez(folder / "dense.npz", **{name: each.values for name, each in network.tensors.items()})
    np.savez(data, x=signal)
    return path, data


def compare(name: str) -> Iterator[dict[str, Any]]:
    """The lines of a model: itself, and its counterpart."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "snn.snnb"
        compile_model(BuildRequest(f"zoo:{name}", "c99", output=path))
        yield measure(path, None, name)
        bundle = Bundle.open(path)
        dense = make_dense(bundle.source)
        if dense is None:
            yield {"network": f"{name}, dense", "why": "none: it has feedback"}
            return
        samples = find_samples(bundle.model, None, {})
        assert samples is not None, "the zoo brings its own data"
        signal = samples.signal[:COUNTERPART_SAMPLES]
        held = bool(np.all(signal == signal[:, :1]))
        network, data = save(dense, signal, Path(folder))
        try:
            compile_model(BuildRequest(str(network), "c99", data=data, output=path))
        except SnnccError as error:
            yield {"network": f"{name}, dense", "why": str(error).splitlines()[0]}
            return
        yield measure(path, data, f"{name}, dense", 1 if held else None)


def show_cell(row: dict[str, Any], key: str) -> str:
    """A cell of the printed table."""
    value = row.get(key)
    match value:
        case None:
            return str(row["why"]) if key == "accuracy" and "why" in row else ""
        case str():
            return value
        case {"value": usual, "low": low, "high": high}:
            return f"{usual:,.0f} ({low:,.0f} to {high:,.0f})"
        case {"low": low, "high": high}:
            return f"{low:.3g} to {high:.3g}"
        case float() if key in ("accuracy", "activation_sparsity"):
            return f"{value:.2%}"
        case _:
            return f"{value:,.0f}"


def main() -> None:
    """Print the table; with --json FILE also write it there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--models", nargs="*", choices=names(), default=names())
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = [row for name in arguments.models for row in compare(name)]
    table = Table(*COLUMNS.values(), title=f"an inference on {BOARD}, emulated; 8-bit weights")
    for row in rows:
        table.add_row(*(show_cell(row, key) for key in COLUMNS))
    Console(width=190).print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
