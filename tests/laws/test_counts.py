"""Events that enter as counts are counted in ones, exactly, on every target; some walk them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build import Attempt
from snncc.bundle import BuildRequest
from snncc.ir import Network, Quantity, Values, parse, plugins, run
from snncc.ir.passes import calibrate
from tests.laws.test_meeting import meeting
from tests.nets import hand

TARGETS = sorted(plugins("snncc.backends"))
MOST = (2, 3, 15, 200)


def draw_counts(network: Network, most: int) -> dict[str, Values]:
    """A signal of few events, of which one is `most`."""
    rng = np.random.default_rng(most)
    shape = (24, 30, *network.shapes[network.inputs[0].name])
    signal = np.minimum(rng.poisson(most / 8, shape), most)
    signal[0, 0].flat[0] = most
    return {network.inputs[0].name: signal.astype(np.float64)}


def attempt_counts(
    network: Network, target: str, signal: dict[str, Values], *, counts: bool = True
) -> Any:
    ranges = calibrate(network, signal)
    settings = Settings(rates=ranges.rates)
    attempt = Attempt(BuildRequest("n.snn", target), backend(target), settings, ranges, counts)
    return attempt.lower(network)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("most", MOST)
@pytest.mark.parametrize("second", ["back", "only"])
def test_counts_are_exact_and_the_program_does_as_the_reference(
    target: str, most: int, second: str
) -> None:
    network = meeting("real", "back", 2.0, 5) if second == "back" else read_counts()
    signal = draw_counts(network, most)
    made = attempt_counts(network, target, signal)
    format = made.network.inputs[0].formats["value"]
    assert isinstance(format, Quantity) and not format.signed
    assert format.unit == 0 and most <= format.high <= 2 * most + 1
    trace = run(made.network, signal)
    assert trace.saturated.get(network.inputs[0].name, 0) == 0
    found = cast("Any", backend(target)).simulate(made.program, signal, ())
    assert trace.compare(found) == (0, None)
    # Currents of counts and of spikes have one unit, so that no register rounds between them.
    assert not [node.name for node in made.network if node.op.keyword == "requantize"]
    real = run(network, signal).output
    assert np.mean(real == trace.output) > 0.95


def read_counts() -> Network:
    """A network whose one input takes counts."""
    from snncc.ir import show

    network = hand("feedforward")
    return parse(show(network).replace('"spike"', '"real"'), network.tensors)


def test_c_walks_small_counts_as_events_and_not_as_real_values() -> None:
    network = read_counts()
    signal = draw_counts(network, 3)
    first = {
        counts: next(
            layer
            for layer in cast("Any", backend("c99")).report(
                attempt_counts(network, "c99", signal, counts=counts).program
            )["layers"]
            if layer["synapses"]
        )
        for counts in (True, False)
    }
    assert first[True]["method"] == "event" and first[True]["reason"].startswith("events:")
    assert not first[False]["reason"].startswith("events:")


def test_fewer_bytes_where_counts_are_small() -> None:
    network = meeting("real", "back", 2.0, 5)
    signal = draw_counts(network, 3)
    bytes_of = {
        counts: cast("Any", backend("tflm")).report(
            attempt_counts(network, "tflm", signal, counts=counts).program
        )["model_bytes"]
        for counts in (True, False)
    }
    assert bytes_of[True] < bytes_of[False]
