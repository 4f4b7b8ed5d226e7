"""The names by which data files of every format say what are samples, labels and times.

One table for arrays, datasets, fields and columns. A name is compared without regard to its case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from snncc.ir import UsageError

SIGNALS = ("x", "data", "inputs", "images", "samples", "signals")
LABELS = ("y", "labels", "label", "targets", "target", "classes", "class")
TIMES = ("t", "time", "timestamp", "tick", "ms", "seconds")
RECORDINGS = ("sample", "trial", "recording", "id")
"""Columns that say to which sample a row belongs."""

NO_LABELS = "none"
"""What option `classes` says where nothing in a file is a class."""


def find_signal(names: Iterable[str]) -> str | None:
    """The name of the samples, or None: of several the first in `SIGNALS`."""
    return next(iter(_sort(names, SIGNALS)), None)


def find_time(names: Iterable[str]) -> str | None:
    """The name of the column of times, or None: of several the first in `TIMES`."""
    return next(iter(_sort(names, TIMES)), None)


def find_recordings(names: Iterable[str]) -> list[str]:
    """The names of the columns that say to which sample a row belongs."""
    return _sort(names, RECORDINGS)


def find_labels(
    path: str, names: Collection[str], chosen: str | None, coordinates: tuple[str, ...] = ()
) -> str | None:
    """The name of the labels, or None where there are none.

    Args:
        path: for messages.
        names: of all that the file contains beside its samples.
        chosen: what the user says: one of the names, or `none`.
        coordinates: names that are not labels here, such as y beside x.

    Raises:
        UsageError: several may be the labels, or none is called as the user says.
    """
    if chosen == NO_LABELS:
        return None
    if chosen is not None:
        if chosen not in names:
            raise UsageError(
                f"{path}: option classes={chosen}, but nothing in it is called so (has: "
                f"{', '.join(names) or 'nothing'})"
            )
        return chosen
    found = [name for name in _sort(names, LABELS) if name not in coordinates]
    if len(found) > 1:
        raise UsageError(
            f"{path}: {' and '.join(found)} may each be the classes; say which with --option "
            f"classes={found[0]}, or classes={NO_LABELS} where there are none"
        )
    return found[0] if found else None


def say_unread(names: Iterable[str], labels: str | None, kind: str) -> tuple[str, ...]:
    """A note on what of a file is not read; none where all of it is.

    Args:
        names: what is not read.
        labels: the name under which labels were found.
        kind: what the file consists of, such as arrays.
    """
    if not (unread := ", ".join(names)):
        return ()
    if labels is not None:
        return (f"{kind} {unread}: not read",)
    return (
        f"{kind} {unread}: not read, and no classes found, which are called "
        f"{', '.join(LABELS[:-1])} or {LABELS[-1]}; --option classes=NAME names another",
    )


def _sort(names: Iterable[str], accepted: tuple[str, ...]) -> list[str]:
    """Those of the names that are accepted, in the order of the table."""
    return sorted(
        (name for name in names if name.lower() in accepted),
        key=lambda name: accepted.index(name.lower()),
    )
