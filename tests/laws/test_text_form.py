"""The text form and the network say the same: the round trip, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.ir import Network, parse, show
from tests.nets import HAND, hand, networks, quantized_networks


@given(st.one_of(networks(), quantized_networks()))
def test_a_network_that_is_shown_and_parsed_is_the_same(network: Network) -> None:
    assert parse(show(network), network.tensors) == network


@given(st.one_of(networks(), quantized_networks()), st.booleans())
def test_a_text_that_is_parsed_and_shown_is_the_same(network: Network, header: bool) -> None:
    text = show(network, tensors=header)
    assert show(parse(text, network.tensors), tensors=header) == text


@pytest.mark.parametrize("name", HAND)
def test_hand_written_texts_come_back(name: str) -> None:
    network = hand(name)
    assert parse(show(network), network.tensors) == network
