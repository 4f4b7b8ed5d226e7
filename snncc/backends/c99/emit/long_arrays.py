"""Definitions of long constant arrays, as files of their own, quickly; nothing else of C."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..storage import Table
from .c_names import literal

LONG_BYTES = 1 << 17
"""A table of so many bytes stands in a file of its own."""

COLUMNS = 20  # numbers in a line of a plain array
EIGHT = 8  # weights of a row
CHUNK = 1 << 14  # numbers that are turned into text together: what this takes does not grow


def is_long(table: Table) -> bool:
    """Whether a table is too long for the file of the functions."""
    return table.bytes >= LONG_BYTES


def file_name(program: str, table: Table) -> str:
    """Name of the file that holds the table."""
    return f"{program}_{table.name}.h"


def long_array(table: Table) -> bytes:
    """The file: the same definition as of a short array, in even lines."""
    values = table.values
    rows = table.layout in ("rows", "lanes")
    kind = {"rows": "snncc_row", "lanes": "snncc_lanes"}.get(table.layout, table.layout)
    count = len(values) // EIGHT if rows else len(values)
    columns = EIGHT if rows else COLUMNS
    whole = len(values) // columns * columns
    lines = [
        _lines(values[start : min(start + CHUNK // columns * columns, whole)], columns, rows)
        for start in range(0, whole, CHUNK // columns * columns)
    ]
    if whole < len(values):
        lines.append(_lines(values[whole:], len(values) - whole, rows))
    head = f"/* Written by snncc. */\nstatic const {kind} {table.name}[{count}] = {{\n"
    return b"".join([head.encode(), *lines, b"};\n"])


def _lines(
    values: np.ndarray[tuple[int, ...], np.dtype[np.integer]], columns: int, rows: bool
) -> bytes:
    """Lines of so many numbers each."""
    if values.dtype == np.int8:
        texts = _bytes(columns, rows)
        place = values.reshape(-1, columns).astype(np.int32) + 128 + 256 * np.arange(columns)
        return b"".join(map(texts.__getitem__, place.ravel().tolist()))
    return "".join(
        _framed([literal(value) for value in line], rows)
        for line in values.reshape(-1, columns).tolist()
    ).encode()


@cache
def _bytes(columns: int, rows: bool) -> tuple[bytes, ...]:
    """Every int8 in every column, as it stands there."""
    before, between, after = _frame(rows)
    found: list[bytes] = []
    for column in range(columns):
        left = before if column == 0 else ""
        right = after if column == columns - 1 else between
        found += [f"{left}{value}{right}".encode() for value in range(-128, 128)]
    return tuple(found)


def _framed(texts: list[str], rows: bool) -> str:
    before, between, after = _frame(rows)
    return before + between.join(texts) + after


def _frame(rows: bool) -> tuple[str, str, str]:
    """What stands before, between and after the numbers of a line."""
    return ("{{", ",", "}},\n") if rows else ("", ",", ",\n")
