"""What is proven about states: nothing that a network does exceeds it, and a reset helps."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import Network, Node, Ref, Tensor, Use, arithmetics, bounds, run
from snncc.ir.ops import IF, LIF, Dense, Input
from snncc.ir.passes import Quantize, calibrate, unproven, worst_case
from tests.nets import spikes_for

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
    assert not unproven(single(IF(**PLAIN, **RESET, threshold=0.9), low=0.0))
    assert np.isinf(unproven(single(IF(**PLAIN, **RESET, threshold=0.9)))["s"][0])
