"""The constant arrays as C, quickly, in files of their own; nothing else of C."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial

import numpy as np

from ..program import Program
from ..storage import Table

LONG_BYTES = 1 << 17
"""A table of so many bytes is in a file of its own: a file is in memory while it is written."""

EIGHT = 8  # numbers of a row
ROWS = ("rows", "lanes")
KINDS = {"rows": "snncc_row", "half_rows": "snncc_half_row", "lanes": "snncc_lanes"}
"""Layout of a table -> its type in C, where that is not the layout."""
COLUMNS = {1: 20, 2: 14, 4: 9}  # numbers in a line of a plain array, by their bytes
CHUNK = 1 << 20  # numbers that are turned into text together


def weights_name(program: Program) -> str:
    """Name of the file with the constant arrays."""
    return f"{program.name}_weights.h"


def weights(program: Program) -> Mapping[str, Callable[[], bytes]]:
    """The files of the constant arrays, by name, each made when it is asked for."""
    long = [table for table in program.tables if is_long(table)]
    return {
        weights_name(program): partial(_weights, program),
        **{name_long_file(program, table): partial(array, table) for table in long},
    }


def _weights(program: Program) -> bytes:
    guard = f"{program.name.upper()}_WEIGHTS_H"
    pieces = [
        f"""/* {weights_name(program)}: the constant arrays of {program.name}; written by snncc.
 * Only {program.name}.c includes it: {program.weight_bytes:,} bytes. A snncc_row has the weights of
 * one source to eight neurons, a snncc_half_row too, in four bits each. */
#ifndef {guard}
#define {guard}

#include "snncc_kernels.h"
""".encode()
    ]
    for table in program.tables:
        included = f'#include "{name_long_file(program, table)}"\n'.encode()
        pieces.append(included if is_long(table) else array(table))
    return b"\n".join([*pieces, b"#endif\n"])


def is_long(table: Table) -> bool:
    """Whether a table is too long for the file of the others."""
    return table.bytes >= LONG_BYTES


def name_long_file(program: Program, table: Table) -> str:
    """Name of the file that contains a long table."""
    return f"{program.name}_{table.name}.h"


def embed_long_arrays(program: Program) -> Mapping[str, bytes]:
    """The files of the long arrays for this machine's compiler, which reads them as bytes.

    Text of numbers takes a compiler seconds for each megabyte; `#embed` takes none.
    """
    found: dict[str, bytes] = {}
    for table in program.tables:
        if is_long(table):
            name = name_long_file(program, table)
            kind, count = _find_type(table)
            found[f"{name}.bin"] = table.values.tobytes()
            found[name] = (
                f"static const unsigned char {table.name}_bytes[] __attribute__((aligned(16))) = "
                f'{{\n#embed "{name}.bin"\n}};\n'
                f"_Static_assert(sizeof {table.name}_bytes == {count}u * sizeof({kind}), "
                '"as many as there are");\n'
                f"static const {kind} *const {table.name} = (const void *){table.name}_bytes;\n"
            ).encode()
    return found


def _find_type(table: Table) -> tuple[str, int]:
    """The type of an element in C, and how many there are."""
    rows = table.layout in ROWS
    kind = KINDS.get(table.layout, table.layout)
    return kind, len(table.values) // EIGHT if rows else len(table.values)


def array(table: Table) -> bytes:
    """The definition of a constant array."""
    values, rows = table.values, table.layout in ROWS
    kind, count = _find_type(table)
    columns = EIGHT if rows else COLUMNS[values.dtype.itemsize]
    whole = len(values) // columns * columns
    lines = [
        _lines(values[start : min(start + CHUNK // columns * columns, whole)], columns, rows)
        for start in range(0, whole, CHUNK // columns * columns)
    ]
    if whole < len(values):
        lines.append(_lines(values[whole:], len(values) - whole, rows))
    head = f"static const {kind} {table.name}[{count}] = {{\n"
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
        _frame_texts(list(map(_number, line)), rows)
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


def _number(value: int) -> str:
    if value >= 1 << 31:
        return f"{value}u"
    return "INT32_MIN" if value == -(1 << 31) else str(value)


def _frame_texts(texts: list[str], rows: bool) -> str:
    before, between, after = _frame(rows)
    return before + between.join(texts) + after


def _frame(rows: bool) -> tuple[str, str, str]:
    """What precedes, separates and follows the numbers of a line."""
    return ("    {{", ", ", "}},\n") if rows else ("    ", ", ", ",\n")
