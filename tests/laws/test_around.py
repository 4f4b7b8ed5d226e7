"""Linear recurrences of real values that drive neurons: integers follow them closely."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import Network, PassError, RuleViolation, parse, run, verify
from snncc.ir.passes import Canonicalize, FoldNorm, Quantize, calibrate
from snncc.ir.views import arithmetics, projections


def turning(real: float, imag: float) -> Network:
    """A complex mode, as pairs of real values, driven by the input; its real part drives IFs."""
    return verify(
        parse(f"""network turning tick=0.001s decode=count {{
  %x = input() {{shape=[3], signal="real"}}
  %a = affine(%re@-1) {{scale={real}, shift=0.0}}
  %b = affine(%im@-1) {{scale={-imag}, shift=0.0}}
  %re = sum(%a, %b, %x)
  %c = affine(%re@-1) {{scale={imag}, shift=0.0}}
  %d = affine(%im@-1) {{scale={real}, shift=0.0}}
  %im = sum(%c, %d)
  %s = if(%re) {{bias=0.0, threshold=1.0, compare=">=", reset="subtract", reset_amount=1.0, \
reset_order="now", spikes=1, refractory=0, initial=0.0}}
  return %s, %re
}}
""")
    )


def signal(seed: int) -> dict[str, np.ndarray]:
    return {"x": np.rint(np.random.default_rng(seed).uniform(-1, 1, (2, 200, 3)) * 64) / 64}


@settings(max_examples=15)
@given(size=st.floats(0.1, 0.98), angle=st.floats(0.1, 3.0), seed=st.integers(0, 99))
def test_a_mode_without_a_neuron_in_its_loop_is_held_in_registers(
    size: float, angle: float, seed: int
) -> None:
    network = turning(float(size * np.cos(angle)), float(size * np.sin(angle)))
    for step in (Canonicalize(), FoldNorm()):
        network = step(network)
    after = verify(Quantize(ranges=calibrate(network, signal(seed)))(network))
    old, new = run(network, signal(seed)), run(after, signal(seed))
    wire, coded = (str(n.outputs[1]) for n in (network, after))
    unit = arithmetics(after)[after.outputs[1].source][1]
    peak = np.max(np.abs(old[wire]))
    assert np.max(np.abs(old[wire] - new[coded] * unit)) < peak * 2.0**-9
    assert np.mean(old["%s"] == new["%s"]) > 0.97


def test_a_mode_needs_data_to_be_quantized() -> None:
    with pytest.raises(PassError, match="computes with real values, and nothing is known"):
        Quantize()(turning(0.5, 0.5))


def test_what_comes_back_to_itself_is_no_projection() -> None:
    with pytest.raises(RuleViolation, match="comes back to it with no population on the way"):
        projections(turning(0.5, 0.5))
