"""The strategies reach every op and every option, and write only what the verifier accepts."""

from collections import defaultdict
from collections.abc import Mapping

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from snncc.ir import Network, all_ops, verify
from snncc.ir.ops import Spiking
from snncc.ir.ops.neuron import CURRENT_ORDERS
from snncc.ir.ops.spiking import COMPARES, ORDERS, RESETS
from tests.nets import HAND, hand, networks, quantized_networks

either = st.one_of(networks(), quantized_networks())


@given(either)
def test_the_verifier_accepts_what_is_drawn(network: Network) -> None:
    assert verify(network) is network


@pytest.mark.parametrize("name", HAND)
def test_the_verifier_accepts_what_is_written_by_hand(name: str) -> None:
    network = hand(name)
    assert verify(network) is network
    assert len(network.nodes) <= 10


@pytest.mark.parametrize("keyword", sorted(all_ops()))
@settings(max_examples=4)
@given(data=st.data())
def test_an_op_asked_for_is_there(keyword: str, data: st.DataObject) -> None:
    kinds = (networks(including=keyword), quantized_networks(including=keyword))
    network = data.draw(st.one_of(*kinds))
    assert keyword in {node.op.keyword for node in network}


REACHED: Mapping[str, set[object]] = {
    "keyword": {*all_ops()},
    "delay": {0, 1, 2, 3},
    "state": {"", "v", "i", "b"},
    "compare": {*COMPARES},
    "current_order": {*CURRENT_ORDERS},
    "spikes": {1, 2, 4},
    "refractory": {0, 1, 2},
    "order": {*((o, r) for o in ORDERS[:4] for r in RESETS), ("rechecked", "subtract")},
    "tensors": {"bias", "threshold", "reset_amount", "initial", "floor", "decay"},
}
"""What networks may have → all that must come up."""
ROUNDS = 6  # of which the first is enough, but for other examples of another Hypothesis


def test_every_op_and_every_option_is_reached() -> None:
    seen: dict[str, set[object]] = defaultdict(set)

    def collect(network: Network) -> None:
        for node in network:
            seen["keyword"].add(node.op.keyword)
            seen["delay"].update(use.delay for use in node.inputs)
            seen["state"].update(use.state for use in node.inputs)
            for name, value in vars(node.op).items():
                if name in ("compare", "reset", "current_order", "spikes", "refractory"):
                    seen[name].add(value)
            if isinstance(node.op, Spiking):
                seen["order"].add((node.op.reset_order, node.op.reset))
                seen["tensors"].update(node.op.refs())

    often = settings(max_examples=600, phases=[Phase.generate], database=None)
    for number in range(ROUNDS):
        seed(number)(often(given(either)(collect)))()
        missing = {kind: every - seen[kind] for kind, every in REACHED.items()}
        missing = {kind: left for kind, left in missing.items() if left}
        if not missing:
            break
    assert not missing
    assert seen["keyword"] == {*all_ops()}
    assert seen["compare"] == {*COMPARES}
    assert seen["current_order"] == {*CURRENT_ORDERS}
