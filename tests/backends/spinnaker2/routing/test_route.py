"""Routing: every spike ends where it should, once; small tables say what large ones say."""

import dataclasses
import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends.spinnaker2.chip.machine import Machine, machine
from snncc.backends.spinnaker2.chip.multicast_trees import Trees
from snncc.backends.spinnaker2.placement.placement import Placement, place
from snncc.backends.spinnaker2.routing import route as module
from snncc.backends.spinnaker2.routing.keys import NEURON_BITS, keys
from snncc.backends.spinnaker2.routing.route import route
from snncc.backends.spinnaker2.routing.router_tables import Table, make_plain, minimise
from snncc.ir import CapacityError

from ..placement.traffics import scattered, traffic, traffics

PEER = "pacman.operations.router_compressors.ordered_covering_router_compressor.ordered_covering"
keyed = st.dictionaries(st.integers(0, 1 << 12), st.integers(0, 5), max_size=60)


@settings(max_examples=25)
@given(traffics, st.sampled_from([0, 1, 2, 3]), st.integers(0, 1 << 16))
def test_every_target_is_reached_exactly_once(some, boards, seed):
    offsets, targets = route(some, scattered(some.cores, boards, seed)).trace_deliveries()
    assert np.array_equal(offsets, some.offsets)
    assert np.array_equal(targets, some.targets)


@given(keyed, st.integers(0, 8))
def test_a_minimised_table_sends_every_key_as_the_plain_one(routes, bits):
    base = np.array(sorted(routes), dtype=np.int64) << bits
    ways = np.array([routes[each] for each in sorted(routes)], dtype=np.int64)
    small, large = minimise(base, ways, bits), make_plain(base, ways, bits)
    neurons = np.arange(1 << bits)
    every = (base[:, None] + neurons).ravel()
    assert np.array_equal(large.look_up(every), np.repeat(ways, len(neurons)))
    assert np.array_equal(small.look_up(every), large.look_up(every))
    assert len(small) <= len(large)
    assert len(small) >= len(set(routes.values()))


@given(keyed)
def test_no_entry_of_a_minimised_table_can_be_left_out(routes):
    base = np.array(sorted(routes), dtype=np.int64)
    ways = np.array([routes[each] for each in sorted(routes)], dtype=np.int64)
    small = minimise(base, ways, 0)
    for index in range(len(small)):
        keep = np.arange(len(small)) != index
        less = Table(small.keys[keep], small.masks[keep], small.routes[keep])
        assert not np.array_equal(less.look_up(base), ways)


def brute(base, ways, bits):
    """The least number of prefix entries, by trying a route for each part of the tree."""

    def least(low, high, inherited):
        here = [way for key, way in zip(base, ways, strict=True) if low <= key < high]
        if not here or set(here) == {inherited}:
            return 0
        if high - low == 1:
            return 1
        middle = (low + high) // 2
        halves = [
            (way != inherited) + least(low, middle, way) + least(middle, high, way)
            for way in {*here, inherited} - {-1} | ({-1} if inherited == -1 else set())
        ]
        return min(halves)

    return least(0, 1 << bits, -1)


@settings(max_examples=40)
@given(st.dictionaries(st.integers(0, 15), st.integers(0, 2), min_size=1))
def test_no_table_of_such_masks_is_smaller(routes):
    base = sorted(routes)
    ways = [routes[each] for each in base]
    assert len(minimise(np.array(base), np.array(ways), 0)) == brute(base, ways, 4)


def test_of_several_entries_the_first_that_matches_counts():
    table = Table(np.array([4, 0]), np.array([6, 0]), np.array([1, 2]))
    assert table.look_up(np.array([4, 5, 6, 0])).tolist() == [1, 1, 2, 2]


def test_a_lost_entry_loses_the_spikes_that_it_carried():
    some = traffic(80, 1)
    whole = route(some, scattered(80, 1, 1))
    longest = max(range(48), key=lambda chip: len(whole.tables[chip]))
    none = np.zeros(0, dtype=np.int64)
    empty = Table(none, none, none)
    tables = tuple(empty if chip == longest else t for chip, t in enumerate(whole.tables))
    offsets, reached = dataclasses.replace(whole, tables=tables).trace_deliveries()
    assert len(reached) < len(some.targets)
    for core in range(80):
        wanted = some.targets[some.offsets[core] : some.offsets[core + 1]]
        assert set(reached[offsets[core] : offsets[core + 1]]) <= set(wanted)
    without = dataclasses.replace(whole, masks=np.zeros_like(whole.masks))
    assert len(without.trace_deliveries()[1]) < len(some.targets)


@settings(max_examples=25)
@given(traffics, st.sampled_from([0, 2]), st.integers(0, 1 << 16))
def test_key_blocks_are_aligned_and_apart(some, boards, seed):
    base = keys(some, scattered(some.cores, boards, seed))
    assert len(set(base.tolist())) == some.cores
    assert not np.any(base & ((1 << NEURON_BITS) - 1))
    assert base.max() < 1 << 32


def test_more_chips_than_keys_tell_apart_are_refused():
    chips = (1 << 16) + 1
    zero = np.zeros(chips, dtype=np.int64)
    huge = Machine("a hall", np.stack([zero, zero], 1), zero, np.zeros((chips, 6), dtype=np.int64))
    with pytest.raises(CapacityError, match=r"^S016: a hall has 65537 chips, keys of 32 bits tell"):
        keys(traffic(2, 0), Placement(huge, np.arange(2)))


def test_a_table_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(module, "ROUTER_ENTRIES", 1)
    with pytest.raises(CapacityError, match=r"^S016: the router of chip \(\d, \d\) needs \d+ entr"):
        route(traffic(80, 1), scattered(80, 1, 1))


def test_tables_are_no_longer_than_those_of_the_spinnaker_tools():
    """PACMAN 7.4.1's ordered covering, which may leave out any bits of a key."""
    pytest.importorskip("pacman", reason="pip install 'SpiNNaker_PACMAN==1!7.4.1' adds the peer")
    peer = importlib.import_module(PEER)
    from spinn_machine import MulticastRoutingEntry, RoutingEntry

    some = traffic(500, 7, fan=12, near=60)
    routing = route(some, place(some, machine(1)))
    ours = theirs = 0
    arriving: dict[int, list[tuple[int, int]]] = {}
    trees = Trees(machine(1))
    chips = routing.placement.chips
    for core, targets in enumerate(np.split(some.targets, some.offsets[1:-1])):
        abroad = np.setdiff1d(chips[targets], chips[core])
        passed = {chip for chip, _ in trees.tree(int(chips[core]), abroad).branches}
        for chip in passed | set(abroad.tolist()) if len(abroad) else ():
            key = routing.keys[core : core + 1]
            number = int(routing.tables[chip].look_up(key)[0])
            arriving.setdefault(chip, []).append((int(key[0]), number))
    mask = -(1 << NEURON_BITS) & 0xFFFFFFFF
    for chip, pairs in arriving.items():
        entries = [
            MulticastRoutingEntry(key, mask, RoutingEntry(spinnaker_route=number + 1))
            for key, number in pairs
        ]
        found, _ = peer.ordered_covering(entries, 0, {}, no_raise=True)
        ours += len(routing.tables[chip])
        theirs += len(found)
    assert ours <= theirs  # 209 and 233 of 394
