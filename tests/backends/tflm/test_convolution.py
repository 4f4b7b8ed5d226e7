"""Convolutions and pools of every form, in both interpreters, potentials included."""

from typing import Any

import numpy as np
import pytest

from snncc.backends.tflm.emit.model import assemble
from snncc.backends.tflm.run.simulate import play
from snncc.ir import Network
from tests.nets import spikes_for

from .nets import (
    BACKEND,
    LEAKY,
    differences,
    lowered,
    needs_litert,
    needs_tflm,
    quantized,
    small,
    wires,
)

PLAIN = "stride=[1, 1], padding=[[0, 0], [0, 0]], dilation=[1, 1], groups=1"
AROUND = PLAIN.replace("[[0, 0], [0, 0]]", "[[1, 1], [1, 1]]")
# Input shape and signal, weights, attributes; the operators that must occur.
FORMS: dict[str, tuple[str, tuple[int, ...], str, set[str]]] = {
    "plain": ('[2, 7, 6], signal="spike"', (5, 2, 3, 3), PLAIN, {"CONV_2D"}),
    "same": ('[2, 7, 6], signal="spike"', (5, 2, 3, 3), AROUND, {"CONV_2D"}),
    "uneven": (
        '[2, 7, 6], signal="spike"',
        (5, 2, 3, 2),
        PLAIN.replace("[[0, 0], [0, 0]]", "[[0, 2], [1, 0]]"),
        {"CONV_2D", "PAD"},
    ),
    "strided": (
        '[2, 7, 6], signal="spike"',
        (5, 2, 3, 3),
        AROUND.replace("stride=[1, 1]", "stride=[2, 3]"),
        {"CONV_2D"},
    ),
    "dilated": (
        '[2, 9, 8], signal="spike"',
        (3, 2, 3, 3),
        AROUND.replace("dilation=[1, 1]", "dilation=[2, 2]"),
        {"CONV_2D"},
    ),
    "depthwise": (
        '[3, 6, 6], signal="spike"',
        (6, 1, 3, 3),
        AROUND.replace("groups=1", "groups=3"),
        {"DEPTHWISE_CONV_2D"},
    ),
    "grouped": (
        '[4, 6, 6], signal="spike"',
        (6, 2, 3, 3),
        AROUND.replace("groups=1", "groups=2"),
        {"CONV_2D"},
    ),
    "one axis": (
        '[3, 20], signal="spike"',
        (4, 3, 5),
        "stride=[2], padding=[[2, 2]], dilation=[1], groups=1",
        {"CONV_2D"},
    ),
    "wide": ('[40, 6, 6], signal="spike"', (2, 40, 3, 3), AROUND, {"CONV_2D", "SLICE"}),
    "sensor": (
        '[2, 6, 6], signal="real"',
        (3, 2, 3, 3),
        AROUND.replace("stride=[1, 1]", "stride=[2, 1]"),
        {"MUL", "STRIDED_SLICE"},
    ),
}


def convolving(name: str) -> tuple[Network, dict[str, Any], set[str]]:
    entry, shape, attributes, expected = FORMS[name]
    axes = len(shape) - 2
    pool = f"kernel={[2] * axes}, stride={[1] * axes}, padding={[[1, 0]] * axes}"
    second = attributes.replace("groups=3", "groups=1").replace("groups=2", "groups=1")
    text = f"""%x = input() {{shape={entry}}}
  %c = conv(%x) {{weight=@w, {attributes}}}
  %s = lif(%c) {{{LEAKY}, decay=0.8}}
  %most = max_pool(%s) {{{pool}}}
  %mean = avg_pool(%most) {{{pool}}}
  %d = conv(%mean) {{weight=@d, {second}}}
  %o = lif(%d) {{{LEAKY}, decay=0.5}}
  return %o, %s.v"""
    rng = np.random.default_rng(3)
    weights = rng.normal(0.15, 0.5, shape)
    if name == "wide":
        weights = np.abs(weights) + 0.2  # 360 of them add up beyond 16 bits
    others = rng.normal(0.3, 0.5, (2, shape[0], *shape[2:]))
    network = small(text, w=weights, d=others)
    signals = spikes_for(network, samples=2, ticks=12)
    return quantized(network, signals), signals, expected


@pytest.mark.parametrize("name", FORMS)
def test_our_kernels_equal_the_reference(name: str) -> None:
    network, signals, expected = convolving(name)
    program = lowered(network)
    assert expected <= set(assemble(program).codes)
    found = BACKEND.simulate(program, signals, wires(program))
    assert differences(network, signals, found, program) == (0, None)
    assert found["%s"].any() and found["%o"].any()


@needs_tflm
@pytest.mark.parametrize("name", FORMS)
def test_tflite_micro_equals_the_reference(name: str) -> None:
    network, signals, _ = convolving(name)
    program = lowered(network)
    found = play(program, signals, wires(program))
    assert differences(network, signals, found, program) == (0, None)


@needs_litert
@pytest.mark.parametrize("name", FORMS)
def test_litert_equals_the_reference(name: str) -> None:
    network, signals, _ = convolving(name)
    program = lowered(network, "io")
    found = play(program, signals, wires(program), runtime="litert")
    assert differences(network, signals, found, program) == (0, None)
