"""The strategies reach every op and every option, and write only what the verifier accepts."""

from collections import defaultdict

import pytest
from hypothesis import Phase, given, settings
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


def test_every_op_and_every_option_is_reached() -> None:
    seen: dict[str, set[object]] = defaultdict(set)

    @settings(max_examples=600, phases=[Phase.generate], derandomize=True, database=None)
    @given(either)
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

    collect()
    assert seen["keyword"] == set(all_ops())
    assert seen["delay"] >= {0, 1, 2, 3}
    assert seen["state"] >= {"", "v", "i", "b"}
    assert seen["compare"] == set(COMPARES)
    assert seen["current_order"] == set(CURRENT_ORDERS)
    assert seen["spikes"] >= {1, 2, 4}
    assert seen["refractory"] >= {0, 1, 2}
    assert seen["order"] >= {(order, reset) for order in ORDERS[:4] for reset in RESETS}
    assert ("rechecked", "subtract") in seen["order"]
    assert seen["tensors"] >= {"bias", "threshold", "reset_amount", "initial", "floor", "decay"}
