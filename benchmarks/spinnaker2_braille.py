"""The published Braille networks on SpiNNaker 2: our way, and that of the public converter.

The networks are those of the NIR paper (Pedersen et al. 2024, Nature Communications 15:8122), the
data Braille letters (Müller-Cleve et al. 2022, doi:10.5281/zenodo.7050094): all 875 samples, of
which the paper's test split is a part. Both ways run in the same simulation of the chip.

The converter's rules are those of `s2_nir.from_nir` of py-spinnaker2 (forward integration): one
scale per population, 127 over the largest weight; weights cut toward zero; a bias becomes an
`i_offset` at the strength at which its current settles, felt from the chip's first tick on.
"""

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from snncc.backends import Settings
from snncc.backends.spinnaker2 import Program, Spinnaker2Backend
from snncc.importing import import_model
from snncc.ir import Network, UsageError, Values, run, values_of
from snncc.ir.ops import CubaLIF, Weighted
from snncc.ir.passes import calibrate

NETWORKS = {
    "bias_zero": ("braille_noDelay_bias_zero.nir", "value", 0.850),
    "noBias_subtract": ("braille_noDelay_noBias_subtract.nir", "subtract", 0.9357),
}
LARGEST = 127
CALIBRATION = 64


def samples(folder: Path) -> tuple[Values, Values]:
    """Spikes `[875, 256, 12]` and labels."""
    data = np.load(folder / "braille7.npz")
    packed = np.concatenate([data["x_train"], data["x_test"]])
    labels = np.concatenate([data["y_train"], data["y_test"]])
    return np.unpackbits(packed, axis=-1)[..., :12], labels


def built(network: Network, signal: Values) -> tuple[Network, Program]:
    """The network as the target's own passes make it, and its program."""
    backend, ranges = Spinnaker2Backend(), calibrate(network, signal[:CALIBRATION])
    settings = Settings(rates=ranges.rates, options={"place": "sequential"})
    for step in backend.passes(network, settings, ranges):
        network = step(network)
    return network, backend.lower(network, settings)


def converted(network: Network, program: Program) -> Program:
    """The same populations with the numbers that the public converter gives them."""
    scales: dict[str, float] = {}
    neurons = []
    for each in program.neurons:
        op = network[each.node].op
        assert isinstance(op, CubaLIF)
        into = _into(network, each.node)
        scale = LARGEST / max(float(np.abs(_weights(network, name)).max()) for name in into)
        bias = sum((_bias(network, name) for name in into), np.zeros(each.size))
        settled = bias * scale / (1 - values_of(op.current_decay, network.tensors))
        threshold = values_of(op.threshold, network.tensors) * scale
        population = replace(
            each.population,
            threshold=np.full(each.size, threshold, dtype=np.float32),
            bias=settled.astype(np.float32),
            initial=np.zeros(each.size, dtype=np.float32),
        )
        scales[each.name] = scale
        neurons.append(replace(each, population=population))
    synapses = []
    for each in program.synapses:
        if each.source.startswith("constant"):
            continue
        name = next(
            n for n in _into(network, each.target) if network[n].inputs[0].source == each.source
        )
        cut = np.trunc(_weights(network, name) * scales[each.target]).astype(np.int8)
        none = np.zeros(0, dtype=np.int64)
        synapses.append(replace(each, kind="dense", weights=cut, rows=none, columns=none))
    merged = {(s.source, s.target): s for s in synapses}
    return replace(program, neurons=tuple(neurons), synapses=tuple(merged.values()))


def _into(network: Network, neuron: str) -> list[str]:
    """Names of the synapses before a population."""
    found, pending = list[str](), [network[neuron].inputs[0].source]
    while pending:
        node = network[pending.pop()]
        if isinstance(node.op, Weighted):
            found.append(node.name)
        else:
            pending += [use.source for use in node.inputs]
    return found


def _weights(network: Network, name: str) -> Values:
    op = network[name].op
    assert isinstance(op, Weighted)
    return values_of(op.weight, network.tensors)


def _bias(network: Network, name: str) -> Values:
    op = network[name].op
    assert isinstance(op, Weighted)
    zero = np.zeros(len(_weights(network, name)))
    return zero if op.bias is None else zero + values_of(op.bias, network.tensors)


def measure(name: str, folder: Path, first: int | None) -> dict[str, Any]:
    """Accuracies of one network, and how many spikes of the simulation are not the reference's."""
    file, reset, published = NETWORKS[name]
    options = {"reset": reset}
    network = import_model(str(folder / "nir" / file), None, None, options).imported.network
    signal, labels = (each[:first] for each in samples(folder))
    start = time.perf_counter()
    quantized, program = built(network, signal)
    backend = Spinnaker2Backend()
    chip = backend.simulate(program, signal, ())
    seconds = time.perf_counter() - start
    mismatches, _ = run(quantized, signal).compare(chip)
    other = backend.simulate(converted(network, program), signal, ())
    return {
        "network": name,
        "samples": len(labels),
        "float": run(network, signal).accuracy(labels, network.decode),
        "snncc": chip.accuracy(labels, network.decode),
        "converter": other.accuracy(labels, network.decode),
        "published_chip": published,
        "mismatches": mismatches,
        "cores": len(program.partition.cores),
        "seconds": seconds,
    }


def show(results: list[dict[str, Any]]) -> None:
    """The table."""
    table = Table(title="Braille networks of the NIR paper on SpiNNaker 2, simulated", expand=False)
    columns = ("network", "samples", "float", "snncc", "converter's rules", "chip, published (140)")
    for column in (*columns, "mismatches", "cores"):
        table.add_column(column, justify="left" if column == "network" else "right")
    for r in results:
        shares = (r[key] for key in ("float", "snncc", "converter", "published_chip"))
        table.add_row(
            r["network"], str(r["samples"]), *(f"{share:.2%}" for share in shares),
            str(r["mismatches"]), str(r["cores"]),
        )  # fmt: skip
    Console(width=132).print(table)


def main() -> None:
    """Measures both networks; prints the table, and writes JSON where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--samples", type=int, help="only so many of the 875")
    arguments = parser.parse_args()
    folder = os.environ.get("SNNCC_DATA")
    if folder is None:
        print("skipped: set SNNCC_DATA to the folder that holds braille7.npz and nir/")
        return
    if not (Path(folder) / "nir").is_dir():
        raise UsageError(f"{folder} has no folder nir with the networks of the NIR paper")
    results = [measure(name, Path(folder), arguments.samples) for name in NETWORKS]
    show(results)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
