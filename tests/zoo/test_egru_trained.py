"""The trained EGRUs in integers: nearly as good as in floats, and the same in C."""

import numpy as np
import pytest

from snncc import zoo
from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.build.run_passes import run_pipeline
from snncc.frontends import ImportRequest
from snncc.frontends.torch import TorchFrontend
from snncc.ir import Network, Trace, UsageError, Values, arithmetics, run
from snncc.ir.passes import calibrate

BACKEND = C99Backend()
SAMPLES = 500


def both(name: str) -> tuple[Network, Network, Values, Values]:
    """The float and the 8-bit network, and test samples with their classes."""
    try:
        split = zoo.dataset(zoo.entry(name).task).split(None)
    except UsageError as absent:
        pytest.skip(str(absent))
    x, y = split.test.x[:SAMPLES], split.test.y[:SAMPLES]
    request = ImportRequest(zoo.source(name), zoo.weights(name), x[:4], {})
    network = TorchFrontend().load(request).network
    ranges = calibrate(network, split.train.x[:: len(split.train.y) // 128])
    settings = Settings(rates=ranges.rates)
    return network, run_pipeline(network, BACKEND.passes(network, settings, ranges)), x, y


def same_in_c(network: Network, x: Values) -> Trace:
    """The trace of a quantized network, which the C must have as well."""
    trace = run(network, x, record="spikes")
    program = BACKEND.lower(network, Settings())
    found = BACKEND.simulate(program, x, tuple(trace.wires))
    assert trace.compare(found) == (0, None)
    return trace


def test_motions_are_told_apart_as_well() -> None:
    real, whole, x, y = both("egru-wisdm")
    accuracy = run(real, x).accuracy(y, real.decode)
    assert accuracy > 0.9
    assert same_in_c(whole, x).accuracy(y, whole.decode) > accuracy - 0.01


def test_symbols_are_foretold_as_well() -> None:
    real, whole, x, y = both("egru-text")
    unit = float(np.max(arithmetics(whole)[whole.outputs[0].source][1]))
    expected = perplexity(run(real, x).scores("last"), y)
    assert expected < 5
    assert perplexity(same_in_c(whole, x).scores("last") * unit, y) < 1.03 * expected


def perplexity(scores: Values, classes: Values) -> float:
    """Of the symbols that followed, from scores `[samples, symbols]`."""
    apart = scores - scores.max(axis=1, keepdims=True)
    logarithms = apart - np.log(np.exp(apart).sum(axis=1, keepdims=True))
    return float(np.exp(-np.mean(logarithms[np.arange(len(classes)), classes])))
