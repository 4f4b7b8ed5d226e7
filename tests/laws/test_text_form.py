"""The text form and the network say the same: the round trip, both ways."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.ir import Network, Node, Origin, parse, show
from snncc.ir.ops import Input
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


@given(st.text(), st.text(), st.text(), st.integers(0, 9))
def test_an_origin_of_any_text_comes_back(module: str, file: str, note: str, line: int) -> None:
    network = hand("feedforward")
    origin = Origin(module, file, line, note)
    first = Node("x", Input((12,), "spike"), origin=origin)
    odd = replace(network, nodes=(first, *network.nodes[1:]))
    text = show(odd)
    again = parse(text, network.tensors)
    assert show(again) == text
    assert str(again["x"].origin).rstrip() == str(origin).rstrip()
