"""Local search by exchanges: items trade places until no trade saves hops.

All exchanges of two items are weighed at once with four matrix products. Rates are integers,
so that every sum is exact and the same search is found on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snncc.ir import Integers, Values

from ..chip.machine import NODES, ROUTER, node_hops
from .quadratic_assignment import assign

TRADES_AT_ONCE = 8  # tried together where they touch different quads
TABOO = (8, 24)  # steps for which an item does not return
PATIENCE = 250  # steps without a gain
MOVED_EVERY = 30  # steps, then whole quads are exchanged
ROUNDS = 150  # exchanges of whole quads at a time


@dataclass(frozen=True, eq=False)
class Local:
    """The items of one chip, and what they receive.

    The first sources are the items themselves, in order; further ones come in by the router.

    Attributes:
        receives: 1 where an item receives from a source: float64 [sources, items].
        rates: integers: float64 [sources].
        leaving: of what an item sends to other chips, by the router: float64 [items].
    """

    receives: Values
    rates: Values
    leaving: Values

    @property
    def items(self) -> int:
        """Number of items."""
        return len(self.leaving)

    def counts(self, nodes: Integers) -> Values:
        """Items at each node that receive from a source: float64 [sources, nodes]."""
        stands = np.eye(NODES)[nodes]
        return self.receives @ stands

    def hops(self, nodes: Integers) -> float:
        """Packets times hops, with each item at its node: int64 [items]."""
        far = self._count_hops(nodes)
        packets = self.rates[:, None] * (self.counts(nodes) > 0)
        return float((packets * far).sum() + self.leaving @ node_hops()[nodes, ROUTER])

    def flow(self, nodes: Integers) -> Values:
        """Packets between nodes, either way: float64 [nodes, nodes]."""
        standing = np.full(len(self.rates), ROUTER)
        standing[: self.items] = nodes
        flow = np.eye(NODES)[standing].T @ (self.rates[:, None] * (self.counts(nodes) > 0))
        flow[:, ROUTER] += np.bincount(nodes, self.leaving, minlength=NODES)
        np.fill_diagonal(flow, 0)
        both: Values = flow + flow.T
        return both

    def _count_hops(self, nodes: Integers) -> Integers:
        """Hops from each source to each node."""
        standing = np.full(len(self.rates), ROUTER)
        standing[: self.items] = nodes
        far: Integers = node_hops()[standing]
        return far

    def compute_savings(self, nodes: Integers) -> Values:
        """Hops more (less, where negative) after each exchange: float64 [items, items].

        A source that sends to both items of a pair, or neither, changes nothing; the pair's own
        spikes are counted apart, because their start moves too.
        """
        n, table = self.items, node_hops()
        far, counts = self._count_hops(nodes), self.counts(nodes)
        paid = self.rates[:, None] * far  # by each source for each node
        gained = paid * (counts == 0)
        lost = self.receives * (paid * (counts == 1))[:, nodes]  # where the item is the only one
        trade = (
            (self.receives.T @ gained)[:, nodes]
            - lost.sum(axis=0)[:, None]
            + lost.T @ self.receives
        )
        own = self.receives[:n]
        itself = np.diagonal(own)[:, None]
        trade -= itself * gained[:n][:, nodes] - lost[:n] * (1 - itself)
        rates, present = self.rates[:n, None], counts[:n] > 0
        sent = (rates * present) @ table
        stay = np.take_along_axis(counts[:n], nodes[:, None], axis=1)
        after = (stay - itself + own > 0) * 1.0 - (stay > 0)
        between = table[nodes[:, None], nodes]
        trade += sent[:, nodes] - np.take_along_axis(sent, nodes[:, None], axis=1)
        trade += rates * between * after
        out = table[nodes, ROUTER]
        trade += self.leaving[:, None] * (out - out[:, None])
        trade += trade.T
        return np.where(between == 0, 0.0, trade)


def descend(local: Local, nodes: Integers) -> Integers:
    """A placement that no single exchange improves; never worse than `nodes`."""
    nodes = nodes.copy()
    hops = local.hops(nodes)
    while True:
        savings = local.compute_savings(nodes)
        trades = _choose_apart(savings, nodes)
        if not trades:
            return nodes
        for some in (trades, trades[:1]):
            tried = nodes.copy()
            for a, b in some:
                tried[[a, b]] = tried[[b, a]]
            now = local.hops(tried)
            if len(some) == 1 or now <= hops + savings[trades[0]]:
                break
        nodes, hops = tried, now


def search(local: Local, starts: Sequence[Integers], steps: int, seed: int) -> Integers:
    """The best placement met from the best of `starts`; no worse than a descent from any of them.

    Taboo search as in `assign`: always the best exchange that brings no item back to a quad that it
    has just left. Now and then whole quads change places, which no exchange of single items can do:
    it would tear apart what shares packets. Ends after `steps`, or `PATIENCE` of them without gain.
    """
    chance = np.random.default_rng(seed)
    at: Integers = min(
        (move_to_quads(local, descend(local, s), seed) for s in starts), key=local.hops
    )
    best, hops, idle = at, local.hops(at), 0
    least = hops
    until = np.zeros((local.items, NODES), dtype=np.int64)
    own = local.receives[: local.items]
    busy = np.flatnonzero(local.receives.sum(axis=0) + own.sum(axis=1))
    empty = ~np.isin(np.arange(local.items), busy)
    for step in range(steps if least else 0):
        change = local.compute_savings(at)
        held = until[:, at] > step  # the item may not return to that quad yet
        barred = (held | held.T) & (hops + change >= least)
        barred |= (at[:, None] == at) | (empty[:, None] & empty)
        change = np.where(barred, np.inf, change)
        a, b = divmod(int(change.argmin()), local.items)
        if np.isinf(change[a, b]):
            break
        until[[a, b], at[[a, b]]] = step + chance.integers(*TABOO, 2)
        at = at.copy()
        at[[a, b]] = at[[b, a]]
        hops += change[a, b]
        if step % MOVED_EVERY == MOVED_EVERY - 1:
            at = move_to_quads(local, at, seed + step)
            hops = local.hops(at)
        idle = 0 if hops < least else idle + 1
        if hops < least:
            best, least = at, hops
        if idle == PATIENCE:
            break
    return move_to_quads(local, descend(local, best), seed)


def move_to_quads(local: Local, nodes: Integers, seed: int) -> Integers:
    """The same items together, on the quads where that saves most."""
    sites = assign(local.flow(nodes), node_hops(), np.arange(NODES), ROUNDS, seed, fixed=1)
    return sites[nodes]


def _choose_apart(savings: Values, nodes: Integers) -> list[tuple[int, int]]:
    """The best exchanges that touch no quad twice."""
    flat = np.triu(savings).ravel()
    few = np.argpartition(flat, min(64, flat.size - 1))[:64]
    chosen: list[tuple[int, int]] = []
    touched: set[int] = set()
    for index in few[np.lexsort((few, flat[few]))].tolist():
        a, b = divmod(index, len(nodes))
        quads = {int(nodes[a]), int(nodes[b])}
        if flat[index] < 0 and not quads & touched:
            chosen.append((a, b))
            touched |= quads
    return chosen[:TRADES_AT_ONCE]
