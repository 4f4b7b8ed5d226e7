"""Groups to sites: the quadratic assignment problem, for groups of cores on quads and on chips."""

from __future__ import annotations

import numpy as np

from snncc.ir import Integers, Values


def assign(
    flow: Values, distances: Integers, sites: Integers, rounds: int, seed: int, fixed: int = 0
) -> Integers:
    """A site for each group, with little flow times distance: int64 [groups].

    Robust taboo search (E. Taillard, "Robust taboo search for the quadratic assignment problem",
    Parallel Computing 17, 1991): always the best exchange that does not bring a group back to a
    site that it has just left; the best assignment met is kept. All exchanges are weighed at once.

    Args:
        flow: symmetric, between groups, the diagonal zero; integers.
        distances: symmetric, between sites.
        sites: of each group at the start; the result is never worse.
        rounds: exchanges made.
        seed: of the times for which a return is forbidden.
        fixed: so many of the last groups stay where they are.
    """
    count = len(sites)
    if count - fixed < 2 or not flow.any():
        return sites
    chance = np.random.default_rng(seed)
    at, best = sites.copy(), sites
    hops = least = _hops(flow, distances, sites)
    upper = np.triu_indices(count - fixed, 1)
    until = np.zeros((count, count), dtype=np.int64)
    group = np.arange(count)
    for turn in range(rounds):
        change = exchanges(flow, distances[at][:, at])
        held = until[group[:, None], at] > turn  # the group may not return to that site yet
        barred = (held & held.T) & (hops + change >= least)
        change = np.where(barred, np.inf, change)[upper]
        found = int(change.argmin())
        if np.isinf(change[found]):
            break
        a, b = upper[0][found], upper[1][found]
        stay = chance.integers(count // 2, count + count // 2 + 1, 2)
        until[a, at[a]], until[b, at[b]] = turn + stay[0], turn + stay[1]
        at[[a, b]] = at[[b, a]]
        hops += change[found]
        if hops < least:
            best, least = at.copy(), hops
    return best


def exchanges(flow: Values, near: Integers) -> Values:
    """What each exchange of two groups changes, once either way: float64 [groups, groups].

    Args:
        flow: between groups, the diagonal zero.
        near: distances between the groups, where they are.
    """
    reach = flow @ near
    stay = np.diagonal(reach)
    return reach + reach.T - stay - stay[:, None] + 2 * flow * near


def _hops(flow: Values, distances: Integers, at: Integers) -> float:
    return float((flow * distances[at][:, at]).sum()) / 2
