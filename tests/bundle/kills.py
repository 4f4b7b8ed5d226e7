"""Ends a process at the n-th change that it makes to the file system, as a loss of power would.

What only reads is passed over: a process that ends there leaves what the change before it left.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from snncc.files import folder

EVENTS = ("open", "fcntl.", "os.", "shutil.")
"""Audit events of Python that touch files. See Python's documentation, "Audit events table"."""
READS = ("os.listdir", "os.scandir")
CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

KILLED, ENDED = 86, 0
MANY = 1 << 20


def kills(work: Callable[[], object], first: float = 0.0) -> Iterator[int]:
    """Runs `work` in a child process that ends at its first change, then at its second, and so on.

    Args:
        work: begins at the same state each time.
        first: share of the changes that are passed over.
    """
    event = int(first * _count(work)) if first else 0
    while _ended(event, work)[0] == KILLED:
        yield event
        event += 1


def _count(work: Callable[[], object]) -> int:
    """How many changes `work` makes."""
    code, left = _ended(MANY, work)
    assert code == ENDED
    return MANY - left


def _ended(event: int, work: Callable[[], object]) -> tuple[int, int]:
    """The exit code of a child that ends at a change, and how many were left at its own end."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        left = _counted(event)
        try:
            work()
        finally:
            os.write(writing, left().to_bytes(8))
            os._exit(ENDED)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        left_over = int.from_bytes(told.read())
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (KILLED, ENDED)
    return code, left_over


def _counted(event: int) -> Callable[[], int]:
    """Counts changes from now on, and ends the process before one of them."""
    left = event

    def count() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os._exit(KILLED)  # no handler runs, no buffer is written

    def audit(name: str, given: tuple[object, ...]) -> None:
        if name.startswith(EVENTS) and _changes(name, given):
            count()

    def counting(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: object) -> object:
            count()
            return call(*given)

        return counted

    os.fsync = counting(os.fsync)  # what Python does not announce
    folder.exchange = counting(folder.exchange)
    sys.addaudithook(audit)
    return lambda: left


def _changes(name: str, given: tuple[object, ...]) -> bool:
    """Whether an event changes what is on the disk."""
    if name == "open":
        flags = given[2]
        return not isinstance(flags, int) or bool(flags & CHANGES)
    return name not in READS


@contextmanager
def without_exchange() -> Iterator[None]:
    """As on a file system where two folders cannot trade places (NFS, FAT)."""
    exchange = folder.exchange
    folder.exchange = lambda left, right: False
    try:
        yield
    finally:
        folder.exchange = exchange
