"""What tuning wins back and what pruning costs, in integers; and what SLTT costs beside BPTT.

By default the smallest model, in seconds; `--models` names others.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build import lower_network
from snncc.cost import count_operations
from snncc.datasets import Samples, calibration
from snncc.importing import import_model
from snncc.ir import Network, Tensor, Values, parse, run, verify
from snncc.ir.passes import Quantize, calibrate
from snncc.tune import (
    Method,
    Progress,
    Recipe,
    TunedNetwork,
    add_gradients,
    choose_method,
    fit,
)
from snncc.tune.losses import EachTickLoss, WholeLoss, label_loss

Row: TypeAlias = dict[str, object]
CALIBRATED, COUNTED = 64, 32


@dataclass(frozen=True)
class Variant:
    """A row of the table: so many bits, so large a share of zeros, so many epochs of tuning."""

    bits: int
    sparsity: float = 0.0
    epochs: int = 0


def list_variants(epochs: int) -> tuple[Variant, ...]:
    """The rows of a model; pruning takes twice as many epochs as tuning alone."""
    pruned = (Variant(8, sparsity, 2 * epochs) for sparsity in (0.5, 0.8, 0.9))
    return Variant(8), Variant(4), Variant(4, 0.0, epochs), *pruned


def lower(network: Network, target: str, bits: int, samples: Samples) -> Network:
    """The integers that a target computes with."""
    chosen = backend(target)
    ranges = calibrate(network, np.asarray(samples.signal[:CALIBRATED], dtype=np.float64))
    settings = Settings(bits, 32, {}, ranges.rates)
    return lower_network(
        chosen, network, settings, lambda way: chosen.passes(network, way, ranges)
    ).network


def measure_accuracy(network: Network, test: Samples) -> float:
    """Share of the test split that is answered rightly."""
    assert test.labels is not None, "the zoo's data have labels"
    right = 0
    for start in range(0, len(test), 256):
        signal = np.asarray(test.signal[start : start + 256], dtype=np.float64)
        scores = run(network, signal).scores(network.decode)
        right += int(np.sum(scores.argmax(1) == test.labels[start : start + 256]))
    return right / len(test)


def measure_model(
    name: str, target: str, most: int | None, epochs: int, method: str | None
) -> list[Row]:
    """The rows of a model of the zoo."""
    model = import_model(f"zoo:{name}", None, None, {})
    network, test = model.imported.network, model.samples
    assert test is not None, "the zoo brings its own test data"
    training = calibration(f"zoo:{name}", None, test, 1 << 30)
    assert training is not None, "the zoo brings its own training data"
    training = training if most is None else training.first(most)
    exact = measure_accuracy(network, test)
    rows: list[Row] = []
    for variant in list_variants(epochs):
        integers, began = lower(network, target, variant.bits, training), time.perf_counter()
        if variant.epochs:
            recipe = Recipe(
                Method(method) if method else choose_method(integers),
                variant.epochs,
                patience=variant.epochs,
                sparsity=variant.sparsity,
            )
            integers = fit(integers, training, None, recipe, Progress(None, ""))
        seconds = time.perf_counter() - began
        rows.append(
            {
                "model": name,
                "target": target,
                "bits": variant.bits,
                "zeros": variant.sparsity,
                "epochs": variant.epochs,
                "samples": len(training),
                "float": exact,
                "integers": measure_accuracy(integers, test),
                "products": count_operations(
                    integers, np.asarray(test.signal[:COUNTED], dtype=np.float64)
                ).total("effective"),
                "seconds": seconds if variant.epochs else 0.0,
            }
        )
    return rows


LEAKY = (
    'bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, '
    'reset_order="after-decay", spikes=1, refractory=0, initial=0.0, decay=0.5'
)
SLIDE = "stride=[1, 1], padding=[[1, 1], [1, 1]], dilation=[1, 1], groups=1"
CONVOLUTIONAL = f"""network convolutional tick=0.001s decode=count {{
  %x = input() {{shape=[1, 16, 16], signal="spike"}}
  %a = conv(%x) {{weight=@a, {SLIDE}}}
  %s = lif(%a) {{{LEAKY}}}
  %b = conv(%s) {{weight=@b, {SLIDE}}}
  %t = lif(%b) {{{LEAKY}}}
  %f = reshape(%t) {{shape=[2048]}}
  %c = dense(%f) {{weight=@c}}
  %o = lif(%c) {{{LEAKY}}}
  return %o
}}
"""
SHAPES = {"a": (8, 1, 3, 3), "b": (8, 8, 3, 3), "c": (10, 2048)}
TICKS = (4, 16, 40, 64)


def make_convolutional() -> tuple[Network, Values]:
    """A network of two convolutions, untrained, in integers; and 16 samples of 64 ticks."""
    random = np.random.default_rng(0)
    tensors = {
        name: Tensor(random.normal(0.05, 1.5 / np.sqrt(np.prod(shape[1:])), shape))
        for name, shape in SHAPES.items()
    }
    network = parse(CONVOLUTIONAL, tensors)
    signal = (random.random((16, max(TICKS), 1, 16, 16)) < 0.3).astype(np.float64)
    return verify(Quantize(ranges=calibrate(network, signal[:4]))(network)), signal


class Held:
    """What a graph of gradients keeps of a tensor; counts the bytes of all together."""

    now = most = 0

    def __init__(self, values: torch.Tensor) -> None:
        self.values = values.detach()
        self.size = values.numel() * values.element_size()
        Held.now += self.size
        Held.most = max(Held.most, Held.now)

    def __del__(self) -> None:
        Held.now -= self.size


def measure_step(network: Network, signal: Values, method: str, ticks: int) -> Row:
    """Seconds of a step, the least of three, and the most bytes that its graph kept."""
    seconds: list[float] = []
    Held.most = Held.now
    for _ in range(3):
        tuned = TunedNetwork(network)
        fed = tuned.encode(signal[:, :ticks])
        labels = torch.arange(len(signal)) % 10
        kind = WholeLoss if method == "bptt" else EachTickLoss
        loss = kind(label_loss(labels, 1.0), tuned.unit, network.decode, ticks)
        began = time.perf_counter()
        with torch.autograd.graph.saved_tensors_hooks(Held, lambda held: held.values):
            add_gradients(tuned, fed, loss, Method(method), torch.Generator())
        seconds.append(time.perf_counter() - began)
    return {"method": method, "ticks": ticks, "seconds": min(seconds), "bytes": Held.most}


def show(rows: list[Row], steps: list[Row]) -> None:
    """Prints both tables."""
    table = Table(
        "model", "target", "bits", "zeros", "epochs", "float", "integers", "products", "s"
    )
    for row in rows:
        shown = (f"{row[key]:.2%}" for key in ("float", "integers"))
        words = (str(row[key]) for key in ("model", "target", "bits", "zeros", "epochs"))
        table.add_row(*words, *shown, f"{row['products']:,.0f}", f"{row['seconds']:.0f}")
    Console(width=140).print(table)
    table = Table("method", "ticks", "seconds a step", "MB kept for gradients")
    for row in steps:
        table.add_row(
            str(row["method"]),
            str(row["ticks"]),
            f"{row['seconds']:.3f}",
            f"{float(str(row['bytes'])) / 1e6:.2f}",
        )
    Console(width=140).print(table)


def main() -> None:
    """Measures the models named, and the steps of both methods; prints tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="*", default=["l2mu-motions"])
    parser.add_argument("--target", default="c99")
    parser.add_argument("--most", type=int, help="training samples, at most")
    parser.add_argument("--epochs", type=int, default=30, help="of tuning without pruning")
    parser.add_argument("--method", choices=["bptt", "sltt"], help="by default by the network")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rows = [
        row
        for name in given.models
        for row in measure_model(name, given.target, given.most, given.epochs, given.method)
    ]
    network, signal = make_convolutional()
    steps = [measure_step(network, signal, m, t) for m in ("bptt", "sltt") for t in TICKS]
    show(rows, steps)
    if given.json:
        given.json.write_text(json.dumps({"models": rows, "steps": steps}, indent=2))


if __name__ == "__main__":
    main()
