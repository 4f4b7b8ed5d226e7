"""One tick of every op: shapes as inferred, integers stay whole, floats keep their width."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import Arithmetic, FloatArithmetic, Network, Node, Values, all_ops, arithmetics
from tests.nets import networks, quantized_networks

KEYWORDS = sorted(all_ops())
SAMPLES = 2


def step(
    network: Network, node: Node, a: Arithmetic, dtype: npt.DTypeLike, seed: int
) -> list[Values]:
    """All arrays that one tick of a node makes, its output first."""
    rng = np.random.default_rng(seed)
    sizes = [network.shapes[use.source] for use in node.inputs] or [network.shapes[node.name]]
    inputs = [rng.integers(-9, 10, (SAMPLES, *size)).astype(dtype) for size in sizes]
    shape = (SAMPLES, *network.shapes[node.name])
    first = node.op.begin(shape[1:], a)
    before = {name: np.broadcast_to(values, shape) for name, values in first.items()}
    after, output = node.op.step(before, inputs, a)
    assert set(after) == set(before) == {state.name for state in node.op.states}
    return [output, *after.values()]


@pytest.mark.parametrize("keyword", KEYWORDS)
@settings(max_examples=8)
@given(data=st.data())
def test_floats_keep_their_shape_and_width(keyword: str, data: st.DataObject) -> None:
    network = data.draw(networks(including=keyword))
    seed = data.draw(st.integers(0, 99))
    for dtype in (np.float32, np.float64):
        a = FloatArithmetic(network.tensors, dtype)
        for node in network:
            for made in step(network, node, a, dtype, seed):
                assert made.shape == (SAMPLES, *network.shapes[node.name])
                assert made.dtype == dtype, node.name


@pytest.mark.parametrize("keyword", KEYWORDS)
@settings(max_examples=8)
@given(data=st.data())
def test_whole_numbers_stay_whole(keyword: str, data: st.DataObject) -> None:
    network = data.draw(quantized_networks(including=keyword))
    seed = data.draw(st.integers(0, 99))
    numbers = arithmetics(network)
    for node in network:
        for made in step(network, node, numbers[node.name][0], np.int64, seed):
            assert made.shape == (SAMPLES, *network.shapes[node.name])
            assert made.dtype == np.int64, node.name


@given(networks(), st.integers(0, 99))
def test_a_linear_op_is_affine_in_its_input(network: Network, seed: int) -> None:
    """f(x) + f(y) = f(x + y) + f(0) for every op that says it is linear."""
    a = FloatArithmetic(network.tensors)
    rng = np.random.default_rng(seed)
    for node in network:
        if not node.op.linear:
            continue
        shape = (SAMPLES, *network.shapes[node.inputs[0].source])
        x, y = rng.normal(size=shape), rng.normal(size=shape)
        fx, fy, both, zero = (
            node.op.step({}, [signal], a)[1] for signal in (x, y, x + y, np.zeros(shape))
        )
        np.testing.assert_allclose(fx + fy, both + zero, atol=1e-9)
