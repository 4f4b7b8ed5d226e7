"""Three convolutions in a row are one: with whatever borders, strides and groups they have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import Network, parse, run, tensors, verify
from snncc.ir.ops import Conv
from snncc.ir.passes import MergeWeights, Prune

MERGE = MergeWeights()


def row(
    border: int = 0,
    padding: int = 0,
    stride: int = 1,
    deep: bool = True,
    first_bias: bool = True,
    read: str = "",
    last: int = 1,
) -> Network:
    """Spikes, a pointwise convolution with a border, any one, a pointwise one, neurons."""
    rng = np.random.default_rng(5)
    middle = (4, 1, 3, 3) if deep else (5, 4, 3, 3)
    arrays = {
        "a": rng.normal(size=(4, 3, 1, 1)),
        "a__bias": rng.normal(size=4),
        "b": rng.normal(size=middle),
        "b__bias": rng.normal(size=middle[0]),
        "c": rng.normal(size=(6, middle[0], last, last)),
    }
    bias = ", bias=@a.bias" if first_bias else ""

    def pads(n: int) -> str:
        return f"[[{n}, {n}], [{n}, {n}]]"

    text = f"""network row tick=0.001s decode=last {{
  %x = input() {{shape=[3, 6, 7], signal="spike"}}
  %a = conv(%x) {{weight=@a, stride=[1, 1], padding={pads(border)}, \
dilation=[1, 1], groups=1{bias}}}
  %b = conv(%a) {{weight=@b, stride=[{stride}, {stride}], padding={pads(padding)}, \
dilation=[1, 1], groups={4 if deep else 1}, bias=@b.bias}}
  %c = conv(%b) {{weight=@c, stride=[1, 1], padding={pads(0)}, dilation=[1, 1], groups=1}}
  %s = lif(%c) {{bias=0.0, threshold=1.0, compare=">=", reset="value", reset_amount=0.0, \
reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.5}}
  return %s{read}
}}
"""
    return verify(parse(text, tensors(**arrays)))


def convolutions(network: Network) -> int:
    return sum(isinstance(node.op, Conv) for node in network)


@settings(max_examples=40, deadline=None)
@given(
    border=st.integers(0, 2),
    padding=st.integers(0, 2),
    stride=st.integers(1, 2),
    deep=st.booleans(),
    first_bias=st.booleans(),
)
def test_the_merged_network_computes_the_same(
    border: int, padding: int, stride: int, deep: bool, first_bias: bool
) -> None:
    network = row(border, padding, stride, deep, first_bias)
    merged = Prune()(verify(MERGE(network)))
    x = np.random.default_rng(1).random((2, 4, 3, 6, 7)) < 0.4
    before = run(network, x, record=["%c"])
    after = run(merged, x, record=["%c"])
    assert before.output.any()
    np.testing.assert_allclose(after["%c"], before["%c"], rtol=0, atol=1e-12)
    # Where the middle one pads with zeros, what the first makes of its border must be zero too.
    possible = not padding or not (border or first_bias)
    assert convolutions(merged) == (1 if possible else 3)
    assert MERGE(merged) is merged


@pytest.mark.parametrize(
    "network",
    [row(last=3), row(read=", %a"), row(read=", %b"), row(read=", %c")],
    ids=["a wide last one", "the first is read", "the second is read", "the last is read"],
)
def test_what_must_stay_apart_stays(network: Network) -> None:
    merged = verify(MERGE(network))
    shown = str(network.outputs[-1])
    assert convolutions(merged) == (1 if shown == "%c" else 3)
    x = np.random.default_rng(1).random((2, 4, 3, 6, 7)) < 0.4
    np.testing.assert_allclose(run(merged, x)[shown], run(network, x)[shown], atol=1e-12)
