"""Table: a read-only mapping of which an edit makes another one, at the cost of the edit alone."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from enum import Enum
from typing import Final, TypeVar

V = TypeVar("V")

SPARED = 64  # names beyond the square root of a table's size that are beside it


class _Gone(Enum):
    """What stands for a name that an edit took away."""

    GONE = 0


_GONE: Final = _Gone.GONE


class Table(Mapping[str, V]):
    """Names and values, in the order in which the names were entered first.

    An edit shares the table that it began with, and notes beside it what differs. What is noted is
    copied with every edit and entered when it has grown to about the square root of the table, by
    copies that Python makes at once: n edits of a table of n names take time in proportion to n
    until a table has a million names.
    """

    __slots__ = ("_base", "_beside", "_size")

    def __init__(self, values: Mapping[str, V] | Iterable[tuple[str, V]] = ()) -> None:
        self._base: dict[str, V] = dict(values)
        self._beside: dict[str, V | _Gone] = {}
        self._size = len(self._base)

    def __getitem__(self, name: str) -> V:
        if not self._beside:
            return self._base[name]
        found = self._beside[name] if name in self._beside else self._base[name]
        if found is _GONE:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        if name in self._beside:
            return self._beside[str(name)] is not _GONE
        return name in self._base

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[str]:
        return iter(self._merge())

    def items(self) -> ItemsView[str, V]:
        """Names and values, in order."""
        return self._merge().items()

    def values(self) -> ValuesView[V]:
        """The values, in the order of their names."""
        return self._merge().values()

    def edit(self, put: Mapping[str, V], gone: Iterable[str] = ()) -> Table[V]:
        """The table with other values for some names, or more of them, and without those gone."""
        new = Table[V]()
        new._base = self._base
        new._beside = {**self._beside, **put}
        new._size = self._size + sum(name not in self for name in put)
        for name in gone:
            if name in new:
                new._size -= 1
                new._beside[name] = _GONE
        if len(new._beside) > SPARED and len(new._beside) ** 2 > len(new._base):
            new._merge()
        return new

    def _merge(self) -> dict[str, V]:
        """The table with all that was noted beside it entered."""
        if self._beside:
            base = dict(self._base)  # a copy, as other tables began with it too
            for name, value in self._beside.items():
                if value is _GONE:
                    base.pop(name, None)
                else:
                    base[name] = value
            self._base, self._beside = base, {}
        return self._base
