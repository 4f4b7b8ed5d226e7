"""A node in parts computes what it computed whole; what cannot be parted says so."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from snncc.ir import Network, Origin, PassError, bounds, parse, run, tensors, verify
from snncc.ir.edit import split
from snncc.ir.ops import BlockDense, Conv, Dense
from snncc.ir.passes import Quantize, calibrate
from tests.nets import HAND, hand, quantized_networks, spikes_for


def whole_nodes(network: Network) -> list[str]:
    """Names of the nodes that can be split: none of their states is read."""
    uses = [*network.outputs, *(use for node in network for use in node.inputs)]
    read = {use.source for use in uses if use.state}
    return [
        node.name
        for node in network
        if (node.op.states or isinstance(node.op, Dense | BlockDense | Conv))
        and node.name not in read
        and network.shapes[node.name][0] > 1
    ]


@settings(max_examples=60)
@given(quantized_networks(), st.data())
def test_parts_change_no_trace(network: Network, data: st.DataObject) -> None:
    names = whole_nodes(network)
    assume(names)
    name = data.draw(st.sampled_from(names))
    extent = network.shapes[name][0]
    first = data.draw(st.integers(1, extent - 1))
    try:
        parted = verify(split(network, name, (first, extent - first)))
    except PassError as refused:
        assert "cuts a group" in str(refused)
        return
    signal = spikes_for(network, 3, samples=2, ticks=6)
    expected = run(network, signal, record="all")
    count, where = expected.compare(run(parted, signal, record="all"))
    assert count == 0, where
    assert bounds(parted)[name][0].shape == bounds(network)[name][0].shape


@pytest.mark.parametrize("name", HAND)
def test_parts_of_quantized_networks_keep_their_units(name: str) -> None:
    network = hand(name)
    signal = spikes_for(network, ticks=25)
    network = Quantize(ranges=calibrate(network, signal))(network)
    expected = run(network, signal, record="all")
    for node in whole_nodes(network):
        extent = network.shapes[node][0]
        parted = verify(split(network, node, [1, *[1] * (extent - 2), 1]))
        count, where = expected.compare(run(parted, signal, record="all"))
        assert count == 0, (node, where)


@pytest.mark.parametrize("name", HAND)
def test_parts_come_from_where_the_node_came_from(name: str) -> None:
    network = hand(name)
    for node in whole_nodes(network):
        places = (replace(n, origin=Origin(n.name, "net.py", i)) for i, n in enumerate(network))
        placed = replace(network, nodes=tuple(places))
        parted = split(placed, node, (1, network.shapes[node][0] - 1))
        assert {part.origin for part in parted if part not in placed.nodes} == {placed[node].origin}


GROUPED = """network grouped tick=0.001s decode=count {
  %x = input() {shape=[4, 5], signal="spike"}
  %k = conv(%x) {weight=@k, stride=[1], padding=[[1, 1]], dilation=[1], groups=2}
  return %k
}
"""


def test_a_convolution_in_groups_is_parted_between_them_only() -> None:
    network = verify(parse(GROUPED, tensors(k=np.arange(36.0).reshape(6, 2, 3))))
    signal = spikes_for(network)
    parted = verify(split(network, "k", (3, 3)))
    assert np.array_equal(run(network, signal).output, run(parted, signal).output)
    for sizes in ((2, 4), (3, 1, 2), (4, 2)):
        with pytest.raises(PassError, match=r"split: \d:\d cuts a group of %k"):
            split(network, "k", sizes)


def test_what_must_stay_whole_is_refused() -> None:
    network = hand("readout")
    with pytest.raises(PassError, match="a state of %s1 is read"):
        split(network, "s1", (6, 6))
    with pytest.raises(PassError, match="found \\[1, 1\\] for its first axis"):
        split(network, "v", (1, 1))
    with pytest.raises(PassError, match="%f is not a population"):
        split(hand("memory"), "f", (6, 6))


def test_a_split_convolution_reads_its_own_channels_only() -> None:
    network = split(hand("convolutional"), "k", (1, 3))
    assert [network.shapes[part] for part in ("k_0", "k_1", "k")] == [
        (1, 6, 6),
        (3, 6, 6),
        (4, 6, 6),
    ]
    weights = [network.tensors[network[part].op.weight.name].values for part in ("k_0", "k_1")]
    assert np.array_equal(np.concatenate(weights), hand("convolutional").tensors["k.weight"].values)
