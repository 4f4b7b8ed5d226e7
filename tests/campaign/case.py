"""One network of the campaign, by its number: where it comes from, and what enters it."""

from __future__ import annotations

import importlib.util
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from snncc.build.calibration_data import learn_ranges
from snncc.importing import import_model
from snncc.ir import ImportRefused, Network, SpikesDiffer, Values, run, show
from snncc.ir.passes import Ranges, calibrate
from tests.nets import networks, quantized_networks, spikes_for
from tests.same_examples import draw_no_constants

from . import modules
from .plan import Plan, plan
from .refusals import PART

draw_no_constants()
KINDS = ("ops", "modules")
SHARE_QUANTIZED = 3  # every third network of ops has formats of its own


class NoModule(Exception):
    """PyTorch itself does not run what the generator wrote."""


@dataclass(frozen=True)
class Case:
    """A network that is about to meet the targets.

    Attributes:
        network: of real numbers, unless it was drawn with formats.
        signal: input → `[samples, ticks, *shape]`, what it is calibrated with and more.
        told: the network as the reproduction shows it.
        spikes: share of values that are spikes, of all that fire.
        tied: whether some potential met its threshold but for rounding, so that its weights are
            others by a millionth.
    """

    network: Network
    ranges: Ranges
    signal: Mapping[str, Values]
    told: str
    spikes: float
    tied: bool = False


def of_ops(number: int) -> Case:
    """What the strategies of `tests/growth` draw under a seed of that number."""
    drawn: list[Network] = []

    # Of two examples the first is the simplest that there is, always.
    @seeded(number)
    @settings(
        max_examples=2,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy_of(number))
    def collect(network: Network) -> None:
        drawn.append(network)

    collect()
    return build_ops(number, drawn[-1])


def strategy_of(number: int) -> st.SearchStrategy[Network]:
    """What a network of that number is drawn from."""
    return quantized_networks() if number % SHARE_QUANTIZED == 2 else networks()


def build_ops(number: int, network: Network) -> Case:
    """A network with the signal of that number."""
    rng = Random(f"ops {number}")
    ticks, rate = rng.choice((1, 3, 8, 20, 40)), rng.choice((0.1, 0.4, 0.8))
    signal = spikes_for(network, number, rng.choice((1, 2, 3)), ticks, rate)
    ranges = Ranges() if network.quantized else calibrate(network, signal)
    return Case(network, ranges, signal, show(network), _share(network, signal))


def of_modules(chosen: Plan, folder: Path) -> Case:
    """A module as text, imported as a user's, and run once more beside PyTorch on other input.

    Raises:
        NoModule: PyTorch does not run it.
        ImportRefused: the importer does not take it.
        SpikesDiffer: it takes it for something else.
    """
    source, data = folder / "net.py", folder / "x.npz"
    source.write_text(modules.written(chosen))
    first = modules.signal(chosen, 0)
    np.savez(data, x=first, y=np.zeros(len(first), dtype=np.int64))
    demand_runs(source, chosen, first)
    tied = False
    try:
        model = import_model(f"{source}:build", None, data, {})
    except ImportRefused as refusal:
        if not re.search(PART, str(refusal)):
            raise
        # A potential that meets its threshold but for rounding, which sums in another order decide.
        tied = True
        source.write_text(modules.written(chosen, jitter=True))
        model = import_model(f"{source}:build", None, data, {})
    network, samples, eager = model.imported.network, model.samples, model.imported.eager
    assert samples is not None and eager is not None
    other = modules.signal(chosen, 1)
    theirs, ours = eager(other), run(network, other, record="spikes")
    count, place = theirs.compare(ours)
    if count:
        raise SpikesDiffer(f"PyTorch and the network differ in {count} values, first {place}")
    name = network.inputs[0].name
    signal = {name: np.concatenate([samples.signal, other]).astype(np.float64)}
    ranges, _ = learn_ranges(network, samples)
    return Case(network, ranges, signal, source.read_text(), _share(network, signal), tied)


def case(kind: str, number: int, folder: Path) -> Case:
    """The network of that kind and number."""
    return of_ops(number) if kind == "ops" else of_modules(plan(number), folder)


def demand_runs(source: Path, chosen: Plan, x: Values) -> None:
    """Runs the module in PyTorch alone, in single precision, as its user would.

    Raises:
        NoModule: it fails.
    """
    import torch

    spec = importlib.util.spec_from_file_location("net", source)
    assert spec is not None and spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            spec.loader.exec_module(module)
            values = torch.from_numpy(x).float()
            late = values if chosen.batch_first else values.transpose(0, 1)
            module.build()(values[:, 0] if chosen.style == "step" else late)
    except Exception as failure:
        raise NoModule(f"{type(failure).__name__}: {failure}") from failure


def _share(network: Network, signal: Mapping[str, Values]) -> float:
    trace = run(network, signal, record="spikes")
    fired = [float(np.mean(values != 0)) for values in trace.wires.values()]
    return float(np.mean(fired)) if fired else 0.0


__all__ = ["Case", "ImportRefused", "NoModule", "case", "of_modules", "of_ops"]
