"""Networks as DOT and HTML: whole, well-formed, and whatever a name holds stays text."""

import re
from dataclasses import replace

import pytest
from hypothesis import given

from snncc.ir import Network, Origin
from snncc.report import network_dot, network_html
from tests.nets import HAND, hand, networks

QUOTED = r'"(?:[^"\\\n]|\\.)*"'
ATTRIBUTES = rf"(?: \[\w+=(?:{QUOTED}|\w+)(?:, \w+=(?:{QUOTED}|\w+))*\])?"
NODE = re.compile(rf"  ({QUOTED}|node|edge){ATTRIBUTES};")
EDGE = re.compile(rf"  ({QUOTED}) -> ({QUOTED}){ATTRIBUTES};")


def assert_dot(network: Network) -> None:
    """Every line is of DOT's grammar, every wire and node is there, edges have two ends."""
    first, direction, *lines, last = network_dot(network).splitlines()
    assert re.fullmatch(rf"digraph {QUOTED} {{", first)
    assert (direction, last) == ("  rankdir=TB;", "}")
    edges = [found for line in lines if (found := EDGE.fullmatch(line))]
    nodes = {found[1] for line in lines if (found := NODE.fullmatch(line))}
    assert len(edges) + len(nodes) == len(lines)
    assert {end for edge in edges for end in edge.groups()} <= nodes
    wires = sum(len(node.inputs) for node in network) + len(network.outputs)
    assert len(edges) == wires
    assert len(nodes) == len(network.nodes) + len(network.outputs) + 2


@pytest.mark.parametrize("name", HAND)
def test_dot_of_written_networks(name: str) -> None:
    assert_dot(hand(name))


@given(networks())
def test_dot_of_any_network(network: Network) -> None:
    assert_dot(network)


def test_late_wires_are_dashed() -> None:
    text = network_dot(hand("recurrent"))
    assert '"s" -> "far" [label="3 ticks late", style=dashed, constraint=false];' in text


@given(networks())
def test_a_page_draws_every_node_and_wire(network: Network) -> None:
    page = network_html(network)
    assert page.count("<rect ") == len(network.nodes)
    assert page.count('<path d="M') == sum(len(node.inputs) for node in network)


def test_names_and_origins_stay_text() -> None:
    network = hand("feedforward")
    evil = "<script>alert('&')</script>"
    nodes = tuple(replace(node, origin=Origin(note=evil)) for node in network)
    page = network_html(replace(network, name=evil, nodes=nodes))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    dot = network_dot(replace(network, name='a"b\\c'))
    assert dot.startswith('digraph "a\\"b\\\\c" {')
