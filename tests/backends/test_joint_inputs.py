"""Sums and products of any number of wires, delayed and of shapes that broadcast, on each target.

On a chip a sum is synapses side by side and a product of spikes a neuron that waits for all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from snncc.backend_and_frontend import backend
from snncc.backends import Backend, Settings
from snncc.build.lowering import lower_network
from snncc.ir import parse, run
from snncc.ir.passes import calibrate

NEURON = """lif({}) {{bias=0.0, threshold=0.6, compare=">", reset="value", reset_amount=0.0, \
reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.5}}"""
TEXT = f"""network joint tick=0.001s decode=count {{
  %x = input() {{shape=[3], signal="spike"}}
  %p = {NEURON.format("%x")}
  %one = slice(%p) {{axis=0, start=0, stop=1}}
  %less = affine(%p) {{scale=-0.4, shift=0.2}}
  %low = slice(%less) {{axis=0, start=1, stop=2}}
  %j = KEYWORD(USES)
  %y = {NEURON.format("%j")}
  return %y
}}
"""
MANY = ("%p@-1", "%p") * 20
JOINT = {
    "sum": [("%less", "%one"), ("%one", "%p@-1"), ("%low", "%p", "%one@-2"), ("%p", "%p", "%p")],
    "product": [("%p@-1",), ("%p", "%p@-1", "%p"), ("%one", "%p@-1"), ("%p", "%one@-2"), MANY],
}


@pytest.mark.parametrize("target", ["c99", "tflm", "spinnaker2", "lava"])
@pytest.mark.parametrize(
    ("keyword", "uses"), [(keyword, uses) for keyword, each in JOINT.items() for uses in each]
)
def test_joint_inputs_are_computed_as_the_reference_does(
    target: str, keyword: str, uses: tuple[str, ...]
) -> None:
    network = parse(TEXT.replace("KEYWORD", keyword).replace("USES", ", ".join(uses)), {})
    signal = (np.random.default_rng(3).random((4, 24, 3)) < 0.8).astype(np.float64)
    ranges = calibrate(network, signal)
    chosen: Backend[Any] = backend(target)
    found = lower_network(
        chosen, network, Settings(), lambda way: chosen.passes(network, way, ranges)
    )
    wires = tuple(wire.text for wire in found.program.traced)
    expected = run(found.network, signal, record=wires)
    assert expected.compare(chosen.simulate(found.program, signal, wires)) == (0, None)
    assert 0 < expected.output.mean() < 1
