"""Averaged currents: they count in a fraction of the unit of what they average."""

import numpy as np
import pytest

from snncc.ir import Network, PassError, parse, run, tensors, verify
from snncc.ir.passes import Quantize, calibrate
from tests.nets import spikes_for

LIF = (
    '{bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, '
    'reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.9}'
)
MEAN = "{kernel=[2, 2], stride=[1, 1], padding=[[1, 0], [1, 0]]}"


def averaged(*terms: str) -> Network:
    """Filters, their averages over windows that overlap, and neurons that get a sum of terms."""
    text = f"""network t tick=0.001s decode=count {{
  %x = input() {{shape=[2, 4, 4], signal="spike"}}
  %c = conv(%x) {{weight=@w, stride=[1, 1], padding=[[0, 0], [0, 0]], dilation=[1, 1], groups=1}}
  %p = avg_pool(%c) {MEAN}
  %q = avg_pool(%c) {MEAN}
  %r = avg_pool(%q) {MEAN}
  %i = sum({", ".join(terms)})
  %s = lif(%i) {LIF}
  return %s
}}
"""
    weights = np.random.default_rng(0).normal(0.4, 0.8, (3, 2, 1, 1))
    return verify(parse(text, tensors(w=weights)))


@pytest.mark.parametrize("terms", [("%p",), ("%p", "%q"), ("%p", "%p"), ("%r", "%r")])
def test_currents_averaged_alike_meet(terms: tuple[str, ...]) -> None:
    network = averaged(*terms)
    signal = spikes_for(network, samples=4, ticks=30)
    after = Quantize(ranges=calibrate(network, signal))(network)
    found, expected = run(after, signal).output, run(network, signal).output
    assert expected.mean() > 0.02 and np.mean(found == expected) > 0.97


@pytest.mark.parametrize("terms", [("%c", "%p"), ("%p", "%r"), ("%r", "%c")])
def test_currents_averaged_unlike_are_refused(terms: tuple[str, ...]) -> None:
    with pytest.raises(PassError) as refused:
        Quantize()(averaged(*terms))
    found = str(refused.value)
    assert found.startswith("quantize %") and found.endswith(" meet; average both, or neither"), (
        found
    )
    assert "an averaged and a plain current of %" in found
