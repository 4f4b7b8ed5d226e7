"""The weighing of exchanges equals counting again, for cores in quads and for groups on sites."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from snncc.backends.spinnaker2.chip.machine import ROUTER, node_hops
from snncc.backends.spinnaker2.placement.link_load import mesh_load, relieve_links
from snncc.backends.spinnaker2.placement.local_search import Local, descend, move_to_quads, search
from snncc.backends.spinnaker2.placement.quadratic_assignment import assign, exchanges

seeds = st.integers(0, 1 << 16)


def random_local(seed: int) -> tuple[Local, np.ndarray]:
    """Items in quads, most of them few, with sources on the chip and beyond."""
    chance = np.random.default_rng(seed)
    items, beyond = int(chance.integers(2, 24)), int(chance.integers(0, 6))
    receives = (chance.random((items + beyond, items)) < chance.random()) * 1.0
    rates = chance.integers(0, 50, items + beyond) * 1.0
    leaving = rates[:items] * (chance.random(items) < 0.3)
    return Local(receives, rates, leaving), chance.integers(
        0, int(chance.integers(1, ROUTER)), items
    )


@given(seeds)
def test_savings_are_what_counting_again_finds(seed):
    local, nodes = random_local(seed)
    savings, before = local.compute_savings(nodes), local.hops(nodes)
    for a in range(local.items):
        for b in range(local.items):
            after = nodes.copy()
            after[[a, b]] = after[[b, a]]
            assert local.hops(after) - before == savings[a, b]


@given(seeds)
def test_no_exchange_improves_a_descent(seed):
    local, nodes = random_local(seed)
    found = descend(local, nodes)
    assert sorted(found) == sorted(nodes)
    assert local.compute_savings(found).min() >= 0
    assert local.hops(found) <= local.hops(nodes)


@given(seeds)
def test_search_keeps_what_it_has_and_moving_quads_keeps_them_together(seed):
    local, nodes = random_local(seed)
    apart = move_to_quads(local, nodes, seed)
    assert local.hops(apart) <= local.hops(nodes)
    assert np.array_equal(nodes[:, None] == nodes, apart[:, None] == apart)
    found = search(local, [nodes], 40, seed)
    assert local.hops(found) <= local.hops(descend(local, nodes))
    assert np.array_equal(found, search(local, [nodes], 40, seed))


@given(seeds)
def test_flow_between_nodes_times_distance_is_hops(seed):
    local, nodes = random_local(seed)
    assert (local.flow(nodes) * node_hops()).sum() / 2 == local.hops(nodes)


@given(seeds)
def test_calming_adds_no_hop_and_lowers_the_load_or_leaves_it(seed):
    local, nodes = random_local(seed)
    found = relieve_links(local, nodes)
    assert local.hops(found) <= local.hops(nodes)
    assert mesh_load(local, found) <= mesh_load(local, nodes)


@given(seeds)
def test_groups_on_sites_are_weighed_exactly_and_the_last_stay(seed):
    chance = np.random.default_rng(seed)
    count = int(chance.integers(2, 9))
    flow = np.triu(chance.integers(0, 9, (count, count)), 1) * 1.0
    flow += flow.T
    at = chance.integers(0, 20, (count, 2))
    distances = np.abs(at[:, None] - at).sum(axis=-1)
    sites = chance.permutation(count)

    def hops(sites):
        return (flow * distances[sites][:, sites]).sum() / 2

    change = exchanges(flow, distances[sites][:, sites])
    for a in range(count):
        for b in range(count):
            after = sites.copy()
            after[[a, b]] = after[[b, a]]
            assert a == b or hops(after) - hops(sites) == change[a, b]
    found = assign(flow, distances, sites, 20, seed, fixed=1)
    assert sorted(found) == sorted(sites)
    assert found[-1] == sites[-1]
    assert hops(found) <= hops(sites)


def test_assignment_finds_the_line_that_a_chain_is():
    chain = np.eye(8, k=1) + np.eye(8, k=-1)
    line = np.abs(np.arange(8)[:, None] - np.arange(8))
    found = assign(chain, line, np.random.default_rng(3).permutation(8), 200, 0)
    assert (chain * line[found][:, found]).sum() / 2 == 7
