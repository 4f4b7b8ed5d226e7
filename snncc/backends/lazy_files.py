"""Files whose contents are made when they are read; knows no target, writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath


class LateFiles(Mapping[PurePosixPath, bytes]):
    """Files by path, of which those that are given as functions are made at each reading.

    So the files of a large program need not be in memory all at once.
    """

    def __init__(self, made: Mapping[PurePosixPath, bytes | Callable[[], bytes]]) -> None:
        self._made = dict(made)

    def __getitem__(self, path: PurePosixPath) -> bytes:
        content = self._made[path]
        return content if isinstance(content, bytes) else content()

    def __iter__(self) -> Iterator[PurePosixPath]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)
