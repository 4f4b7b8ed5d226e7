"""Tables and nodes after edits are those that would be made anew; edits leave the old as it was."""

from collections.abc import Sequence
from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.ir import Network, RuleViolation, Use, graph, order_nodes
from snncc.ir.edit import find_fresh, insert, keep_tensor, redirect, remove
from snncc.ir.edit import replace as replace_nodes
from snncc.ir.network import Node
from snncc.ir.nodes import Nodes
from snncc.ir.ops import Sum
from snncc.ir.table import SPARED, Table
from tests.nets import networks

NAMES = st.text("abc", min_size=1, max_size=3)
EDITS = st.lists(st.tuples(st.dictionaries(NAMES, st.integers(), max_size=4), st.sets(NAMES)))


@given(st.dictionaries(NAMES, st.integers()), EDITS)
def test_a_table_after_edits_is_a_dict_after_edits(
    values: dict[str, int], edits: list[tuple[dict[str, int], set[str]]]
) -> None:
    table, expected = Table(values), dict(values)
    for put, gone in edits:
        before, old = dict(table), table
        table = table.edit(put, gone)
        expected |= put
        for name in gone & expected.keys():
            del expected[name]
        assert (dict(table), len(table)) == (expected, len(expected))
        assert {name for name in {*put, *gone} if name in table} == expected.keys() & {*put, *gone}
        assert dict(old) == before, "an edit changed the table that it began with"
    assert dict(table.items()) == expected
    assert sorted(table.values()) == sorted(expected.values())


def test_a_table_keeps_the_order_in_which_names_were_entered() -> None:
    table = Table({"b": 1, "a": 2})
    for number in range(3 * SPARED):
        table = table.edit({f"n{number}": number, "b": number}, [f"n{number - 1}"])
    assert [*table] == ["b", "a", f"n{3 * SPARED - 1}"]
    with pytest.raises(KeyError):
        table["n0"]


@given(networks(), st.data())
def test_edits_of_a_network_are_those_of_its_list_of_nodes(
    network: Network, data: st.DataObject
) -> None:
    """Order, users and shapes after random edits are those of a network made of the same nodes."""
    edited, before = network, tuple(network)
    for _ in range(data.draw(st.integers(1, 4))):
        if data.draw(st.booleans()):
            assert edited.shapes, "shapes that are known are passed on"
        edited = _edit(edited, data)
    anew = replace(edited, nodes=tuple(edited))
    assert edited == anew
    assert edited.shapes == anew.shapes
    assert [edited[node.name] for node in edited] == [*edited]
    for node in edited:
        assert sorted(_names(edited.users(node.name))) == sorted(_names(anew.users(node.name)))
    assert order_nodes(edited) == tuple(edited)
    assert tuple(network) == before


def _edit(network: Network, data: st.DataObject) -> Network:
    """A node more on a wire, with or without the wire's users; or a node that nobody uses, gone."""
    node = network.nodes[data.draw(st.integers(0, len(network.nodes) - 1))]
    unused = [n.name for n in network if not network.users(n.name)]
    unused = [name for name in unused if all(use.source != name for use in network.outputs)]
    if data.draw(st.booleans()) and unused:
        return remove(network, unused)
    more = Node(find_fresh(network, "more"), Sum(), (Use(node.name), Use(node.name)))
    if not data.draw(st.booleans()) or not network.users(node.name):
        return insert(network, more)
    moved = redirect(network, {Use(node.name): Use(more.name)})
    return insert(moved, more)


@given(networks())
def test_the_order_is_the_topological_one_that_is_lexicographical_in_places(
    network: Network,
) -> None:
    shuffled = replace(network, nodes=tuple(reversed(network.nodes)))
    place = {node.name: index for index, node in enumerate(shuffled)}
    names = nx.lexicographical_topological_sort(graph(shuffled, now=True), place.__getitem__)
    assert [node.name for node in order_nodes(shuffled)] == [*names]


def test_a_node_that_comes_to_use_a_later_one_is_listed_behind_it() -> None:
    nodes = Nodes([Node("a", Sum()), Node("b", Sum(), (Use("a"),)), Node("c", Sum(), (Use("b"),))])
    longer = nodes.edit([Node("d", Sum(), (Use("a"),)), Node("b", Sum(), (Use("d"),))])
    assert _names(longer) == ["a", "d", "b", "c"]
    assert _names(longer.edit(gone=["c"])) == ["a", "d", "b"]
    assert _names(nodes) == ["a", "b", "c"]
    assert {name: [*users] for name, users in longer.users.items()} == {
        "a": ["d"], "d": ["b"], "b": ["c"],
    }  # fmt: skip


def test_a_cycle_is_said_where_the_order_is_asked_for() -> None:
    nodes = Nodes([Node("a", Sum()), Node("b", Sum(), (Use("a"),))])
    cyclic = Network("n", nodes.edit([Node("a", Sum(), (Use("b"),))]), (), 0.001)
    assert _names(cyclic.nodes) == ["a", "b"]
    with pytest.raises(RuleViolation, match="V003"):
        order_nodes(cyclic)


def test_equal_tensors_are_kept_once_and_others_under_a_name_of_their_own() -> None:
    network = Network("n", (), (), 0.001)
    network, first = keep_tensor(network, "w", [1.0, 2.0])
    network, second = keep_tensor(network, "w", [1.0, 2.0])
    network, third = keep_tensor(network, "w", [3.0])
    assert (first.name, second.name, third.name) == ("w", "w", "w_2")
    assert [*network.tensors] == ["w", "w_2"]


def test_a_node_takes_the_place_of_its_name() -> None:
    network = Network("n", (Node("a", Sum()), Node("b", Sum(), (Use("a"),))), (), 0.001)
    again = replace_nodes(network, Node("a", Sum(), (Use("a", 1),)))
    assert _names(again.nodes) == ["a", "b"]
    assert sorted(_names(again.users("a"))) == ["a", "b"]


def _names(nodes: Sequence[Node]) -> list[str]:
    return [node.name for node in nodes]
