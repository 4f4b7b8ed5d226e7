"""The comparisons of a recording, put together: one group is one population's, tick by tick."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from snncc.ir import Origin

from ..expressions.axes import Axis
from ..expressions.expr import Compared, Expr
from ..record.recording import Site


@dataclass(frozen=True, eq=False)
class Comparison:
    """One call of an operation that compares.

    Attributes:
        name: of the operation.
        cells: what is compared there, in order; several where ticks are compared at once.
        axes: of the result.
        turned: whether the result is 0 where the comparison in the cells holds.
        order: among the recording's calls.
    """

    site: Site
    name: str
    cells: tuple[Compared, ...]
    axes: tuple[Axis, ...]
    turned: bool
    order: int
    origin: Origin


@dataclass(frozen=True, eq=False)
class Group:
    """The comparisons of one population.

    Attributes:
        ticks: what is compared at tick `begin`, `begin` + 1, ...
        begin: the first tick at which what is compared is not a constant.
        first: the first call whose result is not a constant.
        every: how many calls of the same place lie between two ticks; 0 where all ticks are
            compared in one call, None where no such number is known.
        number: which call of the place is tick 0.
    """

    ticks: tuple[Compared, ...]
    first: Comparison
    every: int | None
    begin: int = 0
    number: int = 0

    @property
    def origin(self) -> Origin:
        """Where the user's code compares."""
        return self.first.origin


class Uneven(Exception):
    """A place compares another number of times than there are ticks.

    Attributes:
        ran: how often.
        comparison: the first there.
    """

    def __init__(self, ran: int, comparison: Comparison) -> None:
        super().__init__(comparison.site.place)
        self.ran, self.comparison = ran, comparison


def _by_place(comparisons: Sequence[Comparison]) -> Iterator[list[Comparison]]:
    """The calls of each place; `strict` apart, as some operations compare in both ways."""
    places: Mapping[tuple[str, bool], list[Comparison]] = defaultdict(list)
    for each in comparisons:
        if each.cells:
            places[each.site.place, each.cells[0].strict].append(each)
    yield from places.values()


def count_calls(comparisons: Sequence[Comparison]) -> list[int]:
    """How often each place compares."""
    return [calls[-1].site.number + 1 for calls in _by_place(comparisons)]


def group_comparisons(
    comparisons: Sequence[Comparison], ticks: int, tick_of: Callable[[Expr], int | None]
) -> Iterator[Group | Uneven]:
    """The groups of a recording, and the places that are called at other times.

    Args:
        ticks: how many were recorded.
        tick_of: the tick at which an expression is computed; None if it belongs to none.
    """
    for calls in _by_place(comparisons):
        whole = [call for call in calls if len(call.cells) == ticks > 1]
        for call in whole:
            yield Group(call.cells, call, 0, number=call.site.number)
        single = [call for call in calls if len(call.cells) == 1]
        if whole or not single:
            continue
        count = single[-1].site.number + 1
        if count % ticks:
            yield Uneven(count, single[0])
            continue
        yield from _split(single, (count // ticks, ticks), tick_of)


def _split(
    calls: Sequence[Comparison], extent: tuple[int, int], tick_of: Callable[[Expr], int | None]
) -> Iterator[Group | Uneven]:
    """Calls of one place as groups: those of one tick after the other, or group after group."""
    many, ticks = extent
    when = [tick_of(call.cells[0]) for call in calls]
    turns = many > 1 and when == [*range(ticks)] * many
    rows: Mapping[int, dict[int, Comparison]] = defaultdict(dict)
    for call in calls:
        number = call.site.number
        row, tick = divmod(number, ticks) if turns else divmod(number, many)[::-1]
        rows[row][tick] = call
    for row, own in rows.items():
        begin = min(own)
        if sorted(own) != [*range(begin, ticks)]:
            yield Uneven(len(own), own[begin])
            continue
        cells = tuple(own[tick].cells[0] for tick in range(begin, ticks))
        number = row * ticks if turns else row
        yield Group(cells, own[begin], None if turns else many, begin, number)
