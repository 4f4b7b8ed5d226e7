"""What is proven about states: nothing that a network does exceeds it, and a reset helps."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import (
    Arithmetic,
    Factor,
    Format,
    Network,
    Node,
    Op,
    Overflow,
    Quantity,
    Ref,
    Rounding,
    Tensor,
    Use,
    Values,
    all_ops,
    arithmetics,
    bounds,
    run,
)
from snncc.ir.bounds import wire_bounds
from snncc.ir.ops import IF, LIF, Dense, Input
from snncc.ir.passes import Quantize, calibrate, find_unproven, worst_case
from tests.nets import quantized_networks, spikes_for

KEEPING = sorted(k for k, kind in all_ops().items() if kind.worst_case is not Op.worst_case)
TICKS = 40

RESET = {"reset": "value", "reset_amount": 0.0, "reset_order": "now"}
PLAIN = {"bias": 0.0, "compare": ">", "spikes": 1, "refractory": 0, "initial": 0.0}


def single(op: IF | LIF, low: float = -1.0) -> Network:
    """One population behind weights between `low` and one, quantized."""
    weight = np.random.default_rng(0).uniform(low, 1.0, (8, 12))
    nodes = (
        Node("x", Input((12,), "spike")),
        Node("c", Dense(Ref("w")), (Use("x"),)),
        Node("s", op, (Use("c"),)),
    )
    tensors = MappingProxyType({"w": Tensor(weight)})
    network = Network("single", nodes, (Use("s"),), 0.001, tensors)
    ranges = calibrate(network, spikes_for(network, samples=2, ticks=30))
    return Quantize(ranges=ranges)(network)


def worst(network: Network) -> np.ndarray:
    return worst_case(network, network["s"], bounds(network), arithmetics(network))


@settings(max_examples=40)
@given(
    decay=st.sampled_from([0.3, 0.8, 0.97]),
    reset=st.sampled_from(["subtract", "value", "none"]),
    order=st.sampled_from(["now", "before-decay", "after-decay", "after-input"]),
    amount=st.sampled_from([-0.5, 0.0, 0.4, 1.0]),
    initial=st.sampled_from([-2.0, 0.0, 1.5]),
    seed=st.integers(0, 9),
)
def test_no_state_exceeds_its_worst_case(
    decay: float, reset: str, order: str, amount: float, initial: float, seed: int
) -> None:
    how = {"reset": reset, "reset_amount": amount, "reset_order": order}
    network = single(LIF(**{**PLAIN, **how, "initial": initial}, threshold=0.9, decay=decay))
    # Each sample drives one neuron as far as it goes, up or down.
    signs = np.sign(network.tensors["w"].values)
    x = np.concatenate([signs > 0, signs < 0])[:, None].repeat(60, axis=1).astype(float)
    x = np.concatenate([x, spikes_for(network, seed, samples=2, ticks=60)["x"]])
    trace = run(network, x, record=("%s.v",))
    peak = np.abs(trace["%s.v"]).max(axis=(0, 1))
    assert np.all(peak <= worst(network))


def test_a_reset_to_a_value_ends_every_rise() -> None:
    kept = single(LIF(**PLAIN, reset="none", reset_amount=0.0, reset_order="now", threshold=0.9,
                      decay=0.97), low=0.0)  # fmt: skip
    ended = replace(kept["s"].op, **RESET)
    cut = replace(kept, nodes=tuple(replace(n, op=ended) if n.name == "s" else n for n in kept))
    assert np.all(worst(cut) < worst(kept) / 10)


def test_without_leak_and_inhibition_a_reset_is_a_proof() -> None:
    assert not find_unproven(single(IF(**PLAIN, **RESET, threshold=0.9), low=0.0))
    assert np.isinf(find_unproven(single(IF(**PLAIN, **RESET, threshold=0.9)))["s"][0])


def plain(format: Format) -> Format:
    """As quantize chooses it: wide, products rounded toward zero."""
    if isinstance(format, Factor):
        return replace(format, rounding=Rounding.TOWARD_ZERO)
    if isinstance(format, Quantity) and format.bits > 8:
        return replace(format, bits=32, overflow=Overflow.SATURATE)
    return format


WAYS = 6  # of choosing what comes in


def drives(
    ends: Sequence[tuple[Values, Values]], state: Values, tick: int, seed: int
) -> list[Values]:
    """Inputs of a tick within their limits, a sample for each way of choosing them.

    The least; the most; what pushes a neuron on in the way it went; what pushes it back; the least
    and the most in turn; and any.

    Args:
        ends: smallest and largest code of each input, `[1, *shape]`.
        state: of the samples so far, `[samples, *shape]`.
    """
    rng = np.random.default_rng([seed, tick])
    found: list[Values] = []
    for low, high in ends:
        up = state >= 0 if state.shape[1:] == low.shape[1:] else np.zeros(state.shape[:1], bool)
        up = up.reshape(*up.shape, *(1,) * (low.ndim - up.ndim))
        on, back = np.where(up[2], high[0], low[0]), np.where(up[3], low[0], high[0])
        turn = (high if tick % 2 else low)[0]
        found.append(np.stack([low[0], high[0], on, back, turn, rng.integers(low, high + 1)[0]]))
    return found


def peaks(
    node: Node,
    a: Arithmetic,
    ends: Sequence[tuple[Values, Values]],
    shape: tuple[int, ...],
    seed: int,
) -> Iterator[tuple[str, Values]]:
    """Real state → largest magnitude `[*shape]` that it takes, tick by tick."""
    real = [state.name for state in node.op.states if state.real]
    state = {n: np.broadcast_to(v, (WAYS, *shape)) for n, v in node.op.begin(shape, a).items()}
    for tick in range(TICKS):
        yield from ((name, np.abs(state[name]).max(axis=0)) for name in real)
        state, _ = node.op.step(state, drives(ends, state[real[0]], tick, seed), a)


@pytest.mark.parametrize("keyword", KEEPING)
@settings(max_examples=15)
@given(data=st.data(), seed=st.integers(0, 99))
def test_no_state_of_any_op_exceeds_its_worst_case(
    keyword: str, data: st.DataObject, seed: int
) -> None:
    """Whatever comes in within its limits, in whatever order."""
    drawn = data.draw(quantized_networks(including=keyword))
    nodes = (
        replace(n, formats={r: plain(f) for r, f in n.formats.items()})
        if n.op.keyword == keyword
        else n
        for n in drawn
    )
    network = replace(drawn, nodes=tuple(nodes))
    limits, numbers = bounds(network), arithmetics(network)
    for node in network:
        if node.op.keyword != keyword:
            continue
        a, shape = numbers[node.name][0], network.shapes[node.name]
        ends = [wire_bounds(network, use, limits, numbers) for use in node.inputs]
        proven = np.broadcast_to(worst_case(network, node, limits, numbers), shape)
        for name, seen in peaks(node, a, ends, shape, seed):
            assert np.all(seen <= proven), f"%{node.name}.{name}: {seen} of {proven}"


def test_every_op_with_states_of_its_own_is_tried() -> None:
    assert {"if", "lif", "cuba_lif", "alif", "alpha_lif", "li", "dual_cuba_lif"} <= {*KEEPING}
