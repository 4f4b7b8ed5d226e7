"""Tiles: every neuron in one, few of them, counted like the synapses they stand for."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product
from math import ceil, prod
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends.spinnaker2.applications.currents import Currents
from snncc.backends.spinnaker2.partition.conv_tiles import Piece, piece
from snncc.backends.spinnaker2.partition.core_usage import kernel_bytes
from snncc.backends.spinnaker2.partition.fan_in import fan
from snncc.backends.spinnaker2.partition.tile import MORE_CORES, Tile, choose_tiles
from snncc.backends.spinnaker2.program import Partition, Synapses, Window
from snncc.backends.spinnaker2.simulate import simulate
from snncc.ir import Network, run, verify
from snncc.ir.ops import LIF, Conv, Input, SumPool
from tests.backends.spinnaker2.nets import PLAIN, Growth, prepared
from tests.nets import spikes_for

NONE = np.zeros(0, dtype=np.int64)
LOOK = ((1, 3, 3), (1, 1, 1))
sides = st.integers(1, 20)


def conv(seed: int) -> Synapses:
    rng = np.random.default_rng(seed)
    window = Window((2, 8, 8), (3, 4, 4), (2, 1), (1, 2), (1, 1, 0, 1))
    weights = rng.integers(1, 9, (3, 2, 3, 3)).astype(np.int8)
    return Synapses("k", "a", "b", "conv", 0, weights, NONE, NONE, window, 128, 48)


@settings(max_examples=50)
@given(st.tuples(sides, sides, sides), st.integers(1, 256))
def test_tiles_hold_every_neuron_once_and_are_few(shape, most):
    rows = ceil(prod(shape) / most)
    found = choose_tiles(shape, most, rows, LOOK, lambda tile: True)
    if found:
        members = np.concatenate([tile.members for tile in found])
        assert sorted(members.tolist()) == list(range(prod(shape)))
        assert all(tile.neurons == len(tile.members) <= most for tile in found)
        assert len(found) <= ceil(rows * MORE_CORES)


def test_tiles_hear_little_square_ones_of_all_channels_first():
    found = choose_tiles((16, 32, 32), 256, 64, LOOK, lambda tile: True)
    assert {(t.channels, t.high[1] - t.low[1], t.high[2] - t.low[2]) for t in found} == {(16, 4, 4)}
    flat = choose_tiles((16, 32, 32), 256, 64, LOOK, lambda tile: tile.channels == 1)
    assert {(t.channels, t.high[1] - t.low[1], t.high[2] - t.low[2]) for t in flat} == {(1, 16, 16)}
    assert str(flat[1]) == "0:1, 0:16, 16:32"


def test_no_tiles_where_none_fit_or_cores_would_be_wasted():
    assert not choose_tiles((4, 8, 8), 64, 4, LOOK, lambda tile: False)
    assert not choose_tiles((3, 3, 3), 8, 4, LOOK, lambda tile: True)


@pytest.mark.parametrize("seed", range(4))
def test_the_fan_of_a_tile_counts_the_synapses(seed: int) -> None:
    synapses = conv(seed)
    units = np.eye(synapses.inputs)
    whole = (Currents(synapses, apart=False).of(units)[0].T != 0).astype(np.int64)
    chance = np.random.default_rng(seed)
    for _ in range(10):
        ends = [sorted(chance.choice(n + 1, 2, replace=False).tolist()) for n in (3, 4, 4)]
        low, high = zip(*ends, strict=True)
        tile = Tile((3, 4, 4), low, high)
        found = fan(synapses, 0, 0, tile)
        assert np.array_equal(found.counts, whole[tile.members].sum(axis=0))
        assert kernel_bytes(synapses, 0, 0, tile) >= kernel_bytes(synapses, 0, 16 * tile.channels)


def image_network(seed: int = 0, side: int = 24) -> Network:
    """Two convolutions over so many pixels squared, with a pool between them."""
    growth = Growth(np.random.default_rng(seed))
    use = growth.add(Input((2, side, side), "spike"), name="x")
    for name, inputs in (("a", 2), ("b", 8)):
        layer = Conv(growth.weight(8, inputs, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
        use = growth.add(LIF(**PLAIN, decay=0.5), growth.add(layer, use), name=name)
        if name == "a":
            use = growth.add(SumPool((2, 2), (2, 2), ((0, 0), (0, 0))), use)
    tensors = MappingProxyType(growth.tensors)
    return verify(Network("image", tuple(growth.nodes), (use,), 0.001, tensors))


def test_a_convolution_runs_in_tiles_whose_links_are_those_of_its_synapses():
    network = image_network()
    signal = spikes_for(network, samples=2, ticks=12)
    quantized, program = prepared(network, signal, {"duration": "12"})
    partition = program.partition
    assert all(core.tile for core in partition.cores)
    sizes = {n.name: n.size for n in (*program.sources, *program.neurons)}
    for name, size in sizes.items():
        members = [core.members for core in partition.cores if core.population == name]
        assert sorted(np.concatenate(members).tolist()) == list(range(size))
    expected = np.zeros((len(partition.cores),) * 2, dtype=np.int64)
    for each in program.synapses:
        units = np.eye(each.inputs, dtype=np.float32)
        heard = Currents(each, apart=False).of(units)[0] != 0
        for s, source in enumerate(partition.cores):
            for t, target in enumerate(partition.cores):
                if (source.population, target.population) == (each.source, each.target):
                    expected[s, t] += heard[np.ix_(source.members, target.members)].sum()
    assert np.array_equal(np.flatnonzero(expected), _pairs(partition))
    # A weight of zero is a synapse of the kernel too, and is in no sum.
    assert np.all(partition.synapses >= expected[expected > 0])
    assert len(partition.targets) < 0.5 * expected.size
    trace = simulate(program, signal)
    assert np.array_equal(trace["%b"], run(quantized, signal)["%b"])


def test_images_whose_pool_leaves_pixels_over_are_not_tiled():
    network = image_network(side=25)
    _, program = prepared(network, spikes_for(network, samples=1, ticks=4), {"duration": "4"})
    tiled = {core.population: bool(core.tile) for core in program.partition.cores}
    assert tiled == {"x": True, "a": False, "b": False}


def _pairs(partition: Partition) -> np.ndarray:
    cores = len(partition.cores)
    return np.repeat(np.arange(cores), np.diff(partition.offsets)) * cores + partition.targets


def test_a_lost_link_between_tiles_silences_that_part_of_the_image():
    network = image_network(1)
    signal = spikes_for(network, samples=2, ticks=12)
    _, program = prepared(network, signal, {"duration": "12"})
    without = replace(program.routing, masks=np.zeros_like(program.routing.masks))
    deaf = simulate(replace(program, routing=without), signal)
    assert not deaf["%b"].any()
    assert simulate(program, signal)["%b"].any()


@settings(max_examples=40)
@given(st.integers(0, 1 << 16))
def test_pieces_between_tiles_add_up_to_the_convolution(seed: int) -> None:
    chance = np.random.default_rng(seed)
    synapses = conv(seed)
    window = synapses.window
    sources = _random_tiles(chance, window.size)
    spikes = (chance.random((1, *window.size)) < 0.5).astype(np.float32)
    whole = Currents(synapses, apart=False).of(spikes.reshape(1, -1))[0].reshape(window.out)
    for target in _random_tiles(chance, window.out):
        box = tuple(slice(a, b) for a, b in zip(target.low, target.high, strict=True))
        total = np.zeros_like(whole[box])
        for source in sources:
            found = piece(synapses, source, target)
            if found is None:
                continue
            assert min(found.padding) >= 0
            image = spikes[0][tuple(map(slice, source.low, source.high))]
            part = Synapses(
                "p", "a", "b", "conv", 0, found.weights, NONE, NONE,
                Window(image.shape, total.shape, (1, 1), found.stride, found.padding),
                image.size, total.size,
            )  # fmt: skip
            added = Currents(part, apart=False).of(image.reshape(1, -1))[0]
            total = total + added.reshape(total.shape)
            assert _sides(found, image.shape) == total.shape[1:]
        assert np.array_equal(total, whole[box])


def _random_tiles(chance: np.random.Generator, shape: tuple[int, ...]) -> list[Tile]:
    """An image cut at random along each axis."""
    cuts = [
        sorted({0, n, *chance.integers(0, n, int(chance.integers(0, 3))).tolist()}) for n in shape
    ]
    boxes = product(*(list(pairwise(cut)) for cut in cuts))
    return [Tile(shape, *(tuple(ends) for ends in zip(*box, strict=True))) for box in boxes]


def _sides(found: Piece, image: tuple[int, ...]) -> tuple[int, ...]:
    """Height and width of what a convolution of the padded image puts out."""
    top, bottom, left, right = found.padding
    padded = image[1] + top + bottom, image[2] + left + right
    taps = found.weights.shape[2:]
    return tuple((p - k) // s + 1 for p, k, s in zip(padded, taps, found.stride, strict=True))
