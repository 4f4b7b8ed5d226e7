"""Placement: complete, deterministic, no worse than its starts; costs equal walked ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends.spinnaker2.chip.machine import (
    BOARD_LINK_HOPS,
    LINK_HOPS,
    LINKS,
    NODES,
    ROUTER,
    machine,
    node_hops,
    node_paths,
    node_positions,
)
from snncc.backends.spinnaker2.chip.multicast_trees import Trees
from snncc.backends.spinnaker2.chip.target import USABLE_CORES_PER_BOARD, USABLE_CORES_PER_CHIP
from snncc.backends.spinnaker2.placement import hypergraph
from snncc.backends.spinnaker2.placement.placement import place, place_by_partitioner, sequential
from snncc.backends.spinnaker2.placement.traffic import Traffic, cost
from snncc.ir import CapacityError

from .traffics import scattered, traffic, traffics

ONE_CHIP = machine(0)


def hops(some, placement):
    return cost(some, Trees(placement.machine), placement.places).hops


@settings(max_examples=5)
@given(traffics)
def test_every_core_has_a_place_of_its_own_and_the_same_seed_gives_the_same(some):
    found = place(some, ONE_CHIP)
    assert len(set(found.places.tolist())) == some.cores
    assert found.places.min() >= 0
    assert found.places.max() < ONE_CHIP.cores
    assert np.array_equal(found.places, place(some, ONE_CHIP).places)


@settings(max_examples=5)
@given(traffics)
def test_placement_is_no_worse_than_order_or_partitioner(some):
    exact = Traffic(some.weights, some.offsets, some.targets)
    least = min(
        hops(exact, sequential(exact, ONE_CHIP)), hops(exact, place_by_partitioner(exact, ONE_CHIP))
    )
    assert hops(exact, place(exact, ONE_CHIP)) <= least


def test_several_chips_are_filled_no_further_than_they_go():
    some = traffic(330, 4)
    found = place(some, machine(1))
    assert len(set(found.places.tolist())) == some.cores
    assert np.bincount(found.chips).max() <= USABLE_CORES_PER_CHIP
    assert hops(some, found) < 0.6 * hops(some, sequential(some, machine(1)))


def test_placement_without_the_partitioner_still_gains(monkeypatch):
    monkeypatch.setattr(hypergraph, "available", lambda: False)
    some = traffic(200, 5)
    assert hops(some, place(some, machine(1))) < hops(some, sequential(some, machine(1)))


@pytest.mark.parametrize("how", [sequential, place_by_partitioner, place])
def test_too_many_cores_are_refused_with_what_there_is(how):
    silent = Traffic(np.zeros(149), np.zeros(150, dtype=np.int64), np.zeros(0, dtype=np.int64))
    with pytest.raises(CapacityError, match=r"^S011: .* needs 149 cores, 1 chip has 148; make it"):
        how(silent, ONE_CHIP)


def test_blocks_keep_within_their_capacity():
    some = traffic(75, 6)
    found = hypergraph.blocks(some, 19, 4)
    assert np.bincount(found, minlength=19).max() <= 4
    assert np.array_equal(found, hypergraph.blocks(some, 19, 4))


@settings(max_examples=25)
@given(traffics, st.sampled_from([0, 1, 3]), st.integers(0, 1 << 16))
def test_cost_is_what_walking_every_packet_counts(some, boards, seed):
    placement = scattered(some.cores, boards, seed)
    on, trees = placement.machine, Trees(placement.machine)
    packets = mesh = crossings = weighted = 0.0
    load: dict[tuple[int, ...], float] = {}
    at = node_positions()

    def send(chip, start, end, rate):
        nonlocal packets, mesh
        packets += rate
        (x, y), (to_x, to_y) = at[start].tolist(), at[end].tolist()
        while (x, y) != (to_x, to_y):  # along x first
            step = (np.sign(to_x - x), 0) if x != to_x else (0, np.sign(to_y - y))
            link = (chip, x, y, *map(int, step))
            load[link] = load.get(link, 0.0) + rate
            mesh += rate
            x, y = x + int(step[0]), y + int(step[1])

    for core in range(some.cores):
        rate, home = some.rates[core], int(placement.chips[core])
        targets = some.targets[some.offsets[core] : some.offsets[core + 1]]
        ends = {(int(placement.chips[t]), int(placement.quads[t])) for t in targets}
        abroad = sorted({chip for chip, _ in ends} - {home})
        if abroad:
            send(home, int(placement.quads[core]), ROUTER, rate)
        for chip, quad in ends:
            send(chip, int(placement.quads[core]) if chip == home else ROUTER, quad, rate)
        if abroad:
            for chip, link in trees.tree(home, np.array(abroad)).branches:
                crossings += rate
                weighted += rate * on.link_hops[chip, link]
    found = cost(some, trees, placement.places)
    expected = (packets, mesh, crossings, mesh + weighted, max(load.values(), default=0.0))
    actual = (found.packets, found.mesh_hops, found.crossings, found.hops, found.mesh_load)
    assert actual == pytest.approx(expected)


@given(traffics, st.integers(0, 1 << 16))
def test_one_packet_per_core_costs_no_less_than_multicast(some, seed):
    placement = scattered(some.cores, 1, seed)
    trees = Trees(placement.machine)
    together = cost(some, trees, placement.places)
    apart = cost(some, trees, placement.places, unicast=True)
    assert apart.packets >= together.packets * (1 - 1e-9)
    assert apart.crossings >= together.crossings * (1 - 1e-9)


@pytest.mark.parametrize("boards", [1, 2, 3, 6])
def test_boards_have_48_chips_whose_links_lead_both_ways(boards):
    on = machine(boards)
    assert on.chips == 48 * boards
    assert on.cores == USABLE_CORES_PER_BOARD * boards
    chip, link = np.nonzero(on.neighbours >= 0)
    back = on.neighbours[on.neighbours[chip, link], (link + len(LINKS) // 2) % len(LINKS)]
    assert np.array_equal(back, chip)
    assert np.array_equal(on.distances, on.distances.T)
    assert len(chip) == (6 * on.chips if boards % 3 == 0 else {1: 240, 2: 496}[boards])


def test_a_link_between_chips_counts_as_the_hops_that_carry_as_much():
    on = machine(3)
    assert (LINK_HOPS, BOARD_LINK_HOPS) == (10, 29)
    assert set(np.unique(on.link_hops)) == {LINK_HOPS, BOARD_LINK_HOPS}


@settings(max_examples=25)
@given(st.integers(0, 95), st.sets(st.integers(0, 95), min_size=1, max_size=12))
def test_trees_reach_every_chip_once(root, chips):
    on = machine(2)
    tree = Trees(on).tree(root, np.array(sorted(chips)))
    reached = [root]
    for chip, link in tree.branches:
        assert chip in reached
        reached.append(int(on.neighbours[chip, link]))
    assert len(reached) == len(set(reached))
    assert chips <= set(reached)
    leaves = set(reached) - {chip for chip, _ in tree.branches}
    assert leaves <= chips | {root}
    assert tree.hops >= on.distances[root, sorted(chips)].max()


def test_mesh_ways_are_as_long_as_distances():
    assert np.array_equal(node_paths().sum(axis=1).reshape(NODES, NODES), node_hops())
