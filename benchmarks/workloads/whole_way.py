"""The whole way from a float network to integers, for one trained model of the zoo and all targets.

The float network runs once for all targets. Programs do not run here: `verify` and docs/results.md
show that a program computes what its integers do, bit by bit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build import LoweredNetwork, lower_network
from snncc.build.calibration_data import learn_ranges
from snncc.build.choose_integers import TRAINING_SAMPLES
from snncc.calibration import search_integers
from snncc.datasets import Samples, calibration
from snncc.importing import import_model
from snncc.ir import Network, SnnccError, Stream, Tally, Values
from snncc.ir.passes import Ranges
from snncc.loss import Loss, Measured, change_weights
from snncc.portions import choose_samples, choose_window, split_range

CALIBRATION_SAMPLES = 64  # of the training data
FLOORS = (1e-4, 1e-3)  # relative changes of weights
FLOOR_SEEDS = 5
VARIED = 1e-3  # a fraction of what weights of 8 bits round
FLOOR_SAMPLES = 1_000  # of the test split, on which random changes are measured

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """One way of making integers of a model: a row of the table.

    Attributes:
        target, option: as `--target` and `--option` take them.
        search: whether calibration searches, on training data.
    """

    target: str
    option: str
    state_bits: int
    weight_bits: int
    search: bool

    @property
    def settings(self) -> Settings:
        """What the backend is given."""
        key, _, value = self.option.partition("=")
        return Settings(
            self.weight_bits, self.state_bits, MappingProxyType({key: value} if key else {})
        )

    def as_row(self) -> Row:
        """The cells that say which row it is."""
        return {
            "target": self.target,
            "option": self.option,
            "state_bits": self.state_bits,
            "weight_bits": self.weight_bits,
            "search": self.search,
        }


WAYS = (
    ("c99", "", 32),
    ("c99", "", 16),
    ("tflm", "", 32),
    ("tflm", "", 16),
    ("spinnaker2", "kernel=own", 32),
    ("spinnaker2", "kernel=own", 16),
    ("spinnaker2", "kernel=stock", 32),
    ("lava", "", 32),
)
"""Target, option, bits of states."""


@dataclass
class _Made:
    """The integers of one way, and what making them took of a core in seconds."""

    row: Row
    integers: Network


def measure_ways(name: str, ways: Sequence[Way], most: int | None = None) -> Iterator[Row]:
    """A row for each way, of a model on its test split, or on `most` samples of it."""
    model = import_model(f"zoo:{name}", None, None, {})
    network, samples = model.imported.network, model.samples
    assert samples is not None, "a trained model of the zoo has test data"
    some = samples if most is None else samples.spread(most)
    known = calibration(f"zoo:{name}", None, samples, CALIBRATION_SAMPLES)
    seen = calibration(f"zoo:{name}", None, samples, TRAINING_SAMPLES)
    assert known is not None and seen is not None, "and training data"
    began = time.process_time()
    ranges = learn_ranges(network, known)[0]
    calibrated = time.process_time() - began
    floors = measure_floors(network, *_signal(some.spread(FLOOR_SAMPLES)))
    shared: Row = {"model": name, "samples": len(some), "floors": floors}
    made = list[_Made]()
    for way in ways:
        row = {**shared, **way.as_row()}
        began = time.process_time()
        try:
            integers, note = make_integers(network, way, ranges, seen.signal)
        except SnnccError as error:
            yield {**row, "refused": str(error).splitlines()[0]}
            continue
        row["calibration_seconds"] = round(calibrated + time.process_time() - began, 2)
        made.append(_Made({**row, "note": note}, integers))
    losses = measure_together(network, [each.integers for each in made], *_signal(some))
    for each, loss in zip(made, losses, strict=True):
        yield {**each.row, **tell(loss)}


def measure_variants(name: str, way: Way, count: int, most: int | None = None) -> list[float]:
    """Points that integers lose which are as good as those of a way, on a model's test split.

    The first are the way's own; before the others are rounded, all weights are changed at random by
    `VARIED`, so that other ones are rounded up and down.
    """
    model = import_model(f"zoo:{name}", None, None, {})
    network, samples = model.imported.network, model.samples
    assert samples is not None, "a trained model of the zoo has test data"
    known = calibration(f"zoo:{name}", None, samples, CALIBRATION_SAMPLES)
    assert known is not None, "and training data"
    ranges = learn_ranges(network, known)[0]
    varied = [change_weights(network, VARIED, seed) for seed in range(1, count)]
    networks = [
        lower(each, way.target, way.settings, ranges).network for each in (network, *varied)
    ]
    some = samples if most is None else samples.spread(most)
    return [loss.drop for loss in measure_together(network, networks, *_signal(some))]


def measure_floors(network: Network, signal: Values, labels: Values | None) -> dict[str, Row]:
    """Level → points that random relative changes of a float network's weights lose."""
    found: dict[str, Row] = {}
    for level in FLOORS:
        changed = [change_weights(network, level, seed) for seed in range(FLOOR_SEEDS)]
        losses = measure_together(network, changed, signal, labels)
        points = [loss.drop for loss in losses]
        found[f"{level:g}"] = {
            "mean": sum(points) / len(points),
            "most": max(points),
            "agreement": sum(loss.agreement for loss in losses) / len(losses),
        }
    return found


def _signal(samples: Samples) -> tuple[Values, Values | None]:
    return samples.signal, samples.labels


def make_integers(network: Network, way: Way, ranges: Ranges, seen: Values) -> tuple[Network, str]:
    """The integers of a way, and what a search says of them."""
    whole = lower(network, way.target, way.settings, ranges)
    if not way.search:
        return whole.network, ""

    def lower_again(known: Ranges) -> Network:
        return lower(network, way.target, whole.settings, known).network

    found = search_integers(network, whole.steps, lower_again, ranges, seen)
    if found is None:
        return whole.network, "takes too long"
    return lower_again(found.ranges), str(found)


def lower(
    network: Network, target: str, settings: Settings, ranges: Ranges
) -> LoweredNetwork[object]:
    """What a target's passes make of a float network, and its program."""
    chosen = backend(target)
    return lower_network(chosen, network, settings, lambda way: chosen.passes(network, way, ranges))


def measure_together(
    source: Network, networks: Sequence[Network], signal: Values, labels: Values | None
) -> list[Loss]:
    """What each of several integer networks loses of one float network, which runs once.

    Args:
        source: float.
        networks: quantized; those that are equal run once.
        signal: `[samples, ticks, *shape]`.
        labels: `[samples]`, if known.
    """
    different = list[Network]()
    for network in networks:
        if network not in different:
            different.append(network)
    found = [Measured(source, network) for network in different]
    ticks = signal.shape[1]
    step = choose_samples(source, ticks)
    for some in split_range(len(signal), step):
        streams = [Stream(each, record="spikes") for each in (source, *different)]
        tallies = [Tally(source.decode) for _ in streams]
        for window in split_range(ticks, choose_window(source, step)):
            real = streams[0].play(signal[some, window])
            tallies[0].add(real)
            for measured, stream, tally in zip(found, streams[1:], tallies[1:], strict=True):
                codes = stream.play(signal[some, window])
                tally.add(codes)
                measured.add(real, codes, window.start)
        scores = tallies[0].scores()
        told = None if labels is None else labels[some]
        for measured, tally in zip(found, tallies[1:], strict=True):
            measured.end(scores, tally.scores(), {}, told)
    losses = [each.loss() for each in found]
    return [losses[different.index(network)] for network in networks]


def tell(loss: Loss) -> Row:
    """What a row says of a loss."""
    shares = {each.node: each.equal / max(1, each.values) for each in loss.layers}
    node = min(shares, key=lambda name: shares[name], default="")
    return {
        "accuracy": dict(loss.accuracy),
        "points": loss.drop,
        "agreement": loss.agreement,
        "least_alike": {"node": node, "agreement": shares.get(node, 1.0)},
        "layers": shares,
    }
