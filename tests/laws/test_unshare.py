"""Rows whose map differs get weights of their own, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import Network, Tensor, parse, run, verify
from snncc.ir.passes import Effect, FoldNorm, Unshare

FIRES = (
    'bias=0.0, threshold=1.0, compare=">=", reset="value", reset_amount=0.0, '
    'reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.5'
)


def tokens(
    shape: tuple[int, ...],
    scale: tuple[int, ...],
    bias: bool = True,
    outputs: str = "%s",
    late: str = "",
) -> Network:
    """A dense layer on tokens, a map of its rows behind it, a neuron behind that.

    All parameters are multiples of powers of two, so that sums of floats are exact.
    """
    rng = np.random.default_rng(len(shape) + len(scale))
    places = np.arange(np.prod(scale)).reshape(scale)
    factors = np.where(places % 2, -1, 1) * 2.0 ** (places % 5 - 2)
    tensors = {
        "w": Tensor(rng.integers(-64, 64, (5, shape[-1])) / 32),
        "b": Tensor(rng.integers(-64, 64, 5) / 32),
        "scale": Tensor(factors),
        "shift": Tensor(rng.integers(-64, 64, scale) / 32),
    }
    known = ", bias=@b" if bias else ""
    text = f"""network tokens tick=0.001s decode=count {{
  %x = input() {{shape={[*shape]}, signal="spike"}}
  %c = dense(%x) {{weight=@w{known}}}
  %n = affine(%c{late}) {{scale=@scale, shift=@shift}}
  %s = lif(%n) {{{FIRES}}}
  return {outputs}
}}
"""
    return verify(parse(text, tensors))


def keywords(network: Network) -> list[str]:
    return [node.op.keyword for node in network]


@given(
    shape=st.lists(st.integers(2, 4), min_size=2, max_size=4),
    bias=st.booleans(),
    late=st.sampled_from(["", "@-2"]),
    seed=st.integers(0, 99),
)
@settings(max_examples=25)
def test_each_row_computes_what_it_did(shape: list[int], bias: bool, late: str, seed: int) -> None:
    network = tokens((*shape,), (*shape[:-1], 1), bias, late=late)
    after = verify(Unshare()(network))
    x = (np.random.default_rng(seed).random((2, 9, *shape)) < 0.5).astype(float)
    old, new = run(network, x, record=["%n"]), run(after, x, record=["%n", "%s"])
    assert np.array_equal(old.output, new.output) and old.output.any()
    assert np.array_equal(old["%n"].reshape(-1), new["%n"].reshape(-1))
    assert keywords(after).count("block_dense") == 1 and "dense" not in keywords(after)
    assert Unshare.effect is Effect.APPROXIMATE and Unshare()(after) == after


def test_weights_of_their_own_take_the_map() -> None:
    network = tokens((3, 4), (3, 1))
    after = verify(FoldNorm()(Unshare()(network)))
    assert keywords(after) == ["input", "block_dense", "lif"]
    x = (np.random.default_rng(1).random((2, 9, 3, 4)) < 0.5).astype(float)
    assert np.array_equal(run(network, x).output, run(after, x).output)
    # Some of the factors are negative, which a threshold cannot be.
    assert "affine" in keywords(FoldNorm()(network))


@pytest.mark.parametrize(
    "network",
    [
        tokens((3, 4), (5,)),
        tokens((3, 4), (1, 5)),
        tokens((3, 4), (3, 1), outputs="%s, %c"),
        tokens((4,), (5,)),
    ],
)
def test_other_layers_stay_as_they_are(network: Network) -> None:
    assert Unshare()(network) == network
