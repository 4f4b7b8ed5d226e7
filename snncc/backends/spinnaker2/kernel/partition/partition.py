"""A quantized network → its parts: which rows each core computes, and who sends to whom.

How py-spinnaker2's populations are cut is in `partition/partition.py` of the backend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, prod

import numpy as np

from snncc.ir import CapacityError, Network, Use

from .core_network import Claim, Part, part
from .core_parts import HOST, Core, Parts, Stretch
from .levels import Group
from .network_facts import Views
from .rows import Rows

Room = Callable[[Network], int]


def partition(network: Network, room: Room, limit: int, atoms: int = 0) -> Parts:
    """The network on as few cores as hold it, level by level.

    Consecutive levels share one core, and so one segment of a tick, as long as all of them fit. A
    level that does not fit alone is a segment of its own, on several cores.

    Args:
        network: quantized.
        room: bytes that a part takes of a core's data memory.
        limit: bytes that a core has.
        atoms: the most units of a group per core, such as the neurons of a population with
            all that belongs to each; 0: as many as fit.

    Raises:
        CapacityError: S010, one unit does not fit a core.
    """
    views = Views.of(network)
    return _join(views, [*_Cutter(views, room, limit, atoms).cores()])


@dataclass(frozen=True)
class _Placed:
    claim: Claim
    part: Part
    segment: int


@dataclass(frozen=True)
class _Cutter:
    views: Views
    room: Room
    limit: int
    atoms: int

    def cores(self) -> Iterator[_Placed]:
        """All cores, segment by segment."""
        levels, start, segment = self.views.levels, 0, 0
        while start < len(levels):
            stop = self._find_level(start)
            if stop > start:
                claims: Sequence[Claim] = [self._claim_all(start, stop)]
            else:
                claims, stop = self._spread(start), start + 1
            for claim in claims:
                yield _Placed(claim, part(self.views, claim, start), segment)
            start, segment = stop, segment + 1

    def _claim_all(self, start: int, stop: int) -> Claim:
        groups = [group for level in self.views.levels[start:stop] for group in level]
        return _merge([group.share(0, group.count) for group in groups])

    def _find_level(self, start: int) -> int:
        """The level up to which one core computes all from this one on.

        What levels need grows about in proportion to them, so that few numbers of them are tried:
        those that a line through the last two foresees, in turn with halves where it was wrong.
        """
        low, high = start, self._find_wide(start) + 1  # fits, does not fit
        needs: dict[int, int] = {}
        halve = False
        while high - low > 1:
            step = (high - low) // 2 if halve else self._foresee(needs, low, high)
            if step < 1 and low > start and self._is_full(needs[low], start, low):
                break
            stop = min(low + max(1, step), high - 1)
            needs[stop] = self._bytes(self._claim_all(start, stop), start)
            fits = needs[stop] <= self.limit
            low, high = (stop, high) if fits else (low, stop)
            halve = not fits and not halve
        return low

    def _foresee(self, needs: Mapping[int, int], low: int, high: int) -> int:
        """How many levels fit beside those up to `low` if each needs as much as those tried."""
        other = high if high in needs else max((at for at in needs if at < low), default=low)
        if low not in needs or other == low:
            return len(needs) + 1
        slope = (needs[other] - needs[low]) / (other - low)
        return int((self.limit - needs[low]) / slope) if slope > 0 else high

    def _find_wide(self, start: int) -> int:
        """The first level from this one on with more units in a group than a core may have."""
        levels = range(start, len(self.views.levels))
        wide = (
            level
            for level in levels
            if self.atoms and any(group.count > self.atoms for group in self.views.levels[level])
        )
        return next(wide, levels.stop)

    def _is_full(self, need: int, start: int, stop: int) -> bool:
        """Whether a core with these levels has no room for the next one.

        What that needs is told from it and the one before it alone.
        """
        first = max(start, stop - 1)
        alone, both = (self._bytes(self._claim_all(first, end), first) for end in (stop, stop + 1))
        return need + both - alone > self.limit

    def _holds(self, claim: Claim, first: int) -> bool:
        return self._bytes(claim, first) <= self.limit

    def _bytes(self, claim: Claim, first: int) -> int:
        return self.room(part(self.views, claim, first).network)

    def _spread(self, level: int) -> list[Claim]:
        """The cores of a level: equal shares of each group, several groups to a core that fit."""
        shares = [self._shares(group, level) for group in self.views.levels[level]]
        claims: list[Claim] = []
        used: set[int] = set()
        for turn in range(max(len(each) for each in shares)):
            for index, each in enumerate(shares):
                if turn >= len(each):
                    continue
                both = _merge([claims[-1], each[turn]]) if claims else each[turn]
                if claims and index not in used and self._holds(both, level):
                    claims[-1] = both
                    used.add(index)
                else:
                    claims.append(each[turn])
                    used = {index}
        return claims

    def _shares(self, group: Group, level: int) -> list[Claim]:
        """A group in as few equal shares as fit a core each."""
        count = ceil(group.count / self.atoms) if self.atoms else 1
        while True:
            ends = np.linspace(0, group.count, count + 1).round().astype(int)
            shares = [group.share(*pair) for pair in pairwise(ends)]
            needs = ((self._bytes(share, level), share) for share in shares)
            need, worst = next((n for n in needs if n[0] > self.limit), (0, {}))
            if not need:
                return shares
            if count == group.count:
                raise self._refuse(worst, need)
            # A part shrinks at most in proportion.
            count = min(group.count, max(count + 1, ceil(count * need / self.limit)))

    def _refuse(self, claim: Claim, need: int) -> CapacityError:
        def weight(name: str) -> int:
            refs = self.views.network[name].op.refs().values()
            return sum(self.views.network.tensors[tensor].values.size for tensor in refs)

        name = max(claim, key=weight)
        node, rows = self.views.network[name], claim[name]
        what = f"row {rows[0]}" if len(rows) == 1 else f"rows {rows[0]} to {rows[-1]}"
        place = f"\n  origin: {node.origin}" if str(node.origin) else ""
        return CapacityError(
            f"S010 %{name}: {what} and what belongs to them need {need:,} bytes, but a "
            f"core has {self.limit:,}, and they cannot be cut any further; use fewer "
            f"--weight-bits, or make what they read smaller{place}"
        )


def _merge(claims: Sequence[Claim]) -> Claim:
    merged: dict[str, Rows] = {}
    for claim in claims:
        for name, rows in claim.items():
            merged[name] = np.union1d(merged[name], rows) if name in merged else rows
    return merged


def _join(views: Views, placed: Sequence[_Placed]) -> Parts:
    """The cores, with every port and every recorded wire put together from what cores put out."""
    owners = _Owners(views, placed)
    cores: list[Core] = []
    for index, each in enumerate(placed):
        network = replace(each.part.network, name=f"{views.network.name}_{index}")
        ports = tuple(owners.stretches(use, rows) for use, rows in each.part.heard)
        cores.append(Core(network, each.segment, ports))
    everything = {
        str(use): owners.stretches(use, np.arange(views.extent(use.source)))
        for use in views.recorded
    }
    return Parts(views.network, tuple(cores), everything)


class _Owners:
    """Which core puts out which row of a wire, and where among its outputs."""

    def __init__(self, views: Views, placed: Sequence[_Placed]) -> None:
        self.views = views
        self.outputs: dict[tuple[int, Use], int] = {}
        self.rows: dict[Use, tuple[Rows, Rows]] = {}
        for index, node in enumerate(views.network.inputs):
            size = views.extent(node.name)
            self.rows[Use(node.name)] = np.full(size, HOST), np.arange(size)
            self.outputs[HOST, Use(node.name)] = index
        for core, each in enumerate(placed):
            for index, use in enumerate(each.part.said):
                empty = np.full(views.extent(use.source), HOST)
                owner, place = self.rows.setdefault(use, (empty, empty.copy()))
                rows = each.claim[use.source]
                owner[rows], place[rows] = core, np.arange(len(rows))
                self.outputs[core, use] = index

    def stretches(self, use: Use, rows: Rows) -> tuple[Stretch, ...]:
        """What makes up these rows of a wire."""
        owner, place = (each[rows] for each in self.rows[use])
        size = prod(self.views.network.shapes[use.source][1:])
        breaks = np.flatnonzero((np.diff(owner) != 0) | (np.diff(place) != 1)) + 1
        ends = zip([0, *breaks.tolist()], [*breaks.tolist(), len(rows)], strict=True)
        return tuple(
            Stretch(
                int(owner[first]),
                self.outputs[int(owner[first]), use],
                int(place[first]) * size,
                (stop - first) * size,
                first * size,
            )
            for first, stop in ends
        )
