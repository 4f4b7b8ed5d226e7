"""A scale before neurons is a change of their voltages: every neuron and reset fires as before."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import Network, Tensor, Use, parse, run, verify
from snncc.ir.ops import Affine, Spiking
from snncc.ir.passes import FoldNorm

NEURONS: Mapping[str, str] = {
    "if": "",
    "lif": ", decay=0.75",
    "cuba_lif": ', decay=0.75, current_decay=0.5, current_order="new"',
    "alif": ", decay=0.75, adaptation_decay=0.5, adaptation_step=0.375",
    "alpha_lif": ", rise=0.75, fall=0.5, gain=2.0",
}
RESETS = ("subtract", "value", "none")


def scaled(keyword: str, scale: object, shift: object = 0.0, **changes: object) -> Network:
    """Weights read twice, once by neurons behind a scale; `changes` are fields of the neurons."""
    tensors = {"c.weight": Tensor(np.random.default_rng(0).integers(-64, 64, (5, 4)) / 32)}
    words: list[str] = []
    for name, value in (("scale", scale), ("shift", shift)):
        if isinstance(value, float):
            words.append(f"{name}={value}")
        else:
            tensors[name] = Tensor(np.asarray(value))
            words.append(f"{name}=@{name}")
    order = "after-input" if keyword == "alpha_lif" else "now"
    text = f"""network scaled tick=0.001s decode=count {{
  %x = input() {{shape=[4], signal="spike"}}
  %c = dense(%x) {{weight=@c.weight}}
  %a = affine(%c) {{{", ".join(words)}}}
  %s = {keyword}(%a) {{bias=0.125, threshold=1.0, compare=">=", reset="subtract", \
reset_amount=0.75, reset_order="{order}", spikes=1, refractory=0, initial=0.25{NEURONS[keyword]}}}
  return %s, %c
}}
"""
    network = parse(text, tensors)
    op = network["s"].op
    assert isinstance(op, Spiking)
    neuron = replace(op, **changes)
    nodes = tuple(replace(n, op=neuron) if n.name == "s" else n for n in network)
    return verify(replace(network, nodes=nodes))


def fires_alike(network: Network, seed: int) -> Network:
    after = verify(FoldNorm()(network))
    x = (np.random.default_rng(seed).random((3, 20, 4)) < 0.5).astype(float)
    old, new = run(network, {"x": x}), run(after, {"x": x})
    for wire in map(str, network.outputs):
        assert np.array_equal(old[wire], new[wire]), wire
    return after


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("keyword", NEURONS)
@settings(max_examples=15)
@given(
    exponents=st.lists(st.integers(-4, 4), min_size=5, max_size=5),
    shift=st.integers(-8, 8),
    seed=st.integers(0, 99),
)
def test_a_neuron_takes_a_positive_scale_and_fires_as_before(
    keyword: str, reset: str, exponents: list[int], shift: int, seed: int
) -> None:
    changes: dict[str, object] = {"reset": reset}
    if keyword == "alpha_lif":
        changes |= {"reset_amount": 0.0} if reset == "value" else {}
    network = scaled(keyword, 2.0 ** np.array(exponents), shift / 16, **changes)
    after = fires_alike(network, seed)
    assert "affine" not in {node.op.keyword for node in after}


@pytest.mark.parametrize(
    "order", ["now", "before-decay", "after-decay", "after-input", "rechecked"]
)
@given(seed=st.integers(0, 99))
@settings(max_examples=10)
def test_so_it_does_in_every_order_with_a_floor_and_several_spikes(order: str, seed: int) -> None:
    network = scaled("lif", 0.5, reset_order=order, floor=-0.5, spikes=3)
    after = fires_alike(network, seed)
    assert (after["s"].op.threshold, after["s"].op.floor) == (2.0, -1.0)
    assert after["s"].inputs == (Use("c"),)


def test_a_delay_before_and_one_behind_the_scale_add_up() -> None:
    network = scaled("lif", 0.5)
    late = {"a": (Use("c", 2),), "s": (Use("a", 1),)}
    nodes = tuple(replace(n, inputs=late.get(n.name, n.inputs)) for n in network)
    assert fires_alike(replace(network, nodes=nodes), 1)["s"].inputs == (Use("c", 3),)


@pytest.mark.parametrize("scale", [-0.5, 0.0])
def test_what_turns_or_silences_a_current_stays(scale: float) -> None:
    assert "a" in FoldNorm()(scaled("lif", scale))


def test_the_scale_of_a_potential_that_is_read_stays() -> None:
    network = scaled("lif", 0.5)
    read = replace(network, outputs=(Use("s"), Use("c"), Use("s", state="v")))
    assert "a" in FoldNorm()(verify(read))


def test_a_shift_that_arrives_late_stays() -> None:
    network = scaled("lif", 0.5, 0.25)
    nodes = tuple(replace(n, inputs=(Use("a", 1),)) if n.name == "s" else n for n in network)
    assert "a" in FoldNorm()(verify(replace(network, nodes=nodes)))


def test_a_norm_of_spikes_passes_a_mean_over_places_into_the_weights_behind() -> None:
    rng = np.random.default_rng(0)
    tensors = {
        "scale": Tensor(rng.normal(size=(5, 1, 1))),
        "shift": Tensor(rng.normal(size=(5, 1, 1))),
        "w": Tensor(rng.normal(size=(3, 5))),
    }
    text = """network pooled tick=0.001s decode=count {
  %x = input() {shape=[5, 2, 4], signal="spike"}
  %n = affine(%x) {scale=@scale, shift=@shift}
  %t = transpose(%n) {order=[0, 2, 1]}
  %f = reshape(%t) {shape=[5, 8]}
  %p = sum_pool(%f) {kernel=[8], stride=[8], padding=[[0, 0]]}
  %g = reshape(%p) {shape=[5]}
  %m = affine(%g) {scale=0.125, shift=0.0}
  %o = dense(%m) {weight=@w}
  return %o
}
"""
    network = verify(parse(text, tensors))
    after = verify(FoldNorm()(network))
    assert "affine" not in {node.op.keyword for node in after}
    x = {"x": (rng.random((3, 4, 5, 2, 4)) < 0.5).astype(float)}
    assert np.allclose(run(network, x).output, run(after, x).output, rtol=1e-12, atol=1e-12)
    # Not so where the norm is another one in each place of a window.
    varied = {**tensors, "scale": Tensor(rng.normal(size=(5, 2, 4)))}
    stays = verify(FoldNorm()(verify(parse(text, varied))))
    assert isinstance(stays["n"].op, Affine)
    assert stays["p"].inputs == (Use("n"),)


def read_by_several(last: str) -> Network:
    """A map that another map, weights behind a layout, and weights read; and its input as well."""
    rng = np.random.default_rng(5)
    shapes = {"w": (6, 4), "scale": (6,), "shift": (6,), "own": (6,), "d": (2, 6)}
    tensors = {name: Tensor(rng.integers(-32, 32, shape) / 16) for name, shape in shapes.items()}
    tensors["b"] = Tensor(rng.integers(-32, 32, (6, 3, 1)) / 16)
    text = f"""network spread tick=0.001s decode=count {{
  %x = input() {{shape=[4], signal="spike"}}
  %c = dense(%x) {{weight=@w}}
  %a = affine(%c) {{scale=@scale, shift=@shift}}
  %m = affine(%a) {{scale=@own, shift=0.5}}
  %r = reshape(%a) {{shape=[6, 1]}}
  %b = block_dense(%r) {{weight=@b}}
  %d = {last}
  %s = sum(%m, %c)
  return %s, %b, %d
}}
"""
    return verify(parse(text, tensors))


def test_a_map_that_several_read_is_folded_into_each() -> None:
    after = fires_alike(read_by_several("dense(%a) {weight=@d}"), seed=6)
    assert not any(isinstance(node.op, Affine) for node in after if node.name != "m")


@pytest.mark.parametrize("last", ["relu(%a)", "dense(%a@-1) {weight=@d}"])
def test_a_map_that_one_cannot_take_stays_one(last: str) -> None:
    after = fires_alike(read_by_several(last), seed=7)
    assert {node.name for node in after if isinstance(node.op, Affine)} == {"a", "m"}
