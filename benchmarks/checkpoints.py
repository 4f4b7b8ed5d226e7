"""Trains small networks of other kinds than the zoo's, and measures what their integers lose.

Four libraries' networks learn handwritten digits in seconds; each is read from its file and its
weights as a user's checkpoint is. Weights of 8 bits are put beside random relative changes of 1e-4,
weights of 16 bits beside the answers of the float network.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch.nn.functional import cross_entropy

from benchmarks.workloads import digits_networks
from benchmarks.workloads.whole_way import (
    CALIBRATION_SAMPLES,
    TRAINING_SAMPLES,
    Row,
    Way,
    make_integers,
    measure_floors,
    measure_together,
    tell,
)
from snncc.build.calibration_data import learn_ranges
from snncc.datasets import Samples
from snncc.importing import import_model
from snncc.ir import SnnccError, Values, plugins
from snncc.zoo.data import digits

LEVEL = 1e-4  # of the random changes
BAR = 0.3  # points that 8 bits may lose beyond the mean of these
SAME = 0.995  # share of the float network's answers that 16 bits keep
BATCH, RATE = 64, 5e-3
DRAWS = 5  # of random spikes for each test sample
COLUMNS = (
    "network", "target", "bits", "search", "float", "points", "any change", "same answers", "alike"
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A network, and how digits are shown to it.

    Attributes:
        factory: in digits_networks.
        ticks: of a sample; rows of pixels one after another where `rows`.
        spikes: whether pixels become random spikes.
        batch_first: whether the model takes `[B, T, *shape]`.
        gain: of the scores, in the loss.
    """

    factory: str
    ticks: int
    shape: tuple[int, ...]
    rows: bool = False
    spikes: bool = False
    batch_first: bool = False
    gain: float = 1.0
    epochs: int = 12


KINDS = (
    Kind("Dense", 16, (64,)),
    Kind("Convolutional", 8, (1, 8, 8), gain=8.0),
    Kind("Recurrent", 16, (8,), rows=True, gain=20.0, epochs=30),
    Kind("Leaky", 20, (64,), spikes=True, batch_first=True),
)


def show(kind: Kind, pixels: Values, seed: int) -> Values:
    """Digits `[samples, 64]` as the network is shown them, `[samples, ticks, *shape]`."""
    count = len(pixels)
    if kind.rows:
        rows = pixels.reshape(count, 8, 8)
        return np.repeat(rows, kind.ticks // 8, axis=1)
    still = np.broadcast_to(pixels[:, None], (count, kind.ticks, 64))
    if kind.spikes:
        still = np.random.default_rng(seed).random(still.shape) < still / 2
    return np.ascontiguousarray(still, dtype=np.float32).reshape(count, kind.ticks, *kind.shape)


def train(kind: Kind, x: Values, y: Values) -> torch.nn.Module:
    """The network after a few epochs."""
    torch.manual_seed(0)
    model: torch.nn.Module = getattr(digits_networks, kind.factory)()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    order = np.random.default_rng(0)
    for _ in range(kind.epochs):
        for some in np.array_split(order.permutation(len(x)), len(x) // BATCH):
            shown = torch.as_tensor(x[some], dtype=torch.float32)
            scores = model(shown if kind.batch_first else shown.transpose(0, 1))
            loss = cross_entropy(kind.gain * scores, torch.as_tensor(y[some]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.eval()


def load_digits(kind: Kind) -> tuple[Samples, Samples]:
    """Training and test data as a network is shown them; random spikes are drawn several times."""
    split = digits.pixels(None)
    train_x = show(kind, split.train.x.reshape(-1, 64), 0)
    draws = range(1, 1 + (DRAWS if kind.spikes else 1))
    test_x = np.concatenate([show(kind, split.test.x.reshape(-1, 64), seed) for seed in draws])
    return Samples(train_x, split.train.y), Samples(test_x, np.tile(split.test.y, len(draws)))


def measure_kind(kind: Kind, folder: Path, targets: list[str]) -> Iterator[Row]:
    """A row for each target, width of weights and way of calibration."""
    known, test = load_digits(kind)
    weights, data = folder / f"{kind.factory}.pt", folder / f"{kind.factory}.npz"
    if not weights.exists():
        assert known.labels is not None, "digits have labels"
        torch.save(train(kind, known.signal, known.labels).state_dict(), weights)
    np.savez(data, x=test.signal, y=test.labels)
    source = f"{digits_networks.__file__}:{kind.factory}"
    network = import_model(source, weights, data, {}).imported.network
    ranges = learn_ranges(network, known.first(CALIBRATION_SAMPLES))[0]
    floors = measure_floors(network, test.signal, test.labels)
    shared: Row = {"network": kind.factory, "samples": len(test), "floors": floors}
    for target, bits, search in product(targets, (8, 16), (False, True)):
        way = Way(target, "", 32, bits, search)
        row = {**shared, **way.as_row()}
        try:
            chosen = known.first(TRAINING_SAMPLES).signal
            integers, row["note"] = make_integers(network, way, ranges, chosen)
        except SnnccError as error:
            if not search:
                yield {**row, "refused": str(error).splitlines()[0]}
            continue
        (loss,) = measure_together(network, [integers], test.signal, test.labels)
        row |= {"alike": loss.alike, **tell(loss)}
        yield {**row, "beyond": is_beyond(row)}


def is_beyond(row: Row) -> bool:
    """Whether 8 bits lose more than the bar beyond random changes, or 16 bits other answers."""
    if row["weight_bits"] > 8:
        return bool(row["agreement"] < SAME)
    beyond = row["points"] - row["floors"][f"{LEVEL:g}"]["mean"]
    return bool(beyond > max(BAR, 100 / row["samples"]) + 1e-9)


def show_row(row: Row) -> list[str]:
    """The cells of a row."""
    cells = [row["network"], row["target"], str(row["weight_bits"]), "yes" if row["search"] else ""]
    if "refused" in row:
        return [*cells, row["refused"][:60]]
    floor = row["floors"][f"{LEVEL:g}"]
    return [
        *cells,
        f"{row['accuracy']['float']:.2%}",
        f"{-row['points'] + 0.0:+.2f}{' !' if row['beyond'] else ''}",
        f"{-floor['mean'] + 0.0:+.2f}",
        f"{row['agreement']:.2%}",
        f"{row['alike']:.2%}",
    ]


def main() -> None:
    """Trains the networks that are not in the folder yet, and measures all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/checkpoints"))
    parser.add_argument("--target", action="append", help="may be repeated")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    targets = asked.target or list(plugins("snncc.backends"))
    table, rows = Table(*COLUMNS, title="! beyond the bar"), list[Row]()
    for kind in KINDS:
        for row in measure_kind(kind, asked.folder, targets):
            rows.append(row)
            table.add_row(*show_row(row))
    Console(width=140).print(table)
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
