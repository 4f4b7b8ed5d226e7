"""Layers of more than 65,534 neurons: their lists of events have indices of 32 bits."""

from types import MappingProxyType

import numpy as np
import pytest

from benchmarks.workloads.growing import NEURON, SLIDE, grow
from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.ir import Network, Tensor, parse, run
from snncc.ir.passes import calibrate

BACKEND = C99Backend()
TEXTS = {
    "dense": """  %x = input() {{shape=[2], signal="spike"}}
  %c = dense(%x) {{weight=@a}}
  %s = lif(%c) {{{neuron}}}
  %d = dense(%s) {{weight=@b}}
  %l = dense(%s@-2) {{weight=@b}}
  %i = sum(%d, %l)
  %o = lif(%i) {{{neuron}}}
  return %o
""",
    "image": """  %x = input() {{shape=[1, 2, 35000], signal="spike"}}
  %c = conv(%x) {{weight=@k, {slide}}}
  %s = lif(%c) {{{neuron}}}
  %f = reshape(%s) {{shape=[70000]}}
  %d = dense(%f) {{weight=@b}}
  %o = lif(%d) {{{neuron}}}
  return %o
""",
}


def large(kind: str) -> Network:
    rng = np.random.default_rng(0)
    tensors = {
        "a": Tensor(rng.uniform(-0.5, 2, (70_000, 2))),
        "b": Tensor(rng.uniform(-1, 1, (3, 70_000)) / 100),
        "k": Tensor(rng.uniform(-0.5, 1, (1, 1, 3, 3))),
    }
    text = TEXTS[kind].format(neuron=NEURON, slide=SLIDE)
    head = "network large tick=0.001s decode=count {\n"
    return parse(f"{head}{text}}}\n", MappingProxyType(tensors))


@pytest.mark.parametrize("kind", TEXTS)
def test_a_large_layer_fires_as_the_reference_says(kind: str) -> None:
    network = large(kind)
    shape = network.shapes["x"]
    signal = (np.random.default_rng(1).random((2, 5, *shape)) < 0.6).astype(np.float64)
    ranges = calibrate(network, signal)
    settings = Settings(rates=ranges.rates)
    for step in BACKEND.passes(network, settings, ranges):
        network = step(network)
    program = BACKEND.lower(network, settings)
    assert program.wide_events
    expected = run(network, signal, record="spikes")
    fired = expected["%s"].reshape(*signal.shape[:2], -1)
    assert np.any(fired[..., 65_536:]), "no neuron beyond 16 bits has fired"
    assert expected.compare(BACKEND.simulate(program, signal, tuple(expected.wires)))[0] == 0


def test_lists_stay_narrow_where_every_index_fits() -> None:
    grown = grow("neurons", 64)
    ranges = calibrate(grown.network, grown.signal)
    network = grown.network
    for step in BACKEND.passes(network, Settings(rates=ranges.rates), ranges):
        network = step(network)
    assert not BACKEND.lower(network, Settings()).wide_events
